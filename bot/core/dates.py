"""Dates as sources give them: a day, a month or a year, and whether we inferred it."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

_FORM = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(~?)")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A calendar date known to the day, the month or the year.

    `inferred` says that no source prints the date in so many words. Written as in EDTF level 1
    (ISO 8601-2): `2019-10-09`, `2022-05`, `2021`, and with a tilde where inferred, `2022-05-04~`.
    """

    year: int
    month: int | None = None
    day: int | None = None
    inferred: bool = False

    @classmethod
    def parse(cls, text: str) -> "PartialDate":
        """Read the EDTF form; raise ValueError for anything else, such as 30 February."""
        found = _FORM.fullmatch(text.strip())
        if found is None:
            raise ValueError(
                f"{text!r} is no date; write 2019-10-09, 2019-10 or 2019, with ~ where inferred"
            )
        year, month, day, tilde = found.groups()
        try:
            date(int(year), int(month or 1), int(day or 1))
        except ValueError as error:
            raise ValueError(f"{text!r} is no date: {error}") from None
        return cls(int(year), int(month) if month else None, int(day) if day else None, bool(tilde))

    @classmethod
    def of(cls, day: date) -> "PartialDate":
        """Give the partial date that is exactly this day."""
        return cls(day.year, day.month, day.day)

    @property
    def first_day(self) -> date:
        """The earliest day it can mean; partial dates sort by it."""
        return date(self.year, self.month or 1, self.day or 1)

    def __lt__(self, other: "PartialDate") -> bool:
        return self.first_day < other.first_day

    def __str__(self) -> str:
        """Give the EDTF form back."""
        parts = [f"{self.year:04d}"]
        if self.month:
            parts.append(f"{self.month:02d}")
        if self.day:
            parts.append(f"{self.day:02d}")
        return "-".join(parts) + ("~" if self.inferred else "")

    @property
    def plain(self) -> str:
        """The date without the mark of inference, for formats that know none."""
        return str(self).removesuffix("~")

    def words(self) -> str:
        """Say it in English, as a card prints it: `9 Oct 2019`, `about May 2022`."""
        text = str(self.year)
        if self.month:
            text = f"{self.first_day:%b} {text}"
        if self.day:
            text = f"{self.day} {text}"
        return f"about {text}" if self.inferred else text


LONG_AGO = PartialDate(1)
"""Where what has no date is sorted."""


def _validate(value: Any) -> PartialDate:
    return value if isinstance(value, PartialDate) else PartialDate.parse(str(value))


WhenField = Annotated[
    PartialDate,
    PlainValidator(_validate),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\d{4}(-\d{2}(-\d{2})?)?~?$",
            "description": "A day, month or year; ~ at the end where it is inferred.",
        }
    ),
]
"""A `PartialDate` as a pydantic field."""
