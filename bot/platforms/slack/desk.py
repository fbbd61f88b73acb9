"""The one door for what Slack sends: handed in first, and only then acknowledged."""

from dataclasses import dataclass, field
from time import time

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.core.commands import CommandTable
from bot.errors import BotError
from bot.platforms.base import Inbox
from bot.platforms.slack.events import read
from bot.platforms.slack.http import quiet
from bot.platforms.slack.reception import Answer, Reception
from bot.platforms.slack.told import Removed
from bot.platforms.slack.workspaces import MOST_KNOWN, PLATFORM, Workspace, Workspaces

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Desk:
    """Takes what Slack sends, whichever workspace it comes from."""

    inbox: Inbox
    workspaces: Workspaces
    commands: CommandTable
    _receptions: dict[str, Reception] = field(init=False, default_factory=dict, repr=False)

    def app(self) -> AsyncApp:
        """Make an app of bolt's that hands everything to this desk and asks Slack nothing itself.

        Bolt would call auth.test at the first request, and answer 200 where that fails: what came
        would be lost.
        """

        async def allowed(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
            """Say who the bot is, so that bolt drops what it did itself."""
            try:
                there = await self.workspaces.find(team_id, enterprise_id)
            except BotError:
                there = None  # which is found out again, and told, in `take`
            return AuthorizeResult(
                enterprise_id=enterprise_id,
                team_id=team_id,
                bot_id=there.me.bot_id if there else None,
                bot_user_id=there.me.user_id if there else None,
            )

        app = AsyncApp(
            name="vendorwatch",  # else it searches the stack for one
            client=self.workspaces.client(),
            authorize=allowed,
            logger=quiet(),
            request_verification_enabled=False,  # what is not signed does not come this far
        )
        app.use(self.take)
        return app

    async def take(self, request: AsyncBoltRequest) -> BoltResponse:
        """Hand one request in; with any failure Slack is told so and sends it again."""
        try:
            answer = await self._hand_in(request)
        except BotError as error:
            log.error("slack event not kept; slack sends it again", error=str(error))
            return BoltResponse(status=500)
        return BoltResponse(status=200, body=dict(answer) or "")

    async def _hand_in(self, request: AsyncBoltRequest) -> Answer:
        context = request.context
        there = await self.workspaces.find(context.team_id, context.enterprise_id)
        if there is None:
            log.warning("slack event of a workspace without the app", team=context.team_id)
            return {}
        told = read(request.body, there.me)
        if isinstance(told, Removed):
            await self._removed(request)
            return {}
        return await self._reception(there).take(told)

    def _reception(self, there: Workspace) -> Reception:
        known = self._receptions.get(there.team)
        if known is None or known.me != there.me:
            known = Reception(self.inbox, there.me, self.commands, self.workspaces.api_of)
            if len(self._receptions) >= MOST_KNOWN:
                self._receptions.clear()  # all they remember is whose Home tab was just drawn
            self._receptions[there.team] = known
        return known

    async def _removed(self, request: AsyncBoltRequest) -> None:
        context, at = request.context, request.body.get("event_time")
        team = await self.workspaces.left(
            context.team_id,
            context.enterprise_id,
            org_wide=context.is_enterprise_install is True,
            at=at if isinstance(at, int) else time(),
        )
        if team is not None:
            await self.inbox.on_removed(PLATFORM, team)
            self.workspaces.shut(team)
