"""Who somebody is to the rooms: rights by power and membership, private rooms, direct talks.

Power levels are worked out from the rooms' state (`rooms.py`), never by nio's `has_permission`,
which takes an error for a yes. Names that people give themselves give no rights.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.core.commands import Role
from bot.core.mention import Invocation
from bot.platforms.matrix.account import DIRECT, DIRECT_IF_ANY, Account
from bot.platforms.matrix.errors import MatrixError
from bot.platforms.matrix.rooms import Room

MOST_MOVES = 20
"""A room that went on as others is followed so far: they may lead in a circle."""
NEW_ROOM_S = 10.0
"""How long a room that was just made may take to come with a sync."""


@dataclass(slots=True)
class People:
    """Asks the rooms about people. `management` are the rooms whose members mend the watchlist."""

    accounts: Sequence[Account]
    account_in: Callable[[str], Account]
    management: tuple[str, ...]
    moderators: int
    _opening: dict[tuple[str, str], asyncio.Lock] = field(init=False, default_factory=dict)
    """Held while an account looks for its room with a person, and makes one."""

    async def role(self, actor: str, groups: Mapping[str, Role]) -> Role:
        """Take members of a management room for curators, its moderators for admins.

        `groups` has roles of the members of other rooms, by the room's id. A room that anybody may
        come into gives nobody anything. Raise MatrixError.
        """
        best = Role.READER
        given: dict[str, Role] = dict.fromkeys(self.management, Role.CURATOR)
        given.update({room: role for room, role in groups.items() if room.startswith("!")})
        for room_id, role in given.items():
            room = await self._room(self._as_it_goes_on(room_id))
            if room is None or not room.by_invitation or actor not in room.joined:
                continue
            moderates = room_id in self.management and room.power(actor) >= self.moderators
            role = Role.ADMIN if moderates else role  # noqa: PLW2901 - the better of the two
            best = role if role.reaches(best) else best
        return best

    def _as_it_goes_on(self, room_id: str) -> str:
        """Give the room that a room of the configuration goes on in: nobody leaves a closed one.

        Both have to say so, and the bot has to be in both.
        """
        rooms: dict[str, Room] = {}
        for account in self.accounts:
            rooms |= account.rooms
        for _ in range(MOST_MOVES):
            successor = rooms[room_id].successor if room_id in rooms else None
            if successor is None or successor.room_id not in rooms:
                break
            if rooms[successor.room_id].predecessor != room_id:
                break
            room_id = successor.room_id
        return room_id

    async def _room(self, room_id: str) -> Room | None:
        """Give a room with all its members; None where the bot is not, so that it cannot know."""
        try:
            account = self.account_in(room_id)
        except MatrixError as error:
            if error.permanent:
                return None
            raise
        return await self._known(account, room_id)

    async def _known(self, account: Account, room_id: str) -> Room | None:
        """Give a room with all its members; None if the account is out of it by now."""
        try:
            return await account.members(room_id)
        except MatrixError as error:
            if error.permanent:
                return None
            raise

    async def moderates(self, room_id: str, actor: str) -> bool:
        """Say whether somebody in a room may decide for it. Raise MatrixError."""
        room = await self.account_in(room_id).members(room_id)
        return actor in room.joined and room.power(actor) >= self.moderators

    async def private_rooms(self, actor: str) -> frozenset[str]:
        """Give the private rooms that somebody and the bot are both in. Raise MatrixError."""
        found: set[str] = set()
        for account in self.accounts:
            private = [each for each, room in account.rooms.items() if room.private]
            for room_id in private:
                room = await self._known(account, room_id)
                if room is not None and actor in room.joined:
                    found.add(room_id)
        return frozenset(found)

    def is_direct(self, room_id: str) -> bool:
        """Say whether nobody but one person and the bot is in a room."""
        ours = frozenset(each.user_id for each in self.accounts)
        rooms = (each.rooms.get(room_id) for each in self.accounts)
        return any(room is not None and room.direct(ours) for room in rooms)

    async def aside(self, invocation: Invocation) -> str | None:
        """Give the direct room that an answer goes to; None if it goes where it was asked.

        Raise MatrixError.
        """
        channel, actor = invocation.channel, invocation.actor
        if invocation.reply_to == DIRECT:
            account = self.account_in(channel.id)
            return await self.direct_room(account, actor, encrypted=channel.encrypted)
        if invocation.reply_to == DIRECT_IF_ANY:
            account = self.account_in(channel.id)
            return await self.talk(account, actor, encrypted=channel.encrypted)
        return None

    async def direct_room(self, account: Account, actor: str, *, encrypted: bool) -> str:
        """Give the room for talks with one person, made if there is none. Raise MatrixError.

        With `encrypted` it is one that is: what was said in such a room is told in no other.
        """
        async with self._opening.setdefault((account.user_id, actor), asyncio.Lock()):
            if actor in account.made:  # where something went wrong after that
                await self._settle(account, actor)
            async for room_id, room in _talks(account, actor, encrypted=encrypted):
                if actor in room.joined | room.invited:
                    return room_id
            await self._make(account, actor)
            return await self._settle(account, actor)

    async def talk(self, account: Account, actor: str, *, encrypted: bool) -> str | None:
        """Give the room for talks with one person if they are in one. Raise MatrixError.

        `encrypted` is as in `direct_room`. One that they were only invited to does not count: they
        may never look there.
        """
        async for room_id, room in _talks(account, actor, encrypted=encrypted):
            if actor in room.joined:
                return room_id
        return None

    async def _make(self, account: Account, actor: str) -> None:
        """Make a room for two, encrypted; whatever goes wrong after that, it is not made again."""
        homeserver = account.now().homeserver
        encryption = {
            "type": "m.room.encryption",
            "state_key": "",
            "content": {"algorithm": "m.megolm.v1.aes-sha2"},
        }
        asked = {
            "preset": "trusted_private_chat",
            "is_direct": True,
            "invite": [actor],
            "initial_state": [encryption],
        }
        made = (await homeserver.call("POST", "/createRoom", asked)).get("room_id")
        if not isinstance(made, str):
            raise MatrixError("the homeserver did not say which room it made", uncertain=True)
        account.made[actor] = made

    async def _settle(self, account: Account, actor: str) -> str:
        """Note that the room that was made is for talks, and wait until it has come; give it."""
        made = account.made[actor]
        await account.note_talk(actor, made)
        await account.arrival(made, NEW_ROOM_S)
        account.made.pop(actor, None)
        return made


async def _talks(
    account: Account, actor: str, *, encrypted: bool
) -> AsyncIterator[tuple[str, Room]]:
    """Give the rooms where nobody is but the account and perhaps the person; raise MatrixError."""
    for room_id in account.direct.get(actor, ()):
        room = account.rooms.get(room_id)
        if room is None or (encrypted and not room.encrypted):
            continue
        # As all are known, not only those who spoke lately.
        room = await account.members(room_id)
        if room.direct(frozenset({account.user_id})):
            yield room_id, room
