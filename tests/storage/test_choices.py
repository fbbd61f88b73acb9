"""What people chose beside the configuration: settings, mutes, and words that matched wrongly."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.choices import Mute, Precision, Report, WrongMatch
from bot.core.mention import Channel, MatchKind, Mention, Receipt
from bot.core.settings import Mode, Settings
from bot.storage.rows import Kind, Outgoing, Ruling
from bot.storage.store import Store
from tests.storage.conftest import Behind
from tests.storage.sample import HALL, LEASE, NOW, Policy, mention, mention_in_entry

LAB = Channel("fake", "#lab")
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


async def hear(
    store: Store, *mentions: Mention, settings: Settings | None = None, team: str = "default"
) -> list[str]:
    """Let mentions be judged, each at its own time; say in short what became of them."""
    said = []
    for each in mentions:
        policy = Policy(each.at, settings=settings or Settings())
        said += [short(ruling) for ruling in await store.record([each], policy.hearing(team))]
    return said


def short(ruling: Ruling) -> str:
    return ruling.decision.reason.value


def said_as(words: str, name: str = "Acme", **about: object) -> Mention:
    """Give a mention by these words."""
    plain = mention(**about)  # type: ignore[arg-type]  # a test names what it is about
    return replace(plain, match=replace(plain.match, matched=words, name=name))


def mute(
    vendor: str | None = "acme-cam",
    channel: Channel | None = HALL,
    until: timedelta | None = None,
) -> Mute:
    return Mute(
        0,
        vendor,
        channel.key if channel else None,
        NOW + until if until is not None else None,
        "we know",
        "bea",
        NOW,
    )


async def deliver(store: Store) -> list[Outgoing]:
    done: list[Outgoing] = []
    while claimed := await store.claim(NOW, LEASE, 10):
        for out in claimed:
            await store.sent(out.id, Receipt(out.message or f"p{out.id}"), NOW)
            done.append(out)
    return done


# Settings


async def test_a_channels_choices_go_before_the_configuration(store: Store) -> None:
    policy = Policy(settings=Settings(mode=Mode.CHANNEL, minimum=MatchKind.POSSIBLE))
    await store.choose(HALL.key, {"mode": "digest", "cooldown": "2h"}, "bea", NOW)
    await store.record([mention(), mention(channel=LAB)], policy.hearing())
    hall, lab = (each.settings for each in policy.situations)
    assert hall == replace(policy.settings, mode=Mode.DIGEST, cooldown=2 * HOUR)
    assert lab == policy.settings


async def test_choices_are_added_to_one_another_and_can_be_taken_back(store: Store) -> None:
    await store.choose(HALL.key, {"mode": "off"}, "bea", NOW)
    both = {"mode": "off", "cooldown": "2h"}
    assert await store.choose(HALL.key, {"cooldown": "2h"}, "carl", NOW) == both
    assert await store.chosen(HALL.key) == both
    assert await store.choose(HALL.key, {"mode": None}, "carl", NOW) == {"cooldown": "2h"}
    assert await store.chosen(LAB.key) == {}
    assert await store.chosen(HALL.key, team="blue") == {}


async def test_who_chose_last_and_when_is_kept(store: Store, behind: Behind) -> None:
    await store.choose(HALL.key, {"mode": "off"}, "bea", NOW)
    await store.choose(HALL.key, {"mode": "react"}, "carl", NOW + HOUR)
    assert behind("SELECT channel, by FROM channel_setting") == [("fake:#hall", "carl")]


async def test_a_stored_choice_that_nobody_can_read_is_passed_over(
    store: Store, behind: Behind
) -> None:
    await store.choose(HALL.key, {"mode": "thread"}, "bea", NOW)
    stored = (
        '{"sound": "loud", "mode": "off"}',
        '{"mode": "off", "cooldown": "a while"}',
        '{"quiet": "22:00-07:00 Atlantis/Capital", "mode": "off"}',
    )
    for number, text in enumerate(stored):
        behind(f"UPDATE channel_setting SET choices = '{text}'")  # noqa: S608 - the test's own words
        policy = Policy()
        await store.record([mention(cause_id=f"m{number}")], policy.hearing())
        assert policy.situations[0].settings == Settings(mode=Mode.OFF), text


async def test_a_stored_choice_of_another_type_is_passed_over(store: Store, behind: Behind) -> None:
    await store.choose(HALL.key, {"mode": "thread"}, "bea", NOW)
    stored = ('{"mode": "off", "cooldown": 5}', '{"mode": "off", "vendors": ["acme-cam"]}')
    for number, text in enumerate(stored):
        behind(f"UPDATE channel_setting SET choices = '{text}'")  # noqa: S608 - the test's own words
        policy = Policy()
        await store.record([mention(cause_id=f"m{number}")], policy.hearing())
        assert policy.situations[0].settings == Settings(mode=Mode.OFF), text


async def test_choices_that_are_damaged_leave_the_configuration_in_force(
    store: Store, behind: Behind
) -> None:
    await store.choose(HALL.key, {"mode": "off"}, "bea", NOW)
    for number, text in enumerate(("[]", "mode=off", "", "null", '"off"')):
        behind(f"UPDATE channel_setting SET choices = '{text}'")  # noqa: S608 - the test's own words
        policy = Policy()
        await store.record([mention(cause_id=f"m{number}")], policy.hearing())
        assert policy.situations[0].settings == Settings(), text
    assert await store.choose(HALL.key, {"mode": "off"}, "bea", NOW) == {"mode": "off"}


# Mutes


@pytest.mark.parametrize(
    ("new", "vendor", "channel", "quiet"),
    [
        (mute(), "acme-cam", HALL, True),
        (mute(), "road-runner", HALL, False),
        (mute(), "acme-cam", LAB, False),
        (mute(channel=None), "acme-cam", LAB, True),
        (mute(channel=None), "road-runner", LAB, False),
        (mute(vendor=None), "road-runner", HALL, True),
        (mute(vendor=None), "road-runner", LAB, False),
        (mute(vendor=None, channel=None), "road-runner", LAB, True),
    ],
)
async def test_a_mute_holds_for_its_vendor_and_its_place(
    store: Store, new: Mute, vendor: str, channel: Channel, quiet: bool
) -> None:
    await store.mute(new)
    assert (await hear(store, mention(vendor, channel=channel)) == ["muted"]) is quiet
    assert await hear(store, mention(vendor, "m2", LAB), team="blue") != ["muted"]


async def test_a_mute_ends_at_its_second(store: Store) -> None:
    await store.mute(mute(until=HOUR))
    before = replace(mention(cause_id="m1"), at=NOW + HOUR - SECOND)
    then = replace(mention(cause_id="m2"), at=NOW + HOUR)
    assert await hear(store, before, then) == ["muted", "first mention here"]
    assert await store.mutes(NOW + HOUR - SECOND) != ()
    assert await store.mutes(NOW + HOUR) == ()


async def test_a_mute_keeps_who_when_and_why(store: Store) -> None:
    kept = await store.mute(mute(until=HOUR))
    assert replace(kept, id=0) == mute(until=HOUR)
    assert await store.mutes(NOW) == (kept,)


async def test_mutes_of_a_private_channel_are_told_only_to_whoever_is_in_it(
    store: Store,
) -> None:
    here = await store.mute(mute())
    everywhere = await store.mute(mute(channel=None))
    there = await store.mute(replace(mute(channel=LAB), private=True))
    await store.mute(mute(), team="blue")
    assert await store.mutes(NOW) == (here, everywhere)
    assert await store.mutes(NOW, private=frozenset({LAB.key})) == (here, everywhere, there)


async def test_a_mute_takes_the_place_of_one_of_the_same_in_the_same_place(store: Store) -> None:
    await store.mute(mute())
    later = await store.mute(mute())
    assert await store.mutes(NOW) == (later,)


async def test_a_mute_can_be_undone_once(store: Store, behind: Behind) -> None:
    kept = await store.mute(mute())
    assert not await store.unmute(kept.id, "carl", NOW, team="blue")
    assert await store.unmute(kept.id, "carl", NOW)
    assert not await store.unmute(kept.id, "dora", NOW)
    assert await store.mutes(NOW) == ()
    assert await hear(store, mention()) == ["first mention here"]
    assert behind("SELECT by, reason, ended_by FROM mute") == [("bea", "we know", "carl")]


async def test_what_has_ended_by_itself_cannot_be_undone(store: Store) -> None:
    kept = await store.mute(mute(until=HOUR))
    assert not await store.unmute(kept.id, "carl", NOW + HOUR)


async def test_of_two_mutes_the_other_holds_when_one_is_undone(store: Store) -> None:
    kept = await store.mute(mute())
    await store.mute(mute(channel=None))
    await store.unmute(kept.id, "carl", NOW)
    assert await hear(store, mention()) == ["muted"]


async def test_a_muted_mention_leaves_no_trace_in_the_cooldown(store: Store) -> None:
    kept = await store.mute(mute())
    assert await hear(store, mention(cause_id="m1")) == ["muted"]
    await store.unmute(kept.id, "carl", NOW)
    assert await hear(store, mention(cause_id="m2")) == ["first mention here"]


# Wrong matches


async def alerted(store: Store, *mentions: Mention) -> str:
    """Let mentions of one cause be posted; give the message's id."""
    await store.record(mentions, Policy().hearing())
    (out,) = await deliver(store)
    return f"p{out.id}"


async def test_a_wrong_match_is_taken_back_and_its_words_alert_no_more(store: Store) -> None:
    message = await alerted(store, said_as("ACME  cam"))
    assert await store.wrong_match(Report(HALL, message, "bea"), NOW) == 1
    (out,) = await deliver(store)
    assert (out.kind, out.message) == (Kind.WITHDRAW, message)
    wrong = "these words were marked as a wrong match"
    assert await hear(store, said_as("Acme Cam", cause_id="m2")) == [wrong]
    assert await hear(store, said_as("Acme Cam", cause_id="m3", channel=LAB)) != [wrong]
    assert await hear(store, said_as("Acme Cams", cause_id="m4")) != [wrong]
    assert await hear(store, said_as("Acme Cam", "Acme Cam Ltd", cause_id="m5")) != [wrong]
    assert await hear(store, said_as("Acme Cam", cause_id="m6"), team="blue") != [wrong]
    (kept,) = await store.wrong_matches(HALL)
    assert replace(kept, id=0) == (
        WrongMatch(0, "acme-cam", "fake:#hall", "acme cam", "Acme", "bea", NOW, "proposed")
    )


async def test_a_wrong_match_everywhere_holds_everywhere(store: Store) -> None:
    message = await alerted(store, said_as("ACME"))
    await store.wrong_match(Report(HALL, message, "bea", everywhere=True), NOW)
    wrong = ["these words were marked as a wrong match"]
    assert await hear(store, said_as("Acme", cause_id="m2", channel=LAB)) == wrong
    assert [each.channel for each in await store.wrong_matches(HALL)] == [None]


async def test_of_an_encrypted_room_the_listed_name_alone_is_suppressed(
    store: Store, behind: Behind
) -> None:
    room = Channel("fake", "!room", encrypted=True)
    message = await alerted(store, said_as("aCmE", channel=room))
    await store.wrong_match(Report(room, message, "bea"), NOW)
    assert await hear(store, said_as("Acme", cause_id="m2", channel=room)) == [
        "these words were marked as a wrong match"
    ]
    assert behind("SELECT words, name FROM wrong_match") == [("", "Acme")]
    assert behind("SELECT DISTINCT matched FROM mention") == [("",)]


async def test_rejected_words_alert_again_and_approved_ones_do_not(store: Store) -> None:
    for number, words in enumerate(("ACME", "Acme Inc")):
        heard = said_as(words, cause_id=f"m{number}", channel=Channel("fake", f"#{number}"))
        message = await alerted(store, heard)
        await store.wrong_match(Report(heard.channel, message, "bea", everywhere=True), NOW)
        await deliver(store)
    first, second = await store.wrong_matches(HALL, "proposed")
    assert await store.settle_wrong_match(first.id, HALL, approve=False) is not None
    assert await store.settle_wrong_match(second.id, HALL, approve=True) is not None
    assert await hear(store, said_as("ACME", cause_id="m8")) == ["first mention here"]
    assert await hear(store, said_as("Acme Inc", cause_id="m9")) == [
        "these words were marked as a wrong match"
    ]
    assert await store.wrong_matches(HALL, "proposed") == ()
    assert [each.state for each in await store.wrong_matches(HALL)] == ["rejected", "approved"]
    assert [each.state for each in await store.wrong_matches(HALL, "approved")] == ["approved"]


async def test_a_proposal_is_settled_once_and_by_its_own_team(store: Store) -> None:
    message = await alerted(store, mention())
    await store.wrong_match(Report(HALL, message, "bea"), NOW)
    (proposal,) = await store.wrong_matches(HALL)
    assert await store.settle_wrong_match(proposal.id, HALL, approve=True, team="blue") is None
    assert await store.settle_wrong_match(proposal.id, HALL, approve=True) is not None
    assert await store.settle_wrong_match(proposal.id, HALL, approve=False) is None
    assert await store.settle_wrong_match(999, HALL, approve=True) is None


async def test_what_a_channel_marked_for_itself_is_seen_and_settled_there_alone(
    store: Store,
) -> None:
    board = Channel("fake", "#board", private=True)
    message = await alerted(store, said_as("ACME", channel=board))
    await store.wrong_match(Report(board, message, "bea"), NOW)
    await deliver(store)
    message = await alerted(store, said_as("Acme Inc"))
    await store.wrong_match(Report(HALL, message, "bea", everywhere=True), NOW)
    assert [each.words for each in await store.wrong_matches(board)] == ["acme", "acme inc"]
    assert [each.words for each in await store.wrong_matches(HALL)] == ["acme inc"]
    own, _ = await store.wrong_matches(board)
    assert await store.settle_wrong_match(own.id, HALL, approve=True) is None
    (still, _) = await store.wrong_matches(board, "proposed")
    assert await store.settle_wrong_match(still.id, board, approve=True) is not None


async def test_what_is_approved_for_everywhere_holds_there_and_settles_the_same_words(
    store: Store,
) -> None:
    for number, channel in enumerate((HALL, LAB)):
        message = await alerted(store, said_as("ACME", cause_id=f"m{number}", channel=channel))
        await store.wrong_match(Report(channel, message, "bea"), NOW)
        await deliver(store)
    first, other = await store.wrong_proposals(seen=frozenset({HALL.key, LAB.key}))
    assert await store.settle_wrong_match(first.id, HALL, approve=True, everywhere=True) == (
        replace(first, channel=None, state="approved")
    )
    assert await store.settle_wrong_match(other.id, LAB, approve=False) is None
    shed = Channel("fake", "#shed")
    assert await hear(store, said_as("Acme", cause_id="m8", channel=shed)) == [
        "these words were marked as a wrong match"
    ]
    assert await hear(store, said_as("Acme", cause_id="m9", channel=shed), team="blue") == [
        "first mention here"
    ]


async def test_proposals_of_channels_that_nobody_knows_or_are_private_need_their_key(
    store: Store,
) -> None:
    board = Channel("fake", "#board", private=True)
    for number, channel in enumerate((HALL, LAB, board)):
        message = await alerted(store, said_as("ACME", cause_id=f"m{number}", channel=channel))
        await store.wrong_match(Report(channel, message, "bea"), NOW)
        await deliver(store)
    await store.join(HALL, None, "j1", (), NOW)
    await store.join(board, None, "j2", (), NOW)
    assert [each.channel for each in await store.wrong_proposals()] == [HALL.key]
    seen = frozenset({board.key})
    told = [each.channel for each in await store.wrong_proposals(seen=seen)]
    assert told == [HALL.key, board.key]
    assert await store.wrong_proposals("blue", seen=seen) == ()


async def test_the_same_report_twice_is_one_proposal(store: Store) -> None:
    message = await alerted(store, mention())
    for _ in range(2):
        await store.wrong_match(Report(HALL, message, "bea"), NOW)
    assert len(await store.wrong_matches(HALL)) == 1
    assert [each.kind for each in await deliver(store)] == [Kind.WITHDRAW]


async def test_precision_counts_alerts_and_wrong_ones_by_listed_name(store: Store) -> None:
    for number in range(3):
        channel = Channel("fake", f"#{number}")
        message = await alerted(store, said_as("ACME", channel=channel))
        if number == 0:
            await store.wrong_match(Report(channel, message, "bea"), NOW)
            await deliver(store)
    await alerted(store, said_as("Acme Ltd", "Acme Ltd", channel=LAB))
    await hear(store, said_as("ACME", cause_id="m2", channel=Channel("fake", "#1")))
    assert await store.precision() == (
        Precision("acme-cam", "Acme", 3, 1),
        Precision("acme-cam", "Acme Ltd", 1, 0),
    )
    assert await store.precision(team="blue") == ()


async def test_a_report_that_was_rejected_does_not_count_against_the_name(store: Store) -> None:
    message = await alerted(store, mention())
    await store.wrong_match(Report(HALL, message, "bea"), NOW)
    (proposal,) = await store.wrong_matches(HALL)
    await store.settle_wrong_match(proposal.id, HALL, approve=False)
    assert await store.precision() == (Precision("acme-cam", "Acme", 1, 0),)


async def test_entries_of_feeds_are_reported_in_the_same_way(store: Store) -> None:
    message = await alerted(store, mention_in_entry("e1"))
    assert await store.wrong_match(Report(HALL, message, "bea"), NOW) == 1
    assert await hear(store, mention_in_entry("e2")) == ["these words were marked as a wrong match"]
