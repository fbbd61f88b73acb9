"""Everything the bot keeps: each query a method, each method one transaction.

Every method may raise StorageError, with one line that says what is wrong and what to do. Every
time must carry a zone; ValueError otherwise. Times come back as UTC.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.core.choices import Mute, Precision, Report, WrongMatch
from bot.core.commands import Answer
from bot.core.document import Document
from bot.core.mention import DEFAULT_TEAM, Channel, Invocation, Mention, Receipt
from bot.core.overview import Overview
from bot.core.places import Listening, Place
from bot.core.sealed import Sealed
from bot.core.settings import DEFAULTS, Settings
from bot.core.status import Parked, Pause, State, Status
from bot.storage import (
    answers,
    confirmations,
    cursors,
    held,
    inbox,
    installations,
    mentions,
    moves,
    mutes,
    outbox,
    overviews,
    parked,
    pauses,
    places,
    receipts,
    reports,
    rulings,
    sealed,
    settings,
    status,
    teams,
    upkeep,
    wrong_matches,
)
from bot.storage.backsearchstore import BacksearchStore
from bot.storage.database import Database
from bot.storage.feedstore import FeedStore
from bot.storage.gathered import Gathered
from bot.storage.migrate import migrate
from bot.storage.peoplestore import PeopleStore
from bot.storage.receipts import Posted
from bot.storage.revisionstore import RevisionStore
from bot.storage.rows import (
    Asked,
    Command,
    DigestWriter,
    Draft,
    Hearing,
    Outgoing,
    PastAlert,
    Retention,
    Ruling,
    Settled,
    Shown,
)
from bot.storage.rulings import Case


class Store:
    """The database, opened. Close it when done.

    Parts of it are `feeds`, `revisions` about edits of the watchlist, `backsearches` about entries
    that are searched again, and `people`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.feeds = FeedStore(database)
        self.revisions = RevisionStore(database)
        self.people = PeopleStore(database)
        self.backsearches = BacksearchStore(database)
        # What is written for many costs hardly more than for one.
        self._recorded: Gathered[Case, tuple[Ruling, ...]] = Gathered(
            lambda cases: self._database.write(rulings.rule, cases)
        )
        self._sent: Gathered[Posted, bool] = Gathered(
            lambda posted: self._database.write(receipts.sent, posted)
        )

    @classmethod
    async def open(cls, url: str) -> "Store":
        """Open a database, make or upgrade its tables, and see that it can be written.

        `url` is `sqlite+aiosqlite:///path` or `postgresql+asyncpg://user@host/name`. A file is
        made if missing, its folder is not.
        """
        database = Database.at(url)
        try:
            await database.reach()
            await migrate(database)
        except BaseException:
            await database.close()
            raise
        return cls(database)

    async def close(self) -> None:
        """Close every connection."""
        await self._database.close()

    # Mentions and alerts

    async def record(self, mentions: Sequence[Mention], hearing: Hearing) -> tuple[Ruling, ...]:
        """Judge mentions and queue the alerts; once this returns, nothing of it can be lost.

        One ruling for each mention. Nobody else judges the same vendors in the same channels
        meanwhile; mentions of one vendor in one call see each other's effect. A mention that was
        judged before is skipped as a duplicate without asking the judge. What one cause brings to
        one channel is one message. If the judge raises, nothing is kept.
        """
        return await self._recorded(Case(mentions, hearing))

    async def last_alerts(
        self, vendor: str, channel: str | None, limit: int, team: str = DEFAULT_TEAM
    ) -> tuple[PastAlert, ...]:
        """Give at most `limit` alerts about a vendor, newest first, sent or not.

        `channel` is a channel's key. Without one, alerts of all channels that are not private.
        """
        return await self._database.read(mentions.last, team, vendor, channel, limit)

    async def named_before(
        self, channel: Channel, message_id: str, team: str = DEFAULT_TEAM
    ) -> frozenset[str]:
        """Give the vendors that a message was known to name, whatever came of it."""
        return await self._database.read(mentions.named_before, team, channel.key, message_id)

    async def withdraw_for(self, channel: Channel, message_id: str, hearing: Hearing) -> int:
        """Take back what a deleted message brought, if its channel wants that; give how many.

        What answered it, if it was a command, is taken back in any case.
        """
        return await self._database.write(reports.withdraw_for, channel, message_id, hearing)

    async def wrong_match(self, report: Report, now: datetime, team: str = DEFAULT_TEAM) -> int:
        """Keep that an alert was a wrong match and take it back; give how many messages changed.

        The words alert no more: in that channel, or anywhere if the report says so.
        """
        return await self._database.write(reports.wrong_match, report, now, team)

    async def told_in(
        self, channel: Channel, message_id: str, team: str = DEFAULT_TEAM
    ) -> tuple[str, ...]:
        """Give the vendors that a message of the bot's tells of."""
        return await self._database.read(reports.told_in, channel, message_id, team)

    async def wrong_matches(
        self, seen_from: Channel, state: str | None = None, team: str = DEFAULT_TEAM
    ) -> tuple[WrongMatch, ...]:
        """Give what was marked as wrong there or holds anywhere, of one state or all.

        `state` is proposed, approved or rejected. What another channel marked for itself is told
        in that channel alone.
        """
        return await self._database.read(wrong_matches.listed, team, seen_from.key, state)

    async def wrong_proposals(
        self, team: str = DEFAULT_TEAM, *, seen: frozenset[str] = frozenset()
    ) -> tuple[WrongMatch, ...]:
        """Give what was marked as wrong, anywhere, and nobody settled, in order.

        Of channels that are private, or of which nobody knows, only where their key is in `seen`.
        """
        return await self._database.read(wrong_matches.proposals, team, seen)

    async def settle_wrong_match(
        self,
        id: int,  # noqa: A002 - the column's name
        seen_from: Channel,
        *,
        approve: bool,
        team: str = DEFAULT_TEAM,
        everywhere: bool = False,
    ) -> WrongMatch | None:
        """Approve or reject a proposal; rejected words alert again.

        What is approved for `everywhere` holds in all channels, if its words are known. None if
        there is none of that number among what is seen from there.
        """
        state = wrong_matches.APPROVED if approve else wrong_matches.REJECTED
        return await self._database.write(
            wrong_matches.settle, team, seen_from.key, id, state, everywhere=approve and everywhere
        )

    async def precision(self, team: str = DEFAULT_TEAM) -> tuple[Precision, ...]:
        """Count alerts and wrong matches for each listed name."""
        return await self._database.read(wrong_matches.precision, team)

    # Choices

    async def choose(
        self,
        channel: str,
        changes: Mapping[str, str | None],
        by: str,
        now: datetime,
        team: str = DEFAULT_TEAM,
    ) -> dict[str, str]:
        """Change a channel's settings, as `Settings.changed` reads them; None takes one back."""
        return await self._database.write(settings.choose, team, channel, changes, by, now)

    async def chosen(self, channel: str, team: str = DEFAULT_TEAM) -> dict[str, str]:
        """Give what a channel chose otherwise than the configuration says."""
        return await self._database.read(settings.chosen, team, channel)

    async def mute(self, new: Mute, team: str = DEFAULT_TEAM) -> Mute:
        """Mute a vendor or all; give the mute with its number."""
        return await self._database.write(mutes.add, team, new)

    async def unmute(self, id: int, by: str, now: datetime, team: str = DEFAULT_TEAM) -> bool:  # noqa: A002 - as above
        """Undo a mute; say False if it is not in force."""
        return await self._database.write(mutes.end, team, id, by, now)

    async def mutes(
        self, now: datetime, team: str = DEFAULT_TEAM, *, private: frozenset[str] = frozenset()
    ) -> tuple[Mute, ...]:
        """Give the mutes in force; those of private channels only where their key is given."""
        return await self._database.read(mutes.seen, team, now, private)

    async def pause(self, by: str, now: datetime, team: str = DEFAULT_TEAM) -> bool:
        """Stop all posting; say False if it is stopped already."""
        return await self._database.write(pauses.stop, team, by, now)

    async def resume(
        self, now: datetime, team: str = DEFAULT_TEAM, defaults: Settings = DEFAULTS
    ) -> int | None:
        """Go on posting; what waited comes as digests. Give how many waited, None if not paused.

        Those that wait for private channels are not counted. `defaults` are the settings of
        channels that chose none: quiet hours stay quiet.
        """
        return await self._database.write(pauses.resume, team, now, defaults)

    async def paused(self, team: str = DEFAULT_TEAM) -> Pause | None:
        """Say who stopped the posting, if somebody did."""
        return await self._database.read(pauses.paused, team)

    # Digests and upkeep

    async def release_digests(
        self, now: datetime, write: DigestWriter, defaults: Settings = DEFAULTS
    ) -> int:
        """Queue the digests that are due; give how many.

        `defaults` are the settings of channels that chose none: where alerts are off by now,
        nothing is told.
        """
        return await self._database.write(held.release, now, write, defaults)

    async def next_digest_due(self) -> datetime | None:
        """Say when `release_digests` is next worth a call; None if nothing waits for a time."""
        return await self._database.read(held.next_due)

    async def purge(self, now: datetime, keep: Retention) -> int:
        """Forget some of what is too old; call again until it gives 0."""
        return await self._database.write(upkeep.purge, now, keep)

    async def status(
        self, now: datetime, here: str | None = None, team: str = DEFAULT_TEAM
    ) -> Status:
        """Count what an operator asks for; of private channels only that with the key `here`."""
        return await self._database.read(status.status, team, now, here)

    # Commands

    async def receive(self, invocation: Invocation, now: datetime) -> bool:
        """Keep a command until it is answered; say False if the same event came before."""
        return await self._database.write(inbox.receive, invocation, now)

    async def take_command(self, now: datetime, lease: timedelta) -> Command | None:
        """Take the oldest command that nobody is answering; None if there is none."""
        return await self._database.write(inbox.take, now, lease)

    async def answer(
        self, command: Command, made: Answer, now: datetime, pages: Sequence[Document] = ()
    ) -> bool:
        """Queue the answer and forget the command; False if somebody answered before.

        `pages` are the messages that its document takes, one if they are not given. An answer to
        an edited command takes the place of the one before.
        """
        return await self.people.answer(command, made, now, pages)

    async def ask(self, channel: Channel, asked: Asked, event: str, codes: Sequence[str]) -> str:
        """Let a command wait to be confirmed; give its code, the first of these that is free.

        The command of one event waits once, however often this is asked.
        """
        return await self._database.write(confirmations.ask, channel, asked, event, codes)

    async def asked(self, channel: Channel, code: str) -> Asked | None:
        """Give what waits, or waited lately, to be confirmed in a channel."""
        return await self._database.read(confirmations.find, channel, code)

    async def settle(
        self, channel: Channel, code: str, event: str, settled: Settled, now: datetime
    ) -> bool:
        """Confirm or cancel what waits, by the command of one event; False if it is too late."""
        return await self._database.write(confirmations.settle, channel, code, event, settled, now)

    async def shown(self, channel: Channel, message_id: str) -> Shown | None:
        """Give what a message of the bot's in a channel says now; None if nobody knows."""
        return await self._database.read(answers.shown, channel, message_id)

    # Places

    async def join(
        self,
        channel: Channel,
        by: str | None,
        event: str,
        posts: Sequence[tuple[Channel, Document]],
        now: datetime,
    ) -> bool:
        """Note that the bot is in a channel and queue what it says; False if told before."""
        return await self._database.write(places.join, channel, by, event, posts, now)

    async def leave(self, channel: Channel, now: datetime) -> None:
        """Note that the bot is out of a channel; what waited for it is given up."""
        await self._database.write(places.leave, channel, now)

    async def listen(self, channel: Channel, listening: Listening, by: str, now: datetime) -> None:
        """Decide whether the bot listens in a channel."""
        await self._database.write(places.listen, channel, listening, by, now)

    async def listening(self, channel: Channel) -> Listening | None:
        """Say what was decided about listening in a channel, and holds."""
        return await self._database.read(places.listening, channel)

    async def move(
        self, old: Channel, new: Channel, event: str, notice: Document, now: datetime
    ) -> bool:
        """Let what was chosen for a channel and waits for it go on in another, and say so there.

        False if that event was told before.
        """
        return await self._database.write(moves.move, old, new, event, notice, now)

    async def places(self) -> dict[tuple[str, str], Place]:
        """Give what is known of every channel, by team and channel key."""
        return await self._database.read(places.known)

    async def overview(
        self, now: datetime, team: str = DEFAULT_TEAM, *, private: frozenset[str] = frozenset()
    ) -> Overview:
        """Give what is watched where; private channels only where their key is given."""
        return await self._database.read(overviews.overview, team, now, private)

    # Installations

    async def install(
        self, platform: str, workspace: str, data: str, by: str | None, now: datetime
    ) -> None:
        """Keep what a workspace gave at its installation, sealed, in place of what it gave before.

        `by` is who installed it. A workspace that had taken the bot out has it again.
        """
        await self._database.write(installations.keep, (platform, workspace), data, by, now)

    async def installed(self, platform: str, workspace: str) -> str | None:
        """Give what a workspace gave; None if the bot is not there, or not any more."""
        return await self._database.read(installations.find, platform, workspace)

    async def installations(self, platform: str) -> dict[str, str]:
        """Give what each workspace gave that has the bot."""
        return await self._database.read(installations.everywhere, platform)

    async def reseal(self, platform: str, workspace: str, was: str, data: str) -> bool:
        """Put the same, sealed anew, in its place; False if `was` is not there any more."""
        return await self._database.write(installations.reseal, platform, workspace, was, data)

    async def returned(self, platform: str, workspace: str) -> bool:
        """Note that a workspace which took the bot out has it again: it is not erased."""
        return await self._database.write(installations.returned, platform, workspace)

    async def begin_install(self, state: str, expires_at: datetime, now: datetime) -> bool:
        """Note that an installation was begun; False if too many are under way."""
        return await self._database.write(installations.begin, state, expires_at, now)

    async def end_install(self, state: str, now: datetime) -> bool:
        """Say once whether an installation was begun with this state and has not expired."""
        return await self._database.write(installations.end, state, now)

    async def remove(self, platform: str, team: str, now: datetime) -> None:
        """Note that a team took the bot out: nothing more goes there."""
        await self._database.write(teams.remove, platform, team, now)

    async def erase(self, platform: str, team: str) -> int:
        """Forget all that is kept of a team on a platform; give how many rows went."""
        return await self._database.write(teams.erase, platform, team)

    # Reading a platform

    async def cursor(self, platform: str, account: str) -> str | None:
        """Give how far an account has read, as the platform puts it; None if it never has."""
        return await self._database.read(cursors.find, platform, account)

    async def move_cursor(self, platform: str, account: str, value: str, now: datetime) -> None:
        """Note how far an account has read: all up to there is kept or done with.

        The same value again costs no write.
        """
        await self._database.write(cursors.move, platform, account, value, now)

    async def keep_sealed(self, events: Sequence[Sealed]) -> int:
        """Keep what cannot be decrypted yet; give how many are new.

        At most 1,000 an account are kept, the newest; one of more than 64 KiB never is.
        """
        return await self._database.write(sealed.keep, events)

    async def sealed(
        self, platform: str, account: str, sessions: Iterable[str] | None = None
    ) -> tuple[Sealed, ...]:
        """Give what waits for one of these keys, or for any, oldest first."""
        keys = None if sessions is None else frozenset(sessions)
        return await self._database.read(sealed.waiting, platform, account, keys)

    async def forget_sealed(self, platform: str, account: str, events: Iterable[str]) -> int:
        """Forget events by their ids, since they could be read or never will; give how many."""
        gone = frozenset(events)
        return await self._database.write(sealed.forget, platform, account, gone)

    # Outbox

    async def say(  # noqa: PLR0913, PLR0917 - no two of these belong together
        self,
        team: str,
        channel: Channel,
        document: Document,
        key: str,
        now: datetime,
        thread: str | None = None,
    ) -> bool:
        """Queue a document that is no alert; do nothing and say False if the key was used before.

        Keys are unique across teams and channels.
        """
        draft = Draft(key, team, channel, document, thread)
        return await self._database.write(outbox.queue, draft, now) is not None

    async def claim(
        self, now: datetime, lease: timedelta, limit: int, resting: Collection[str] = ()
    ) -> tuple[Outgoing, ...]:
        """Take documents to deliver, oldest first, at most one a channel and `limit` in all.

        Those that are due, and those whose claimant's lease has run out. A channel's later
        documents wait until the earlier one is sent or parked. Channels whose key is in `resting`
        are passed over. Give each one back with `sent`, `put_back` or `park` within the lease.
        """
        return await self._database.write(outbox.claim, now, lease, limit, resting)

    async def sent(self, id: int, receipt: Receipt, now: datetime) -> None:  # noqa: A002 - the column's name
        """Note that a document was posted; `History.card_link` leads there if it is a card."""
        if await self._sent(Posted(id, receipt, now)):
            await self._database.tidy()

    async def put_back(self, id: int, error: str, not_before: datetime) -> None:  # noqa: A002 - as above
        """Let a claimed document be claimed again from `not_before` on."""
        await self._database.write(receipts.put_back, id, error, not_before)

    async def doubt(self, id: int, error: str, not_before: datetime) -> None:  # noqa: A002 - as above
        """Note that a document may have been posted: claimed again, it is `unsure`."""
        await self._database.write(receipts.doubt, id, error, not_before)

    async def park(
        self,
        id: int,  # noqa: A002 - as above
        error: str,
        now: datetime,
        notices: Sequence[tuple[Channel, Document]] = (),
    ) -> bool:
        """Give a document up as failed; `notices` go out if it is its channel's first trouble.

        A card that failed counts as never shown, so the next alert brings it; the cooldown holds.
        """
        return await self._database.write(receipts.park, id, error, now, notices)

    async def parked(self, limit: int, team: str = DEFAULT_TEAM) -> tuple[Parked, ...]:
        """Give documents that were given up, newest first."""
        return await self._database.read(parked.parked, team, limit)

    async def retry(
        self, ids: Collection[int] | None, now: datetime, team: str = DEFAULT_TEAM
    ) -> int:
        """Let documents that were given up go again, all or these; give how many."""
        return await self._database.write(parked.retry, team, ids, now)

    async def next_due(self, now: datetime, resting: Collection[str] = ()) -> datetime | None:
        """Say when `claim` is next worth a call: `now` or later; None if nothing waits."""
        due = await self._database.read(outbox.next_due, resting)
        return None if due is None else max(due, now)

    async def depth(self, team: str | None = None) -> dict[State, int]:
        """Count the outbox by state; every state is there."""
        return await self._database.read(status.depth, team)
