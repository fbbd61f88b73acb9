"""What is asked of the bot over the web and what it answers, as plain records. Pure.

A room that wants to be reached hands in routes; the web server serves them.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

_LISTEN = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.%\w]+)\]|(?P<host>[^\s:\[\]/]*)):(?P<port>\d{1,5})")


@dataclass(frozen=True, slots=True)
class Listen:
    """Where the web server listens; without a `host` on all interfaces. Port 0: any free one."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Listen":
        """Read `127.0.0.1:8080`, `[::1]:8080` or `:8080`; raise ValueError for anything else."""
        found = _LISTEN.fullmatch(text.strip())
        if found is None or int(found["port"]) > 65_535:
            raise ValueError(f"{text!r} is no address to listen at, such as 127.0.0.1:8080")
        return cls(found["six"] or found["host"] or "", int(found["port"]))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked. The names of headers are in lower case; `query` is without its `?`."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """What is answered. A header may be given more than once."""

    status: int = 200
    body: str = ""
    content_type: str = "text/plain"
    headers: tuple[tuple[str, str], ...] = ()


Answer: TypeAlias = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """Who answers what is asked with a method at a path."""

    method: str
    path: str
    answer: Answer
