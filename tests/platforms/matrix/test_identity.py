"""Signed JSON as the specification has it, and the identity as it is kept and published."""

import json
from base64 import b64decode
from secrets import token_bytes

import pytest

from bot.errors import BotError
from bot.platforms.matrix.crosssign import Account, Standing
from bot.platforms.matrix.identity import Identity, Me, key_object, publication
from bot.platforms.matrix.signing import (
    canonical,
    decoded,
    encoded,
    is_signed,
    public_of,
    signature,
    signed,
)
from tests.platforms.matrix.keyserver import USER, Disk, KeyServer, Phone


def test_seeds_are_in_the_file_and_nowhere_else() -> None:
    identity = Identity.new(token_bytes)
    text = identity.to_json()
    assert Identity.from_json(text) == identity
    account = Account(KeyServer().call, Phone("ONE").me, Disk().save, token_bytes, "pass1", "EsTc")
    for seed in (identity.master, identity.self_signing, identity.user_signing):
        assert seed is not None
        assert encoded(seed) in text
        assert encoded(seed) not in repr(identity)
        assert repr(seed) not in repr(Standing(identity, ok=True))
    assert "pass1" not in repr(account)
    assert "EsTc" not in repr(account)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", '{"master_public": "AAAA"}', '{"self_signing": 7}', "[" * 100_000]
)
def test_a_file_that_is_damaged_is_one_clear_line(text: str) -> None:
    with pytest.raises(BotError, match="not a cross-signing identity, or a damaged one"):
        Identity.from_json(text)


def test_a_file_whose_keys_do_not_belong_together_is_damaged() -> None:
    kept = json.loads(Identity.new(token_bytes).to_json())
    kept["master_public"] = Identity.new(token_bytes).master_public
    with pytest.raises(BotError, match="damaged"):
        Identity.from_json(json.dumps(kept))


# The examples of the specification: appendices, canonical JSON and signing JSON.
@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("{}", "{}"),
        ('{"one": 1, "two": "Two"}', '{"one":1,"two":"Two"}'),
        ('{"b": "2", "a": "1"}', '{"a":"1","b":"2"}'),
        ('{"a": "日本語"}', '{"a":"日本語"}'),
        ('{"本": 2, "日": 1}', '{"日":1,"本":2}'),
        ('{"a": "\\u65E5"}', '{"a":"日"}'),
        ('{"a": null}', '{"a":null}'),
        ('{"a": -0, "b": 1e10}', '{"a":0,"b":10000000000}'),
        ('{"a": "\\u0001\\n\\u007f\\/"}', '{"a":"\\u0001\\n\x7f/"}'),
        ('{"\\ud83d\\ude00": true, "\\uffff": [false]}', '{"\uffff":[false],"😀":true}'),
    ],
)
def test_json_has_one_text(written: str, text: str) -> None:
    assert canonical(json.loads(written)).decode() == text


@pytest.mark.parametrize(
    "written", ['{"a": 1.5}', "[9007199254740992]", "NaN", "[-Infinity]", '["\\ud800"]']
)
def test_what_has_no_canonical_text_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical(json.loads(written))


def test_nesting_without_end_is_refused() -> None:
    nested: object = []
    for _ in range(100_000):
        nested = [nested]
    with pytest.raises(ValueError, match="nested too deeply"):
        canonical(nested)
    assert not is_signed({"signatures": {}, "a": nested}, USER, "A", "B")


@pytest.mark.parametrize(
    ("content", "sig"),
    [
        (
            {},
            (
                "K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7"
                "Xg4ahLwYGYZzuHGZKM5ZAQ"
            ),
        ),
        (
            {"one": 1, "two": "Two"},
            (
                "KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZ"
                "hG6kYdD13EIMJpvhJI+6Bw"
            ),
        ),
    ],
)
def test_signatures_are_those_of_the_specification(content: dict[str, object], sig: str) -> None:
    seed = b64decode("YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1=")
    assert signature({**content, "unsigned": {"age": 1}}, seed) == sig
    assert is_signed(signed(content, "domain", "1", sig), "domain", "1", public_of(seed))


@pytest.mark.parametrize("text", ["A", "AAA*", "AAF", "é", "AA=A", "AA AA", None, 7])
def test_base64_has_one_spelling(text: object) -> None:
    with pytest.raises(ValueError, match="not base64"):
        decoded(text)


def test_a_partial_identity_cannot_be_published() -> None:
    identity = Identity.new(token_bytes)
    me = Me(USER, "ONE", lambda _: "")
    assert publication(Identity(identity.master_public, identity.self_signing), me) is None
    assert key_object(USER, "master", "A")["keys"] == {"ed25519:A": "A"}


def test_a_file_with_half_a_seed_is_damaged() -> None:
    kept = json.loads(Identity.new(token_bytes).to_json())
    with pytest.raises(BotError, match="damaged"):
        Identity.from_json(json.dumps({**kept, "self_signing": "AAAA"}))
