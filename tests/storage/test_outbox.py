"""Documents leave the outbox in order and none is forgotten."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from bot.core.mention import Channel, Receipt
from bot.core.policy import History
from bot.core.status import State
from bot.errors import StorageError
from bot.storage.rows import Outgoing
from bot.storage.store import Store
from tests.storage.conftest import Behind
from tests.storage.sample import HALL, LEASE, NOW, Policy, after, document, mention

LAB = Channel("fake", "#lab")


async def say(store: Store, *keys: str, channel: Channel = HALL) -> None:
    for key in keys:
        await store.say("default", channel, document(key), key, NOW)


def keys(claimed: tuple[Outgoing, ...]) -> list[str]:
    return [each.key for each in claimed]


async def test_what_is_said_is_claimed_as_it_was_said(store: Store) -> None:
    secret = Channel("fake", "#board", private=True)
    assert await store.say("blue", secret, document("Hello"), "k1", NOW, thread="t1")
    (out,) = await store.claim(NOW, LEASE, 10)
    assert replace(out, id=0) == Outgoing(
        0, "k1", "blue", "fake:#board", secret, "t1", document("Hello"), 1
    )


async def test_the_same_key_is_said_once(store: Store) -> None:
    assert await store.say("default", HALL, document("first"), "k1", NOW)
    assert not await store.say("default", LAB, document("second"), "k1", NOW)
    (out,) = await store.claim(NOW, LEASE, 10)
    assert out.document == document("first")


async def test_what_is_said_first_goes_first(store: Store) -> None:
    wanted = [f"k{number:02}" for number in range(40)]
    await say(store, *wanted)
    got = []
    for _ in wanted:
        (out,) = await store.claim(NOW, LEASE, 1)
        await store.sent(out.id, Receipt("p"), NOW)
        got.append(out.key)
    assert got == wanted


async def test_a_channel_gets_its_documents_one_after_another(store: Store) -> None:
    await say(store, "a1", "a2", "a3")
    await say(store, "b1", channel=LAB)
    first = await store.claim(NOW, LEASE, 10)
    assert keys(first) == ["a1", "b1"]
    assert await store.claim(NOW, LEASE, 10) == ()
    await store.sent(first[0].id, Receipt("p1"), NOW)
    second = await store.claim(NOW, LEASE, 10)
    assert keys(second) == ["a2"]
    await store.park(second[0].id, "no", NOW)
    assert keys(await store.claim(NOW, LEASE, 10)) == ["a3"]


async def test_what_waits_for_another_try_holds_its_channel_and_no_other(store: Store) -> None:
    await say(store, "a1", "a2")
    (out,) = await store.claim(NOW, LEASE, 10)
    await store.put_back(out.id, "busy", NOW + timedelta(seconds=30))
    await say(store, "b1", channel=LAB)
    assert keys(await store.claim(NOW + timedelta(seconds=29), LEASE, 10)) == ["b1"]
    (again,) = await store.claim(NOW + timedelta(seconds=30), LEASE, 10)
    assert (again.key, again.attempts) == ("a1", 2)


async def test_the_oldest_goes_first_and_no_more_than_wanted(store: Store) -> None:
    for number in range(5):
        await say(store, f"k{number}", channel=Channel("fake", f"#{number}"))
    assert await store.claim(NOW, LEASE, 0) == ()
    assert keys(await store.claim(NOW, LEASE, 2)) == ["k0", "k1"]
    assert keys(await store.claim(NOW, LEASE, 10, resting={"fake:#3"})) == ["k2", "k4"]


async def test_what_a_crash_left_behind_comes_back_after_its_lease(store: Store, url: str) -> None:
    await say(store, "a1", "a2")
    await store.claim(NOW, LEASE, 10)
    await store.close()
    opened = await Store.open(url)
    try:
        assert await opened.claim(NOW + LEASE - timedelta(seconds=1), LEASE, 10) == ()
        assert await opened.next_due(NOW) == NOW + LEASE
        (again,) = await opened.claim(NOW + LEASE, LEASE, 10)
        assert (again.key, again.attempts) == ("a1", 2)
    finally:
        await opened.close()


async def test_two_processes_never_claim_the_same_document(store: Store, other: Store) -> None:
    for number in range(20):
        await say(store, f"k{number}", channel=Channel("fake", f"#{number}"))
    both = await asyncio.gather(
        *(each.claim(NOW, LEASE, 5) for each in (store, other, store, other))
    )
    assert sorted(key for claimed in both for key in keys(claimed)) == sorted(
        f"k{number}" for number in range(20)
    )


async def test_next_due_says_when_to_look_again(store: Store) -> None:
    assert await store.next_due(NOW) is None
    await say(store, "a1", "a2")
    assert await store.next_due(NOW) == NOW
    assert await store.next_due(NOW + timedelta(hours=1)) == NOW + timedelta(hours=1)
    (out,) = await store.claim(NOW, LEASE, 1)
    later = NOW + timedelta(minutes=5)
    await store.put_back(out.id, "busy", later)
    assert await store.next_due(NOW) == later
    await say(store, "b1", channel=LAB)
    assert await store.next_due(NOW, resting={LAB.key}) == later


async def test_a_receipt_is_kept_with_its_document(store: Store, behind: Behind) -> None:
    await store.record([mention()], Policy().hearing())
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.sent(out.id, Receipt("p1", "https://chat.example/p1"), NOW)
    assert behind("SELECT message_id, link FROM outbox") == [("p1", "https://chat.example/p1")]
    assert (await store.depth())[State.SENT] == 1


async def test_a_card_that_never_arrived_does_not_count_as_shown(store: Store) -> None:
    await store.record([mention(cause_id="m1")], Policy().hearing())
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.park(out.id, "the bot is not in that channel", NOW)
    policy = after(days=2)
    await store.record([mention(cause_id="m2")], policy.hearing())
    assert policy.seen == [History(NOW, None, None, None)]


async def test_a_card_of_unknown_outcome_counts_as_shown(store: Store) -> None:
    await store.record([mention(cause_id="m1")], Policy().hearing())
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.doubt(out.id, "no answer", NOW + LEASE)
    policy = after(days=2)
    await store.record([mention(cause_id="m2")], policy.hearing())
    assert policy.seen == [History(NOW, NOW, "r1", None)]


async def test_what_may_have_been_posted_is_claimed_as_unsure(store: Store) -> None:
    await say(store, "a1", "a2", "a3")
    (out,) = await store.claim(NOW, LEASE, 1)
    assert not out.unsure
    await store.doubt(out.id, "no answer", NOW + LEASE)
    assert await store.claim(NOW, LEASE, 1) == ()
    (again,) = await store.claim(NOW + LEASE, LEASE, 1)
    assert (again.key, again.unsure, again.attempts) == ("a1", True, 2)
    # Put back after that, it is still not known what came of the first attempt.
    await store.put_back(again.id, "busy", NOW + LEASE)
    (once_more,) = await store.claim(NOW + LEASE, LEASE, 1)
    assert once_more.unsure


async def test_a_clock_that_is_set_back_holds_nothing_up(store: Store) -> None:
    await say(store, "a1")
    await say(store, "b1", channel=LAB)
    hour_ago = NOW - timedelta(hours=1)
    (out, _) = await store.claim(NOW, LEASE, 2)
    await say(store, "c1", channel=Channel("fake", "#attic"))
    assert keys(await store.claim(hour_ago, LEASE, 10)) == ["a1", "b1", "c1"]
    assert out.key == "a1"


async def test_admins_are_told_once_of_a_channel_that_fails(store: Store) -> None:
    admins = [(LAB, document("#hall fails"))]
    await say(store, "a1", "a2")
    told = []
    for _ in range(2):
        (out,) = await store.claim(NOW, LEASE, 1, resting={LAB.key})
        told.append(await store.park(out.id, "not in that channel", NOW, admins))
    assert told == [True, False]
    assert [each.document.summary for each in await store.claim(NOW, LEASE, 9)] == ["#hall fails"]
    assert [each.reason for each in await store.parked(10)] == ["not in that channel"] * 2
    assert (await store.status(NOW)).troubles == 1


async def test_what_was_given_up_goes_again_in_order_and_ends_the_trouble(store: Store) -> None:
    await say(store, "a1", "a2")
    for _ in range(2):
        (out,) = await store.claim(NOW, LEASE, 1)
        await store.park(out.id, "not in that channel", NOW)
    assert await store.retry(None, NOW) == 2
    got = []
    for _ in range(2):
        (out,) = await store.claim(NOW, LEASE, 1)
        await store.sent(out.id, Receipt("p"), NOW)
        got.append((out.key, out.attempts))
    assert got == [("a1", 1), ("a2", 1)]
    assert (await store.status(NOW)).troubles == 0


async def test_a_private_channel_is_not_named_among_what_was_given_up(store: Store) -> None:
    await say(store, "a1", channel=Channel("fake", "#board", private=True))
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.park(out.id, "no", NOW)
    assert [each.place for each in await store.parked(10)] == ["a private channel on fake"]


async def test_a_line_that_never_arrived_leaves_the_card_as_it_is(store: Store) -> None:
    await store.record([mention(cause_id="m1")], Policy().hearing())
    (card,) = await store.claim(NOW, LEASE, 1)
    await store.sent(card.id, Receipt("p1", "https://chat.example/p1"), NOW)
    later = after(days=2)
    await store.record([mention(cause_id="m2")], later.hearing())
    (line,) = await store.claim(later.now, LEASE, 1)
    await store.park(line.id, "the bot is not in that channel", later.now)
    last = after(days=4)
    await store.record([mention(cause_id="m3")], last.hearing())
    assert last.seen == [History(later.now, NOW, "r1", "https://chat.example/p1")]


async def test_what_has_been_sent_stays_sent(store: Store) -> None:
    await say(store, "a1")
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.sent(out.id, Receipt("p1"), NOW)
    # Somebody who claimed it before the lease ran out comes late.
    await store.put_back(out.id, "busy", NOW)
    await store.park(out.id, "refused", NOW)
    assert await store.claim(NOW + LEASE, LEASE, 1) == ()
    assert (await store.depth())[State.SENT] == 1


async def test_depth_counts_every_state(store: Store) -> None:
    assert await store.depth() == dict.fromkeys(State, 0)
    await say(store, "a1", "a2")
    await store.claim(NOW, LEASE, 1)
    assert await store.depth() == dict.fromkeys(State, 0) | {State.PENDING: 1, State.SENDING: 1}


async def test_a_document_that_cannot_be_read_does_not_block_its_channel(
    store: Store, behind: Behind
) -> None:
    await say(store, "a1", "a2")
    behind("UPDATE outbox SET document = '{}' WHERE key = 'a1'")
    assert await store.claim(NOW, LEASE, 1) == ()
    assert keys(await store.claim(NOW, LEASE, 1)) == ["a2"]
    assert behind("SELECT last_error FROM outbox WHERE state = 'failed'") == [
        ("the stored document cannot be read",)
    ]


async def test_a_document_put_back_before_the_clock_was_set_back_does_not_block_its_channel(
    store: Store,
) -> None:
    assert await store.say("default", HALL, document(), "k1", NOW)
    assert await store.say("default", HALL, document(), "k2", NOW)
    (first,) = await store.claim(NOW, LEASE, 10)
    await store.put_back(first.id, "busy", NOW + timedelta(seconds=5))
    earlier = NOW - timedelta(hours=1)
    (again,) = await store.claim(earlier, LEASE, 10)
    assert (again.id, again.attempts) == (first.id, 2)


async def test_receipts_that_come_together_each_go_to_their_own_document(
    store: Store, behind: Behind
) -> None:
    heard = [
        mention(f"v{number}", f"m{number}", Channel("fake", f"#{number}")) for number in (1, 2)
    ]
    await store.record(heard, Policy().hearing())
    await store.say("default", HALL, document(), "k", NOW)
    claimed = await store.claim(NOW, LEASE, 9)
    works = [store.sent(out.id, Receipt(f"p-{out.key}", f"l-{out.key}"), NOW) for out in claimed]
    await asyncio.gather(*works)
    assert len(claimed) == 3
    written = {(f"p-{out.key}", f"l-{out.key}") for out in claimed}
    assert set(behind("SELECT message_id, link FROM outbox WHERE state = 'sent'")) == written
    cards = [f"l-{out.key}" for out in claimed if out.vendor]
    assert sorted(behind("SELECT card_link FROM vendor_state")) == sorted((each,) for each in cards)


async def test_a_receipt_that_cannot_be_kept_keeps_no_other_from_it(
    store: Store, engine: str
) -> None:
    for number in range(4):
        await store.say("default", Channel("fake", f"#{number}"), document(), f"k{number}", NOW)
    claimed = await store.claim(NOW, LEASE, 9)
    links = ("https://chat.example/1", "https://chat.example/2", "a\0b", None)
    works = [
        store.sent(out.id, Receipt(out.key, link), NOW)
        for out, link in zip(claimed, links, strict=True)
    ]
    results = await asyncio.gather(*works, return_exceptions=True)
    # PostgreSQL takes no zero byte.
    faults = [type(each) for each in results if each is not None]
    assert faults == ([StorageError] if engine == "postgres" else [])
    assert (await store.depth())[State.SENT] == 4 - len(faults)
