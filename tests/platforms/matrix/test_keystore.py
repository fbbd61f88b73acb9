"""Which devices count is the same after a restart, and for nio's own way of asking."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nio.crypto import Olm, OlmDevice
from nio.store import SqliteStore

from bot.platforms.matrix.folder import Login
from bot.platforms.matrix.machine import open_olm, store_name

LOGIN = Login("@bot:hall.example", "BOT", "a token")
KEY = "a pickle key that only tests use"
ANNA = "@anna:hall.example"

Judge = Callable[[Olm, OlmDevice], object]
JUDGED: dict[str, tuple[Judge, ...]] = {
    "unjudged": (),
    "counts": (Olm.verify_device,),
    "refused": (Olm.blacklist_device,),
    "refused after it counted": (Olm.verify_device, Olm.blacklist_device),
    "counts after it was refused": (Olm.blacklist_device, Olm.verify_device),
    "counts no more": (Olm.verify_device, Olm.unverify_device),
}


def asked(store: Any, device: OlmDevice) -> tuple[bool, bool, bool]:
    return (
        store.is_device_verified(device),
        store.is_device_blacklisted(device),
        store.is_device_ignored(device),
    )


@pytest.mark.parametrize("judged", JUDGED.values(), ids=JUDGED.keys())
def test_a_device_counts_as_nio_itself_has_it_written_down(
    tmp_path: Path, judged: tuple[Judge, ...]
) -> None:
    olm = open_olm(tmp_path, LOGIN, KEY)
    device = OlmDevice(ANNA, "PHONE", {"curve25519": "c", "ed25519": "e"})
    olm.device_store.add(device)
    olm.store.save_device_keys({ANNA: {"PHONE": device}})
    for judge in judged:
        judge(olm, device)
    name = store_name(LOGIN.device_id)
    written = SqliteStore(LOGIN.user_id, LOGIN.device_id, str(tmp_path), KEY, name)
    wanted = asked(written, device)
    written.database.close()
    now = asked(olm.store, device)
    olm.store.database.close()
    again = open_olm(tmp_path, LOGIN, KEY)
    after = asked(again.store, again.device_store[ANNA]["PHONE"])
    again.store.database.close()
    assert (now, after) == (wanted, wanted)
