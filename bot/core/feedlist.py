"""Feeds that a pack suggests. Nobody subscribes to one but by choice."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from bot.core.dates import WhenField
from bot.core.vendor import Line, Record, WebAddress


class FeedKind(StrEnum):
    """Whose feed it is; `subject` is a watched vendor's own."""

    PRESS = "press"
    OFFICIAL = "official"
    RIGHTS = "rights"
    RESEARCH = "research"
    SUBJECT = "subject"


class AddressConfidence(StrEnum):
    """How sure it is that the address is right.

    `high`: its publisher names it, or two independent lists hold it. `medium`: one does. `low`:
    only old evidence.
    """

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class SuggestedFeed(Record):
    """A feed that teams may find useful, and how well its address is known."""

    url: WebAddress
    publisher: Line
    title: Line | None = Field(None, description="Which of the publisher's feeds it is.")
    kind: FeedKind
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")] = "en"
    about: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    confidence: AddressConfidence
    seen: WhenField | None = Field(None, description="The newest date of the evidence, if known.")
    note: Line | None = Field(None, description="Where the address was seen.")


class SuggestedFeeds(Record):
    """The file `feeds.yml` of a pack."""

    schema_: Literal["vendorwatch/1"] = Field(alias="schema")
    feeds: tuple[SuggestedFeed, ...]

    def repeated(self) -> Iterator[int]:
        """Give the indexes of feeds whose address an earlier one has."""
        seen: set[str] = set()
        for index, feed in enumerate(self.feeds):
            if feed.url in seen:
                yield index
            seen.add(feed.url)
