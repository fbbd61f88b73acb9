"""Who somebody is to a workspace: rights, user groups, private channels shared with the bot.

Reference: https://docs.slack.dev/reference/methods
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.core.commands import Role
from bot.platforms.slack.api import Api

LISTED, MOST_LISTED = 200, 20
"""Channels asked for at a time, and how many times."""


@dataclass(frozen=True, slots=True)
class People:
    """Asks Slack about people. `api_of` gives the way into a team's workspace."""

    api_of: Callable[[str], Awaitable[Api]]

    async def role(self, team: str, actor: str, groups: Mapping[str, Role]) -> Role:
        """Take admins and owners of the workspace for admins, others by their user groups.

        Raise SlackError.
        """
        api = await self.api_of(team)
        told = await api.ask("users.info", user=actor)
        user = told.get("user")
        rights = user if isinstance(user, Mapping) else {}
        if any(rights.get(each) is True for each in ("is_admin", "is_owner")):
            return Role.ADMIN
        best = Role.READER
        for group, role in groups.items():
            if not group.startswith("S"):  # a person, for whom Slack would answer with an error
                continue
            if role.reaches(best) and role is not best and await self._is_in(api, group, actor):
                best = role
        return best

    async def _is_in(self, api: Api, group: str, actor: str) -> bool:
        members = (await api.ask("usergroups.users.list", usergroup=group)).get("users")
        return isinstance(members, list) and actor in members

    async def private_channels(self, actor: str, team: str) -> frozenset[str]:
        """Ask which private channels the person and the bot share. Raise SlackError."""
        api = await self.api_of(team)
        found: set[str] = set()
        cursor: str | None = None
        for _ in range(MOST_LISTED):
            told = await api.ask(
                "users.conversations",
                user=actor,
                types="private_channel",
                limit=LISTED,
                cursor=cursor,
            )
            listed = told.get("channels")
            for each in listed if isinstance(listed, list) else ():
                if isinstance(each, Mapping) and isinstance(each.get("id"), str):
                    found.add(each["id"])
            more = told.get("response_metadata")
            cursor = str(more.get("next_cursor") or "") if isinstance(more, Mapping) else ""
            if not cursor:
                break
        return frozenset(found)
