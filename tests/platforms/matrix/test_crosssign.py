"""The bot's cross-signing: its identity made, its device signed, and what may come between."""

import json
from secrets import token_bytes

import pytest

from bot.platforms.matrix.chain import (
    fingerprint,
)
from bot.platforms.matrix.crosssign import Account, establish
from bot.platforms.matrix.errors import MatrixError
from bot.platforms.matrix.values import Json
from tests.platforms.matrix.keyserver import (
    PASSWORD,
    SIGNATURES,
    UPLOAD,
    USER,
    Disk,
    KeyServer,
    Killed,
    Phone,
    start,
    vouched,
)


async def test_a_new_account_gets_an_identity_that_signs_the_device() -> None:
    server, disk = KeyServer(), Disk()
    phone = server.add(Phone("ONE"))
    standing = await start(server, phone, disk)
    assert (standing.ok, standing.problem) == (True, None)
    assert disk.identity is not None
    assert disk.identity == standing.identity
    public = disk.identity.self_signing_public
    assert vouched(server.devices["ONE"], public, public)
    assert vouched(server.keys["master_key"], "ONE", phone.olm.ed25519_key.to_base64())
    assert standing.fingerprint == fingerprint(disk.identity.master_public)


async def test_a_second_start_uploads_nothing() -> None:
    server, disk = KeyServer(), Disk()
    phone = server.add(Phone("ONE"))
    first = await start(server, phone, disk)
    server.uploads.clear()
    assert await start(server, phone, disk) == first
    assert server.uploads == []


async def test_a_new_device_is_signed_by_the_identity_that_was_kept() -> None:
    server, disk = KeyServer(), Disk()
    first = await start(server, server.add(Phone("ONE")), disk)
    server.devices.clear()
    server.uploads.clear()
    phone = server.add(Phone("TWO"))
    second = await start(server, phone, disk)
    assert (second.ok, second.fingerprint) == (True, first.fingerprint)
    assert server.uploads == [SIGNATURES]
    assert vouched(server.keys["master_key"], "TWO", phone.olm.ed25519_key.to_base64())


async def test_the_password_is_given_where_the_server_asks_for_it() -> None:
    server, disk = KeyServer(first="m.login.password"), Disk()
    assert (await start(server, server.add(Phone("ONE")), disk, password=PASSWORD)).ok


@pytest.mark.parametrize(
    ("first", "password", "says"),
    [
        ("m.login.password", None, "give it as matrix.accounts[].password"),
        ("m.login.password", "wrong", "does not take matrix.accounts[].password"),
        ("m.oauth", PASSWORD, "at https://account.example.org/reset, then try again"),
        ("m.login.sso", PASSWORD, "at the account's page, then try again"),
    ],
)
async def test_a_server_that_asks_for_more_is_told_of_and_the_identity_kept_for_next_time(
    first: str, password: str | None, says: str
) -> None:
    server, disk = KeyServer(first=first), Disk()
    phone = server.add(Phone("ONE"))
    standing = await start(server, phone, disk, password=password)
    assert not standing.ok
    assert says in (standing.problem or "")
    assert server.keys == {}
    assert disk.identity is not None
    assert standing.identity == disk.identity
    server.first = ""
    again = await start(server, phone, disk)
    assert again.fingerprint == disk.identity.fingerprint


@pytest.mark.parametrize("address", ["http://example.org/", "https://e.org/\nok", 7, None])
async def test_a_page_that_is_none_is_not_shown(address: object) -> None:
    server = KeyServer()
    phone = server.add(Phone("ONE"))

    async def call(verb: str, path: str, body: Json | None) -> Json:
        if path == UPLOAD:
            params = {"m.oauth": {"url": address}}
            asked = {"flows": [7, {"stages": ["m.oauth"]}], "params": params}
            raise MatrixError("no", status=401, body=asked)
        return await server.call(verb, path, body)

    standing = await establish(Account(call, phone.me, Disk().save, token_bytes), None)
    assert "at the account's page" in (standing.problem or "")
    assert str(address) not in (standing.problem or "")


async def test_a_revoked_token_is_no_question_of_passwords() -> None:
    server = KeyServer()
    phone = server.add(Phone("ONE"))

    async def call(verb: str, path: str, body: Json | None) -> Json:
        if path == UPLOAD:
            raise MatrixError("gone", code="M_UNKNOWN_TOKEN", status=401)
        return await server.call(verb, path, body)

    with pytest.raises(MatrixError, match="gone"):
        await establish(Account(call, phone.me, Disk().save, token_bytes, PASSWORD), None)


@pytest.mark.parametrize("moment", [(UPLOAD, ""), ("", UPLOAD), (SIGNATURES, ""), ("", SIGNATURES)])
async def test_a_bot_that_is_killed_goes_on_with_the_same_identity(moment: tuple[str, str]) -> None:
    server, disk = KeyServer(), Disk()
    phone = server.add(Phone("ONE"))
    server.dies_at, server.dies_after = moment
    with pytest.raises(Killed):
        await start(server, phone, disk)
    saved = disk.identity
    assert saved is not None
    server.dies_at = server.dies_after = ""
    standing = await start(server, phone, disk)
    assert standing.ok, standing.problem
    assert standing.fingerprint == saved.fingerprint


async def test_an_identity_that_cannot_be_saved_is_never_published() -> None:
    server, disk = KeyServer(), Disk(full=True)
    with pytest.raises(OSError, match="no space"):
        await start(server, server.add(Phone("ONE")), disk)
    assert server.uploads == []


async def test_keys_of_the_device_that_are_not_ours_are_never_signed() -> None:
    server, disk = KeyServer(), Disk()
    server.add(Phone("ONE"))
    standing = await start(server, Phone("ONE"), disk)
    assert "shows other keys of device ONE" in (standing.problem or "")
    assert (server.uploads, disk.identity) == ([], None)


async def test_a_device_that_is_swapped_after_the_first_look_is_not_signed() -> None:
    server, disk = KeyServer(), Disk()
    phone = server.add(Phone("ONE"))

    async def call(verb: str, path: str, body: Json | None) -> Json:
        answer = await server.call(verb, path, body)
        if path == UPLOAD:
            server.add(Phone("ONE"))
        return answer

    standing = await establish(Account(call, phone.me, disk.save, token_bytes), None)
    assert "shows other keys" in (standing.problem or "")
    assert server.uploads == [UPLOAD]


async def test_a_device_that_the_server_does_not_know_is_told_of() -> None:
    standing = await start(KeyServer(), Phone("ONE"), Disk())
    assert "shows no keys of device ONE" in (standing.problem or "")


async def test_a_signature_that_the_server_loses_is_noticed() -> None:
    server, disk = KeyServer(forgets_signatures=True), Disk()
    standing = await start(server, server.add(Phone("ONE")), disk)
    assert not standing.ok
    assert "does not show device ONE as signed" in (standing.problem or "")


async def test_our_device_vouches_only_for_a_master_key_as_we_write_it() -> None:
    server, disk = KeyServer(), Disk()
    phone = server.add(Phone("ONE"))
    await start(server, phone, disk)
    master = json.loads(json.dumps(server.keys["master_key"]))
    del master["signatures"]
    server.keys["master_key"] = {**master, "device_id": "EVIL"}
    server.uploads.clear()
    assert (await start(server, phone, disk)).ok
    assert server.uploads == []


async def test_a_device_that_only_somebody_else_signed_is_not_well() -> None:
    server, disk = KeyServer(), Disk()
    phone = server.add(Phone("ONE"))
    other = KeyServer()
    other.add(phone)
    await start(other, phone, Disk())

    async def call(verb: str, path: str, body: Json | None) -> Json:
        answer = await server.call(verb, path, body)
        return other.shown() if SIGNATURES in server.uploads and "query" in path else answer

    standing = await establish(Account(call, phone.me, disk.save, token_bytes), None)
    assert not standing.ok
    assert "does not show device ONE as signed" in (standing.problem or "")


@pytest.mark.parametrize(
    ("code", "says"),
    [("M_INVALID_SIGNATURE", "owner (M_INVALID_SIGNATURE): "), ("a\nb", "owner: ")],
)
async def test_what_the_server_says_against_a_signature_is_told(code: str, says: str) -> None:
    server = KeyServer(forgets_signatures=True)
    phone = server.add(Phone("ONE"))

    async def call(verb: str, path: str, body: Json | None) -> Json:
        answer = await server.call(verb, path, body)
        refused = {"failures": {USER: {"ONE": {"errcode": code}, "TWO": {"errcode": []}, "X": 7}}}
        return refused if path == SIGNATURES else answer

    standing = await establish(Account(call, phone.me, Disk().save, token_bytes), None)
    assert says in (standing.problem or "")
