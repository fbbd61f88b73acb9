"""What a person names on the command line: a file, or standard input as `-`."""

import sys
from pathlib import Path

from bot.errors import BotError

LARGEST = 32 * 1024 * 1024
"""Bytes that are read at most."""


def read_text(source: str) -> str:
    """Read UTF-8 text; raise BotError in one line for what cannot be read or is too large."""
    data = read_bytes(source)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BotError(f"{source}: not UTF-8 text (byte {error.start}); convert it first") from None


def read_bytes(source: str) -> bytes:
    """Read bytes; raise BotError in one line for what cannot be read or is too large."""
    try:
        if source == "-":
            data = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with Path(source).open("rb") as file:
                data = file.read(LARGEST + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BotError(f"{source}: cannot be read: {reason}") from None
    if len(data) > LARGEST:
        raise BotError(f"{source}: larger than {LARGEST // 1024 // 1024} MiB; split it up")
    return data
