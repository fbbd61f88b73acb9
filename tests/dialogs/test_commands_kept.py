"""A command that was given is answered, once, whatever happens in between."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from structlog.testing import capture_logs

from bot.commands.context import Context
from bot.core.commands import CommandTable, Rest
from bot.core.document import Document, Paragraph, words
from bot.core.mention import Channel, Invocation
from bot.errors import BotError, DeliveryError
from tests.dialogs.conftest import Bot

HALL = Channel("fake", "#hall")
BOARD = Channel("fake", "#board", private=True)
LEASE = timedelta(seconds=60)


def given(
    line: str,
    id: str = "x1",  # noqa: A002 - the field's name
    actor: str = "anna",
    channel: Channel = HALL,
) -> Invocation:
    return Invocation(channel, id, actor, line)


def answers_with(bot: Bot, handle: Callable[[str], Awaitable[str]]) -> None:
    """Let the bot know one command alone: `do <rest>`."""
    table = CommandTable()

    @table.command("do")
    async def do(_context: Context, rest: Rest) -> Document:
        """Do something."""
        said = await handle(rest)
        return Document(said, (Paragraph(words(said)),))

    bot.app.clerk.commands = table


def files_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("bot.db*")))


async def test_a_command_delivered_twice_is_answered_once(bot: Bot) -> None:
    for _ in range(2):
        await bot.app.on_command(given("vendor list"))
    await bot.settle()
    assert len(bot.platform.replies) == 1


async def test_a_command_delivered_again_after_its_answer_is_not_carried_out_again(
    bot: Bot,
) -> None:
    done: list[str] = []

    async def do(rest: str) -> str:
        done.append(rest)
        return f"done {rest}"

    answers_with(bot, do)
    for _ in range(3):
        await bot.app.on_command(given("do this"))
        await bot.settle()
    assert bot.platform.replies == [("anna", "done this")]
    assert done == ["this"]


async def test_an_answer_comes_though_the_process_died_before_it_was_begun(bot: Bot) -> None:
    assert await bot.app.store.receive(given("vendor acme-cam"), bot.clock())
    await bot.settle()
    [(actor, text)] = bot.platform.replies
    assert (actor, text.split("\n")[0]) == ("anna", "Acme Cam (阿珂美)")


async def test_an_answer_comes_though_the_process_died_while_answering(bot: Bot) -> None:
    store = bot.app.store
    await store.receive(given("vendor acme-cam"), bot.clock())
    assert await store.take_command(bot.clock(), LEASE) is not None
    await bot.settle()
    assert bot.platform.replies == []
    bot.clock.pass_(seconds=60)
    await bot.settle()
    assert len(bot.platform.replies) == 1


async def test_a_command_that_ends_the_process_each_time_is_given_up_with_an_answer(
    bot: Bot,
) -> None:
    async def do(rest: str) -> str:
        raise AssertionError(f"tried a fourth time: {rest}")

    answers_with(bot, do)
    await bot.app.store.receive(given("do harm"), bot.clock())
    for _ in range(3):
        assert await bot.app.store.take_command(bot.clock(), LEASE) is not None
        bot.clock.pass_(seconds=60)
    await bot.settle()
    assert bot.platform.replies == [
        ("anna", "That did not work: the bot stopped each time it tried.")
    ]


async def test_a_handler_that_crashes_says_that_it_is_the_bots_fault(bot: Bot) -> None:
    async def do(rest: str) -> str:
        raise RuntimeError(rest)

    answers_with(bot, do)
    with capture_logs() as logs:
        await bot.app.on_command(given("do it"))
        await bot.settle()
    assert bot.platform.replies == [
        ("anna", "That did not work, and it is the bot's fault. Its log says why.")
    ]
    assert [each["event"] for each in logs if each["log_level"] == "error"] == ["command failed"]
    await bot.app.on_command(given("vendor list", "x2"))
    await bot.settle()
    assert len(bot.platform.replies) == 2


async def test_what_cannot_be_done_is_said_with_its_reason(bot: Bot) -> None:
    async def do(rest: str) -> str:
        raise BotError(f"there is no {rest} today")

    answers_with(bot, do)
    await bot.app.on_command(given("do lunch"))
    await bot.settle()
    assert bot.platform.replies == [("anna", "That did not work: there is no lunch today")]


async def test_an_answer_is_delivered_when_the_platform_is_back(bot: Bot) -> None:
    bot.platform.failing.append(DeliveryError("busy", retry_after=30))
    await bot.app.on_command(given("vendor list"))
    await bot.settle()
    assert bot.platform.replies == []
    bot.clock.pass_(seconds=31)
    await bot.settle()
    assert len(bot.platform.replies) == 1


async def test_a_persons_answers_come_in_order_though_the_first_fails_at_first(bot: Bot) -> None:
    async def do(rest: str) -> str:
        return rest

    answers_with(bot, do)
    bot.platform.failing.append(DeliveryError("busy", retry_after=30))
    for number in range(3):
        await bot.app.on_command(given(f"do {number}", f"x{number}"))
    await bot.app.on_command(given("do other", "x9", "bea"))
    await bot.settle()
    assert bot.platform.replies == [("bea", "other")]
    bot.clock.pass_(seconds=31)
    await bot.settle()
    assert bot.platform.replies[1:] == [("anna", "0"), ("anna", "1"), ("anna", "2")]


async def test_a_slow_command_holds_nobodys_alerts_up(bot: Bot) -> None:
    begun, end = asyncio.Event(), asyncio.Event()

    async def do(rest: str) -> str:
        begun.set()
        await end.wait()
        return rest

    answers_with(bot, do)
    await bot.app.on_command(given("do slowly"))
    async with asyncio.TaskGroup() as group:
        group.create_task(bot.app.clerk.answer_one())
        await begun.wait()
        await bot.hears("#yard", "Acme Cam")
        assert len(bot.posted()) == 1
        assert bot.platform.replies == []
        end.set()
    await bot.settle()
    assert bot.platform.replies == [("anna", "slowly")]


async def test_a_commands_line_is_gone_when_it_is_answered(bot: Bot, tmp_path: Path) -> None:
    line = "vendor check xyzzy plugh"
    await bot.app.on_command(given(line))
    assert b"xyzzy" in files_in(tmp_path)
    with capture_logs() as logs:
        await bot.settle()
    assert len(bot.platform.replies) == 1
    assert b"xyzzy" not in files_in(tmp_path)
    assert "xyzzy" not in repr(logs)


async def test_what_an_answer_says_back_is_gone_when_it_has_been_said(
    bot: Bot, tmp_path: Path
) -> None:
    assert "xyzzy" in await bot.answers("vendor xyzzy")
    assert b"xyzzy" not in files_in(tmp_path)


async def test_status_says_what_waits_and_what_was_given_up(bot: Bot) -> None:
    assert (await bot.answers("vendor status")).startswith("All is well.")
    bot.platform.refuses.add("#yard")
    await bot.hears("#yard", "Acme Cam")
    bot.platform.failing.append(DeliveryError("busy", retry_after=3600))
    await bot.hears("#attic", "Acme Cam")
    await bot.alerts("#hall", mode="digest")
    await bot.hears("#hall", "Acme Cam")
    await bot.mutes("acme-cam", None)
    bot.clock.pass_(minutes=5)
    lines = (await bot.answers("vendor status")).splitlines()
    assert lines == [
        "1 message could not be posted.",
        "To be posted: 1",
        "The oldest of them has waited 5m",
        "Of unknown outcome, being asked for: 0",
        "Given up: 1",
        "Waiting for a digest or the end of quiet hours: 1",
        "Mutes in force: 1",
        "Watched vendors: 2",
        "Given up, newest first",
        "fake:#yard: archived (01 Apr 2024, 12:00 UTC)",
        "They go again with vendorwatch outbox retry.",
    ]


async def test_status_names_no_private_channel_and_nobody_who_asked(bot: Bot) -> None:
    bot.platform.refuses.add("#board")
    await bot.hears(BOARD, "Acme Cam")
    bot.platform.failing.append(DeliveryError("gone", permanent=True))
    await bot.app.on_command(given("vendor list", actor="mallory"))
    await bot.settle()
    text = await bot.answers("vendor status")
    assert "board" not in text
    assert "mallory" not in text


async def test_a_command_that_takes_long_holds_up_nobody_else(bot: Bot) -> None:
    begun, go_on, done = asyncio.Event(), asyncio.Event(), asyncio.Queue[str]()

    async def do(rest: str) -> str:
        if rest == "slowly":
            begun.set()
            await go_on.wait()
        done.put_nowait(rest)
        return f"done {rest}"

    answers_with(bot, do)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        working = group.create_task(bot.app.clerk.run())
        await bot.app.on_command(given("do slowly"))
        await begun.wait()
        await bot.app.on_command(given("do this", "x2", actor="ben"))
        assert await done.get() == "this"
        # What one person asks for in a channel is done in order.
        await bot.app.on_command(given("do next", "x3"))
        await bot.app.on_command(given("do that", "x4", actor="carl"))
        assert await done.get() == "that"
        go_on.set()
        assert [await done.get(), await done.get()] == ["slowly", "next"]
        working.cancel()
