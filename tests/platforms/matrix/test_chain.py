"""Whose devices count: only those that their owner signed, whatever a homeserver says."""

import copy
import json
from collections.abc import Iterator
from secrets import token_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.matrix.chain import (
    Chain,
    Device,
    changed,
    device_of,
    fingerprint,
    signed_devices,
)
from bot.platforms.matrix.identity import Identity, key_object, publication
from bot.platforms.matrix.signing import (
    at,
    bare,
    encoded,
    public_of,
    signature,
    signed,
)
from bot.platforms.matrix.values import Json
from tests.platforms.matrix.keyserver import (
    USER,
    Phone,
)


def family() -> tuple[dict[str, object], Identity, Phone]:
    """Give an answer to /keys/query with one signed device and one that is not."""
    phone, identity = Phone("ONE"), Identity.new(token_bytes)
    parts = publication(identity, phone.me)
    assert parts is not None
    public = identity.self_signing_public
    keys = phone.keys()
    sig = signature(keys, identity.self_signing)
    given = keys["signatures"]
    assert isinstance(given, dict)
    given[USER][f"ed25519:{public}"] = sig
    told = {
        "device_keys": {USER: {"ONE": keys, "TWO": Phone("TWO").keys()}},
        "master_keys": {USER: parts["master_key"]},
        "self_signing_keys": {USER: parts["self_signing_key"]},
    }
    return json.loads(json.dumps(told)), identity, phone


def test_only_devices_signed_by_their_owner_are_found() -> None:
    told, identity, phone = family()
    chain = signed_devices(told, USER)
    assert chain.master == identity.master_public
    assert chain.devices == {"ONE"}
    keys = phone.olm.ed25519_key.to_base64(), phone.olm.curve25519_key.to_base64()
    assert chain.signed["ONE"] == Device("ONE", *keys)
    assert signed_devices(told, "@alice:example.org") == Chain()


def places(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Give the path of every value in nested objects."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield (*path, key)
            yield from places(each, (*path, key))


FAMILY = family()
SIGNED_PLACES = [
    path
    for path in places(FAMILY[0])
    # What may be as it likes: the device that is not signed, and our device's word on the master.
    if "TWO" not in path and not (path[0] == "master_keys" and "signatures" in path)
]

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@given(path=st.sampled_from(SIGNED_PLACES), junk=JUNK)
def test_whatever_is_tampered_with_the_device_no_longer_counts(
    path: tuple[str, ...], junk: object
) -> None:
    told = copy.deepcopy(FAMILY[0])
    place = told
    for key in path[:-1]:
        below = place[key]
        assert isinstance(below, dict)
        place = below
    if place[path[-1]] == junk:
        return
    place[path[-1]] = junk
    assert "ONE" not in signed_devices(told, USER).devices


@given(path=st.sampled_from(SIGNED_PLACES))
def test_whatever_is_missing_the_device_no_longer_counts(path: tuple[str, ...]) -> None:
    told = copy.deepcopy(FAMILY[0])
    place = told
    for key in path[:-1]:
        below = place[key]
        assert isinstance(below, dict)
        place = below
    del place[path[-1]]
    assert "ONE" not in signed_devices(told, USER).devices


@given(
    query=st.dictionaries(
        st.sampled_from(["device_keys", "master_keys", "self_signing_keys"]),
        st.dictionaries(st.just(USER), JUNK) | JUNK,
    )
)
def test_no_answer_of_a_server_breaks_the_reading(query: dict[str, object]) -> None:
    assert signed_devices(query, USER) == Chain()


def test_the_parts_of_another_user_do_not_fit() -> None:
    told, _, _ = family()
    theirs = {part: {"@eve:example.org": each[USER]} for part, each in told.items()}  # type: ignore[index]  # JSON
    assert signed_devices(theirs, "@eve:example.org") == Chain()


def test_a_self_signing_key_of_another_identity_does_not_fit() -> None:
    told, identity, _ = family()
    told["self_signing_keys"] = family()[0]["self_signing_keys"]
    assert signed_devices(told, USER) == Chain(identity.master_public)


def test_a_user_signing_key_signs_no_devices() -> None:
    phone, identity = Phone("ONE"), Identity.new(token_bytes)
    parts = publication(identity, phone.me)
    assert parts is not None
    assert identity.user_signing is not None
    public = public_of(identity.user_signing)
    keys = phone.keys()
    given = keys["signatures"]
    assert isinstance(given, dict)
    given[USER][f"ed25519:{public}"] = signature(keys, identity.user_signing)
    told = {
        "device_keys": {USER: {"ONE": keys}},
        "master_keys": {USER: parts["master_key"]},
        "self_signing_keys": {USER: parts["user_signing_key"]},
    }
    assert signed_devices(told, USER).devices == frozenset()


def test_a_device_of_another_name_does_not_fit() -> None:
    told, _, _ = family()
    devices = told["device_keys"][USER]  # type: ignore[index]  # JSON
    devices["THREE"] = devices["ONE"]
    assert signed_devices(told, USER).devices == {"ONE"}
    assert device_of(devices["ONE"], USER, "THREE") is None


def test_a_key_that_is_two_keys_is_none() -> None:
    told, _, _ = family()
    master = told["master_keys"][USER]  # type: ignore[index]  # JSON
    master["keys"]["ed25519:other"] = "other"
    assert signed_devices(told, USER) == Chain()


def test_another_master_key_is_a_change_and_so_is_none() -> None:
    chain = Chain("A")
    assert not changed(None, chain)
    assert not changed("A", chain)
    assert changed("B", chain)
    assert changed("A", Chain())


def test_people_compare_groups_of_four() -> None:
    assert fingerprint("abcdefghij") == "abcd efgh ij"


def owned(identity: Identity, phone: Phone, content: Json) -> Json:
    """Sign what a device says of itself, rightly, as the device and as its owner."""
    public = identity.self_signing_public
    mine = phone.me.signed(content)
    sigs = at(mine, "signatures", USER)
    assert isinstance(sigs, dict)
    sigs[f"ed25519:{public}"] = signature(content, identity.self_signing)
    return mine


@pytest.mark.parametrize(
    "lie",
    [
        {"user_id": "@eve:example.org"},
        {"device_id": "TWO"},
        {"curve25519": "AAAA"},
        {"curve25519": encoded(bytes(32)) + "="},
        {"curve25519": 7},
    ],
)
def test_a_device_that_lies_of_itself_does_not_count_whoever_signed_it(lie: Json) -> None:
    told, identity, phone = family()
    content = bare(phone.keys())
    assert signed_with(told, owned(identity, phone, content)).devices == {"ONE"}
    if "curve25519" in lie:
        keys = at(content, "keys")
        assert isinstance(keys, dict)
        content["keys"] = {**keys, "curve25519:ONE": lie["curve25519"]}
    else:
        content = {**content, **lie}
    assert signed_with(told, owned(identity, phone, content)).devices == frozenset()


def signed_with(told: Json, device: Json) -> Chain:
    return signed_devices({**told, "device_keys": {USER: {"ONE": device}}}, USER)


def test_a_key_that_goes_by_another_name_is_none() -> None:
    told, identity, _ = family()
    assert identity.master is not None
    public = identity.self_signing_public
    named = {**key_object(USER, "self_signing", public), "keys": {"ed25519:other": public}}
    sig = signature(named, identity.master)
    told["self_signing_keys"] = {USER: signed(named, USER, identity.master_public, sig)}
    assert signed_devices(told, USER) == Chain(identity.master_public)
