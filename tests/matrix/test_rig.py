"""The rig itself: what it says of the server and of the far side can be relied on."""

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Sequence
from pathlib import Path

import pytest

from tests.matrix.far import Far, missing, program
from tests.matrix.homeserver import MISSING, Homeserver, homeserver, installed
from tests.matrix.person import Person
from tests.matrix.seen import FarError

pytestmark = pytest.mark.matrix


async def people(others: Far, synapse: Homeserver, *names: str) -> list[Person]:
    """Log newcomers in, each on a device that their identity has signed."""
    return [await others.login(synapse, synapse.newcomer(name)) for name in names]


async def meet(host: Person, *guests: Person, encrypted: bool, version: str | None = None) -> str:
    """Bring people into a room, where each knows of all others."""
    invited = [each.user_id for each in guests]
    room = await host.create_room("hall", encrypted=encrypted, invite=invited, version=version)
    for guest in guests:
        await guest.join(room)
    for each in (host, *guests):
        for other in (host, *guests):
            await each.wait_member(room, other.user_id)
    return room


async def talk(room: str, speaker: Person, listener: Person, *, encrypted: bool) -> None:
    """Let one say things in every way there is, and the other see each as it was meant."""
    said = await speaker.send(room, "one", formatted="<b>one</b>")
    seen = await listener.wait_event(room, event_id=said)
    assert (seen.sender, seen.type, seen.body) == (speaker.user_id, "m.room.message", "one")
    assert seen.encrypted is encrypted
    assert (seen.shield, seen.failure) == ("none" if encrypted else None, None)
    assert seen.content["formatted_body"] == "<b>one</b>"

    edit = await speaker.edit(room, said, "two")
    seen = await listener.wait_event(room, rel_type="m.replace", relates_to=said)
    assert (seen.event_id, seen.body) == (edit, "* two")

    await speaker.react(room, said, "👀")
    seen = await listener.wait_event(room, type="m.reaction", relates_to=said, key="👀")
    assert not seen.encrypted

    await speaker.send(room, "in a thread", thread=said)
    seen = await listener.wait_event(room, rel_type="m.thread", relates_to=said)
    assert seen.body == "in a thread"
    await speaker.send(room, "an answer", reply_to=said)
    assert (await listener.wait_event(room, reply_to=said, body="^an answer$")).relates_to
    await speaker.send_file(room, "report.pdf", "a caption")
    seen = await listener.wait_event(room, msgtype="m.file", after=seen.event_id)
    assert (seen.body, seen.content["filename"]) == ("a caption", "report.pdf")

    await speaker.redact(room, said)
    seen = await listener.wait_event(room, event_id=said, redacted=True)
    assert not seen.body


async def refusal(doing: Awaitable[object]) -> str | None:
    """Give what the server called it when it refused, or None."""
    try:
        await doing
    except FarError as error:
        return error.code
    return None


def types(wire: Sequence[object]) -> set[str]:
    return {str(each["type"]) for each in wire if isinstance(each, dict)}


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
async def test_two_people_understand_each_other_in_everything_they_do(
    others: Far, synapse: Homeserver, encrypted: bool
) -> None:
    anna, bert = await people(others, synapse, "anna", "bert")
    room = await meet(anna, bert, encrypted=encrypted)
    await talk(room, anna, bert, encrypted=encrypted)
    await talk(room, bert, anna, encrypted=encrypted)
    wire = await anna.wire(room)
    assert ("m.room.message" in types(wire)) is not encrypted
    assert ("in a thread" in json.dumps(wire)) is not encrypted
    heard = [each.event_id for each in await bert.events(room)]
    assert len(heard) == len(set(heard)), "each event is there once"


async def test_an_unsigned_device_is_refused_and_gets_no_key(
    others: Far, synapse: Homeserver
) -> None:
    (anna,) = await people(others, synapse, "anna")
    carl = await others.login(synapse, synapse.newcomer("carl"), signed=False)
    room = await meet(anna, carl, encrypted=True)
    said = await anna.send(room, "not for everybody")
    seen = await carl.wait_event(room, event_id=said, failed=True)
    assert seen.failure == "MEGOLM_KEY_WITHHELD_FOR_UNVERIFIED_DEVICE"
    said = await carl.send(room, "let me in")
    seen = await anna.wait_event(room, event_id=said, failed=True)
    assert seen.failure == "UNSIGNED_SENDER_DEVICE"
    assert [each.signed for each in await anna.devices(carl.user_id)] == [False]
    assert [each.signed for each in await carl.devices(anna.user_id)] == [True]


async def test_a_new_device_reads_what_comes_once_it_is_signed_and_nothing_older(
    others: Far, synapse: Homeserver
) -> None:
    account = synapse.newcomer("bert")
    bert, (anna,) = await others.login(synapse, account), await people(others, synapse, "anna")
    room = await meet(anna, bert, encrypted=True)
    old = await anna.send(room, "old")
    fresh = await others.login(synapse, account, identity=False)
    assert fresh.device_id != bert.device_id
    await bert.sign_device(fresh.device_id)
    assert {each.signed for each in await anna.devices(bert.user_id)} == {True}
    new = await anna.send(room, "new")
    assert (await fresh.wait_event(room, event_id=new)).shield == "none"
    assert (await fresh.wait_event(room, event_id=old, failed=True)).failure
    await fresh.logout()
    assert [each.device_id for each in await anna.devices(bert.user_id)] == [bert.device_id]


async def test_a_message_whose_key_comes_late_is_read_late(
    others: Far, synapse: Homeserver
) -> None:
    anna, bert = await people(others, synapse, "anna", "bert")
    room = await meet(anna, bert, encrypted=True)
    await anna.hold_keys()
    said = await anna.send(room, "patience")
    seen = await bert.wait_event(room, event_id=said, failed=True)
    assert seen.failure == "MEGOLM_UNKNOWN_INBOUND_SESSION_ID"
    await anna.release_keys()
    assert (await bert.wait_event(room, event_id=said)).body == "patience"


async def test_what_goes_in_the_clear_into_an_encrypted_room_is_seen_to_be_so(
    others: Far, synapse: Homeserver
) -> None:
    anna, bert = await people(others, synapse, "anna", "bert")
    room = await meet(anna, bert, encrypted=True)
    content = {"msgtype": "m.text", "body": "oops"}
    said = await anna.send_clear(room, "m.room.message", content, "t1")
    assert not (await bert.wait_event(room, event_id=said)).encrypted
    assert "m.room.message" in types(await bert.wire(room))


@pytest.mark.parametrize("version", ["11", "12"])
async def test_rooms_are_upgraded_and_power_is_given(
    others: Far, synapse: Homeserver, version: str
) -> None:
    anna, bert = await people(others, synapse, "anna", "bert")
    room = await meet(anna, bert, encrypted=True, version=version)
    with pytest.raises(FarError) as refused:
        await bert.send_state(room, "m.room.topic", {"topic": "mine"})
    assert refused.value.code == "M_FORBIDDEN"
    await anna.set_power(room, bert.user_id, 50)
    assert await bert.send_state(room, "m.room.topic", {"topic": "mine"})
    await bert.set_displayname("Bert <b>the</b> Bold")
    new = await anna.upgrade_room(room, "12")
    assert (await bert.wait_event(room, type="m.room.tombstone")).content["replacement_room"] == new
    assert (":" in room, ":" in new) == (version == "11", False)
    await anna.invite(new, bert.user_id)
    invited = await bert.wait_room(by=anna.user_id)
    assert invited.room_id == new
    await bert.join(new)
    await bert.leave(room)
    await anna.wait_member(room, bert.user_id, "leave")


async def test_an_identity_can_be_recovered_and_replaced(others: Far, synapse: Homeserver) -> None:
    anna, bert = await people(others, synapse, "anna", "bert")
    first = await bert.identity(anna.user_id)
    recovery_key = await anna.set_up_recovery()
    assert recovery_key.startswith("Es")
    assert await bert.identity(anna.user_id) == first
    await anna.reset_identity()
    assert await bert.identity(anna.user_id) not in {None, first}


async def test_everybody_goes_on_when_the_server_was_away(others: Far, synapse: Homeserver) -> None:
    anna, bert = await people(others, synapse, "anna", "bert")
    room = await meet(anna, bert, encrypted=True)
    before = await anna.send(room, "before")
    await bert.wait_event(room, event_id=before)
    await asyncio.to_thread(synapse.kill)
    with pytest.raises(FarError):
        await anna.send(room, "into the void")
    await asyncio.to_thread(synapse.start)
    for each in (anna, bert):
        await each.retry()
    after = await anna.send(room, "after")
    assert (await bert.wait_event(room, event_id=after)).body == "after"
    bodies = [each.body for each in await bert.events(room) if each.type == "m.room.message"]
    assert bodies == ["before", "after"]


async def test_what_never_happens_is_an_error_and_not_a_hang(
    synapse: Homeserver, tmp_path: Path
) -> None:
    lacking = missing()
    if lacking is not None:
        pytest.skip(lacking)
    with program(tmp_path / "log") as own:
        async with own.connect() as others:
            (anna,) = await people(others, synapse, "anna")
            room = await anna.create_room()
            with pytest.raises(FarError, match=r"wait: .*godot.* took more than 0.2 s"):
                await anna.wait_event(room, body="godot", timeout_s=0.2)
            with pytest.raises(FarError, match="dance: there is no such operation"):
                await anna.do("dance")
            waiting = asyncio.ensure_future(anna.wait_event(room, body="godot"))
            await anna.rooms()
            os.kill(own.pid, signal.SIGKILL)
            with pytest.raises(FarError, match="the far side has ended"):
                await waiting
            with pytest.raises(FarError, match="the far side has ended"):
                await anna.rooms()


@pytest.mark.long
async def test_a_server_with_tight_limits_refuses_who_talks_too_fast_and_is_not_exempt(
    others: Far, tmp_path: Path
) -> None:
    if not installed():
        pytest.skip(MISSING)
    with homeserver(tmp_path, rate_limits="tight") as server:
        fast, slow = server.register("fast"), server.register("slow")
        server.exempt(fast)
        anna = await others.login(server, fast)
        bert = await others.login(server, slow)
        room = await meet(anna, bert, encrypted=False)
        for number in range(9):
            await anna.send(room, str(number))
        refusals = [await refusal(bert.send(room, str(number))) for number in range(6)]
        assert refusals[0] is None
        assert refusals[-1] == "M_LIMIT_EXCEEDED"
