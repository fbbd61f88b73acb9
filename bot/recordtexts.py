"""Reads what people paste into a chat as records, and writes records for them to copy: YAML."""

from collections.abc import Mapping

from bot import interchange, yamlfile
from bot.core.editing.written import Flaw, Spot, Written
from bot.core.plainwords import Loc
from bot.core.vendor import Vendor
from bot.errors import InvalidFileError
from bot.yamlfile import Place

_FILE = "what was pasted"


class RecordTexts:
    """YAML as commands know it."""

    def read(self, text: str) -> tuple[Written, ...]:
        """Read what was pasted, one for each document in it; none if there is nothing in it."""
        return tuple(_written(part, line) for part, line in interchange.parts(text))

    def write(self, vendor: Vendor) -> str:
        """Write a vendor's file in its canonical text."""
        return interchange.vendor_text(vendor)

    def write_part(
        self, vendor: Vendor, part: str, item: tuple[str, str] | None = None
    ) -> str | None:
        """Write one part of it, or of its list what has `item`: a key and its value."""
        return interchange.part_text(vendor, part, item)


def _written(text: str, first_line: int) -> Written:
    # Half of a surrogate pair is no UTF-8, which reading says.
    content = text.encode("utf-8", "surrogatepass")
    try:
        loaded = yamlfile.parse(content, _FILE, first_line)
    except InvalidFileError as error:
        flaws = (Flaw(Spot(each.line, each.column), each.message) for each in error.problems)
        return Written(flaws=tuple(flaws))
    return Written(loaded.data, _spots(loaded.values), _spots(loaded.keys))


def _spots(places: Mapping[Loc, Place]) -> dict[Loc, Spot]:
    return {loc: Spot(place.line, place.column) for loc, place in places.items()}
