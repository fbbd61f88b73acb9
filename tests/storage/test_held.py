"""Alerts that wait for a digest, the morning or the end of a pause: none is lost or told twice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.core.choices import Mute, Report
from bot.core.digest import Held
from bot.core.document import Document
from bot.core.hours import DigestPlan, QuietHours
from bot.core.mention import Channel, Receipt
from bot.core.policy import HoldReason
from bot.core.settings import Mode, Settings
from bot.storage import held
from bot.storage.rows import Outgoing
from bot.storage.store import Store
from tests.storage.conftest import Behind
from tests.storage.sample import HALL, LEASE, NOW, Policy, document, mention, mention_in_entry

LAB = Channel("fake", "#lab")
BOARD = Channel("fake", "#board", private=True)
DAILY = Settings(mode=Mode.DIGEST, digest=DigestPlan.parse("daily 9"))
NIGHTLY = Settings(quiet=QuietHours.parse("22:00-07:00 UTC"))
MIDNIGHT = NOW + timedelta(hours=12)
SEVEN = NOW + timedelta(hours=19)
NINE = NOW + timedelta(hours=21)


def write(_team: str, hold: HoldReason, waited: Sequence[Held]) -> Document:
    """Word a digest by its reason and its vendors."""
    return document(f"{hold}: " + ", ".join(each.vendor for each in waited))


async def hear(
    store: Store,
    *vendors: str,
    settings: Settings = DAILY,
    now: datetime = NOW,
    channel: Channel = HALL,
    team: str = "default",
) -> None:
    """Let each vendor be named in a message of its own."""
    heard = [mention(each, f"{each} {now}", channel) for each in vendors]
    await store.record(heard, Policy(now, settings=settings).hearing(team))


async def come(store: Store, now: datetime) -> list[tuple[str, str]]:
    """Release what is due and deliver everything; give channels and words."""
    while await store.release_digests(now, write):
        pass
    return [(each.channel.id, each.document.summary) for each in await deliver(store, now)]


async def deliver(store: Store, now: datetime) -> list[Outgoing]:
    done: list[Outgoing] = []
    while claimed := await store.claim(now, LEASE, 10):
        for out in claimed:
            await store.sent(out.id, Receipt(f"p{out.id}"), now)
            done.append(out)
    return done


async def test_what_waits_is_one_digest_when_it_is_due(store: Store) -> None:
    await hear(store, "acme-cam", "road-runner")
    assert await store.next_digest_due() == NINE
    assert await come(store, NINE - timedelta(seconds=1)) == []
    assert await come(store, NINE) == [("#hall", "the next digest: acme-cam, road-runner")]
    assert await come(store, NINE) == []
    assert await store.next_digest_due() is None


async def test_every_days_digest_comes(store: Store) -> None:
    told = []
    for day in range(4):
        await hear(store, f"v{day}", now=NOW + timedelta(days=day))
        told += await come(store, NINE + timedelta(days=day))
    assert told == [("#hall", f"the next digest: v{day}") for day in range(4)]


async def test_two_channels_of_one_size_get_a_digest_each_on_the_same_day(store: Store) -> None:
    for day in range(2):
        for channel in (HALL, LAB):
            await hear(store, "acme-cam", now=NOW + timedelta(days=day), channel=channel)
        told = await come(store, NINE + timedelta(days=day))
        assert sorted(told) == [
            (each, "the next digest: acme-cam") for each in ("#hall", "#lab")
        ], f"day {day}"


async def test_a_digest_keeps_to_its_channel_and_its_privacy(store: Store) -> None:
    await hear(store, "acme-cam", channel=HALL)
    await hear(store, "road-runner", channel=BOARD)
    await store.release_digests(NINE, write)
    found = {each.channel: each.document.summary for each in await store.claim(NINE, LEASE, 10)}
    assert found == {
        HALL: "the next digest: acme-cam",
        BOARD: "the next digest: road-runner",
    }


async def test_an_alert_that_waits_keeps_the_title_of_an_entry_and_nothing_of_a_message(
    store: Store,
) -> None:
    seen: list[Held] = []

    def keep(team: str, hold: HoldReason, waited: Sequence[Held]) -> Document:
        seen.extend(waited)
        return write(team, hold, waited)

    both = (mention("acme-cam"), mention_in_entry("e1", "road-runner", title="Acme wins"))
    await store.record(both, Policy(settings=DAILY).hearing())
    await store.release_digests(NINE, keep)
    assert seen == [
        Held("acme-cam", "acme-cam", "first mention here", NOW, None, None),
        Held(
            "road-runner",
            "road-runner",
            "first mention here",
            NOW,
            "Acme wins",
            "https://gazette.example/e1",
        ),
    ]


async def test_a_message_that_waits_twice_waits_once(store: Store) -> None:
    for _ in range(3):
        await hear(store, "acme-cam")
    assert (await store.status(NOW)).waiting == 1
    assert await come(store, NINE) == [("#hall", "the next digest: acme-cam")]
    await hear(store, "acme-cam")
    assert (await store.status(NOW)).waiting == 0


async def test_what_comes_after_a_digest_waits_for_the_next_one(store: Store) -> None:
    await hear(store, "acme-cam")
    await come(store, NINE)
    await hear(store, "road-runner", now=NINE)
    assert await store.next_digest_due() == NINE + timedelta(days=1)


async def test_too_much_for_one_digest_is_told_in_several(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "MOST_TOLD", 3)
    await hear(store, *(f"v{number}" for number in range(7)))
    told = await come(store, NINE)
    assert [said for _, said in told] == [
        "the next digest: v0, v1, v2",
        "the next digest: v3, v4, v5",
        "the next digest: v6",
    ]
    assert (await store.status(NOW)).waiting == 0


async def test_two_processes_release_a_digest_once(store: Store, other: Store) -> None:
    await hear(store, "acme-cam", "road-runner")
    released = [await each.release_digests(NINE, write) for each in (store, other)]
    assert released == [1, 0]
    assert len(await deliver(store, NINE)) == 1


async def test_quiet_hours_end_in_one_digest(store: Store) -> None:
    await hear(store, "acme-cam", "road-runner", settings=NIGHTLY, now=MIDNIGHT)
    assert await deliver(store, MIDNIGHT) == []
    assert await store.next_digest_due() == SEVEN
    assert await come(store, SEVEN) == [
        ("#hall", "the end of the quiet hours: acme-cam, road-runner")
    ]


async def test_nothing_is_posted_while_posting_is_stopped(store: Store) -> None:
    await hear(store, "acme-cam", settings=Settings())
    assert await store.pause("bea", NOW)
    assert not await store.pause("carl", NOW)
    await hear(store, "road-runner", settings=Settings())
    await hear(store, "v3", settings=DAILY)
    assert await come(store, NINE + timedelta(days=3)) == []
    assert await store.next_digest_due() is None
    paused = await store.paused()
    assert paused is not None
    assert (paused.by, paused.since) == ("bea", NOW)


async def test_after_a_pause_each_channel_gets_one_digest(store: Store) -> None:
    await store.pause("bea", NOW)
    for channel in (HALL, LAB):
        vendors = [f"v{number}" for number in range(5)]
        await hear(store, *vendors, settings=Settings(), channel=channel)
    hour = NOW + timedelta(hours=1)
    assert await store.resume(hour) == 10
    assert await store.resume(hour) is None
    told = await come(store, hour)
    assert sorted(told) == [
        (each, "the end of the pause: v0, v1, v2, v3, v4") for each in ("#hall", "#lab")
    ]
    await hear(store, "v9", settings=Settings(), now=hour)
    assert [said for _, said in await come(store, hour)] == ["card about v9"]


async def test_a_pause_that_ends_at_night_wakes_nobody(store: Store) -> None:
    await store.choose(HALL.key, {"quiet": str(NIGHTLY.quiet)}, "bea", NOW)
    await store.pause("bea", NOW)
    await hear(store, "acme-cam", settings=NIGHTLY)
    await store.resume(MIDNIGHT)
    assert await come(store, MIDNIGHT) == []
    assert [channel for channel, _ in await come(store, SEVEN)] == ["#hall"]


async def test_a_pause_in_a_night_ends_in_one_digest_too(store: Store) -> None:
    await store.choose(HALL.key, {"quiet": str(NIGHTLY.quiet)}, "bea", NOW)
    await hear(store, "acme-cam", settings=NIGHTLY, now=MIDNIGHT)
    await store.pause("bea", MIDNIGHT)
    await hear(store, "road-runner", settings=NIGHTLY, now=MIDNIGHT)
    await store.resume(SEVEN)
    assert len(await come(store, SEVEN)) == 1


async def test_a_teams_pause_is_its_own(store: Store) -> None:
    await store.pause("bea", NOW, team="red")
    for team, channel in (("red", HALL), ("blue", LAB)):
        await hear(store, "acme-cam", settings=DAILY, channel=channel, team=team)
    assert await come(store, NINE) == [("#lab", "the next digest: acme-cam")]
    assert await store.resume(NINE, team="blue") is None
    await store.resume(NINE, team="red")
    assert await come(store, NINE) == [("#hall", "the next digest: acme-cam")]


async def test_what_waited_counts_as_said(store: Store) -> None:
    await hear(store, "acme-cam", now=NOW)
    await hear(store, "acme-cam", now=NOW + timedelta(hours=23))
    assert (await store.status(NOW)).waiting == 1


async def test_the_card_comes_with_the_first_alert_after_a_digest(store: Store) -> None:
    await hear(store, "acme-cam")
    await come(store, NINE)
    later = NOW + timedelta(days=2)
    await hear(store, "acme-cam", settings=Settings(), now=later)
    assert await come(store, later) == [("#hall", "card about acme-cam")]


async def test_an_edit_of_a_channels_plan_does_not_lose_what_waits_already(store: Store) -> None:
    await hear(store, "acme-cam")
    weekly = replace(DAILY, digest=DigestPlan.parse("weekly fri 9"))
    await hear(store, "road-runner", settings=weekly)
    assert await come(store, NINE) == [("#hall", "the next digest: acme-cam")]
    friday = datetime(2024, 4, 5, 9, tzinfo=NOW.tzinfo)
    assert await come(store, friday) == [("#hall", "the next digest: road-runner")]


async def test_a_deleted_message_is_not_told_of_in_the_morning(store: Store) -> None:
    await store.record(
        [mention("acme-cam", "m1"), mention("road-runner", "m2")],
        Policy(MIDNIGHT, settings=NIGHTLY).hearing(),
    )
    await store.withdraw_for(HALL, "m1", Policy(MIDNIGHT, settings=NIGHTLY).hearing())
    assert await come(store, SEVEN) == [("#hall", "the end of the quiet hours: road-runner")]


@pytest.mark.parametrize("where", [HALL, None])
async def test_who_was_muted_meanwhile_is_left_out_of_the_digest(
    store: Store, where: Channel | None
) -> None:
    await hear(store, "acme-cam", "road-runner")
    await hear(store, "acme-cam", channel=LAB)
    here = where.key if where else None
    await store.mute(Mute(0, "acme-cam", here, None, "", "bea", NOW))
    told = dict(await come(store, NINE))
    assert told["#hall"] == "the next digest: road-runner"
    assert ("#lab" in told) is (where is HALL)
    assert (await store.status(NINE)).waiting == 0


async def test_a_mute_that_is_over_in_the_morning_leaves_nothing_out(store: Store) -> None:
    await store.mute(Mute(0, "acme-cam", None, MIDNIGHT, "", "bea", NOW))
    await hear(store, "acme-cam", settings=NIGHTLY, now=MIDNIGHT)
    assert await come(store, SEVEN) == [("#hall", "the end of the quiet hours: acme-cam")]


async def test_where_all_that_waited_is_muted_there_is_no_digest(store: Store) -> None:
    await hear(store, "acme-cam", "road-runner")
    await store.mute(Mute(0, None, HALL.key, None, "", "bea", NOW))
    assert await come(store, NINE) == []
    assert await store.next_digest_due() is None


async def test_alerts_that_were_turned_off_meanwhile_come_in_no_digest(store: Store) -> None:
    await hear(store, "acme-cam", settings=NIGHTLY, now=MIDNIGHT)
    await hear(store, "acme-cam", channel=LAB, settings=NIGHTLY, now=MIDNIGHT)
    await store.choose(HALL.key, {"mode": "off"}, "bea", MIDNIGHT)
    assert await come(store, SEVEN) == [("#lab", "the end of the quiet hours: acme-cam")]
    await store.choose(HALL.key, {"mode": None}, "bea", SEVEN)
    assert await come(store, SEVEN) == []


async def test_a_configuration_that_turns_alerts_off_spares_the_channels_that_chose(
    store: Store,
) -> None:
    for channel in (HALL, LAB):
        await hear(store, "acme-cam", channel=channel)
    await store.choose(LAB.key, {"mode": "digest"}, "bea", NOW)
    assert await store.release_digests(NINE, write, Settings(mode=Mode.OFF)) == 1
    assert [out.channel for out in await deliver(store, NINE)] == [LAB]


@pytest.mark.parametrize("everywhere", [False, True])
async def test_words_that_were_called_wrong_meanwhile_are_left_out_of_the_digest(
    store: Store, *, everywhere: bool
) -> None:
    await hear(store, "acme-cam", channel=HALL, settings=Settings())
    (card,) = await deliver(store, NOW)
    later = NOW + timedelta(days=2)
    for channel in (HALL, LAB):
        await hear(store, "acme-cam", "road-runner", channel=channel, now=later)
    report = Report(HALL, f"p{card.id}", "bea", everywhere=everywhere)
    assert await store.wrong_match(report, later) == 1
    told = dict(await come(store, NINE + timedelta(days=2)))
    assert told["#hall"] == "the next digest: road-runner"
    assert ("acme-cam" in told["#lab"]) is not everywhere


async def test_what_a_digest_leaves_out_is_kept_with_the_reason(
    store: Store, behind: Behind
) -> None:
    await hear(store, "acme-cam", settings=Settings())
    (card,) = await deliver(store, NOW)
    await hear(store, "acme-cam", "road-runner", "v3", now=NOW + timedelta(days=2))
    await hear(store, "acme-cam", channel=LAB, now=NOW + timedelta(days=2))
    await store.wrong_match(Report(HALL, f"p{card.id}", "bea"), NOW)
    await store.mute(Mute(0, "road-runner", HALL.key, None, "", "bea", NOW))
    await store.choose(LAB.key, {"mode": "off"}, "bea", NOW)
    told = await come(store, NINE + timedelta(days=2))
    assert [channel for channel, said in told if said.startswith("the next")] == ["#hall"]
    kept = behind("SELECT channel, vendor, reason FROM mention WHERE outcome = 'skip'")
    assert sorted(map(tuple, kept)) == [
        ("fake:#hall", "acme-cam", "these words were marked as a wrong match"),
        ("fake:#hall", "road-runner", "muted"),
        ("fake:#lab", "acme-cam", "alerts are off here"),
    ]


async def test_words_that_were_found_to_be_right_after_all_are_told(store: Store) -> None:
    await hear(store, "acme-cam", settings=Settings())
    (card,) = await deliver(store, NOW)
    later = NOW + timedelta(days=2)
    await hear(store, "acme-cam", now=later)
    await store.wrong_match(Report(HALL, f"p{card.id}", "bea"), later)
    (proposed,) = await store.wrong_matches(HALL)
    await store.settle_wrong_match(proposed.id, HALL, approve=False)
    told = await come(store, NINE + timedelta(days=2))
    assert ("#hall", "the next digest: acme-cam") in told


async def test_a_deleted_message_does_not_take_back_the_digest_that_tells_of_it(
    store: Store,
) -> None:
    both = [mention("acme-cam", "m1"), mention("road-runner", "m2")]
    await store.record(both, Policy(settings=DAILY).hearing())
    await come(store, NINE)
    assert await store.withdraw_for(HALL, "m1", Policy(NINE).hearing()) == 0
    assert await come(store, NINE) == []


async def test_a_digest_cannot_be_called_a_wrong_match(store: Store) -> None:
    await hear(store, "acme-cam", "road-runner")
    await store.release_digests(NINE, write)
    (out,) = await deliver(store, NINE)
    assert await store.wrong_match(Report(HALL, f"p{out.id}", "bea"), NINE) == 0
    assert await store.wrong_matches(HALL) == ()
    assert await deliver(store, NINE) == []


async def test_a_crash_between_writing_and_committing_a_digest_loses_nothing(store: Store) -> None:
    await hear(store, "acme-cam")

    def fail(_team: str, hold: HoldReason, waited: Sequence[Held]) -> Document:
        raise RuntimeError(f"{hold} {len(waited)}")

    with pytest.raises(RuntimeError, match="the next digest 1"):
        await store.release_digests(NINE, fail)
    assert await come(store, NINE) == [("#hall", "the next digest: acme-cam")]
