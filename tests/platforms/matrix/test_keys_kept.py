"""What a device has promised to others outlives a crash, and one refusal does not stop the rest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from nio.event_builders import ToDeviceMessage

from bot.platforms.matrix.errors import MatrixError
from bot.platforms.matrix.folder import Login
from bot.platforms.matrix.machine import Machine, open_olm
from bot.platforms.matrix.settings import Trust
from bot.platforms.matrix.signing import at
from bot.platforms.matrix.values import Json
from tests.platforms.matrix.keyserver import Killed

if TYPE_CHECKING:
    from bot.platforms.matrix.api import Homeserver

pytestmark = pytest.mark.proof

BOT = Login("@bot:example.org", "DEVICE", "token")
KEY = "a pickle key that only tests use"


@dataclass
class Server:
    """Takes keys as Synapse does: another one by the same name is refused."""

    keys: dict[str, object] = field(default_factory=dict)
    device: object = None
    dies: bool = False
    refuses: frozenset[str] = frozenset()
    away: bool = True
    asked: list[str] = field(default_factory=list)

    async def call(self, _method: str, where: str, body: Json | None = None) -> Json:
        """Answer a request."""
        self.asked.append(where)
        if where in self.refuses:
            raise MatrixError("M_UNKNOWN no", code="M_UNKNOWN", status=400, permanent=True)
        if where == "/keys/query":
            ours = {BOT.device_id: self.device} if self.device else {}
            return {"device_keys": {BOT.user_id: ours}}
        if where == "/keys/upload":
            return self._take(body or {})
        if self.away:
            raise MatrixError("the homeserver is away")
        return {}

    def _take(self, body: Json) -> Json:
        given = body.get("one_time_keys")
        assert isinstance(given, Mapping)
        for name, key in given.items():
            if self.keys.setdefault(name, key) != key:
                raise MatrixError("M_UNKNOWN exists", code="M_UNKNOWN", status=400, permanent=True)
        self.device = body.get("device_keys", self.device)
        if self.dies:
            raise Killed
        return {"one_time_key_counts": {"signed_curve25519": len(self.keys)}}


def machine(folder: Path, server: Server) -> Machine:
    """Open the device's store; what it was before is closed or dead."""
    return Machine(open_olm(folder, BOT, KEY), cast("Homeserver", server), Trust.CROSS_SIGNED)


async def test_a_crash_while_keys_are_given_out_costs_none_of_them(tmp_path: Path) -> None:
    server = Server(dies=True)
    first = machine(tmp_path, server)
    with pytest.raises(Killed):
        await first.publish()
    first.olm.store.database.close()
    server.dies = False
    second = machine(tmp_path, server)
    await second.publish()
    ours = second.olm.account.identity_keys["curve25519"]
    assert at(server.device, "keys", f"curve25519:{BOT.device_id}") == ours
    second.close()


async def test_what_the_server_refuses_for_good_does_not_stop_a_sync(tmp_path: Path) -> None:
    server = Server()
    made = machine(tmp_path, server)
    await made.publish()
    server.refuses = frozenset({"/keys/upload", "/keys/query"})
    made.olm.users_for_key_query.add("@ann:example.org")
    await made.absorb({"device_one_time_keys_count": {"signed_curve25519": 1}})
    assert server.asked[-2:] == ["/keys/upload", "/keys/query"]
    made.close()


async def test_what_is_owed_to_others_waits_for_a_server_that_is_away(tmp_path: Path) -> None:
    server = Server()
    made = machine(tmp_path, server)
    await made.publish()
    made.olm.outgoing_to_device_messages.append(ToDeviceMessage("m.dummy", "@ann:x.org", "A", {}))
    with pytest.raises(MatrixError, match="away"):
        await made.absorb({})
    server.away = False
    await made.absorb({})
    assert made.olm.outgoing_to_device_messages == []
    assert sum("sendToDevice" in each for each in server.asked) == 2
    made.close()
