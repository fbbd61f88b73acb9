"""A room of many devices: its keys are on disk before they are sent, at the cost of few writes."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
import vodozemac

from bot.platforms.matrix.folder import Login
from bot.platforms.matrix.machine import Machine, Rotation, open_olm
from bot.platforms.matrix.settings import Trust
from bot.platforms.matrix.values import Json

if TYPE_CHECKING:
    from bot.platforms.matrix.api import Homeserver

pytestmark = pytest.mark.proof

PEOPLE = tuple(f"@p{number}:hall.example" for number in range(60))
ROOM = "!hall:hall.example"


@dataclass
class Devices:
    """A homeserver where everybody has one device."""

    machine: Machine | None = None
    given: int = 0
    sent_before_written: int = 0
    accounts: dict[str, vodozemac.Account] = field(
        default_factory=lambda: {each: vodozemac.Account() for each in PEOPLE}
    )

    async def call(self, method: str, where: str, body: Any = None, **more: object) -> Json:
        """Answer as a homeserver does."""
        del method, more
        if where == "/keys/query":
            known = [each for each in body["device_keys"] if each in self.accounts]
            return {"device_keys": {each: {"PHONE": self._device(each)} for each in known}}
        if where == "/keys/claim":
            return {"one_time_keys": {each: {"PHONE": self._key(each)} for each in PEOPLE}}
        if where.startswith("/sendToDevice"):
            assert self.machine is not None
            self.sent_before_written += self.machine.olm.store.database.in_transaction()
            self.given += len(body["messages"])
        return {"one_time_key_counts": {"signed_curve25519": 50}}

    def _device(self, user: str) -> Json:
        account = self.accounts[user]
        keys = {
            "curve25519:PHONE": account.curve25519_key.to_base64(),
            "ed25519:PHONE": account.ed25519_key.to_base64(),
        }
        ways = ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"]
        made = {"user_id": user, "device_id": "PHONE", "algorithms": ways, "keys": keys}
        return self._signed(user, made)

    def _key(self, user: str) -> Json:
        self.accounts[user].generate_one_time_keys(1)
        (key,) = self.accounts[user].one_time_keys.values()
        self.accounts[user].mark_keys_as_published()
        return {"signed_curve25519:A": self._signed(user, {"key": key.to_base64()})}

    def _signed(self, user: str, made: Mapping[str, object]) -> Json:
        text = json.dumps(made, sort_keys=True, separators=(",", ":"))
        signature = self.accounts[user].sign(text.encode()).to_base64()
        return {**made, "signatures": {user: {"ed25519:PHONE": signature}}}


def commits(statements: Iterable[str]) -> int:
    """Count what was committed: transactions, and writes that were in none."""
    count, inside = 0, False
    for each in statements:
        word = each.split()[0].upper()
        inside = word == "BEGIN" or (inside and word not in {"COMMIT", "ROLLBACK"})
        count += word == "COMMIT" or (word in {"INSERT", "REPLACE", "UPDATE"} and not inside)
    return count


@pytest.fixture
async def devices(tmp_path: Path) -> AsyncIterator[Devices]:
    """Give a homeserver, with the machine of a bot."""
    made = Devices()
    olm = open_olm(tmp_path, Login("@bot:hall.example", "BOT", "a token"), "a key of some length")
    made.machine = Machine(olm, cast("Homeserver", made), Trust.TOFU)
    await made.machine.publish()
    yield made
    made.machine.close()


async def test_a_key_for_many_is_written_at_once_and_before_it_is_sent(devices: Devices) -> None:
    machine, written = devices.machine, list[str]()
    assert machine is not None
    machine.olm.store.database.connection().set_trace_callback(written.append)
    readers = frozenset(PEOPLE)
    await machine.encrypt(ROOM, readers, "m.room.message", {"body": "hello"}, Rotation())
    machine.rotate(ROOM)
    await machine.encrypt(ROOM, readers, "m.room.message", {"body": "hello"}, Rotation())
    assert devices.given == 2 * len(PEOPLE)
    assert devices.sent_before_written == 0
    # Each waits for the disk, and everything else with it.
    assert 0 < commits(written) < len(PEOPLE) / 2
