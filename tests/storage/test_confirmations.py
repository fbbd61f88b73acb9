"""Commands that wait to be confirmed: each code once, each command once, no line for long."""

from datetime import timedelta

from bot.core.commands import Answer
from bot.core.mention import Channel, Invocation
from bot.storage.rows import Asked, Retention, Settled
from bot.storage.store import Store
from tests.storage.conftest import Behind
from tests.storage.sample import HALL, LEASE, NOW

LATER = NOW + timedelta(minutes=10)
WATCH_OFF = Asked("anna", "vendor watch off", LATER)
CODES = ("aaaa", "bbbb")


async def test_a_command_waits_once_and_two_never_under_one_code(store: Store) -> None:
    assert await store.ask(HALL, WATCH_OFF, "e1", CODES) == "aaaa"
    assert await store.ask(HALL, WATCH_OFF, "e1", ("cccc",)) == "aaaa"
    assert await store.ask(HALL, WATCH_OFF, "e2", CODES) == "bbbb"
    assert await store.asked(HALL, "bbbb") == WATCH_OFF
    assert await store.asked(Channel("fake", "#yard"), "bbbb") is None


async def test_of_two_that_settle_it_the_first_does_and_may_again(
    store: Store, other: Store
) -> None:
    await store.ask(HALL, WATCH_OFF, "e1", CODES)
    assert await store.settle(HALL, "aaaa", "x1", Settled.CONFIRMED, NOW)
    assert not await other.settle(HALL, "aaaa", "x2", Settled.CANCELLED, NOW)
    assert await other.settle(HALL, "aaaa", "x1", Settled.CONFIRMED, LATER)
    asked = await store.asked(HALL, "aaaa")
    assert asked is not None
    assert (asked.settled, asked.used_by) == (Settled.CONFIRMED, "x1")


async def test_it_is_too_late_after_its_time(store: Store) -> None:
    await store.ask(HALL, WATCH_OFF, "e1", CODES)
    assert not await store.settle(HALL, "aaaa", "x1", Settled.CONFIRMED, LATER)
    await store.purge(LATER, Retention())
    assert await store.asked(HALL, "aaaa") is None


async def test_the_line_goes_with_the_answer_to_whatever_settled_it(
    store: Store, behind: Behind
) -> None:
    await store.ask(HALL, WATCH_OFF, "e1", CODES)
    await store.receive(Invocation(HALL, "x1", "anna", "vendor confirm aaaa"), NOW)
    command = await store.take_command(NOW, LEASE)
    assert command is not None
    await store.settle(HALL, "aaaa", command.event, Settled.CONFIRMED, NOW)
    assert behind("SELECT line FROM confirmation") == [("vendor watch off",)]
    await store.answer(command, Answer(None), NOW)
    assert behind("SELECT line FROM confirmation") == [("",)]
