"""Commands wait in the inbox until their answer is in the outbox; each is answered once."""

import asyncio
from datetime import timedelta
from pathlib import Path

from bot.core.commands import Answer
from bot.core.mention import Channel, Invocation, Receipt
from bot.storage.rows import Command, Kind
from bot.storage.store import Store
from tests.storage.conftest import Behind
from tests.storage.sample import HALL, LEASE, NOW, document

BOARD = Channel("fake", "#board", private=True)


def given(
    id: str = "c1",  # noqa: A002 - the field's name
    line: str = "vendor acme",
    actor: str = "anna",
    channel: Channel = HALL,
) -> Invocation:
    return Invocation(channel, id, actor, line)


async def take(store: Store, **ago: float) -> Command:
    command = await store.take_command(NOW + timedelta(**ago), LEASE)
    assert command is not None
    return command


async def test_a_command_is_taken_as_it_was_given_and_its_answer_goes_where_it_came_from(
    store: Store,
) -> None:
    asked = Invocation(BOARD, "c1", "anna", "vendor acme", thread="t1")
    assert await store.receive(asked, NOW)
    command = await take(store)
    assert (command.channel, command.message, command.actor, command.line, command.thread) == (
        BOARD,
        "c1",
        "anna",
        "vendor acme",
        "t1",
    )
    assert command.attempts == 1
    assert await store.answer(command, Answer(document("Yes")), NOW)
    (out,) = await store.claim(NOW, LEASE, 10)
    assert (out.kind, out.channel, out.message, out.actor, out.thread) == (
        Kind.REPLY,
        BOARD,
        "c1",
        "anna",
        "t1",
    )
    assert out.document == document("Yes")


async def test_a_command_delivered_twice_is_kept_once(store: Store) -> None:
    assert await store.receive(given(), NOW)
    assert not await store.receive(given(), NOW)
    await store.answer(await take(store), Answer(document("Yes")), NOW)
    assert await store.take_command(NOW, LEASE) is None


async def test_a_command_delivered_again_after_its_answer_is_not_carried_out_again(
    store: Store,
) -> None:
    await store.receive(given(), NOW)
    await store.answer(await take(store), Answer(document("Yes")), NOW)
    assert not await store.receive(given(), NOW)
    assert await store.take_command(NOW, LEASE) is None


async def test_the_same_id_in_two_channels_is_two_commands(store: Store) -> None:
    assert await store.receive(given(), NOW)
    assert await store.receive(given(channel=BOARD), NOW)


async def test_commands_are_taken_in_the_order_in_which_they_came(store: Store) -> None:
    for number in range(5):
        await store.receive(given(f"c{number}", actor=f"a{number}"), NOW)
    assert [(await take(store)).message for _ in range(5)] == [f"c{n}" for n in range(5)]
    assert await store.take_command(NOW, LEASE) is None


async def test_a_command_that_nobody_answered_is_taken_again_after_its_lease(
    store: Store,
) -> None:
    await store.receive(given(), NOW)
    await take(store)
    assert await store.take_command(NOW + LEASE - timedelta(seconds=1), LEASE) is None
    again = await store.take_command(NOW + LEASE, LEASE)
    assert again is not None
    assert again.attempts == 2


async def test_a_command_taken_before_the_clock_was_set_back_does_not_wait_for_it(
    store: Store,
) -> None:
    await store.receive(given(), NOW)
    await take(store)
    earlier = NOW - timedelta(hours=1)
    assert await store.take_command(earlier, LEASE) is not None


async def test_two_answers_to_one_command_are_one(store: Store, other: Store) -> None:
    await store.receive(given(), NOW)
    first = await take(store)
    second = await other.take_command(NOW + LEASE, LEASE)
    assert second is not None
    assert await other.answer(second, Answer(document("Yes")), NOW)
    assert not await store.answer(first, Answer(document("Yes again")), NOW)
    assert [each.document.summary for each in await store.claim(NOW, LEASE, 10)] == ["Yes"]


async def test_a_late_answer_takes_no_other_command_away(store: Store, other: Store) -> None:
    await store.receive(given("c1"), NOW)
    late = await take(store)
    again = await other.take_command(NOW + LEASE, LEASE)
    assert again is not None
    await other.answer(again, Answer(document("Yes")), NOW)
    await store.receive(given("c2", actor="bea"), NOW)
    assert not await store.answer(late, Answer(document("Yes again")), NOW)
    left = await store.take_command(NOW, LEASE)
    assert left is not None
    assert left.message == "c2"


async def test_two_processes_take_different_commands(store: Store, other: Store) -> None:
    for number in range(10):
        await store.receive(given(f"c{number}", actor=f"a{number}"), NOW)
    both = (store, other) * 5
    taken = await asyncio.gather(*(each.take_command(NOW, LEASE) for each in both))
    assert sorted(each.message for each in taken if each) == [f"c{n}" for n in range(10)]


async def test_a_persons_answers_come_in_the_order_of_the_questions(
    store: Store, other: Store
) -> None:
    await store.receive(given("c1"), NOW)
    await store.receive(given("c2"), NOW)
    first, second = await take(store), await other.take_command(NOW, LEASE)
    if second is not None:
        await other.answer(second, Answer(document("second")), NOW)
    await store.answer(first, Answer(document("first")), NOW)
    if second is None:
        await store.answer(await take(store), Answer(document("second")), NOW)
    got = []
    while claimed := await store.claim(NOW, LEASE, 10):
        got += [each.document.summary for each in claimed]
        for each in claimed:
            await store.sent(each.id, Receipt("p"), NOW)
    assert got == ["first", "second"]


async def test_a_persons_answers_wait_for_one_another_and_not_for_the_channel(
    store: Store,
) -> None:
    await store.say("default", HALL, document("alert"), "k1", NOW)
    for id_, actor in (("c1", "anna"), ("c2", "anna"), ("c3", "bea")):
        await store.receive(given(id_, actor=actor), NOW)
        await store.answer(await take(store), Answer(document(id_)), NOW)
    claimed = await store.claim(NOW, LEASE, 10)
    assert [each.document.summary for each in claimed] == ["alert", "c1", "c3"]


async def test_answers_go_out_while_posting_is_stopped(store: Store) -> None:
    await store.pause("bea", NOW)
    await store.say("default", HALL, document("alert"), "k1", NOW)
    await store.receive(given(), NOW)
    await store.answer(await take(store), Answer(document("Yes")), NOW)
    assert [each.document.summary for each in await store.claim(NOW, LEASE, 10)] == ["Yes"]


async def test_a_commands_line_is_nowhere_after_its_answer(store: Store, behind: Behind) -> None:
    await store.receive(given(line="vendor check xyzzy plugh"), NOW)
    await store.answer(await take(store), Answer(document("No")), NOW)
    assert behind("SELECT * FROM inbox") == []
    assert "xyzzy" not in repr(behind("SELECT * FROM outbox"))


async def test_a_commands_line_is_not_left_behind_in_the_files(
    store: Store, tmp_path: Path
) -> None:
    await store.receive(given(line="vendor check xyzzy plugh"), NOW)
    files = sorted(tmp_path.iterdir())  # noqa: ASYNC240 - a test may wait for its disk
    assert any(b"xyzzy" in each.read_bytes() for each in files)
    await store.answer(await take(store), Answer(document("No")), NOW)
    files = sorted(tmp_path.iterdir())  # noqa: ASYNC240 - as above
    assert [each.name for each in files if b"xyzzy" in each.read_bytes()] == []


async def test_what_was_answered_is_not_kept_longer_than_it_takes_to_say_it(
    store: Store, behind: Behind
) -> None:
    # An answer says back what was asked: "No watched vendor is called ...".
    await store.receive(given(line="vendor xyzzy"), NOW)
    await store.answer(await take(store), Answer(document("Nobody is called xyzzy")), NOW)
    (out,) = await store.claim(NOW, LEASE, 10)
    await store.sent(out.id, Receipt("p1"), NOW)
    assert "xyzzy" not in repr(behind("SELECT document FROM outbox"))
