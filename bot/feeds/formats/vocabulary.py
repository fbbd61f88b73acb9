"""The element names of feed formats, as feedparser tells them apart."""

from enum import Enum, auto

from lxml.etree import _Element as Element

from bot.feeds.formats.raw import NotStrictError

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XHTML = "http://www.w3.org/1999/xhtml"

_USERLAND = "backend.userland.com/rss"
_PREFIXES = {
    **dict.fromkeys(
        (
            "",
            "http://blogs.law.harvard.edu/tech/rss",
            "http://purl.org/rss/1.0/",
            "http://my.netscape.com/rdf/simple/0.9/",
            "http://example.com/newformat#",
            "http://example.com/necho",
            "http://purl.org/echo/",
            "uri/of/echo/namespace#",
            "http://purl.org/pie/",
            "http://purl.org/atom/ns#",
            "http://www.w3.org/2005/atom",
            "http://purl.org/rss/1.0/modules/rss091#",
        ),
        "",
    ),
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://search.yahoo.com/mrss": "media",
    "http://search.yahoo.com/mrss/": "media",
    "http://purl.org/rss/1.0/modules/syndication/": "sy",
    RDF: "rdf",
    XHTML: "xhtml",
}
_GIVEN = frozenset(_PREFIXES.values()) - {""}


class Role(Enum):
    """What an element means within an item."""

    PLAIN = auto()
    TITLE = auto()
    MEDIA_TITLE = auto()
    LINK = auto()
    GUID = auto()
    PUBLISHED = auto()
    UPDATED = auto()
    CREATED = auto()
    SUMMARY = auto()
    CONTENT = auto()
    SOURCE = auto()
    ODD = auto()
    """Has an effect that depends on what is around it: the strict reader lets it be."""


_ROLES = {
    "title": Role.TITLE,
    "dc_title": Role.TITLE,
    "media_title": Role.MEDIA_TITLE,
    "link": Role.LINK,
    "guid": Role.GUID,
    "id": Role.GUID,
    **dict.fromkeys(("published", "issued", "pubdate", "dcterms_issued"), Role.PUBLISHED),
    **dict.fromkeys(
        ("updated", "modified", "lastbuilddate", "dc_date", "dcterms_modified", "date"),
        Role.UPDATED,
    ),
    **dict.fromkeys(("created", "dcterms_created"), Role.CREATED),
    **dict.fromkeys(
        ("description", "dc_description", "media_description", "abstract"), Role.SUMMARY
    ),
    **dict.fromkeys(("summary", "itunes_summary"), Role.SUMMARY),
    **dict.fromkeys(("content", "content_encoded"), Role.CONTENT),
    "source": Role.SOURCE,
    **dict.fromkeys(("image", "textinput", "body", "xhtml_body", "fullitem", "links"), Role.ODD),
    **dict.fromkeys(("item", "entry", "channel", "feed", "rss", "rdf_rdf"), Role.ODD),
    **dict.fromkeys(("date_parsed", "published_parsed", "updated_parsed"), Role.ODD),
    **dict.fromkeys(("guidislink", "summary_detail", "items", "entries"), Role.ODD),
}


class Names:
    """The names of one document's elements, looked up once for each spelling."""

    def __init__(self, root: Element) -> None:
        """Raise NotStrictError for a document that gives a known prefix another meaning."""
        for prefix, uri in root.nsmap.items():
            known = _prefix_of(uri)
            if prefix in _GIVEN and known is not None and known != prefix:
                raise NotStrictError
        self._nsmap = root.nsmap
        self._known: dict[str, str] = {}
        self._roles: dict[str, Role] = {}

    def name(self, element: Element) -> str:
        """Give a name in lower case: `title`, or `dc_title` with its vocabulary's usual prefix."""
        found = self._known.get(element.tag)
        if found is None:
            tag = str(element.tag)
            found = self._known[tag] = self._look_up(element, tag)
        return found

    def role(self, element: Element) -> Role:
        """Give what an element means within an item."""
        found = self._roles.get(element.tag)
        if found is None:
            found = _ROLES.get(self.name(element), Role.PLAIN)
            self._roles[str(element.tag)] = found
        return found

    def _look_up(self, element: Element, tag: str) -> str:
        uri, _, local = tag.removeprefix("{").rpartition("}")
        prefix = _prefix_of(uri)
        if prefix is None:
            if sum(uri == each for each in self._nsmap.values()) > 1:
                raise NotStrictError
            prefix = (element.prefix or "").lower()
        return f"{prefix}_{local.lower()}" if prefix else local.lower()


def _prefix_of(uri: str) -> str | None:
    uri = uri.lower()
    return "" if _USERLAND in uri else _PREFIXES.get(uri)
