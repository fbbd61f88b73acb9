"""What commands ask of whoever reads and writes records as text."""

from typing import Protocol

from bot.core.editing.written import Written
from bot.core.vendor import Vendor


class Texts(Protocol):
    """Records as people write them."""

    def read(self, text: str) -> tuple[Written, ...]:
        """Read what was pasted, one for each document in it; none if there is nothing in it."""

    def write(self, vendor: Vendor) -> str:
        """Write a whole record; what it says is read back the same."""

    def write_part(
        self, vendor: Vendor, part: str, item: tuple[str, str] | None = None
    ) -> str | None:
        """Write one part of a record, or of its list the items that have `item`: key and value.

        None if there is nothing of it.
        """
