"""A web page as it is searched for vendors, and where on it something stands."""

from dataclasses import dataclass
from enum import StrEnum

_WALLS = {
    "paywall": "A paywall stands before this page",
    "consent wall": "A consent wall stands before this page",
    "browser check": "This page wants to check the browser first",
}


class Zone(StrEnum):
    """A part of an article."""

    TITLE = "title"
    LEAD = "lead"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class PageText:
    """A page that somebody asked about. All but `url` are its own words.

    `url` is fit to be shown: where it came from in the end, without credentials and secrets.
    `aside` is what stands around the article, which is never searched for alerts. `note` says why
    there is no article, or only its start: `paywall`, `consent wall`, `browser check`, or nothing.
    """

    url: str
    title: str
    lead: str = ""
    body: str = ""
    aside: str = ""
    note: str = ""

    @property
    def text(self) -> str:
        """All that is searched, as of a feed's page: title, lead, body."""
        return "\n".join(part for part in (self.title, self.lead, self.body) if part)

    def zone(self, place: int) -> Zone:
        """Say in which part of `text` a place in it lies, in code points."""
        for zone, part in ((Zone.TITLE, self.title), (Zone.LEAD, self.lead)):
            if part and place < len(part):
                return zone
            place -= len(part) + 1 if part else 0
        return Zone.BODY


def wall_words(note: str) -> str:
    """Say in a sentence what a page's `note` means for what was read of it."""
    wall = _WALLS.get(note, f"Before this page stands a {note}")
    return f"{wall}: only the start could be read."
