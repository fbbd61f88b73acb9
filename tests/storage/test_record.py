"""Mentions become alerts, once."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.core.choices import Mute
from bot.core.mention import Channel, Message, Receipt
from bot.core.policy import (
    Form,
    History,
    Post,
    PostReason,
    Skip,
    SkipReason,
)
from bot.core.settings import Mode, Settings
from bot.core.status import State
from bot.core.stories import Fingerprint
from bot.storage.mentions import mention_key
from bot.storage.rows import Ruling
from bot.storage.store import Store
from tests.storage.conftest import Behind
from tests.storage.sample import (
    HALL,
    LEASE,
    NOW,
    Faulty,
    Policy,
    after,
    document,
    mention,
    mention_in_entry,
)


def everything_in(folder: Path) -> bytes:
    """Read all files in a folder: the database and what SQLite keeps beside it."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


def forms(*rulings: Ruling) -> list[str]:
    """Say in short what was decided."""
    return [
        each.decision.form.value if isinstance(each.decision, Post) else each.decision.reason.value
        for each in rulings
    ]


async def test_a_first_mention_is_queued_for_its_channel(store: Store) -> None:
    heard = replace(mention(), thread="t1")
    (ruling,) = await store.record([heard], Policy().hearing())
    assert ruling.mention == heard
    assert ruling.decision == Post(PostReason.FIRST, Form.CARD)
    (out,) = await store.claim(NOW, LEASE, 10)
    assert (out.channel, out.thread, out.vendor) == (HALL, "t1", "acme-cam")
    assert out.document == document("card about acme-cam")
    assert out.key == mention_key(heard)
    assert out.attempts == 1


async def test_a_message_delivered_twice_leads_to_one_alert(store: Store) -> None:
    await store.record([mention()], Policy().hearing())
    policy = after(days=40)
    (again,) = await store.record([mention()], policy.hearing())
    assert again.decision == Skip(SkipReason.DUPLICATE)
    assert policy.seen == []
    assert (await store.depth())[State.PENDING] == 1


async def test_a_message_that_was_skipped_is_not_judged_again(store: Store) -> None:
    await store.record([mention(cause_id="m1")], Policy().hearing())
    quiet = await store.record([mention(cause_id="m2")], Policy().hearing())
    later = after(days=2)
    again = await store.record([mention(cause_id="m2")], later.hearing())
    assert forms(*quiet, *again) == ["inside the cooldown", "already recorded"]
    assert later.seen == []


async def test_two_mentions_in_one_call_know_of_each_other(store: Store) -> None:
    policy = Policy()
    rulings = await store.record(
        [mention(cause_id="m1"), mention("other-cam", "m1"), mention(cause_id="m2")],
        policy.hearing(),
    )
    assert forms(*rulings) == ["card", "card", "inside the cooldown"]
    # Two vendors in one message make one message of lines, so no card has been shown.
    assert policy.seen[2] == History(NOW, None, None, None)
    assert [each.document.summary for each in await store.claim(NOW, LEASE, 9)] == [
        "line about acme-cam and other-cam"
    ]


async def test_one_message_twice_in_one_call_leads_to_one_alert(store: Store) -> None:
    rulings = await store.record([mention(), mention()], Policy().hearing())
    assert forms(*rulings) == ["card", "already recorded"]


async def test_channels_and_teams_do_not_share_a_cooldown(store: Store) -> None:
    mentions = [mention(), mention(channel=Channel("fake", "#lab"))]
    assert forms(*await store.record(mentions, Policy().hearing())) == ["card", "card"]
    assert forms(*await store.record(mentions, Policy().hearing("blue"))) == ["card", "card"]


async def test_policy_is_shown_what_was_posted_before(store: Store) -> None:
    await store.record([mention(cause_id="m1")], Policy().hearing())
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.sent(out.id, Receipt("p1", "https://chat.example/p1"), NOW)
    later = after(days=2)
    (ruling,) = await store.record([mention(cause_id="m2")], later.hearing())
    assert forms(ruling) == ["line"]
    last = after(days=4)
    await store.record([mention(cause_id="m3")], last.hearing())
    assert later.seen == [History(NOW, NOW, "r1", "https://chat.example/p1")]
    # A line moves the cooldown on and leaves the card where it was.
    assert last.seen == [replace(later.seen[0], alerted_at=later.now)]


async def test_a_new_card_has_no_address_before_it_is_posted(store: Store) -> None:
    await store.record([mention(cause_id="m1")], Policy().hearing())
    (first,) = await store.claim(NOW, LEASE, 1)
    later = after(days=2, record="r2")
    await store.record([mention(cause_id="m2")], later.hearing())
    # The first card arrives late: its address is not the second one's.
    await store.sent(first.id, Receipt("p1", "https://chat.example/p1"), later.now)
    last = after(days=4, record="r2")
    await store.record([mention(cause_id="m3")], last.hearing())
    assert last.seen == [History(later.now, later.now, "r2", None)]


async def test_the_address_of_an_older_card_is_not_given_for_a_newer_one(store: Store) -> None:
    await store.record([mention(cause_id="m1")], Policy().hearing())
    (first,) = await store.claim(NOW, LEASE, 1)
    await store.sent(first.id, Receipt("p1", "https://chat.example/p1"), NOW)
    later = after(days=2, record="r2")
    await store.record([mention(cause_id="m2")], later.hearing())
    last = after(days=4, record="r2")
    await store.record([mention(cause_id="m3")], last.hearing())
    assert last.seen == [History(later.now, later.now, "r2", None)]


async def test_a_line_posted_beside_a_card_is_not_taken_for_it(store: Store) -> None:
    news = [mention_in_entry("e1"), mention_in_entry("e2")]
    assert forms(*await store.record(news, Policy().hearing())) == ["card", "line"]
    for number in (1, 2):
        (out,) = await store.claim(NOW, LEASE, 1)
        await store.sent(out.id, Receipt(f"p{number}", f"https://chat.example/p{number}"), NOW)
    later = after(days=2)
    await store.record([mention(cause_id="m1")], later.hearing())
    assert later.seen == [History(NOW, NOW, "r1", "https://chat.example/p1")]


async def test_two_processes_racing_for_one_vendor_post_one_card(
    store: Store, other: Store
) -> None:
    for number in range(10):
        vendor = f"vendor-{number}"
        both = await asyncio.gather(
            store.record([mention(vendor, f"a{number}")], Policy().hearing()),
            other.record([mention(vendor, f"b{number}")], Policy().hearing()),
        )
        assert sorted(forms(*both[0], *both[1])) == ["card", "inside the cooldown"]
    assert (await store.depth())[State.PENDING] == 10


async def test_two_processes_given_one_message_post_one_card(store: Store, other: Store) -> None:
    both = await asyncio.gather(
        *(each.record([mention()], Policy().hearing()) for each in (store, other, store))
    )
    assert Counter(forms(*(ruling for (ruling,) in both))) == {"card": 1, "already recorded": 2}


async def test_processes_that_take_vendors_in_different_order_do_not_block_each_other(
    store: Store, other: Store
) -> None:
    there = [mention(f"vendor-{number}", "m1") for number in range(20)]
    back = [mention(f"vendor-{number}", "m2") for number in reversed(range(20))]
    both = await asyncio.gather(
        store.record(there, Policy().hearing()), other.record(back, Policy().hearing())
    )
    assert Counter(forms(*both[0], *both[1])) == {"card": 20, "inside the cooldown": 20}


async def test_nothing_is_kept_if_judging_fails(store: Store, behind: Behind) -> None:
    with pytest.raises(RuntimeError, match="a bug"):
        await store.record([mention(cause_id="m1"), mention(cause_id="m2")], Faulty().hearing())
    for table in ("mention", "outbox", "vendor_state"):
        assert behind(f"SELECT * FROM {table}") == []  # noqa: S608 - our tables


async def test_a_call_that_is_cancelled_does_not_hold_the_others_up(store: Store) -> None:
    for turns in range(30):
        task = asyncio.ensure_future(store.record([mention(f"v{turns}")], Policy().hearing()))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert forms(*await store.record([mention("last")], Policy().hearing())) == ["card"]


async def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    naive = datetime(2024, 4, 1, 12, 0)  # noqa: DTZ001 - the mistake under test
    with pytest.raises(ValueError, match="2024-04-01T12:00:00 has no time zone"):
        await store.record([mention()], Policy(naive).hearing())
    assert (await store.depth())[State.PENDING] == 0


def test_every_part_of_a_cause_changes_its_key() -> None:
    keys = [
        mention_key(mention()),
        mention_key(mention(), team="blue"),
        mention_key(replace(mention(), feed="https://gazette.example/feed.xml")),
        mention_key(mention(vendor="other-cam")),
        mention_key(mention(cause_id="m2")),
        mention_key(mention(channel=Channel("fake", "#lab"))),
        mention_key(mention_in_entry("m1")),
        mention_key(mention("a", 'm", "1')),
        mention_key(mention('a", "m', "1")),
    ]
    assert len(set(keys)) == len(keys)


def test_the_same_cause_has_the_same_key_in_every_version() -> None:
    assert mention_key(mention()) == mention_key(replace(mention(), at=NOW + timedelta(days=1)))
    assert mention_key(mention()) == (
        "2cd103df22ff35060c9d717acc8ec5e6a913b2402c20cd1bab2c338d14f9c52e"
    )


async def test_history_lists_the_newest_alerts_first(store: Store) -> None:
    for day in range(3):
        policy = after(days=2 * day)
        await store.record([mention(cause_id=f"m{day}")], policy.hearing())
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.sent(out.id, Receipt("p1", "https://chat.example/p1"), NOW)
    past = await store.last_alerts("acme-cam", HALL.key, 10)
    assert [each.form for each in past] == [Form.LINE, Form.LINE, Form.CARD]
    assert (past[2].created_at, past[2].sent_at) == (NOW, NOW)
    assert (past[2].link, past[2].matched) == ("https://chat.example/p1", "ACME")
    assert past[0].sent_at is None
    assert len(await store.last_alerts("acme-cam", HALL.key, 2)) == 2
    assert await store.last_alerts("other-cam", HALL.key, 10) == ()


async def test_history_tells_of_a_private_channel_only_in_that_channel(store: Store) -> None:
    secret = Channel("fake", "#board", private=True)
    await store.record([mention(channel=secret), mention()], Policy().hearing())
    assert [each.channel for each in await store.last_alerts("acme-cam", None, 10)] == [HALL.key]
    assert len(await store.last_alerts("acme-cam", secret.key, 10)) == 1


async def test_what_people_write_is_nowhere_in_the_database(store: Store, tmp_path: Path) -> None:
    heard = Message(HALL, "m1", "anna", "Between us: ACME pays the mayor", NOW, "t1")
    found = mention(cause_id=heard.id)
    await store.record([replace(found, thread=heard.thread, at=heard.at)], Policy().hearing())
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.sent(out.id, Receipt("p1"), NOW)
    written = everything_in(tmp_path)
    assert b"ACME" in written
    for words in ("Between us", "pays the mayor", "anna"):
        assert words.encode() not in written


# Several at once


async def test_messages_that_come_together_are_judged_in_order_each_knowing_of_those_before(
    store: Store,
) -> None:
    heard = [mention(cause_id=f"m{number}") for number in range(20)]
    heard += [mention("road-runner", f"r{number}") for number in range(20)]
    works = [store.record([each], Policy().hearing()) for each in heard]
    said = [ruling.decision.reason for (ruling,) in await asyncio.gather(*works)]
    one = ["first mention here", *["inside the cooldown"] * 19]
    assert said == [*one, *one]
    assert [each.message for each in await store.claim(NOW, LEASE, 9)] == [None]


async def test_what_comes_together_keeps_its_order_in_a_channel(store: Store) -> None:
    vendors = [f"v{number:02}" for number in range(30)]
    works = [store.record([mention(each, each)], Policy().hearing()) for each in vendors]
    await asyncio.gather(*works)
    order = []
    while claimed := await store.claim(NOW, LEASE, 9):
        for out in claimed:
            order.append(out.vendor)
            await store.sent(out.id, Receipt(f"p{out.id}"), NOW)
    assert order == vendors


async def test_of_one_message_handed_in_many_times_at_once_one_is_judged(store: Store) -> None:
    works = [store.record([mention()], Policy().hearing()) for _ in range(10)]
    said = [ruling.decision.reason for (ruling,) in await asyncio.gather(*works)]
    assert said == ["first mention here", *["already recorded"] * 9]


async def test_a_mute_that_ends_between_two_that_come_together_ends_for_the_second(
    store: Store,
) -> None:
    hour = NOW + timedelta(hours=1)
    await store.mute(Mute(0, None, None, hour, "", "bea", NOW))
    busy = store.record([mention("busy", "m0")], Policy().hearing())
    works = [
        store.record([mention(cause_id=f"m{number}")], Policy(at).hearing())
        for number, at in enumerate((hour - timedelta(seconds=1), hour), start=1)
    ]
    said = [ruling.decision.reason for (ruling,) in await asyncio.gather(busy, *works)]
    assert said == ["muted", "muted", "first mention here"]


async def test_teams_and_configurations_that_come_together_are_kept_apart(store: Store) -> None:
    loud, off = Settings(), Settings(mode=Mode.OFF)
    asked = [("red", loud), ("blue", loud), ("red", off), ("red", loud)]
    works = [
        store.record([mention(cause_id=f"m{number}")], Policy(settings=each).hearing(team))
        for number, (team, each) in enumerate(asked)
    ]
    said = [ruling.decision.reason for (ruling,) in await asyncio.gather(*works)]
    first = "first mention here"
    assert said == [first, first, "alerts are off here", "inside the cooldown"]


async def test_entries_of_one_story_that_come_together_are_one_post(store: Store) -> None:
    print_ = Fingerprint("https://gazette.example/acme", "acme wins")
    works = [
        store.record(
            [mention_in_entry(f"e{number}")], Policy(prints={f"e{number}": print_}).hearing()
        )
        for number in range(5)
    ]
    said = [type(ruling.decision).__name__ for (ruling,) in await asyncio.gather(*works)]
    assert said == ["Post", "Join", "Join", "Join", "Join"]


async def test_alerts_that_wait_are_all_kept_when_they_come_together(store: Store) -> None:
    settings = Settings(mode=Mode.DIGEST)
    works = [
        store.record([mention(f"v{number}", f"m{number}")], Policy(settings=settings).hearing())
        for number in range(10)
    ]
    await asyncio.gather(*works)
    assert (await store.status(NOW)).waiting == 10
