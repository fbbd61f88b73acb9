"""A message that was encrypted with a key which the bot does not have yet."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Sealed:
    """An event of an encrypted room, as it came: `data` is its JSON, and ciphertext.

    `account` is the bot's own, `channel` the platform's id of the room, `event` the event's id.
    `session` is what the sender calls the key that opens it.
    """

    platform: str
    account: str
    channel: str
    event: str
    session: str
    data: str
    kept_at: datetime
