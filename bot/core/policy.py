"""Whether a mention is worth a post. Pure: the clock and the past are arguments.

A cooldown suppresses repeated cards, never news: a new story posts a line of its own. A card that
has not changed is shown again at most every `repeat_card`; in between a line stands for it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.document import Document
from bot.core.mention import Cause, MatchKind, Mention


class Mode(StrEnum):
    """How a channel wants its alerts."""

    THREAD = "thread"
    CHANNEL = "channel"
    OFF = "off"


class Form(StrEnum):
    """How much is said: a whole card, or one line that stands for it."""

    CARD = "card"
    LINE = "line"


class PostReason(StrEnum):
    """Why something is posted."""

    FIRST = "first mention here"
    NEWS = "new story"
    COOLDOWN_OVER = "cooldown over"
    RECORD_CHANGED = "record changed since the last card"


class SkipReason(StrEnum):
    """Why nothing is posted."""

    OFF = "alerts are off here"
    BELOW_MINIMUM = "match below this channel's minimum"
    COOLDOWN = "inside the cooldown"
    DUPLICATE = "already recorded"


@dataclass(frozen=True, slots=True)
class Settings:
    """A channel's choices."""

    mode: Mode = Mode.THREAD
    minimum: MatchKind = MatchKind.VARIANT
    cooldown: timedelta = timedelta(hours=24)
    repeat_card: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class History:
    """What was posted about a vendor in a channel before. `card_link` leads to the last card."""

    alerted_at: datetime | None = None
    card_at: datetime | None = None
    card_revision: str | None = None
    card_link: str | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """Post, in this form, for this reason."""

    reason: PostReason
    form: Form


@dataclass(frozen=True, slots=True)
class Skip:
    """Post nothing, for this reason."""

    reason: SkipReason


@dataclass(frozen=True, slots=True)
class Alert:
    """A decision to post, with what to say. `revision` names the state of the vendor's record."""

    post: Post
    document: Document
    revision: str


def decide(
    mention: Mention, settings: Settings, history: History, revision: str, now: datetime
) -> Post | Skip:
    """Say whether a mention is posted, in which form and why."""
    if settings.mode is Mode.OFF:
        return Skip(SkipReason.OFF)
    if not mention.match.kind.reaches(settings.minimum):
        return Skip(SkipReason.BELOW_MINIMUM)
    if history.alerted_at is None:
        return Post(PostReason.FIRST, Form.CARD)
    cooling = now - history.alerted_at < settings.cooldown
    if cooling and mention.cause is Cause.MESSAGE:
        return Skip(SkipReason.COOLDOWN)
    changed = history.card_revision != revision
    due = history.card_at is None or changed or now - history.card_at >= settings.repeat_card
    form = Form.CARD if due and not cooling else Form.LINE
    if mention.cause is Cause.ENTRY:
        return Post(PostReason.NEWS, form)
    return Post(PostReason.RECORD_CHANGED if changed else PostReason.COOLDOWN_OVER, form)
