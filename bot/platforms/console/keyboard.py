"""Lines from somebody at a terminal, with history and completion where Python has `readline`.

`readline` has to draw the prompt itself to know where the line begins, so it is asked to; and it
blocks, so a daemon thread waits in it. What was typed is kept in memory only.
"""

import asyncio
import queue
import sys
import termios
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from importlib.util import find_spec

MOST_SHOWN = 60
"""Completions that are listed without a question whether they are to be."""
Complete = Callable[[str], tuple[str, ...]]


def _none(_text: str) -> tuple[str, ...]:
    return ()


def _nothing() -> str:
    return ""


def is_there() -> bool:
    """Whether somebody is at a terminal, and lines can be edited in it."""
    return sys.stdin.isatty() and sys.stdout.isatty() and find_spec("readline") is not None


@dataclass(slots=True)
class Keyboard:
    """Asks for lines at a prompt. `complete` gives the lines that a line may become."""

    complete: Complete = _none
    _prompts: "queue.SimpleQueue[str | None]" = field(default_factory=queue.SimpleQueue)
    _asking: threading.Event = field(default_factory=threading.Event)
    _shown: tuple[str, ...] = ()
    _typed: Callable[[], str] = _nothing

    def ask(self, prompt: str) -> None:
        """Show the prompt, and what has been typed already if somebody is typing."""
        if self._asking.is_set():
            sys.stdout.write(f"{prompt}{self._typed()}")
            sys.stdout.flush()
        else:
            self._asking.set()
            self._prompts.put(prompt)

    async def lines(self) -> AsyncIterator[str]:
        """Give each line that is typed, until the terminal is closed; then leave it as it was."""
        loop = asyncio.get_running_loop()
        typed: asyncio.Queue[str | None] = asyncio.Queue()
        before = termios.tcgetattr(sys.stdin.fileno())
        self._set_up()

        def read() -> None:
            while (prompt := self._prompts.get()) is not None:
                line: str | None = None
                try:
                    line = input(prompt)
                except (EOFError, OSError, ValueError):
                    self._prompts.put(None)
                self._asking.clear()
                try:
                    loop.call_soon_threadsafe(typed.put_nowait, line)
                except RuntimeError:  # the loop has closed: nobody listens any more
                    return

        threading.Thread(target=read, name="keyboard", daemon=True).start()
        try:
            while (line := await typed.get()) is not None:
                yield line
        finally:
            self._prompts.put(None)
            # The thread may be in the middle of a line still, with the terminal set for editing.
            termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, before)

    def _set_up(self) -> None:
        # Not at the top: some releases write to the terminal as soon as they are imported.
        import readline  # noqa: PLC0415

        self._typed = readline.get_line_buffer
        readline.set_completer(self._completed)
        readline.set_completer_delims("")  # a line is completed whole: names have spaces
        bsd = "libedit" in (readline.__doc__ or "")
        readline.parse_and_bind("bind ^I rl_complete" if bsd else "tab: complete")
        readline.parse_and_bind(f"set completion-query-items {MOST_SHOWN}")
        readline.parse_and_bind("set enable-bracketed-paste off")

    def _completed(self, text: str, state: int) -> str | None:
        """Give the next of the lines that a line may become, as `readline` asks for them."""
        if state == 0:
            self._shown = self.complete(text)
        return self._shown[state] if state < len(self._shown) else None
