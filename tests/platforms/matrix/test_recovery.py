"""An identity that the bot does not have the keys of: restored if it can be, else left alone."""

import copy
from secrets import token_bytes

import pytest

from bot.platforms.matrix.identity import Identity
from bot.platforms.matrix.secrets import make_recovery_key, store_secrets
from tests.platforms.matrix.keyserver import (
    SIGNATURES,
    USER,
    Disk,
    KeyServer,
    Phone,
    other_client,
    start,
)


async def test_an_identity_whose_seeds_are_lost_is_left_alone_with_a_word_on_what_to_do() -> None:
    server = KeyServer()
    first = await start(server, server.add(Phone("ONE")), Disk())
    before = copy.deepcopy(server.keys)
    server.uploads.clear()
    standing = await start(server, server.add(Phone("TWO")), Disk())
    assert not standing.ok
    assert standing.identity is None
    assert standing.problem is not None
    assert "matrix.accounts[].recovery_key" in standing.problem
    assert "--new-identity" in standing.problem
    assert "\n" not in standing.problem
    assert standing.fingerprint == first.fingerprint
    assert (server.uploads, server.keys) == ([], before)


async def test_an_identity_made_elsewhere_signs_with_its_recovery_key() -> None:
    server, disk = KeyServer(), Disk()
    elsewhere, recovery_key = await other_client(server)
    phone = server.add(Phone("ONE"))
    standing = await start(server, phone, disk, recovery_key=recovery_key)
    assert standing.ok, standing.problem
    assert standing.fingerprint == elsewhere.fingerprint
    assert disk.identity == elsewhere
    assert server.uploads == [SIGNATURES]
    # From now on the recovery key is no longer needed.
    assert (await start(server, phone, disk)).ok


async def test_the_self_signing_key_alone_suffices() -> None:
    server, disk = KeyServer(), Disk()
    elsewhere, recovery_key = await other_client(server)
    del server.data["m.cross_signing.master"]
    del server.data["m.cross_signing.user_signing"]
    phone = server.add(Phone("ONE"))
    standing = await start(server, phone, disk, recovery_key=recovery_key)
    assert standing.ok, standing.problem
    assert disk.identity == Identity(elsewhere.master_public, elsewhere.self_signing)
    server.uploads.clear()
    assert (await start(server, phone, disk)).ok
    assert server.uploads == []


async def test_an_identity_made_elsewhere_and_gone_again_is_not_made_up_anew() -> None:
    server, disk = KeyServer(), Disk()
    elsewhere, _ = await other_client(server)
    server.keys.clear()
    disk.identity = Identity(elsewhere.master_public, elsewhere.self_signing)
    standing = await start(server, server.add(Phone("ONE")), disk)
    assert not standing.ok
    assert "no longer has" in (standing.problem or "")
    assert server.uploads == []


@pytest.mark.parametrize(
    ("recovery_key", "says"),
    [
        ("EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN UE4d", "does not open"),
        ("EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN UE4e", "letter wrong"),
        ("swordfish", "no recovery key"),
        ("", "no recovery key"),
    ],
)
async def test_a_wrong_recovery_key_changes_nothing(recovery_key: str, says: str) -> None:
    server, disk = KeyServer(), Disk()
    await other_client(server)
    standing = await start(server, server.add(Phone("ONE")), disk, recovery_key=recovery_key)
    assert not standing.ok
    assert says in (standing.problem or "")
    assert "matrix.accounts[].recovery_key" in (standing.problem or "")
    assert len(recovery_key) < 4 or recovery_key not in (standing.problem or "")
    assert (server.uploads, disk.identity) == ([], None)


async def test_a_recovery_key_without_a_secret_storage_is_said_to_open_nothing() -> None:
    server = KeyServer()
    _, recovery_key = await other_client(server, backup=False)
    standing = await start(server, server.add(Phone("ONE")), Disk(), recovery_key=recovery_key)
    assert "opens nothing" in (standing.problem or "")


async def test_a_secret_storage_with_an_older_identity_does_not_sign() -> None:
    server, disk = KeyServer(), Disk()
    _, recovery_key = await other_client(server)
    server.keys.clear()
    await other_client(server, backup=False)
    standing = await start(server, server.add(Phone("ONE")), disk, recovery_key=recovery_key)
    assert not standing.ok
    assert "set up recovery anew" in (standing.problem or "")
    assert (server.uploads, disk.identity) == ([], None)


async def test_a_damaged_secret_is_one_clear_line() -> None:
    server = KeyServer()
    _, recovery_key = await other_client(server)
    server.data["m.cross_signing.self_signing"] = server.data["m.cross_signing.master"]
    standing = await start(server, server.add(Phone("ONE")), Disk(), recovery_key=recovery_key)
    assert "m.cross_signing.self_signing in the account's secret storage is damaged" in (
        standing.problem or ""
    )


@pytest.mark.parametrize("part", ["master_key", "self_signing_key"])
async def test_an_identity_that_the_server_shows_damaged_is_not_built_upon(part: str) -> None:
    server, disk = KeyServer(), Disk()
    _, recovery_key = await other_client(server)
    server.keys[part] = {**server.keys[part], "usage": []}
    phone = server.add(Phone("ONE"))
    standing = await start(server, phone, disk, recovery_key=recovery_key)
    assert "is damaged; run:" in (standing.problem or "")
    assert (server.uploads, disk.identity) == ([], None)


@pytest.mark.parametrize("kept", ["self_signing", "master", "short"])
async def test_a_secret_storage_that_does_not_fit_the_identity_does_not_sign(kept: str) -> None:
    server, disk = KeyServer(), Disk()
    elsewhere, _ = await other_client(server, backup=False)
    secrets, others = elsewhere.secrets(), Identity.new(token_bytes).secrets()
    match kept:
        case "self_signing":
            secrets["m.cross_signing.master"] = others["m.cross_signing.master"]
        case "master":
            secrets["m.cross_signing.self_signing"] = others["m.cross_signing.self_signing"]
        case _:
            secrets["m.cross_signing.self_signing"] = b"short"
    text, key = make_recovery_key(token_bytes)
    await store_secrets(server.call, USER, secrets, key, token_bytes)
    server.uploads.clear()
    standing = await start(server, server.add(Phone("ONE")), disk, recovery_key=text)
    assert "set up recovery anew" in (standing.problem or "")
    assert (server.uploads, disk.identity) == ([], None)


@pytest.mark.parametrize("same", ["master", "self_signing"])
async def test_half_an_identity_is_another_one(same: str) -> None:
    server, disk = KeyServer(), Disk()
    elsewhere, _ = await other_client(server)
    other = Identity.new(token_bytes)
    disk.identity = (
        Identity(elsewhere.master_public, other.self_signing)
        if same == "master"
        else Identity(other.master_public, elsewhere.self_signing)
    )
    standing = await start(server, server.add(Phone("ONE")), disk)
    assert "made elsewhere" in (standing.problem or "")
    assert server.uploads == []
