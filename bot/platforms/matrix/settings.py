"""How Matrix is set up: the accounts, whom they trust and how they speak. No SDK is needed."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Trust(StrEnum):
    """Whose devices get room keys and may give commands where messages are encrypted.

    `cross_signed`: those that their owner has signed. `tofu`: all, with the keys first seen.
    """

    CROSS_SIGNED = "cross_signed"
    TOFU = "tofu"


class Placing(StrEnum):
    """Where an answer or an alert stands: in a thread, as a reply, or in the room by itself."""

    THREAD = "thread"
    REPLY = "reply"
    ROOM = "room"


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """One account: where it is, how the bot gets in, and whom it trusts.

    `homeserver` is an address, or a server's name that says where its homeserver is. `invites` are
    people (@ann:example.org) and servers (example.org) whose invitations are taken; by default the
    account's own server. `reactions`: buttons are offered as reactions.
    """

    homeserver: str
    user: str
    store: Path
    pickle_key: str = field(repr=False)
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    device_id: str | None = None
    recovery_key: str | None = field(default=None, repr=False)
    trust: Trust = Trust.CROSS_SIGNED
    invites: tuple[str, ...] = ()
    reactions: bool = True

    @property
    def server(self) -> str:
        """The name of the account's own server."""
        return self.user.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Manner:
    """How the bot speaks. In `text_rooms` its messages ring as people's do (m.text)."""

    placing: Placing = Placing.THREAD
    text_rooms: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class MatrixSettings:
    """What Matrix needs. `rooms` are the ids of those that the configuration names, for `check`.

    `management` are the rooms whose members may change what holds everywhere; `moderators` is the
    power level from which somebody decides for a room.
    """

    accounts: tuple[AccountSettings, ...]
    manner: Manner = Manner()
    management: tuple[str, ...] = ()
    moderators: int = 50
    rooms: tuple[str, ...] = ()
    command_words: frozenset[str] = frozenset()
