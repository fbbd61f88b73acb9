"""What is old enough is forgotten, in steps; what waits is not, and nothing alerts again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.document import Document
from bot.core.mention import Channel, Receipt
from bot.core.policy import Skip, SkipReason
from bot.core.settings import Mode, Settings
from bot.core.status import State
from bot.core.stories import Fingerprint
from bot.storage import upkeep
from bot.storage.rows import Retention
from bot.storage.store import Store
from tests.storage.conftest import Behind
from tests.storage.sample import (
    FEED,
    HALL,
    LEASE,
    NOW,
    Policy,
    configure,
    document,
    entry,
    mention,
    mention_in_entry,
    poll,
)

DAY = timedelta(days=1)
ROOM = Channel("fake", "!room", encrypted=True)
KEEP = Retention()


async def forget(store: Store, days: float, keep: Retention = KEEP) -> int:
    """Forget all that is too old some days after NOW; give how many steps it took."""
    steps = 0
    while await store.purge(NOW + timedelta(days=days), keep):
        steps += 1
        assert steps < 1000
    return steps


async def deliver(store: Store) -> list[Document]:
    done: list[Document] = []
    while claimed := await store.claim(NOW, LEASE, 10):
        for out in claimed:
            await store.sent(out.id, Receipt(f"p{out.id}"), NOW)
            done.append(out.document)
    return done


async def test_mentions_are_kept_a_year_and_those_of_encrypted_rooms_a_week(
    store: Store, behind: Behind
) -> None:
    await store.record([mention(), mention(channel=ROOM)], Policy().hearing())
    await deliver(store)
    seen = []
    for days in (7, 7.01, 365, 365.01):
        await forget(store, days)
        seen.append([channel for (channel,) in behind("SELECT channel FROM mention ORDER BY id")])
    assert seen == [["fake:#hall", "fake:!room"], ["fake:#hall"], ["fake:#hall"], []]


async def test_what_was_posted_loses_its_words_after_a_month(store: Store, behind: Behind) -> None:
    await store.record([mention()], Policy().hearing())
    await deliver(store)
    await forget(store, 30)
    assert "acme-cam" in repr(behind("SELECT document FROM outbox"))
    await forget(store, 30.01)
    assert "acme-cam" not in repr(behind("SELECT document FROM outbox"))
    assert [each.form for each in await store.last_alerts("acme-cam", None, 9)] == ["card"]


async def test_a_document_goes_when_no_alert_of_the_past_leads_to_it(
    store: Store, behind: Behind
) -> None:
    await store.record([mention()], Policy().hearing())
    await store.say("default", HALL, document(), "k1", NOW)
    await deliver(store)
    await store.withdraw_for(HALL, "m1", Policy().hearing())
    await deliver(store)
    await forget(store, 31)
    # The card is led to by its mention; its withdrawal and the notice by nothing.
    assert behind("SELECT state FROM outbox") == [("withdrawn",)]
    await forget(store, 366)
    assert behind("SELECT state FROM outbox") == []


async def test_entries_lose_their_words_and_do_not_alert_again(
    store: Store, behind: Behind
) -> None:
    await configure(store, [FEED])
    policy = Policy()
    await store.feeds.finish_poll(poll(entry()), [mention_in_entry("e1")], policy.hearing())
    await deliver(store)
    await forget(store, 30)
    assert behind("SELECT title, summary, article FROM entry") != [("", "", "")]
    await forget(store, 400)
    assert behind("SELECT title, summary, article FROM entry") == [("", "", "")]
    assert behind("SELECT count(*) FROM story") == [(0,)]
    assert await store.feeds.unseen(FEED, ["e1", "e2"]) == {"e2"}


async def test_what_waits_is_not_forgotten_however_old(store: Store) -> None:
    await store.record([mention()], Policy().hearing())
    digest = Policy(settings=Settings(mode=Mode.DIGEST))
    await store.record([mention(channel=ROOM)], digest.hearing())
    await store.pause("bea", NOW)
    await forget(store, 1000, Retention(DAY, DAY, DAY, DAY))
    await store.resume(NOW)
    assert await store.release_digests(NOW + 1000 * DAY, lambda *_: document("digest")) == 1
    assert sorted(each.summary for each in await deliver(store)) == [
        "card about acme-cam",
        "digest",
    ]


async def test_what_is_on_its_way_is_not_forgotten(store: Store) -> None:
    for key in ("k1", "k2"):
        channel = Channel("fake", key)
        await store.say("default", channel, document(key), key, NOW)
    first, second = await store.claim(NOW, LEASE, 2)
    await store.doubt(first.id, "no answer", NOW)
    await forget(store, 1000)
    assert [each.document for each in await store.claim(NOW + LEASE, LEASE, 9)] == [
        document("k1"),
        document("k2"),
    ]
    assert second.document == document("k2")


async def test_what_was_given_up_is_not_posted_empty_by_another_try(store: Store) -> None:
    await store.record([mention()], Policy().hearing())
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.park(out.id, "not in that channel", NOW)
    await forget(store, 31)
    await store.retry(None, NOW)
    assert all(each.blocks for each in await deliver(store))


@pytest.mark.parametrize(
    ("keep", "left"),
    [
        (Retention(mentions=DAY), (0, 1, 1)),
        (Retention(documents=DAY), (1, 0, 1)),
        (Retention(entries=DAY), (1, 1, 0)),
    ],
)
async def test_each_limit_is_about_its_own(
    store: Store, behind: Behind, keep: Retention, left: tuple[int, int, int]
) -> None:
    await configure(store, [FEED])
    policy = Policy(prints={"e1": Fingerprint("https://gazette.example/a", "acme wins")})
    await store.feeds.finish_poll(poll(entry()), [mention_in_entry("e1")], policy.hearing())
    await deliver(store)
    await forget(store, 2, keep)
    assert (
        len(behind("SELECT 1 FROM mention")),
        len(behind("SELECT 1 FROM outbox WHERE document LIKE '%acme-cam%'")),
        len(behind("SELECT 1 FROM entry WHERE title <> ''")),
    ) == left


async def test_forgetting_goes_in_steps(
    store: Store, behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "_AT_ONCE", 3)
    await configure(store, [FEED])
    entries = [entry(f"e{number}") for number in range(10)]
    found = [mention_in_entry(each.id) for each in entries]
    await store.feeds.finish_poll(poll(*entries), found, Policy().hearing())
    await deliver(store)
    assert await forget(store, 400) >= 4
    counts = [
        behind(f"SELECT count(*) FROM {table}")[0][0]  # noqa: S608 - our tables
        for table in ("mention", "outbox", "story", "story_entry")
    ]
    assert counts == [0, 0, 0, 0]


async def test_one_step_is_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "_AT_ONCE", 3)
    heard = [mention(f"v{number}", f"m{number}") for number in range(10)]
    await store.record(heard, Policy().hearing())
    await deliver(store)
    assert await store.purge(NOW + 400 * DAY, KEEP) <= 9


async def test_a_message_that_is_delivered_again_within_its_limit_does_not_alert(
    store: Store,
) -> None:
    await store.record([mention()], Policy().hearing())
    await deliver(store)
    await forget(store, 364)
    (again,) = await store.record([mention()], Policy(NOW + 364 * DAY).hearing())
    assert again.decision == Skip(SkipReason.DUPLICATE)


async def test_the_cooldown_and_the_last_card_outlive_their_mention(store: Store) -> None:
    await store.record([mention()], Policy().hearing())
    await deliver(store)
    await forget(store, 2, Retention(mentions=DAY))
    policy = Policy(NOW + 2 * DAY)
    await store.record([mention(cause_id="m2")], policy.hearing())
    assert policy.seen[0].card_at == NOW


async def test_a_story_is_dropped_when_no_link_to_it_is_quiet_any_more(
    store: Store, behind: Behind
) -> None:
    news = Fingerprint("https://gazette.example/a", "acme wins")
    await store.record([mention_in_entry("e1")], Policy(prints={"e1": news}).hearing())
    await deliver(store)
    await forget(store, 30)
    pasted = replace(mention(), links=(news.url or "",))
    (ruling,) = await store.record([pasted], Policy(NOW + 29 * DAY).hearing())
    assert ruling.decision == Skip(SkipReason.STORY)
    await forget(store, 31)
    assert behind("SELECT count(*) FROM story_entry") == [(0,)]
    assert (await store.depth())[State.SENT] == 1


async def test_nothing_of_an_encrypted_room_outlives_its_week(store: Store, behind: Behind) -> None:
    await store.record([mention(channel=ROOM)], Policy().hearing())
    await deliver(store)
    await forget(store, 8)
    assert behind("SELECT count(*) FROM mention") == [(0,)]
    assert "acme-cam" not in repr(behind("SELECT document, vendor FROM outbox"))
