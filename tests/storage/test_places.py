"""Channels that the bot is in: what it says there once, and what it gives up when it leaves."""

from dataclasses import replace
from datetime import timedelta

from bot.core.document import Document
from bot.core.mention import Channel
from bot.core.places import Listening
from bot.core.settings import Mode, Settings
from bot.core.status import State
from bot.storage.store import Store
from tests.storage.conftest import Behind
from tests.storage.sample import HALL, LEASE, NOW, Policy, document, mention

LAB = Channel("fake", "#lab")
BOARD = Channel("fake", "#board", private=True)
OPS = Channel("fake", "#ops")
HOUR = timedelta(hours=1)
BLUE = replace(HALL, team="blue")


async def join(store: Store, channel: Channel = HALL, event: str = "e1", by: str = "carl") -> bool:
    posts = [(channel, document("hello")), (OPS, document("please"))]
    return await store.join(channel, by, event, posts, NOW)


async def waiting(store: Store) -> list[tuple[str, Document]]:
    return [(each.channel.id, each.document) for each in await store.claim(NOW, LEASE, 10)]


async def seen(store: Store, *private: str, team: str = "default") -> list[tuple[str, bool, bool]]:
    found = await store.overview(NOW, team, private=frozenset(private))
    return [
        (each.channel.id, each.channel.private, each.channel.external) for each in found.channels
    ]


async def test_what_is_said_on_joining_is_said_once_an_event(store: Store) -> None:
    assert await join(store)
    assert not await join(store)
    assert await waiting(store) == [("#hall", document("hello")), ("#ops", document("please"))]
    assert await join(store, event="e2")


async def test_two_processes_that_hear_of_it_say_it_once(store: Store, other: Store) -> None:
    assert [await join(each) for each in (store, other)] == [True, False]


async def test_a_channel_that_says_nothing_on_joining_is_known_all_the_same(store: Store) -> None:
    assert await store.join(HALL, None, "e1", [], NOW)
    assert await seen(store) == [("#hall", False, False)]


async def test_leaving_gives_up_what_waits_there_and_nothing_else(store: Store) -> None:
    for number, channel in enumerate((HALL, LAB)):
        await store.say("default", channel, document("news"), f"k{number}", NOW)
        digest = Policy(settings=Settings(mode=Mode.DIGEST))
        await store.record([mention(channel=channel)], digest.hearing())
    await store.say("blue", BLUE, document("of blue"), "k9", NOW)
    await store.leave(HALL, NOW)
    depth = await store.depth()
    assert (depth[State.FAILED], depth[State.PENDING]) == (1, 2)
    # A channel of the same id that is another team's is another channel.
    left = [("#lab", document("news")), ("#hall", document("of blue"))]
    assert await waiting(store) == left
    wrote = await store.release_digests(NOW + timedelta(days=2), lambda *_: document("digest"))
    assert wrote == 1


async def test_an_answer_that_somebody_waits_for_is_not_given_up(
    store: Store, behind: Behind
) -> None:
    await store.say("default", HALL, document("answer"), "k1", NOW)
    behind("UPDATE outbox SET kind = 'reply'")
    await store.leave(HALL, NOW)
    assert await waiting(store) == [("#hall", document("answer"))]


async def test_whoever_was_thrown_out_may_join_again(store: Store) -> None:
    await join(store)
    await store.leave(HALL, NOW)
    assert await seen(store) == []
    assert await join(store, event="e2")
    assert await seen(store) == [("#hall", False, False)]
    assert ("#hall", document("hello")) in await waiting(store)


async def test_leaving_a_channel_that_nobody_knew_is_well(store: Store) -> None:
    await store.leave(HALL, NOW)
    assert await seen(store) == []


async def test_what_was_decided_is_found_by_team_and_channel(store: Store) -> None:
    await join(store)
    assert await store.listening(HALL) is None
    assert [each.listening for each in (await store.places()).values()] == [None]
    await store.listen(HALL, Listening.OFF, "ada", NOW)
    await store.listen(BLUE, Listening.ON, "ada", NOW)
    assert await store.listening(HALL) is Listening.OFF
    assert await store.listening(LAB) is None
    assert {key: each.listening for key, each in (await store.places()).items()} == {
        ("default", "fake:#hall"): Listening.OFF,
        ("blue", "fake:#hall"): Listening.ON,
    }
    await store.listen(HALL, Listening.ON, "bea", NOW)
    assert await store.listening(HALL) is Listening.ON


async def test_a_decision_outlives_leaving_and_joining(store: Store) -> None:
    await store.listen(HALL, Listening.OFF, "ada", NOW)
    await join(store)
    await store.leave(HALL, NOW)
    await join(store, event="e2")
    assert await store.listening(HALL) is Listening.OFF


async def test_of_a_channel_that_was_decided_about_unseen_its_kind_is_learned_on_joining(
    store: Store,
) -> None:
    # Nobody knows yet what it is, so it counts as private.
    await store.listen(replace(HALL, private=True), Listening.ON, "ada", NOW)
    assert await seen(store) == []
    await join(store, replace(HALL, external=True))
    assert await seen(store) == [("#hall", False, True)]


async def test_private_channels_are_seen_by_their_people_and_each_team_sees_its_own(
    store: Store,
) -> None:
    for number, channel in enumerate((HALL, BOARD, replace(LAB, team="blue"))):
        await join(store, channel, f"e{number}")
    assert await seen(store) == [("#hall", False, False)]
    assert await seen(store, BOARD.key) == [("#board", True, False), ("#hall", False, False)]
    assert await seen(store, BOARD.key, team="blue") == [("#lab", False, False)]
