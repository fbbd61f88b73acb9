"""Who tried what not everybody may is kept, whatever came of it, and told to admins alone."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.commands import Answer, Call
from bot.core.document import said
from bot.core.mention import Channel, Invocation
from bot.core.people import Attempt, Attempted, Outcome, audit
from bot.core.roles import Roles
from bot.core.settings import Settings
from bot.errors import StorageError
from tests.dialogs.conftest import ACME, Bot, a_bot, place
from tests.dialogs.test_privacy import files_in
from tests.fakes import Clock

BOARD = Channel("fake", "#board", private=True)
SEALED = Channel("fake", "!sealed", encrypted=True)


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot with an admin, ada, and a curator, cora."""
    roles = Roles.of(["fake:ada", "fake:abe"], ["fake:cora"])
    async with a_bot(tmp_path, [ACME], Settings(), Clock(), roles=roles) as bot:
        yield bot


async def kept(bot: Bot) -> list[tuple[str, str, str]]:
    """Give who attempted what and what came of it, the first one first."""
    found = await bot.app.store.people.attempts(99, private=frozenset({BOARD.key, SEALED.key}))
    return [(each.actor, each.attempt.command, str(each.attempt.outcome)) for each in found][::-1]


async def test_each_attempt_leaves_a_row_whatever_came_of_it(hall: Bot) -> None:
    await hall.answers("vendor pause", "anna")
    await hall.answers("vendor pause for lunch", "ada", confirm=False)
    await hall.presses("Cancel", "ada")
    await hall.answers("vendor pause for lunch", "ada", confirm=False)
    await hall.presses("Confirm", "cora")
    await hall.answers("vendor resume now", "ada")
    await hall.answers("vendor resume", "ada")
    await hall.answers("vendor claim xyzzy", "anna")
    assert await kept(hall) == [
        ("anna", "vendor pause", "refused"),
        ("ada", "vendor pause", "asked"),
        ("ada", "vendor pause", "cancelled"),
        ("ada", "vendor pause", "asked"),
        ("cora", "vendor pause", "refused"),
        ("ada", "vendor resume", "usage"),
        ("ada", "vendor resume", "done"),
        ("anna", "vendor claim", "refused"),
    ]


async def test_what_is_confirmed_is_kept_as_what_it_does(hall: Bot) -> None:
    await hall.answers("vendor pause", "ada")
    assert await kept(hall) == [("ada", "vendor pause", "asked"), ("ada", "vendor pause", "done")]


async def test_what_everybody_may_leaves_none(hall: Bot) -> None:
    for line in ("vendor acme-cam", "vendor alerts", "vendor mutes", "vendor nosuch", "xyzzy"):
        await hall.answers(line, "ada")
    await hall.answers("vendor mute acme-cam everywhere for 1h", "ada")
    assert await kept(hall) == []
    await hall.answers("vendor alerts digest", "anna")
    assert await kept(hall) == [("anna", "vendor alerts", "refused")]


async def test_a_failure_is_kept_as_one(hall: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object, **__: object) -> bool:
        raise StorageError("disk full")

    monkeypatch.setattr("bot.storage.store.Store.resume", full)
    assert "disk full" in await hall.answers("vendor resume", "ada")
    assert await kept(hall) == [("ada", "vendor resume", "failed")]


async def test_a_device_that_nobody_vouches_for_is_refused_and_kept(hall: Bot) -> None:
    doubt = "Your device is not signed; nothing was done."
    given = Invocation(place("#hall"), "x1", "ada", "vendor resume", doubt=doubt)
    await hall.app.on_command(given)
    await hall.settle()
    assert await kept(hall) == [("ada", "vendor resume", "refused")]


async def test_a_flood_of_commands_is_no_flood_of_rows(hall: Bot) -> None:
    for number in range(40):
        await hall.app.on_command(Invocation(place("#hall"), f"c{number}", "anna", "vendor resume"))
    await hall.settle()
    assert len(await kept(hall)) == 20


async def test_the_row_and_the_answer_are_one(hall: Bot) -> None:
    await hall.app.on_command(Invocation(place("#hall"), "x1", "ada", "vendor resume"))
    store, clock = hall.app.store, hall.clock
    command = await store.take_command(clock(), timedelta(minutes=1))
    assert command is not None
    attempt = Attempt("vendor resume", Outcome.DONE)
    for answered in (True, False):  # by two processes, of which one took over
        done = await store.people.answer(command, Answer(said("x")), clock(), (), attempt)
        assert done is answered
    assert await kept(hall) == [("ada", "vendor resume", "done")]


async def test_what_was_typed_after_the_command_is_not_kept(hall: Bot, tmp_path: Path) -> None:
    await hall.answers("vendor pause because of zephyr", "anna")
    assert await kept(hall) == [("anna", "vendor pause", "refused")]
    assert b"zephyr" not in files_in(tmp_path)


async def test_admins_read_it_newest_first(hall: Bot) -> None:
    await hall.answers("vendor pause", "anna")
    hall.clock.pass_(minutes=5)
    await hall.answers("vendor resume", "ada")
    assert (await hall.answers("vendor audit", "ada")).splitlines() == [
        "The last 2 attempts at what not everybody may, newest first",
        "1 Apr 2024, 12:05 UTC, ada in #hall, vendor resume: done",
        "1 Apr 2024, 12:00 UTC, anna in #hall, vendor pause: refused",
        "Kept for 365 days. Of private channels, only those that you are in are shown.",
    ]
    assert (await hall.answers("vendor audit 1", "ada")).splitlines()[1:2] == [
        "1 Apr 2024, 12:05 UTC, ada in #hall, vendor audit: done"
    ]
    for actor in ("anna", "cora"):
        assert (await hall.answers("vendor audit", actor)).startswith("Only admins may use")
    for wrong in ("0", "101", "x", "-1", "9" * 5000):
        assert "is no number from 1 to 100." in await hall.answers(f"vendor audit {wrong}", "abe")


async def test_an_empty_one_says_so(hall: Bot) -> None:
    told = await hall.answers("vendor audit", "ada")
    assert told == "Nobody has tried yet what not everybody may."


@pytest.mark.parametrize("channel", [BOARD, SEALED])
async def test_what_was_tried_in_private_is_told_to_those_who_are_there(
    hall: Bot, channel: Channel
) -> None:
    await hall.answers("vendor pause", "anna", channel)
    assert "anna" not in await hall.answers("vendor audit", "ada")
    assert f"anna in {channel.id}" in await hall.answers("vendor audit", "ada", channel)
    hall.platform.rooms["abe"] = frozenset({channel.id})
    assert f"anna in {channel.id}" in await hall.answers("vendor audit", "abe")


async def test_it_is_kept_as_long_as_mentions(hall: Bot) -> None:
    await hall.answers("vendor pause", "anna")
    hall.clock.pass_(days=364)
    await hall.settle()
    assert len(await kept(hall)) == 1
    hall.clock.pass_(days=2)
    await hall.settle()
    assert await kept(hall) == []


async def test_a_change_of_the_watchlist_is_told_by_its_number() -> None:
    attempt = Attempt("watchlist edit", Outcome.DONE, 12)
    document = audit([Attempted(attempt, "ada", place("#hall"), Clock()())], 365)
    assert "done, revision 12" in repr(document)


async def test_a_handlers_revision_is_kept(hall: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    read = hall.app.commands.read

    def changed(line: str, *known: Any) -> Call:
        call = read(line, *known)

        async def handler(*_: object, **__: object) -> Answer:
            return Answer(said("Changed."), revision=12)

        object.__setattr__(call.command, "handler", handler)
        return call

    resume = read("vendor resume").command
    monkeypatch.setattr(hall.app.commands, "read", changed)
    was = resume.handler
    try:
        await hall.answers("vendor resume", "ada")
    finally:
        object.__setattr__(resume, "handler", was)
    (row,) = await hall.app.store.people.attempts(1)
    assert row.attempt.revision == 12
