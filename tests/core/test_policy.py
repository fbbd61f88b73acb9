from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.mention import Cause, Channel, Match, MatchKind, Mention
from bot.core.policy import (
    Form,
    History,
    Mode,
    Post,
    PostReason,
    Settings,
    Skip,
    SkipReason,
    decide,
)

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
    assert decide(mention, Settings(), history, "r1", NOW) == expected


@pytest.mark.parametrize("mention", [SAID, PRINTED])
def test_a_channel_that_is_off_gets_nothing(mention: Mention) -> None:
    settings = Settings(mode=Mode.OFF)
    assert decide(mention, settings, History(), "r1", NOW) == Skip(SkipReason.OFF)


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
    decision = decide(mention, Settings(minimum=minimum), History(), "r1", NOW)
    assert isinstance(decision, Post) is posted
