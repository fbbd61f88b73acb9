"""The workspaces that the bot is in: each with a token of its own, and who the bot is there.

One is the configuration's, whose team is `default`; the others installed the bot, and their team is
their id, or the id of the organisation that installed it for all of its workspaces.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic
from typing import Protocol

import aiohttp
import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.mention import DEFAULT_TEAM
from bot.errors import BotError
from bot.platforms.slack.api import Api, SlackError, client, connections
from bot.platforms.slack.safe import Granted, Safe
from bot.platforms.slack.told import Me

log = structlog.get_logger()

PLATFORM = "slack"
GONE = "the app was removed from this workspace"
FRESH_S = 30.0
"""Seconds for which a workspace is taken to be as it was when the database was asked; another
process may have let it in again or taken it out."""
MOST_KNOWN = 500
"""Workspaces that are remembered; others are looked up again."""


class Vault(Protocol):
    """Where installations are kept, sealed. Every method may raise StorageError."""

    async def install(
        self, platform: str, workspace: str, data: str, by: str | None, now: datetime
    ) -> None:
        """Keep what a workspace gave, in place of what it gave before."""

    async def installed(self, platform: str, workspace: str) -> str | None:
        """Give what a workspace gave; None if the bot is not there, or not any more."""

    async def installations(self, platform: str) -> dict[str, str]:
        """Give what each workspace gave that has the bot."""

    async def reseal(self, platform: str, workspace: str, was: str, data: str) -> bool:
        """Put the same, sealed anew, in its place."""

    async def returned(self, platform: str, workspace: str) -> bool:
        """Note that a workspace which took the bot out has it again."""

    async def begin_install(self, state: str, expires_at: datetime, now: datetime) -> bool:
        """Note that an installation was begun; False if too many are under way."""

    async def end_install(self, state: str, now: datetime) -> bool:
        """Say once whether an installation was begun with this state and has not expired."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace: the way into it, who the bot is there, and since when (seconds since 1970)."""

    team: str
    api: Api = field(repr=False)
    me: Me
    since: int = 0


@dataclass(slots=True)
class _Known:
    there: Workspace
    sealed: str = field(repr=False)
    asked_at: float


@dataclass(slots=True)
class Workspaces:
    """Gives the way into each workspace. Close it when done.

    `somebody` has what is the same everywhere: the bots listened to, and what begins a command.
    Without a `safe` there is the configuration's workspace alone.
    """

    url: str
    token: str | None = field(repr=False)
    safe: Safe | None
    somebody: Me
    clock: Callable[[], float] = monotonic
    _vault: Vault | None = field(init=False, default=None, repr=False)
    _session: aiohttp.ClientSession | None = field(init=False, default=None, repr=False)
    _api: Api | None = field(init=False, default=None, repr=False)
    _own: Workspace | None = field(init=False, default=None, repr=False)
    _own_ids: frozenset[str] = field(init=False, default=frozenset())
    _own_gone: bool = field(init=False, default=False)
    _known: OrderedDict[str, _Known] = field(init=False, default_factory=OrderedDict, repr=False)

    @property
    def vault(self) -> Vault:
        """Give where installations are kept."""
        if self._vault is None:
            raise BotError("slack: there is no database for installations")
        return self._vault

    @property
    def session(self) -> aiohttp.ClientSession:
        """Give the connections that all workspaces share."""
        # Not before there is an event loop, which a session needs.
        if self._session is None:
            self._session = connections()
        return self._session

    def client(self) -> AsyncWebClient:
        """Make a client of the SDK's without a token."""
        return client(self.url, self.session)

    async def open(self, vault: Vault) -> None:
        """Look whether the keys open what is kept, and seal it with the newest; raise BotError."""
        self._vault = vault
        if self.safe is None:
            return
        for workspace, sealed in (await vault.installations(PLATFORM)).items():
            granted = self.safe.open(workspace, sealed)
            if not self.safe.is_newest(sealed):
                await vault.reseal(PLATFORM, workspace, sealed, self.safe.seal(granted))

    async def everywhere(self) -> list[Granted]:
        """Give what every workspace gave that installed the bot; raise StorageError."""
        if self.safe is None or self._vault is None:
            return []
        found = await self._vault.installations(PLATFORM)
        return [self.safe.open(each, sealed) for each, sealed in found.items()]

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
        self._session = self._api = self._own = None
        self._known.clear()

    async def begin(self) -> None:
        """Ask who the bot is in the configuration's workspace; raise SlackError."""
        self._api = self._own = None
        self._own_gone = False
        own = await self._mine()
        if own is not None and self._vault is not None:
            await self._vault.returned(PLATFORM, own.team)

    async def _mine(self) -> Workspace | None:
        if self.token is None or self._own is not None:
            return self._own
        api = self._own_api(self.token)
        told = await api.call("auth.test")
        ids = [told.get("team_id")]
        if told.get("is_enterprise_install") is True:
            ids.append(told.get("enterprise_id"))
        self._own_ids = frozenset(map(str, filter(None, ids)))
        me = replace(
            self.somebody,
            user_id=str(told.get("user_id") or ""),
            bot_id=str(told.get("bot_id") or ""),
            app_id=str(told.get("app_id") or ""),
        )
        self._own = Workspace(DEFAULT_TEAM, api, me)
        return self._own

    def _own_api(self, token: str) -> Api:
        if self._api is None:
            self._api = Api(token, self.url, self.session)
        return self._api

    async def find(self, team: str | None, enterprise: str | None) -> Workspace | None:
        """Give the workspace that something comes from: itself, or else its organisation.

        None if the bot is in neither. Raise SlackError or StorageError if that cannot be known.
        """
        own = await self._mine()
        ours = self.safe is None or self._own_ids & {team, enterprise}
        # What was under way when the app was taken out comes after that, and is not for it.
        if own is not None and ours and not self._own_gone:
            return own
        for workspace in filter(None, (team, enterprise)):
            found = await self._installed(workspace)
            if found is not None:
                return found
        return None

    async def api_of(self, team: str) -> Api:
        """Give the way into a team's workspace; raise SlackError if there is none."""
        if team == DEFAULT_TEAM:
            if self.token is None:
                raise SlackError(
                    "no slack.bot_token is set, so nothing can be said in a channel that the "
                    "configuration names",
                    permanent=True,
                )
            return self._own_api(self.token)
        found = await self._installed(team)
        if found is None:
            raise SlackError(GONE, permanent=True)
        return found.api

    async def _installed(self, workspace: str) -> Workspace | None:
        if self.safe is None or self._vault is None:
            return None
        now, known = self.clock(), self._known.get(workspace)
        if known is not None and now - known.asked_at < FRESH_S:
            self._known.move_to_end(workspace)
            return known.there
        sealed = await self._vault.installed(PLATFORM, workspace)
        if sealed is None:
            self.shut(workspace)
            return None
        if known is None or known.sealed != sealed:
            known = _Known(self._opened(self.safe.open(workspace, sealed)), sealed, now)
        known.asked_at = now
        self._known[workspace] = known
        self._known.move_to_end(workspace)
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return known.there

    def _opened(self, granted: Granted) -> Workspace:
        me = replace(
            self.somebody,
            user_id=granted.user_id,
            bot_id=granted.bot_id,
            app_id=granted.app_id,
            team=granted.workspace,
        )
        api = Api(granted.token, self.url, self.session)
        return Workspace(granted.workspace, api, me, granted.at)

    async def keep(self, granted: Granted, by: str | None, now: datetime) -> None:
        """Keep what a workspace gave; from now on it counts. Raise StorageError."""
        if self.safe is None:
            raise BotError("slack: there is no slack.token_key to seal a token with")
        await self.vault.install(PLATFORM, granted.workspace, self.safe.seal(granted), by, now)
        self._known.pop(granted.workspace, None)

    async def left(
        self, team: str | None, enterprise: str | None, *, org_wide: bool, at: float
    ) -> str | None:
        """Say whose workspace it is that the app was taken out of at a time (since 1970).

        None if the bot is not there anyhow, or is there again: Slack may tell it late. Raise
        SlackError or StorageError if that cannot be known.
        """
        # Never the organisation's installation for a workspace that had one of its own.
        workspace = enterprise if org_wide or not team else team
        own = await self._mine()
        if own is not None and (self.safe is None or workspace in self._own_ids):
            return own.team
        found = await self._installed(workspace or "")
        if found is None:
            return None
        if at < found.since and await _works(found.api):
            log.info("slack told late of a removal; the app was installed again", team=found.team)
            return None
        return found.team

    def shut(self, team: str) -> None:
        """Let nothing more be sent to a workspace that the app is out of."""
        if team == DEFAULT_TEAM and self._api is not None:
            self._own_gone = True
            self._api.shut(GONE)
        known = self._known.pop(team, None)
        if known is not None:
            known.there.api.shut(GONE)


async def _works(api: Api) -> bool:
    try:
        await api.call("auth.test")
    except SlackError as error:
        if error.permanent:
            return False
        raise
    return True
