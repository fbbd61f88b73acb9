"""A Matrix room is what its state says, by its version's rules, whatever was put there."""

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from bot.platforms.matrix.invites import Invite, allowed, invite
from bot.platforms.matrix.rooms import ROTATION_MESSAGES, ROTATION_MS, Room, Successor

Event: TypeAlias = Mapping[str, object]

ANN = "@ann:example.org"
BEN = "@ben:example.org"
CAT = "@cat:example.net"
BOT = "@bot:example.org"
OWN = frozenset({BOT, "@bot:example.net"})


def state(kind: str, content: object, key: object = "", sender: object = ANN) -> Event:
    return {"type": kind, "state_key": key, "sender": sender, "content": content}


def create(version: object = "12", **content: object) -> Event:
    return state("m.room.create", {"room_version": version, **content})


def levels(**content: object) -> Event:
    return state("m.room.power_levels", content)


def member(user_id: str, membership: object = "join") -> Event:
    return state("m.room.member", {"membership": membership}, key=user_id)


def room(*events: Event) -> Room:
    made = Room()
    for event in events:
        made.take(event)
    return made


def whole(*events: Event) -> Room:
    """Make a room of which all members are known."""
    made = room(*events)
    made.complete = True
    return made


# Power


def test_whoever_made_a_room_of_version_12_may_do_everything() -> None:
    made = room(create("12", additional_creators=[BEN, 7, "nobody"]), levels(users={}, ban=9000))
    assert (made.power(ANN), made.power(BEN), made.power(CAT)) == (math.inf, math.inf, 0)
    assert made.creators == {ANN, BEN}


def test_a_room_that_was_upgraded_to_version_12_is_known_as_such() -> None:
    made = room(create("12", predecessor={"room_id": "!old:example.org"}))
    assert (made.version, made.predecessor) == ("12", "!old:example.org")
    assert made.power(ANN) == math.inf


def test_in_version_12_no_list_of_levels_takes_power_from_a_creator() -> None:
    made = room(create("12"), levels(users={ANN: 0, BEN: 100}))
    assert (made.power(ANN), made.power(BEN)) == (math.inf, 100)


@pytest.mark.parametrize("version", ["1", "9", "11", None, 12, "org.example.odd", "-12", "12.0"])
def test_before_version_12_a_creator_has_the_level_that_is_listed(version: object) -> None:
    made = room(create(version, additional_creators=[BEN]), levels(users={ANN: 50}))
    assert (made.power(ANN), made.power(BEN), made.creators) == (50, 0, frozenset())


def test_without_levels_only_the_creator_has_power() -> None:
    made = room(create("10"))
    assert (made.power(ANN), made.power(BEN), made.power("")) == (100, 0, 0)


def test_of_a_room_of_which_nothing_is_known_nobody_has_power() -> None:
    assert (Room().power(ANN), Room().power(""), Room().version) == (0, 0, "1")


def test_whoever_is_not_listed_has_the_level_of_all() -> None:
    made = room(create("11"), levels(users={BEN: 75}, users_default=10))
    assert (made.power(BEN), made.power(CAT)) == (75, 10)


def test_levels_of_old_rooms_may_be_written_as_text() -> None:
    told = levels(users={BEN: " 50 ", CAT: "-5"}, users_default="10")
    for events in ((create("9"), told), (told, create("9"))):
        made = room(*events)
        assert [made.power(each) for each in (BEN, CAT, ANN)] == [50, -5, 10]


def test_in_newer_rooms_such_levels_do_not_count() -> None:
    made = room(create("10"), levels(users={BEN: "50", CAT: 50.5, ANN: True}, users_default="100"))
    assert [made.power(each) for each in (ANN, BEN, CAT)] == [0, 0, 0]


@pytest.mark.parametrize(
    "level", [None, [], {}, "", "high", "1e9", "٥٠", "9" * 40, math.inf, math.nan, True]
)
def test_what_is_no_level_gives_no_power(level: object) -> None:
    made = room(create("1"), levels(users={BEN: level}, users_default=level))
    assert (made.power(BEN), made.power(CAT)) == (0, 0)


def test_a_room_is_made_once() -> None:
    made = room(create("12"), state("m.room.create", {"room_version": "1"}, sender=BEN))
    assert (made.version, made.power(BEN)) == ("12", 0)


# Encryption, and who may read


def test_a_room_stays_encrypted_whatever_comes_later() -> None:
    encryption = state("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    made = room(encryption, state("m.room.encryption", {}), state("m.room.encryption", None))
    assert made.encrypted
    assert (made.rotation_ms, made.rotation_messages) == (ROTATION_MS, ROTATION_MESSAGES)


def test_an_encryption_that_nobody_understands_is_one_all_the_same() -> None:
    assert room(state("m.room.encryption", {"algorithm": ["?"]})).encrypted


@pytest.mark.parametrize("key", [None, "x", 0])
def test_what_is_no_state_of_the_room_encrypts_nothing(key: object) -> None:
    assert not room(
        state("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}, key)
    ).encrypted


@pytest.mark.parametrize(
    ("period", "messages", "kept"),
    [
        (7_200_000, 5, (7_200_000, 5)),
        (1, 0, (3_600_000, 1)),
        (10**18, 101, (ROTATION_MS, ROTATION_MESSAGES)),
        ("7200000", True, (ROTATION_MS, ROTATION_MESSAGES)),
    ],
)
def test_keys_serve_as_long_as_the_room_says_within_reason(
    period: object, messages: object, kept: tuple[int, int]
) -> None:
    content = {"rotation_period_ms": period, "rotation_period_msgs": messages}
    made = room(state("m.room.encryption", content))
    assert (made.rotation_ms, made.rotation_messages) == kept


@pytest.mark.parametrize(
    ("rule", "private"),
    [
        ("public", False),
        *((each, True) for each in ("invite", "knock", "restricted", "private", None, ["public"])),
    ],
)
def test_a_room_is_private_unless_anybody_may_join(rule: object, private: object) -> None:
    assert room(state("m.room.join_rules", {"join_rule": rule})).private is private
    assert Room().private


# Who is there


def test_a_room_with_one_person_is_direct() -> None:
    assert whole(member(BOT), member(ANN)).direct(OWN)
    assert whole(member(BOT), member(ANN, "invite")).direct(OWN)
    assert not whole(member(BOT), member(ANN), member(BEN)).direct(OWN)
    assert not whole(member(BOT), member(ANN), member(BEN, "invite")).direct(OWN)
    assert whole(member(BOT), member(ANN), member(BEN, "leave"), member(CAT, "ban")).direct(OWN)


def test_a_room_is_no_longer_direct_once_a_third_comes() -> None:
    made = whole(member(BOT), member(ANN))
    made.take(member(BEN))
    assert not made.direct(OWN)
    made.take(member(BEN, "leave"))
    assert made.direct(OWN)


def test_people_who_were_not_told_of_yet_count() -> None:
    made = room(member(BOT), member(ANN))
    made.take_summary({"m.joined_member_count": 3})
    assert not made.direct(OWN)
    made.take_summary({"m.joined_member_count": 1, "m.invited_member_count": 1})
    assert made.direct(OWN)
    made.take_summary({"m.joined_member_count": 2})
    assert not made.direct(OWN)
    made.take_summary({"m.invited_member_count": 0})
    assert made.direct(OWN)


def test_two_accounts_of_the_bot_are_not_two_people() -> None:
    made = room(member(BOT), member("@bot:example.net"), member(ANN))
    made.take_summary({"m.joined_member_count": 3, "m.invited_member_count": 0})
    assert made.direct(OWN)


@pytest.mark.parametrize("events", [(), (member(ANN),), (member(BOT, "leave"), member(ANN))])
def test_a_room_of_which_too_little_is_known_is_not_direct(events: Sequence[Event]) -> None:
    assert not whole(*events).direct(OWN)


def test_a_room_whose_members_were_not_all_told_is_not_direct() -> None:
    assert not room(member(BOT), member(ANN)).direct(OWN)
    made = whole(member(BOT), member(ANN))
    made.missed()
    assert not made.direct(OWN)


@pytest.mark.parametrize(
    "open_",
    [
        state("m.room.join_rules", {"join_rule": "public"}),
        state("m.room.join_rules", {"join_rule": "restricted", "allow": []}),
        state("m.room.join_rules", {"join_rule": "knock_restricted"}),
        state("m.room.history_visibility", {"history_visibility": "world_readable"}),
    ],
)
def test_a_room_that_people_come_to_uninvited_is_not_direct(open_: Event) -> None:
    assert not whole(member(BOT), member(ANN), open_).direct(OWN)


def test_who_left_unheard_is_not_there_any_more() -> None:
    made = whole(member(BOT), member(ANN), member(BEN))
    made.missed()
    made.take_members([member(BOT), member(ANN)])
    assert made.readers == {BOT, ANN}


def test_who_is_known_to_be_there() -> None:
    made = room(member(BOT), member(ANN, "invite"), member(BEN), member(CAT), member(CAT, "leave"))
    assert made.joined == {BOT, BEN}


def test_nobody_is_in_a_new_room_until_somebody_is_invited() -> None:
    made = room(member(BOT))
    assert made.lonely(OWN)
    made.take_summary({"m.joined_member_count": 1, "m.invited_member_count": 0})
    assert made.lonely(OWN)
    made.take(member(ANN, "invite"))
    assert not made.lonely(OWN)


def test_somebody_is_there_of_whom_only_the_number_is_told_unless_all_are_known() -> None:
    made = room(member(BOT))  # as after a restart, where members are loaded lazily
    made.take_summary({"m.joined_member_count": 1, "m.invited_member_count": 1})
    assert not made.lonely(OWN)
    made = whole(member(BOT))  # to whom alone the next key would go
    made.take_summary({"m.joined_member_count": 1, "m.invited_member_count": 1})
    assert made.lonely(OWN)


# Where a room goes on


def test_a_room_may_go_on_elsewhere() -> None:
    tombstone = {"body": "moved", "replacement_room": "!new"}
    assert room(state("m.room.tombstone", tombstone)).successor == Successor("!new", ANN)


@pytest.mark.parametrize("place", [None, "", "#new:example.org", "new", "!a b", 7, {"!new": 1}])
def test_a_tombstone_that_names_no_room_leads_nowhere(place: object) -> None:
    assert room(state("m.room.tombstone", {"replacement_room": place})).successor is None


@pytest.mark.parametrize("before", [None, "!old", {}, {"room_id": 7}, {"room_id": "#old:x.org"}])
def test_a_predecessor_that_is_no_room_is_none(before: object) -> None:
    assert room(create("11", predecessor=before)).predecessor is None


# Invitations


def test_an_invitation_says_who_invites() -> None:
    invitation = [
        create("12"),
        state("m.room.name", {"name": "Argus"}),
        state("m.room.member", {"membership": "join"}, key=ANN),
        state("m.room.member", {"membership": "invite", "is_direct": True}, key=BOT, sender=BEN),
    ]
    told = Invite(BEN, direct=True)
    assert invite(invitation, BOT) == told
    assert invite(invitation[::-1], BOT) == told


def test_who_invites_must_be_clear() -> None:
    first = state("m.room.member", {"membership": "invite"}, key=BOT, sender=ANN)
    second = state("m.room.member", {"membership": "invite"}, key=BOT, sender=BEN)
    assert invite([first, first], BOT).inviter == ANN
    assert invite([first, second], BOT).inviter == ""
    assert invite([member(ANN, "invite")], BOT).inviter == ""
    assert invite([member(BOT, "join")], BOT).inviter == ""
    assert invite([None, 7, {}], BOT) == Invite("")


@pytest.mark.parametrize(
    ("inviter", "patterns", "may"),
    [
        (ANN, (ANN,), True),
        (ANN, (BEN, "example.org"), True),
        (ANN, ("EXAMPLE.org",), True),
        ("@ann:EXAMPLE.org", ("@ann:example.ORG",), True),
        (ANN, ("*",), True),
        ("@ann:example.org:8448", ("example.org:8448",), True),
        ("@ann:example.org:8448", ("@ann:example.org:8448",), True),
        (ANN, (), False),
        (ANN, ("",), False),
        (ANN, ("@Ann:example.org",), False),
        (ANN, ("@an:example.org",), False),
        (ANN, ("ann:example.org",), False),
        (ANN, ("example.net", "org", ".org", "ample.org", "*.org"), False),
        ("@ann:evil.example.org", ("example.org",), False),
        ("@ann:example.org.evil", ("example.org",), False),
        ("@ann:example.org:8448", ("example.org",), False),
        ("", ("*",), False),
        ("ann", ("*", ""), False),
    ],
)
def test_only_whom_the_configuration_names_may_invite(
    inviter: str, patterns: tuple[str, ...], may: object
) -> None:
    assert allowed(inviter, patterns) is may


# Hostile state

_KEYS = st.sampled_from(
    [
        *("type", "state_key", "sender", "content", "room_version", "additional_creators"),
        *("predecessor", "room_id", "users", "users_default", "events", "membership", "join_rule"),
        *("rotation_period_ms", "replacement_room", "m.joined_member_count", ANN),
        "is_direct",
    ]
)
_VALUES = st.sampled_from(
    [
        *("m.room.create", "m.room.member", "m.room.power_levels", "m.room.encryption", "12", "1"),
        *("m.room.tombstone", "m.room.join_rules", "join", "invite", "", ANN, BOT, "!new", "50"),
    ]
)
_JSON: SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _VALUES | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5),
    max_leaves=8,
)
_TYPES = st.sampled_from(
    [
        *("m.room.create", "m.room.member", "m.room.power_levels", "m.room.encryption"),
        *("m.room.tombstone", "m.room.join_rules"),
    ]
)
_EVENTS = st.dictionaries(_KEYS, _JSON, max_size=6) | st.builds(
    state, _TYPES, st.dictionaries(_KEYS, _JSON, max_size=5), st.sampled_from(["", ANN, BOT, 7])
)


@settings(max_examples=30, deadline=None)
@given(st.lists(_EVENTS, max_size=6), st.dictionaries(_KEYS, _JSON, max_size=3))
def test_whatever_the_state_is_the_room_can_be_asked(events: list[Event], summary: Event) -> None:
    made = room(*events)
    made.take_summary(summary)
    for user_id in (ANN, BOT, ""):
        assert not math.isnan(made.power(user_id))
    assert made.direct(OWN) in {True, False}
    assert made.joined <= {ANN, BOT}
    assert made.rotation_ms >= 3_600_000
    assert all(isinstance(each, str) for each in made.creators)
    assert isinstance(invite(events, BOT).inviter, str)


@settings(max_examples=30, deadline=None)
@given(
    st.permutations(
        [
            create("9"),
            levels(users={BEN: "50"}),
            state("m.room.join_rules", {"join_rule": "public"}),
            state("m.room.encryption", {"rotation_period_msgs": 7}),
            member(BOT),
            member(ANN),
            state("m.room.tombstone", {"replacement_room": "!new"}),
        ]
    )
)
def test_the_order_in_which_the_state_comes_does_not_matter(events: list[Event]) -> None:
    made = room(*events)
    assert (made.power(BEN), made.private, made.encrypted, made.rotation_messages) == (
        50,
        False,
        True,
        7,
    )
    assert made.joined == {ANN, BOT}
    assert made.successor == Successor("!new", ANN)
