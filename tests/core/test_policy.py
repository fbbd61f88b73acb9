import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.core.mention import Cause, Channel, Match, MatchKind, Mention
from bot.core.policy import (
    Decision,
    Form,
    History,
    Hold,
    HoldReason,
    Join,
    Post,
    PostReason,
    Situation,
    Skip,
    SkipReason,
    Telling,
    Told,
    decide,
    together,
)
from bot.core.settings import Mode, Settings

NEVER = History()
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SAID = Mention(
    channel=Channel("console", "#hall"),
    vendor="acme-cam",
    match=Match("acme-cam", "Acme", 0, 4, MatchKind.EXACT, 1.0, "Acme", "the listed name 'Acme'"),
    cause=Cause.MESSAGE,
    cause_id="1",
    at=NOW,
)
PRINTED = replace(SAID, cause=Cause.ENTRY, title="Acme in the news", link="https://example.org/a")


def carded(ago: timedelta, *, revision: str = "r1") -> History:
    return History(alerted_at=NOW - ago, card_at=NOW - ago, card_revision=revision)


def judged(
    mention: Mention, history: History = NEVER, tags: frozenset[str] = frozenset(), **about: Any
) -> Decision:
    """Judge a mention; `about` are fields of its situation."""
    return decide(mention, Situation(history=history, **about), "r1", tags, NOW)


HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("mention", "history", "expected"),
    [
        (SAID, History(), Post(PostReason.FIRST, Form.CARD)),
        (PRINTED, History(), Post(PostReason.FIRST, Form.CARD)),
        (SAID, carded(HOUR), Skip(SkipReason.COOLDOWN)),
        (SAID, carded(23 * HOUR), Skip(SkipReason.COOLDOWN)),
        (SAID, carded(24 * HOUR), Post(PostReason.COOLDOWN_OVER, Form.LINE)),
        (SAID, carded(29 * DAY), Post(PostReason.COOLDOWN_OVER, Form.LINE)),
        (SAID, carded(30 * DAY), Post(PostReason.COOLDOWN_OVER, Form.CARD)),
        (SAID, carded(2 * DAY, revision="r0"), Post(PostReason.RECORD_CHANGED, Form.CARD)),
        (SAID, carded(HOUR, revision="r0"), Skip(SkipReason.COOLDOWN)),
        (PRINTED, carded(HOUR), Post(PostReason.NEWS, Form.LINE)),
        (PRINTED, carded(HOUR, revision="r0"), Post(PostReason.NEWS, Form.LINE)),
        (PRINTED, carded(2 * DAY), Post(PostReason.NEWS, Form.LINE)),
        (PRINTED, carded(2 * DAY, revision="r0"), Post(PostReason.NEWS, Form.CARD)),
        (PRINTED, carded(31 * DAY), Post(PostReason.NEWS, Form.CARD)),
    ],
)
def test_a_cooldown_holds_back_cards_and_never_news(
    mention: Mention, history: History, expected: Post | Skip
) -> None:
    assert judged(mention, history) == expected


@pytest.mark.parametrize("mention", [SAID, PRINTED])
def test_a_channel_that_is_off_gets_nothing(mention: Mention) -> None:
    assert judged(mention, settings=Settings(mode=Mode.OFF)) == Skip(SkipReason.OFF)


@pytest.mark.parametrize(
    ("kind", "minimum", "posted"),
    [
        (MatchKind.EXACT, MatchKind.EXACT, True),
        (MatchKind.VARIANT, MatchKind.EXACT, False),
        (MatchKind.VARIANT, MatchKind.VARIANT, True),
        (MatchKind.POSSIBLE, MatchKind.VARIANT, False),
        (MatchKind.POSSIBLE, MatchKind.POSSIBLE, True),
    ],
)
def test_a_match_must_reach_the_channels_minimum(
    kind: MatchKind, minimum: MatchKind, posted: bool
) -> None:
    mention = replace(SAID, match=replace(SAID.match, kind=kind))
    decision = judged(mention, settings=Settings(minimum=minimum))
    assert isinstance(decision, Post) is posted


FIRST = Post(PostReason.FIRST, Form.CARD)


@pytest.mark.parametrize(
    ("choices", "tags", "wanted"),
    [
        ({}, set(), True),
        ({"vendors": "acme-cam"}, set(), True),
        ({"vendors": "other"}, set(), False),
        ({"vendors": "other", "tags": "cameras"}, {"cameras"}, True),
        ({"tags": "cameras, drones"}, {"drones"}, True),
        ({"tags": "cameras"}, {"drones"}, False),
        ({"not_vendors": "acme-cam"}, set(), False),
        ({"not_tags": "drones"}, {"cameras", "drones"}, False),
        ({"vendors": "acme-cam", "not_tags": "drones"}, {"drones"}, False),
    ],
)
def test_a_channel_chooses_vendors_and_tags(
    choices: dict[str, str], tags: set[str], wanted: bool
) -> None:
    settings = Settings().changed(choices)
    decision = judged(SAID, tags=frozenset(tags), settings=settings)
    assert decision == (FIRST if wanted else Skip(SkipReason.NOT_WANTED))


@pytest.mark.parametrize(
    ("about", "said", "printed"),
    [
        ({"muted": True}, Skip(SkipReason.MUTED), Skip(SkipReason.MUTED)),
        ({"wrong": True}, Skip(SkipReason.WRONG_MATCH), Skip(SkipReason.WRONG_MATCH)),
        ({"told": Told.POSTED}, Skip(SkipReason.STORY), Join()),
        ({"told": Told.WAITING}, Skip(SkipReason.STORY), Skip(SkipReason.STORY)),
        ({"muted": True, "told": Told.POSTED}, Skip(SkipReason.MUTED), Skip(SkipReason.MUTED)),
        ({"paused": True}, Hold(HoldReason.PAUSE, FIRST), Hold(HoldReason.PAUSE, FIRST)),
    ],
)
def test_what_people_chose_and_what_was_told_come_before_the_rest(
    about: dict[str, Any], said: Decision, printed: Decision
) -> None:
    assert (judged(SAID, **about), judged(PRINTED, **about)) == (said, printed)


def test_alerts_of_the_quiet_hours_wait_for_their_end() -> None:
    settings = Settings().changed({"quiet": "22:00-14:00 Europe/Berlin"})
    end = NOW + timedelta(hours=1)
    assert judged(SAID, settings=settings) == Hold(HoldReason.QUIET, FIRST, end)
    settings = Settings().changed({"quiet": "22:00-07:00 Europe/Berlin"})
    assert judged(SAID, settings=settings) == FIRST


def test_digests_and_trials_collect_what_would_have_been_posted() -> None:
    daily = Settings().changed({"mode": "digest", "digest": "daily 13 UTC"})
    assert judged(SAID, settings=daily) == Hold(HoldReason.DIGEST, FIRST, NOW + HOUR)
    trial = Settings().changed({"mode": "trial", "digest": "weekly mon 9 UTC"})
    monday = datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert judged(PRINTED, settings=trial) == Hold(HoldReason.TRIAL, FIRST, monday)
    assert judged(SAID, carded(HOUR), settings=trial) == Skip(SkipReason.COOLDOWN)
    # A trial disturbs nobody, so neither quiet hours nor a pause change it.
    assert judged(SAID, settings=trial, paused=True) == Hold(HoldReason.TRIAL, FIRST, monday)


def test_marks_have_no_cooldown_and_entries_get_cards_all_the_same() -> None:
    react = Settings(mode=Mode.REACT)
    mark = Post(PostReason.FIRST, Form.MARK)
    assert judged(SAID, carded(HOUR), settings=react) == mark
    assert judged(PRINTED, settings=react) == FIRST


def test_a_clock_that_was_set_back_silences_nobody() -> None:
    history = carded(-2 * DAY)
    assert judged(SAID, history) == Post(PostReason.COOLDOWN_OVER, Form.LINE)


def test_several_vendors_in_one_message_get_a_line_each() -> None:
    one, two = (Telling(SAID, FIRST, NEVER), Telling(PRINTED, FIRST, NEVER))
    assert together([one]) == (one,)
    assert [each.post.form for each in together([one, two])] == [Form.LINE, Form.LINE]


@pytest.mark.parametrize(
    ("key", "text", "told"),
    [
        ("mode", "loud", "'loud' is not one of thread, channel, react"),
        ("minimum", "exakt", "did you mean 'exact'?"),
        ("cooldown", "soon", "no duration"),
        ("quiet", "at night", "write for example 22:00-07:00 Europe/Berlin"),
        ("digest", "hourly", "write for example daily 9"),
        ("withdraw", "maybe", "'maybe' is not one of yes, no, default"),
        ("modus", "off", "there is no setting 'modus'; did you mean 'mode'?"),
    ],
)
def test_a_setting_that_cannot_be_read_says_what_to_write(key: str, text: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        Settings().changed({key: text})


def test_cards_go_with_their_message_in_threads_unless_told_otherwise() -> None:
    assert Settings().withdraws
    assert not Settings(mode=Mode.CHANNEL).withdraws
    assert Settings(mode=Mode.CHANNEL, withdraw=True).withdraws
    assert not Settings(withdraw=False).withdraws
