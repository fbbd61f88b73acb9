"""Other people's devices: which there are, which of them count, and the ways to talk with them.

That is what their servers say, as far as their owners' signatures bear it out.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from nio.crypto import Olm, OlmDevice
from nio.responses import KeysClaimResponse, KeysQueryResponse

from bot.platforms.matrix.api import Homeserver
from bot.platforms.matrix.chain import Chain, Device, changed, device_of, signed_devices
from bot.platforms.matrix.values import Json, listed, mapping

log = structlog.get_logger()
MOST_ASKED = 500
"""People whose devices are asked for at a time."""
ASK_AGAIN = timedelta(minutes=5)
"""How long people are left alone whose server did not answer: each question waits for it."""


@dataclass(slots=True)
class Peers:
    """What is known of other people's devices. What asks the server may raise MatrixError.

    `counts` says whether a device does, by whether its owner has signed it. `news` is called with
    each person of whose devices others count than before.
    """

    olm: Olm
    homeserver: Homeserver
    clock: Callable[[], datetime]
    counts: Callable[[bool], bool]
    news: Callable[[str], None]
    _changed: set[str] = field(init=False, default_factory=set)
    """People whose devices changed after they were last asked for."""
    _unanswered: dict[str, datetime] = field(init=False, default_factory=dict)
    """People whose server did not answer, and when it may be asked again."""
    _masters: dict[str, str] = field(init=False, default_factory=dict)
    """The master keys that people were last seen with since the bot started."""

    # Whom to ask for

    def told(self, lists: Json) -> None:
        """Take what a sync says of whose devices changed."""
        # The server tells nothing more of whom no room is shared with.
        self.olm.tracked_users.difference_update(_texts(lists, "left"))
        news = _texts(lists, "changed")
        for user in news:
            self._unanswered.pop(user, None)  # their server is there again
        news &= self.olm.tracked_users
        self.olm.users_for_key_query |= news
        self._changed |= news

    def want(self, users: Collection[str]) -> bool:
        """Have those asked for of whom nothing is known, or not the latest; say if there are any.

        Whose server did not answer is left alone for a while.
        """
        lacking = {
            user
            for user in users
            if (user not in self.olm.tracked_users or user in self._unanswered)
            and not self._is_left_alone(user)
        }
        self.olm.users_for_key_query |= lacking
        return bool(lacking)

    def wanted(self) -> Sequence[str]:
        """Give the people who are to be asked for next."""
        # nio wants them again at each of their messages.
        queue = self.olm.users_for_key_query
        queue -= {user for user in queue if self._is_left_alone(user)}
        return sorted(queue)[:MOST_ASKED]

    def leave_alone(self, users: Collection[str]) -> None:
        """Ask for nobody of these for a while, as there was no answer, unless news came since."""
        alone = set(users) - self._changed
        self._unanswered |= dict.fromkeys(alone, self.clock() + ASK_AGAIN)
        self.olm.users_for_key_query -= alone

    def _is_left_alone(self, user: str) -> bool:
        return user in self._unanswered and self.clock() < self._unanswered[user]

    # What they have

    async def query(self, users: Iterable[str]) -> Json:
        """Ask for people's devices."""
        asked: dict[str, object] = {user: [] for user in users}
        return await self.homeserver.call("POST", "/keys/query", {"device_keys": asked})

    async def learn(self, users: Sequence[str]) -> None:
        """Ask for people's devices, and decide which of them count."""
        self._changed.difference_update(users)
        answer = await self.query(users)
        told = mapping(answer, "device_keys")
        known = {user: self._devices(told, user) for user in users if user in told}
        response = KeysQueryResponse(known, {})
        self.olm.handle_response(response)
        self.leave_alone(set(users) - known.keys())
        for user in known:
            self._unanswered.pop(user, None)
        self.olm.users_for_key_query.difference_update(known)
        # Who changed while the answer was on its way is asked for again.
        self.olm.users_for_key_query |= self._changed & set(users)
        with self.olm.store.at_once():
            for user, devices in known.items():
                chain = signed_devices(answer, user)
                self._compare(user, chain)
                news = user in response.changed or self._bring_back(user, devices)
                for device in self.olm.device_store.active_user_devices(user):
                    # Whoever took an id over has other keys than those that were signed.
                    keys = Device(device.id, device.ed25519, device.curve25519)
                    news |= self._judge(device, signed=chain.signed.get(device.id) == keys)
                if news:
                    self.news(user)

    def _devices(self, told: Json, user: str) -> dict[str, Any]:
        """Give the devices of an answer that are what they should be; nio stumbles over others."""
        found: dict[str, Any] = {}
        devices = mapping(told, user)
        for id_ in devices:
            keys = mapping(devices, id_)
            known = device_of(keys, user, id_)
            if known is None:
                continue
            whole = {**keys, "unsigned": {}}  # a name that its owner chose is not kept
            try:
                sound = self.olm.verify_json(dict(whole), known.ed25519, user, id_)
            except Exception as error:  # noqa: BLE001 - anybody can publish anything
                log.warning("matrix: a device was not understood", error=type(error).__name__)
                continue
            if sound:
                found[id_] = whole
        return found

    def _bring_back(self, user: str, told: Collection[str]) -> bool:
        """Take devices up again that the server had left out; nio never does."""
        back = {
            each.id: each
            for each in self.olm.device_store[user].values()
            if each.deleted and each.id in told
        }
        for device in back.values():
            device.deleted = False
        if back:
            self.olm.store.save_device_keys({user: back})
        return bool(back)

    def _compare(self, user: str, chain: Chain) -> None:
        """Log that somebody's identity is another than before: they reset it, or a server lies."""
        if changed(self._masters.get(user), chain):
            log.warning("matrix: somebody's identity changed", user=user)
        if chain.master is not None:
            self._masters[user] = chain.master

    def _judge(self, device: OlmDevice, *, signed: bool) -> bool:
        """Let a device count or not; say whether that is new."""
        if self.counts(signed):
            return bool(self.olm.verify_device(device))
        return bool(self.olm.blacklist_device(device))

    # Ways to them

    def without_way(self, users: Iterable[str]) -> dict[str, list[str]]:
        """Give the devices that are to have keys and to which there is no way yet."""
        found: dict[str, list[str]] = {}
        for user in sorted(users):
            for device in self.olm.device_store.active_user_devices(user):
                itself = (user, device.id) == (self.olm.user_id, self.olm.device_id)
                if itself or self.olm.is_device_blacklisted(device):
                    continue
                if not self.olm.session_store.get(device.curve25519):
                    found.setdefault(user, []).append(device.id)
        return found

    async def claim(self, wanted: Mapping[str, Collection[str]]) -> None:
        """Begin to talk with devices, as far as they left keys for that."""
        asked = {user: dict.fromkeys(ids, "signed_curve25519") for user, ids in wanted.items()}
        answer = await self.homeserver.call("POST", "/keys/claim", {"one_time_keys": asked})
        given = mapping(answer, "one_time_keys")
        with self.olm.store.at_once():
            for user in given:
                for device, keys in mapping(given, user).items():
                    self._begin({user: {device: keys}})
        wedged = self.olm.wedged_devices
        wedged[:] = [each for each in wedged if each.id not in asked.get(each.user_id, {})]

    async def claim_anew(self) -> None:
        """Begin anew with the devices whose messages did not open."""
        await self.claim(self.olm.get_users_for_key_claiming())

    def _begin(self, keys: dict[str, Any]) -> None:
        """Begin to talk with one device, by the key that it left for that."""
        try:
            self.olm.handle_response(KeysClaimResponse(keys, {}))
        except Exception as error:  # noqa: BLE001 - of a device of anybody's
            log.warning("matrix: a device gave no usable key", error=type(error).__name__)


def _texts(of: Json, key: str) -> set[str]:
    return {each for each in listed(of, key) if isinstance(each, str)}
