"""Blocks of several lines: a line that ends with a fence opens one, a fence alone ends it. Pure."""

import re
from dataclasses import dataclass, field

FENCE = "```"
LONGEST = 40_000
"""Characters of a block; as of a line."""
_OPENS = re.compile(rf"{FENCE}\w*$")


@dataclass(slots=True)
class Pasted:
    """Puts the lines of a block together. `is_open` while one has begun and not ended."""

    is_open: bool = False
    _lines: list[str] = field(default_factory=list)

    def take(self, line: str) -> str | None:
        """Take a line; give what is whole now, None while a block is open.

        A block that is longer than `LONGEST` is cut off there.
        """
        if not self.is_open:
            # A pair of fences in one line is somebody's code and opens nothing.
            if not (_OPENS.search(line.rstrip()) and line.count(FENCE) % 2):
                return line.strip()
            self.is_open, self._lines = True, [line.strip()]
            return None
        self._lines.append(line.rstrip())
        if line.strip() != FENCE:
            return None
        self.is_open = False
        return "\n".join(self._lines)[:LONGEST]
