"""The account's secret storage: keys as people keep them, secrets as other clients write them."""

from functools import reduce
from operator import xor
from secrets import token_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BotError
from bot.platforms.matrix.errors import IdentityError, MatrixError
from bot.platforms.matrix.secrets import (
    StorageKey,
    decode_recovery_key,
    encode_recovery_key,
    fetch_secret,
    make_recovery_key,
    store_secrets,
    unlock,
)
from bot.platforms.matrix.signing import at, decoded
from bot.platforms.matrix.values import Json
from tests.platforms.matrix.keyserver import USER, KeyServer

# Known to every client: the private key of RFC 7748, 6.1, as libolm's tests have it.
KNOWN = "EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN UE4d"
KNOWN_KEY = bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")

# What matrix-rust-sdk's own tests take for right.
BY_KEY = {
    "algorithm": "m.secret_storage.v1.aes-hmac-sha2",
    "iv": "xv5b6/p3ExEw++wTyfSHEg==",
    "mac": "ujBBbXahnTAMkmPUX2/0+VTfUh63pGyVRuBcDMgmJC8=",
}
ITS_KEY = "EsTj 3yST y93F SLpB jJsz eAXc 2XzA ygD3 w69H fGaN TKBj jXEd"
WAY = {
    "algorithm": "m.pbkdf2",
    "salt": "IuLnH7S85YtZmkkBJKwNUKxWF42g9O1H",
    "iterations": 10,
}
BY_PASSPHRASE = {
    "algorithm": "m.secret_storage.v1.aes-hmac-sha2",
    "iv": "gH2iNpiETFhApvW6/FFEJQ",
    "mac": "9Lw12m5SKDipNghdQXKjgpfdj1/K7HFI2brO+UWAGoM",
    "passphrase": WAY,
}
ITS_PASSPHRASE = "It's a secret to everybody"  # noqa: S105 - a published example


def holding(description: Json) -> KeyServer:
    """Give a server whose secret storage has a key of this description."""
    named: Json = {"key": "k"}
    return KeyServer(
        data={"m.secret_storage.default_key": named, "m.secret_storage.key.k": description}
    )


@pytest.mark.parametrize(
    "text", [KNOWN, KNOWN.replace(" ", ""), f" {KNOWN} \n", KNOWN.replace(" ", "\r\n\t")]
)
def test_a_recovery_key_is_read_whatever_its_spaces(text: str) -> None:
    assert decode_recovery_key(text) == KNOWN_KEY
    assert encode_recovery_key(KNOWN_KEY) == KNOWN


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (KNOWN[:-1] + "e", "has a letter wrong"),
        (KNOWN[:-1], "begins with Es and has 48 letters"),
        (KNOWN + "1", "begins with Es and has 48 letters"),
        ("1" + KNOWN, "begins with Es and has 48 letters"),
        (KNOWN.replace("EsTc", "Eszc"), "has a letter wrong"),
        ("AATpRvZTnjck8YrhRAtwXLS84Nr2r9S9LGAWDaExVAPBvLRk", "begins with Es"),
        ("", "begins with Es and has 48 letters"),
        (KNOWN.replace("L", "l"), "none has 0, O, I, l"),
        (KNOWN.replace("L", "Ł"), "none has 0, O, I, l"),
        ("z" * 1_000_000, "begins with Es"),
    ],
)
def test_a_recovery_key_that_is_wrong_is_one_clear_line(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as raised:
        decode_recovery_key(text)
    told = str(raised.value)
    assert told.startswith("matrix.accounts[].recovery_key ")
    assert "\n" not in told
    assert not text[:6] or text[:6] not in told


@given(key=st.binary(min_size=32, max_size=32))
def test_every_key_is_read_as_it_was_written(key: bytes) -> None:
    text = encode_recovery_key(key)
    assert decode_recovery_key(text) == key
    assert text.startswith("Es")
    assert len(text.replace(" ", "")) == 48


@given(text=st.text(max_size=70) | st.text("Es 123zyxABC", min_size=40, max_size=70))
def test_no_text_breaks_the_reading_of_a_recovery_key(text: str) -> None:
    try:
        assert len(decode_recovery_key(text)) == 32
    except ValueError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize(
    ("description", "given_key"),
    [(BY_KEY, ITS_KEY), (BY_PASSPHRASE, ITS_PASSPHRASE), ({**BY_KEY, "name": "old"}, ITS_KEY)],
)
async def test_what_other_clients_made_is_opened(description: Json, given_key: str) -> None:
    opened = await unlock(holding(description).call, USER, given_key)
    assert opened.id == "k"
    assert len(opened.key) == 32
    assert given_key not in repr(opened)
    assert repr(opened.key) not in repr(opened)


async def test_a_key_that_is_not_described_is_believed() -> None:
    server = holding({"algorithm": "m.secret_storage.v1.aes-hmac-sha2"})
    assert (await unlock(server.call, USER, KNOWN)).key == KNOWN_KEY


@pytest.mark.parametrize(
    ("description", "given_key"),
    [
        (BY_KEY, KNOWN),
        (BY_KEY, ITS_PASSPHRASE),
        (BY_PASSPHRASE, "It's a secret to nobody"),
        (BY_PASSPHRASE, KNOWN),
        (BY_PASSPHRASE, "\ud800"),
        ({**BY_PASSPHRASE, "passphrase": {"algorithm": "m.pbkdf2", "salt": "a"}}, "swordfish"),
        ({**BY_PASSPHRASE, "passphrase": "m.pbkdf2"}, "swordfish"),
        ({**BY_KEY, "algorithm": "m.other"}, ITS_KEY),
        ({**BY_KEY, "mac": 7}, ITS_KEY),
        ({**BY_KEY, "iv": "AAAA"}, ITS_KEY),
        ({**BY_KEY, "iv": None}, ITS_KEY),
    ],
)
async def test_what_does_not_open_is_one_clear_line(description: Json, given_key: str) -> None:
    with pytest.raises(IdentityError, match=r"matrix\.accounts\[\]\.recovery_key") as raised:
        await unlock(holding(description).call, USER, given_key)
    assert "\n" not in str(raised.value)
    assert given_key not in str(raised.value)


@pytest.mark.parametrize(
    "way",
    [
        {"iterations": 10**9},
        {"iterations": 0},
        {"iterations": "10"},
        {"bits": 512},
        {"bits": [256]},
        {"salt": 7},
        {"algorithm": "m.argon2"},
    ],
)
async def test_a_server_cannot_make_the_bot_count_for_ever(way: dict[str, object]) -> None:
    asked = {**WAY, **way}
    with pytest.raises(IdentityError, match="is no recovery key"):
        await unlock(holding({**BY_PASSPHRASE, "passphrase": asked}).call, USER, ITS_PASSPHRASE)


async def test_a_salt_of_half_a_letter_is_a_wrong_salt() -> None:
    asked = {**WAY, "salt": "\ud800"}
    with pytest.raises(IdentityError, match="does not open"):
        await unlock(holding({**BY_PASSPHRASE, "passphrase": asked}).call, USER, ITS_PASSPHRASE)


@pytest.mark.parametrize("default", [{}, {"key": ""}, {"key": 7}, {"key": "other"}])
async def test_an_account_without_secret_storage_opens_nothing(default: dict[str, object]) -> None:
    server = KeyServer(data={"m.secret_storage.default_key": default})
    with pytest.raises(IdentityError, match="opens nothing"):
        await unlock(server.call, USER, KNOWN)


async def test_secrets_come_back_with_the_recovery_key_that_people_keep() -> None:
    server = KeyServer()
    text, key = make_recovery_key(token_bytes)
    secrets = {"m.cross_signing.master": token_bytes(32), "m.other": b"x"}
    await store_secrets(server.call, USER, secrets, key, token_bytes)
    opened = await unlock(server.call, USER, text)
    for name, secret in secrets.items():
        assert await fetch_secret(server.call, USER, opened, name) == secret
    assert await fetch_secret(server.call, USER, opened, "m.none") is None
    assert await fetch_secret(server.call, USER, StorageKey("z", key), "m.other") is None
    assert text not in str(server.data)


async def test_storing_again_keeps_the_one_storage() -> None:
    server = KeyServer()
    text, key = make_recovery_key(token_bytes)
    first = await store_secrets(server.call, USER, {"m.a": b"1"}, key, token_bytes)
    second = await store_secrets(server.call, USER, {"m.a": b"2"}, key, token_bytes)
    assert first == second
    opened = await unlock(server.call, USER, text)
    assert await fetch_secret(server.call, USER, opened, "m.a") == b"2"


async def test_the_storage_of_another_key_is_never_overwritten() -> None:
    server = holding(BY_KEY)
    before = dict(server.data)
    with pytest.raises(IdentityError, match="another recovery key: nothing was changed"):
        await store_secrets(server.call, USER, {"m.a": b"1"}, KNOWN_KEY, token_bytes)
    assert server.data == before


@pytest.mark.parametrize(
    "kept",
    [
        7,
        {},
        {"iv": "AAAA", "ciphertext": "", "mac": ""},
        {"iv": None, "ciphertext": None, "mac": None},
    ],
)
async def test_a_secret_that_is_damaged_is_one_clear_line(kept: object) -> None:
    server = KeyServer(data={"m.a": {"encrypted": {"k": kept}}})
    with pytest.raises(BotError, match=r"m\.a in the account's secret storage is damaged"):
        await fetch_secret(server.call, USER, StorageKey("k", KNOWN_KEY), "m.a")


async def test_a_server_that_fails_is_not_an_empty_storage() -> None:
    async def call(verb: str, path: str, body: object) -> dict[str, object]:
        del verb, path, body
        raise MatrixError("out of order", status=502)

    with pytest.raises(MatrixError, match="out of order"):
        await unlock(call, USER, KNOWN)


def test_a_key_for_something_else_is_not_taken() -> None:
    data = b"\x8b\x02" + KNOWN_KEY
    number, text = int.from_bytes(data + bytes([reduce(xor, data)]), "big"), ""
    while number:
        number, place = divmod(number, 58)
        text = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[place] + text
    with pytest.raises(ValueError, match="letter wrong"):
        decode_recovery_key(text)


async def test_a_secret_that_was_tampered_with_is_not_given_out() -> None:
    server = KeyServer()
    storage = await store_secrets(
        server.call, USER, {"m.a": b"1", "m.b": b"2"}, KNOWN_KEY, token_bytes
    )
    kept, other = (at(server.data[name], "encrypted", storage.id) for name in ("m.a", "m.b"))
    assert isinstance(kept, dict)
    server.data["m.a"] = {"encrypted": {storage.id: {**kept, "mac": at(other, "mac")}}}
    with pytest.raises(IdentityError, match="is damaged"):
        await fetch_secret(server.call, USER, storage, "m.a")


async def test_the_counter_begins_as_every_client_can_count() -> None:
    server = KeyServer()

    def all_ones(size: int) -> bytes:
        return b"\xff" * size

    storage = await store_secrets(server.call, USER, {"m.a": b"1"}, KNOWN_KEY, all_ones)
    iv = decoded(at(server.data["m.a"], "encrypted", storage.id, "iv"))
    assert iv == b"\xff" * 8 + b"\x7f" + b"\xff" * 7


async def test_a_storage_whose_key_cannot_be_told_is_never_overwritten() -> None:
    server = holding({"algorithm": "m.secret_storage.v1.aes-hmac-sha2"})
    with pytest.raises(IdentityError, match="nothing was changed"):
        await store_secrets(server.call, USER, {"m.a": b"1"}, KNOWN_KEY, token_bytes)
    assert "m.a" not in server.data


async def test_a_storage_with_a_name_that_is_no_text_opens_nothing() -> None:
    server = KeyServer(data={"m.secret_storage.default_key": {"key": "\ud800"}})
    with pytest.raises(IdentityError, match="opens nothing"):
        await unlock(server.call, USER, KNOWN)
