"""What a command may see and do: never the bot, only what it needs to answer."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from bot.commands.edits import Edits
from bot.commands.texts import Texts
from bot.core.backsearch import Findings
from bot.core.cards import Desk
from bot.core.choices import Mute, Precision, Report, WrongMatch
from bot.core.commands import Answer, Known, Rest, Role
from bot.core.document import Document, quoted
from bot.core.feed import Feed
from bot.core.feedlook import Elsewhere, FeedList, Followed, Found
from bot.core.matcher import Matcher
from bot.core.mention import Channel, Invocation
from bot.core.overview import Overview
from bot.core.page import PageText
from bot.core.past import Past
from bot.core.people import Appointment, Attempted
from bot.core.places import Listening, Watch
from bot.core.routes import RouteChange, Terms
from bot.core.settings import Settings
from bot.core.status import Pause, Status
from bot.core.watchlist import Watchlist
from bot.errors import UsageError

NOTHING = Rest("")
"""What a parameter is that was not given."""


class Records(Protocol):
    """What commands ask of, and do to, what is kept; all of one team's. May raise StorageError.

    A command that is carried out twice, since nobody wrote down its answer, does no more than once.
    """

    async def status(self, now: datetime, here: str | None, team: str) -> Status:
        """Count what an operator asks for."""

    async def mute(self, new: Mute, team: str) -> Mute:
        """Mute a vendor or all, in place of a mute of the same in the same place."""

    async def unmute(self, id: int, by: str, now: datetime, team: str) -> bool:  # noqa: A002 - the record's own number
        """Undo a mute; say False if it is not in force."""

    async def mutes(self, now: datetime, team: str, *, private: frozenset[str]) -> tuple[Mute, ...]:
        """Give the mutes in force; those of private channels only where their key is given."""

    async def wrong_match(self, report: Report, now: datetime, team: str) -> int:
        """Keep that an alert was a wrong match; give how many messages change."""

    async def told_in(self, channel: Channel, message_id: str, team: str) -> tuple[str, ...]:
        """Give the vendors that a message of the bot's tells of."""

    async def named_before(self, channel: Channel, message_id: str, team: str) -> frozenset[str]:
        """Give the vendors that a message is known to name."""

    async def chosen(self, channel: str, team: str) -> dict[str, str]:
        """Give what a channel (its key) chose otherwise than the configuration says."""

    async def choose(
        self, channel: str, changes: Mapping[str, str | None], by: str, now: datetime, team: str
    ) -> dict[str, str]:
        """Change what a channel (its key) chose, None takes it back; give all that holds now."""

    async def pause(self, by: str, now: datetime, team: str) -> bool:
        """Stop all posting; say False if it is stopped already."""

    async def resume(self, now: datetime, team: str, defaults: Settings) -> int | None:
        """Let posting go on; give how many alerts waited, None if it was not stopped.

        Those of private channels are not counted. `defaults` hold in channels that chose nothing.
        """

    async def paused(self, team: str) -> Pause | None:
        """Say who stopped all posting, if somebody did."""

    async def wrong_proposals(self, team: str, *, seen: frozenset[str]) -> tuple[WrongMatch, ...]:
        """Give what was marked as wrong and nobody settled.

        Of channels that are private, or of which nobody knows, only where their key is given.
        """

    async def settle_wrong_match(
        self,
        id: int,  # noqa: A002 - the record's own number
        seen_from: Channel,
        *,
        approve: bool,
        team: str,
        everywhere: bool,
    ) -> WrongMatch | None:
        """Approve a proposal, perhaps for everywhere, or reject it; None if it does not wait."""

    async def precision(self, team: str) -> tuple[Precision, ...]:
        """Count alerts and wrong matches for each listed name, but for private channels."""

    async def listening(self, channel: Channel) -> Listening | None:
        """Say what was decided about listening in a channel."""

    async def listen(self, channel: Channel, listening: Listening, by: str, now: datetime) -> None:
        """Decide whether the bot listens in a channel."""

    async def overview(self, now: datetime, team: str, *, private: frozenset[str]) -> Overview:
        """Give what is watched where; private channels only where their key is given."""


class Feeds(Protocol):
    """What commands ask of, and do to, the feeds of the channel they are given in.

    May raise StorageError.
    """

    async def look(self, url: str) -> Found:
        """Read a feed once and keep nothing. Raise FeedError, or UsageError where none can be."""

    async def listed(self, given: str) -> FeedList:
        """Read an OPML list, or the one at an address. Raise BotError if there is none.

        UsageError is raised where nothing can be fetched.
        """

    async def put(
        self,
        wanted: Mapping[str, Terms | None],
        by: str,
        now: datetime,
        *,
        undoes: int | None = None,
    ) -> tuple[RouteChange, ...]:
        """Have feeds come here on these terms, or no more (None); give what was before.

        What others than people here asked for stands. A command does so once.
        """

    async def here(self) -> tuple[Followed, ...]:
        """Give what the channel follows, by address."""

    async def elsewhere(self) -> Elsewhere:
        """Count what other channels follow, of those that are open to all of the team."""

    def outlines(self, feeds: Iterable[Feed], now: datetime) -> tuple[str, ...]:
        """Give the lines of an OPML list of feeds."""


class People(Protocol):
    """What commands ask of, and do to, the roles of one team. May raise StorageError.

    What changes something raises UsageError where it is not to be. A person is a platform's own id.
    """

    async def claim(self, code: str) -> None:
        """Make the asker the team's first admin, by the code in the bot's log."""

    async def appoint(self, actor: str, role: Role) -> bool:
        """Give somebody on this platform a role; say False if they hold it."""

    async def dismiss(self, actor: str) -> bool:
        """End what somebody was appointed to; say False if they were not."""

    async def appointed(self) -> tuple[Appointment, ...]:
        """Give who was appointed."""

    def named(self) -> Mapping[str, Role]:
        """Give whom the configuration names, people and groups, by their keys."""

    def rules(self) -> Sequence[str]:
        """Say who may by the platform's own rights, a sentence each."""

    async def attempts(self, limit: int, *, private: frozenset[str]) -> tuple[Attempted, ...]:
        """Give what was attempted last; in private channels only where their key is given."""

    @property
    def attempts_kept(self) -> timedelta:
        """How long that is known."""

    async def past(self, vendor: str, *, private: frozenset[str]) -> Past:
        """Give the last days of a vendor; of private channels only where their key is given."""


class Backsearch(Protocol):
    """What commands ask of searches of stored entries. May raise StorageError."""

    async def begin(self, vendor: str, days: int | None) -> int:
        """Have a vendor searched for, which is told later; give how many days it goes back.

        0: there is nothing to search. As far back as entries are kept, or so many days.
        """

    async def findings(self, number: int) -> Findings:
        """Give what a search found that was told here; raise UsageError if there is none."""


async def _nobody() -> bool:
    return False


async def _nothing_waits(code: str) -> Document | Answer:
    raise UsageError(f"Nothing waits here under {quoted(code)}.")


async def _nothing_to_cancel(code: str) -> None:
    await _nothing_waits(code)


async def _no_page(_url: str) -> PageText:
    raise UsageError("Pages cannot be fetched here.")


def _no_person(_text: str) -> str | None:
    return None


def _as_it_is(channel: Channel) -> Channel:
    return channel


@dataclass(frozen=True, slots=True)
class Context:
    """One command's surroundings, as they were when it was given.

    `role`, `moderates` (this channel, and it alone) and `private_keys` (of the private channels
    that the asker is in) ask the platform; the first two raise UsageError where nobody can know
    who asks. `known` gives a channel of the kind that it is. `confirm` carries out what waits under
    a code, `cancel` leaves it; both raise UsageError if that is not to be.
    `private_answers`: an answer is seen by the asker alone. `alone`: nobody else is in the channel,
    so what is said there to all would be said twice. `reports_go_to` are the channels of
    those who mend the watchlist, `routes` the channels that each feed goes to. `facts` tells of
    the platform's connections. `page` reads the page at an address; it raises FeedError, or
    UsageError where none can be read. `person` gives the id of whom a word names, None if nobody.
    """

    invocation: Invocation
    watchlist: Watchlist
    matcher: Matcher
    desk: Desk
    settings: Settings
    records: Records
    feeds: Feeds
    edits: Edits
    people: People
    backsearch: Backsearch
    texts: Texts
    role: Callable[[], Awaitable[Role]]
    private_keys: Callable[[], Awaitable[frozenset[str]]]
    now: datetime
    moderates: Callable[[], Awaitable[bool]] = _nobody
    known: Callable[[Channel], Channel] = _as_it_is
    confirm: Callable[[str], Awaitable[Document | Answer]] = _nothing_waits
    cancel: Callable[[str], Awaitable[None]] = _nothing_to_cancel
    watch: Watch = Watch.ON_INVITE
    private_answers: bool = True
    alone: bool = False
    reports_go_to: tuple[Channel, ...] = ()
    facts: Callable[[], Sequence[str]] = tuple
    routes: Mapping[str, tuple[Channel, ...]] = field(default_factory=dict)
    page: Callable[[str], Awaitable[PageText]] = _no_page
    person: Callable[[str], str | None] = _no_person

    @property
    def team(self) -> str:
        """Whose command it is."""
        return self.invocation.channel.team

    @property
    def words(self) -> Known:
        """Give what vendors, channels and today are in a line that is typed here."""
        here = self.invocation.channel
        return Known(self.watchlist.find, here, self.known, self.now.date())

    async def chosen(self) -> tuple[dict[str, str], Settings]:
        """Give what was chosen for this channel, and the settings that hold in it."""
        choices = await self.records.chosen(self.invocation.channel.key, self.team)
        return choices, self.readable(choices)

    def readable(self, choices: Mapping[str, str]) -> Settings:
        """Give a channel's settings; what a newer program wrote and nobody reads is left."""
        settings = self.settings
        for key, text in choices.items():
            with suppress(ValueError):
                settings = settings.changed({key: text})
        return settings

    async def tellable(self) -> frozenset[str]:
        """Give the keys of private channels that the answer may speak of.

        Where all of a channel see the answer, the asker's other channels are left out.
        """
        channel = self.invocation.channel
        if self.private_answers:
            return await self.private_keys()
        return frozenset({channel.key} if channel.private else ())

    def name(self, vendor: str) -> str:
        """Give a vendor's name; its id where it is not watched any more."""
        found = self.watchlist.vendors.get(vendor)
        return vendor if found is None else found.name
