"""A new identity in place of another, because a person said so."""

from secrets import token_bytes

import pytest

from bot.platforms.matrix.crosssign import Account, Standing, reset
from bot.platforms.matrix.errors import MatrixError
from bot.platforms.matrix.values import Json
from tests.platforms.matrix.keyserver import (
    PASSWORD,
    SIGNATURES,
    UPLOAD,
    Disk,
    KeyServer,
    Killed,
    Phone,
    other_client,
    start,
)


async def test_a_reset_puts_a_new_identity_in_place_and_needs_the_password() -> None:
    server, disk = KeyServer(), Disk()
    elsewhere, _ = await other_client(server)
    phone = server.add(Phone("ONE"))

    async def again(password: str | None) -> Standing:
        account = Account(server.call, phone.me, disk.save, token_bytes, password)
        return await reset(account, disk.identity)

    refused = await again(None)
    assert "matrix.accounts[].password" in (refused.problem or "")
    assert refused.fingerprint == elsewhere.fingerprint
    standing = await again(PASSWORD)
    assert standing.ok, standing.problem
    assert standing.fingerprint != elsewhere.fingerprint
    assert disk.identity == standing.identity


async def test_a_reset_that_is_refused_leaves_the_identity_on_disk() -> None:
    server, disk = KeyServer(), Disk()
    phone = server.add(Phone("ONE"))
    first = await start(server, phone, disk)
    account = Account(server.call, phone.me, disk.save, token_bytes, "wrong")
    assert not (await reset(account, disk.identity)).ok
    assert disk.identity == first.identity
    assert (await start(server, phone, disk)).ok


@pytest.mark.parametrize("moment", [(UPLOAD, ""), ("", UPLOAD), (SIGNATURES, "")])
async def test_a_reset_that_is_killed_can_be_carried_on(moment: tuple[str, str]) -> None:
    server, disk = KeyServer(), Disk()
    await other_client(server)
    phone = server.add(Phone("ONE"))
    account = Account(server.call, phone.me, disk.save, token_bytes, PASSWORD)
    server.dies_at, server.dies_after = moment
    with pytest.raises(Killed):
        await reset(account, disk.identity)
    server.dies_at = server.dies_after = ""
    standing = await start(server, phone, disk)
    if moment[0] == UPLOAD:
        assert "--new-identity" in (standing.problem or "")
        standing = await reset(account, disk.identity)
    assert standing.ok, standing.problem


@pytest.mark.parametrize(("uncertain", "kept"), [(True, "new"), (False, "old")])
async def test_a_reset_without_an_answer_keeps_the_identity_that_may_count(
    uncertain: bool, kept: str
) -> None:
    server, disk = KeyServer(), Disk()
    phone = server.add(Phone("ONE"))
    first = await start(server, phone, disk)

    async def call(verb: str, path: str, body: Json | None) -> Json:
        if path == UPLOAD:
            raise MatrixError("no answer", uncertain=uncertain)
        return await server.call(verb, path, body)

    account = Account(call, phone.me, disk.save, token_bytes, PASSWORD)
    with pytest.raises(MatrixError, match="no answer"):
        await reset(account, disk.identity)
    assert (disk.identity == first.identity) == (kept == "old")


async def test_a_reset_signs_no_device_that_is_not_ours() -> None:
    server, disk = KeyServer(), Disk()
    server.add(Phone("ONE"))
    account = Account(server.call, Phone("ONE").me, disk.save, token_bytes, PASSWORD)
    assert "shows other keys" in ((await reset(account, None)).problem or "")
    assert (server.uploads, disk.identity) == ([], None)
