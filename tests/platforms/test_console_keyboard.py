"""Somebody at a real terminal: lines are completed, and the terminal is left in order."""

import os
import pty
import select
import subprocess
import sys
import termios
from collections.abc import Iterator

import pytest

pytest.importorskip("readline")

SCRIPT = """
import asyncio
import signal
from bot.platforms.console.keyboard import Keyboard, is_there

async def main():
    assert is_there()
    keyboard = Keyboard(lambda text: tuple(
        each for each in ("vendor mute acme cam", "vendor mutes") if each.startswith(text)))
    reading = asyncio.create_task(read(keyboard))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, reading.cancel)
    await asyncio.wait([reading])

async def read(keyboard):
    keyboard.ask("one> ")
    async for line in keyboard.lines():
        print(f"[{line}]", flush=True)
        keyboard.ask("next> ")

asyncio.run(main())
"""


class Terminal:
    """A terminal with a conversation in it."""

    def __init__(self, ours: int) -> None:
        self.ours = ours
        self.shown = ""

    def until(self, words: str) -> None:
        """Read until the terminal shows this after what was read before; fail after a while."""
        while words not in self.shown:
            assert select.select([self.ours], [], [], 20)[0], self.shown
            self.shown += os.read(self.ours, 1024).decode()
        self.shown = self.shown.partition(words)[2]

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self.ours, keys.encode())


@pytest.fixture
def terminal() -> Iterator[tuple[Terminal, "subprocess.Popen[bytes]", int]]:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", SCRIPT]
    environment = {**os.environ, "TERM": "xterm", "INPUTRC": "/dev/null"}
    with subprocess.Popen(  # noqa: S603 - this Python
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env=environment,
    ) as process:
        try:
            yield Terminal(ours), process, theirs
        finally:
            process.kill()
    os.close(theirs)
    os.close(ours)


def test_a_tab_completes_a_line_and_the_terminal_is_left_as_it_was(
    terminal: tuple[Terminal, "subprocess.Popen[bytes]", int],
) -> None:
    shown, process, theirs = terminal
    before = termios.tcgetattr(theirs)
    shown.until("one> ")
    shown.type("vendor mute \t\n")
    shown.until("[vendor mute acme cam]")
    shown.until("next> ")
    assert termios.tcgetattr(theirs) != before
    process.terminate()
    assert process.wait(20) == 0
    assert termios.tcgetattr(theirs) == before


def test_the_end_of_input_ends_the_lines(
    terminal: tuple[Terminal, "subprocess.Popen[bytes]", int],
) -> None:
    shown, process, _ = terminal
    shown.until("one> ")
    shown.type("\x04")
    assert process.wait(20) == 0
