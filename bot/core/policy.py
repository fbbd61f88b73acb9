"""Whether a mention is worth a post. Pure: the clock and the past are arguments.

A cooldown suppresses repeated cards, never news: a new story posts a line of its own. A card that
has not changed is shown again at most every `repeat_card`; in between a line stands for it. What
waits (for the morning, a digest, the end of a pause) counts as said, so that it waits once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

from bot.core.document import Document
from bot.core.mention import Cause, Mention
from bot.core.settings import DEFAULTS, Mode, Settings


class Form(StrEnum):
    """How much is said: a whole card, one line that stands for it, or a mark on the message."""

    CARD = "card"
    LINE = "line"
    MARK = "mark"


class PostReason(StrEnum):
    """Why something is posted."""

    FIRST = "first mention here"
    NEWS = "new story"
    COOLDOWN_OVER = "cooldown over"
    RECORD_CHANGED = "record changed since the last card"


class SkipReason(StrEnum):
    """Why nothing is posted."""

    OFF = "alerts are off here"
    NOT_WANTED = "this channel does not want this vendor"
    BELOW_MINIMUM = "match below this channel's minimum"
    WRONG_MATCH = "these words were marked as a wrong match"
    MUTED = "muted"
    STORY = "the same story is already here"
    COOLDOWN = "inside the cooldown"
    DUPLICATE = "already recorded"


class HoldReason(StrEnum):
    """What an alert waits for."""

    DIGEST = "the next digest"
    TRIAL = "the trial's digest"
    QUIET = "the end of the quiet hours"
    PAUSE = "the end of the pause"
    FLOOD = "a summary with what came at once"


@dataclass(frozen=True, slots=True)
class History:
    """What was posted about a vendor in a channel before. `card_link` leads to the last card."""

    alerted_at: datetime | None = None
    card_at: datetime | None = None
    card_revision: str | None = None
    card_link: str | None = None


class Told(StrEnum):
    """Whether a story has brought an alert about the vendor to the channel."""

    NOT_YET = "not yet"
    POSTED = "posted"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Situation:
    """All that bears on a mention beside itself, read under the same lock as the decision.

    `told` is about the story of an entry, or that of an address in a message.
    """

    settings: Settings = DEFAULTS
    history: History = History()
    told: Told = Told.NOT_YET
    muted: bool = False
    wrong: bool = False
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Post:
    """Post, in this form, for this reason."""

    reason: PostReason
    form: Form


@dataclass(frozen=True, slots=True)
class Join:
    """Add to the card that an earlier entry of the same story brought: "also in"."""

    reason: SkipReason = SkipReason.STORY


@dataclass(frozen=True, slots=True)
class Hold:
    """Post later with others. `until` is UTC; None: when the pause ends."""

    reason: HoldReason
    post: Post
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Skip:
    """Post nothing, for this reason."""

    reason: SkipReason


Decision: TypeAlias = Post | Join | Hold | Skip


@dataclass(frozen=True, slots=True)
class Telling:
    """A mention that is posted, and what the words of it depend on."""

    mention: Mention
    post: Post
    history: History


class Judge(Protocol):
    """Decides and words; pure, since it runs inside a transaction and may run again."""

    def decide(self, mention: Mention, situation: Situation) -> Decision:
        """Say what becomes of a mention."""

    def compose(self, tellings: Sequence[Telling]) -> Document:
        """Word what is posted about one message or entry, one or several vendors."""

    def revision(self, vendor: str) -> str:
        """Name the present state of a vendor's record."""


def together(tellings: Sequence[Telling]) -> tuple[Telling, ...]:
    """Make one message of what one cause brings: several vendors get a line each, not a card."""
    if len(tellings) < 2:
        return tuple(tellings)
    return tuple(
        replace(each, post=replace(each.post, form=Form.LINE))
        if each.post.form is Form.CARD
        else each
        for each in tellings
    )


def decide(  # noqa: PLR0911 - one rule a line, in order
    mention: Mention, situation: Situation, revision: str, tags: frozenset[str], now: datetime
) -> Decision:
    """Say whether a mention is posted, in which form, when and why. `tags` are the vendor's."""
    settings = situation.settings
    if settings.mode is Mode.OFF:
        return Skip(SkipReason.OFF)
    if not settings.wants(mention.vendor, tags):
        return Skip(SkipReason.NOT_WANTED)
    if not mention.match.kind.reaches(settings.minimum):
        return Skip(SkipReason.BELOW_MINIMUM)
    if situation.wrong:
        return Skip(SkipReason.WRONG_MATCH)
    if situation.muted:
        return Skip(SkipReason.MUTED)
    if situation.told is Told.POSTED and mention.cause is Cause.ENTRY:
        return Join()
    if situation.told is not Told.NOT_YET:
        return Skip(SkipReason.STORY)
    worth = _worth(mention, settings, situation.history, revision, now)
    return worth if isinstance(worth, Skip) else _when(worth, mention, situation, now)


def _worth(
    mention: Mention, settings: Settings, history: History, revision: str, now: datetime
) -> Post | Skip:
    """Say whether a mention is worth a post by itself, whenever that may be."""
    if settings.mode is Mode.REACT and mention.cause is Cause.MESSAGE:
        # A mark disturbs nobody, and each message that names a vendor may carry one.
        return Post(PostReason.FIRST, Form.MARK)
    if history.alerted_at is None:
        return Post(PostReason.FIRST, Form.CARD)
    # A clock set back must not silence a channel: what seems to lie ahead is long past.
    ago = now - history.alerted_at
    cooling = ago < settings.cooldown and -ago < settings.cooldown
    if cooling and mention.cause is Cause.MESSAGE:
        return Skip(SkipReason.COOLDOWN)
    changed = history.card_revision != revision
    due = history.card_at is None or changed or now - history.card_at >= settings.repeat_card
    form = Form.CARD if due and not cooling else Form.LINE
    if mention.cause is Cause.ENTRY:
        return Post(PostReason.NEWS, form)
    return Post(PostReason.RECORD_CHANGED if changed else PostReason.COOLDOWN_OVER, form)


def _when(post: Post, mention: Mention, situation: Situation, now: datetime) -> Post | Hold:
    """Say whether a post goes out now or waits, and for what."""
    settings = situation.settings
    if settings.mode is Mode.TRIAL:
        return Hold(HoldReason.TRIAL, post, settings.trial_plan.next_after(now))
    if settings.mode is Mode.DIGEST:
        return Hold(HoldReason.DIGEST, post, settings.digest.next_after(now))
    if situation.paused:
        return Hold(HoldReason.PAUSE, post)
    quiet_until = settings.quiet.until(now) if settings.quiet else None
    if quiet_until is not None:
        return Hold(HoldReason.QUIET, post, quiet_until)
    if mention.flood:
        return Hold(HoldReason.FLOOD, post, now)
    return post
