"""How a reader process and its parent talk: frames of JSON and raw bytes over two pipes.

JSON, as what a process says that has read strangers' bytes must not be able to run anything.
"""

import struct
from dataclasses import dataclass
from typing import BinaryIO

MOST_TEXT = 16 * 1024 * 1024
"""Bytes of a frame's JSON, and of its raw part; more than any that is meant."""

FEED = b"f"
"""A job, from the parent: a feed."""
PAGE = b"p"
"""A job, from the parent: a page."""

LOADED = b"L"
"""The child has imported what its job needs, and begins with it now."""
PART = b"+"
"""Some of the answer; more follows."""
DONE = b"."
"""The end of the answer. This and the following three finish a job."""
REFUSED = b"F"
"""It cannot be read; the text says why."""
TOO_LARGE = b"M"
"""Memory ran out."""
BUG = b"B"
"""Something that nobody foresaw; the text says what and where in our code."""
LEAVING = b"X"
"""The child ends in good order, between two jobs; the next one was not begun."""

_HEAD = struct.Struct("!cII")


@dataclass(frozen=True, slots=True)
class Frame:
    """A kind of one letter, a text that is JSON, and bytes as they are."""

    kind: bytes
    text: str
    blob: bytes = b""


def head(kind: bytes, text: str, blob: int = 0) -> bytes:
    """Give the beginning of a frame that `blob` raw bytes follow."""
    encoded = text.encode()
    return _HEAD.pack(kind, len(encoded), blob) + encoded


def write(stream: BinaryIO, frame: Frame) -> None:
    """Write a frame and flush it. Raise OSError."""
    stream.write(head(frame.kind, frame.text, len(frame.blob)))
    stream.write(frame.blob)
    stream.flush()


def read(stream: BinaryIO) -> Frame | None:
    """Wait for a frame; None at the end of the stream, also in the middle of one."""
    start = stream.read(_HEAD.size)
    if len(start) < _HEAD.size:
        return None
    kind, text, blob = _HEAD.unpack(start)
    encoded, raw = stream.read(text), stream.read(blob)
    return Frame(kind, encoded.decode(), raw) if len(raw) == blob else None


class Received:
    """Puts frames together from what a pipe brings, which may break off anywhere."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def add(self, data: bytes) -> list[Frame]:
        """Take bytes; give the frames that they complete. Raise ValueError if it is no frame."""
        buffer = self._buffer
        buffer += data
        frames: list[Frame] = []
        at = 0
        while len(buffer) - at >= _HEAD.size:
            kind, text, blob = _HEAD.unpack_from(buffer, at)
            if text > MOST_TEXT or blob > MOST_TEXT:
                raise ValueError("a frame of more than 16 MiB")
            middle = at + _HEAD.size + text
            if len(buffer) < middle + blob:
                break
            frames.append(
                Frame(
                    kind,
                    buffer[at + _HEAD.size : middle].decode(),
                    bytes(buffer[middle : middle + blob]),
                )
            )
            at = middle + blob
        del buffer[:at]
        return frames
