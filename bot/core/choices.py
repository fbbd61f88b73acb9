"""What people choose about alerts beside settings: mutes, and words that matched wrongly."""

from dataclasses import dataclass
from datetime import datetime

from bot.core.mention import Channel


@dataclass(frozen=True, slots=True)
class Mute:
    """Alerts that somebody does not want: of a vendor or all, in a channel (its key) or anywhere.

    `until` is UTC; None: until it is undone. One of a `private` channel is told there alone.
    """

    id: int
    vendor: str | None
    channel: str | None
    until: datetime | None
    reason: str
    by: str
    created_at: datetime
    private: bool = False


@dataclass(frozen=True, slots=True)
class WrongMatch:
    """Words that somebody says do not mean the vendor; `channel` is None where it holds anywhere.

    A curator approves or rejects what is proposed.
    """

    id: int
    vendor: str
    channel: str | None
    words: str
    name: str
    by: str
    created_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class Report:
    """That somebody calls an alert a wrong match. `message_id` is the alert's own message.

    Without `vendor` it is about every vendor that the message is about.
    """

    channel: Channel
    message_id: str
    by: str
    vendor: str | None = None
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class Precision:
    """How often alerts by a listed name were right: `wrong` of `alerts` were not."""

    vendor: str
    name: str
    alerts: int
    wrong: int
