"""The strict reader says what feedparser says, or nothing.

feedparser is asked as the forgiving reader asks it. Where we go by something else on purpose, a
test says so and why.
"""

from datetime import UTC, datetime
from random import Random
from xml.sax.saxutils import escape, quoteattr

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.mention import Entry
from bot.feeds.formats import loosefeed, xmlfeed
from bot.feeds.formats.dates import parse_date
from bot.feeds.formats.parse import sort_items
from bot.feeds.formats.raw import NotStrictError, RawFeed
from tests.feeds.feeds import LANGUAGES, SYSTEMS, stories

URL = "https://shopper.example/feed.xml"
NOW = datetime(2024, 9, 4, 12, 0, tzinfo=UTC)
SPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:a="http://www.w3.org/2005/Atom" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
    'xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:x="http://x.example/ns"'
)


def entries(raw: RawFeed) -> list[Entry]:
    return [item.entry(URL, identity, NOW) for identity, item in sort_items(raw).items]


def strict(body: bytes, kind: str | None = None) -> list[Entry]:
    return entries(xmlfeed.read(body, URL, kind))


def forgiving(body: bytes, kind: str | None = None) -> list[Entry]:
    return entries(loosefeed.read(body, URL, kind))


def agree(body: str | bytes, kind: str | None = None) -> None:
    body = body if isinstance(body, bytes) else body.encode()
    assert strict(body, kind) == forgiving(body, kind)


def rss(item: str) -> str:
    return (
        f'<rss version="2.0" {SPACES}><channel><title>S</title><item>{item}</item></channel></rss>'
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("system", SYSTEMS)
def test_feeds_of_every_usual_system_are_read_strictly_and_alike(
    system: str, language: str
) -> None:
    rng = Random(4)  # noqa: S311 - no secret
    body = SYSTEMS[system](stories(rng, 4, 6, language)).encode()
    told = strict(body)
    assert len(told) == 4
    assert all(each.title and each.url and each.summary and each.published for each in told)
    assert told == forgiving(body)


ITEMS = {
    "texts of three kinds": "<description>a</description><content:encoded>bb</content:encoded>"
    "<itunes:summary>ccc</itunes:summary>",
    "a summary that another replaces": "<description>the longest of them</description>"
    "<content:encoded>bb</content:encoded><itunes:summary>ccc</itunes:summary>",
    "content before the description": "<content:encoded>bb</content:encoded>"
    "<description>longer</description>",
    "two descriptions": "<description>a</description><dc:description>bb</dc:description>",
    "three descriptions": "<description>aaaaaa</description><dc:description>bb</dc:description>"
    "<media:description>ccc</media:description>",
    "an empty description": "<description/><content:encoded>b</content:encoded>",
    "dc title first": "<dc:title>D</dc:title><title>T</title>",
    "media title first": "<media:title>M</media:title><title>T</title>",
    "media title last": "<title>T</title><media:title>M</media:title>",
    "media title alone": "<media:title>M</media:title><guid>1</guid>",
    "an empty title": "<title/><dc:title>D</dc:title>",
    "media in a group": "<media:group><media:content url='u'><media:title>M</media:title>"
    "<media:description>far longer</media:description></media:content></media:group>"
    "<title>T</title><description>D</description>",
    "a group after the text": "<title>T</title><description>D</description><media:group>"
    "<media:title>M</media:title><media:description>far longer</media:description></media:group>",
    "guid after link": "<title>T</title><link>https://x.example/1</link><guid>https://y.example/2"
    "</guid>",
    "guid before link": "<title>T</title><guid>https://y.example/2</guid>"
    "<link>https://x.example/1</link>",
    "guid as link": "<title>T</title><guid isPermaLink='true'>https://y.example/2</guid>",
    "guid as no link": "<title>T</title><guid isPermaLink='false'>https://y.example/2</guid>",
    "guid in capitals": "<title>T</title><guid isPermaLink='TRUE'>https://y.example/2</guid>",
    "two links": "<title>T</title><link>https://x.example/1</link><link>https://x.example/2</link>",
    "an atom link beside": "<title>T</title><link>https://x.example/1</link>"
    "<a:link rel='self' href='https://x.example/self'/>"
    "<a:link rel='alternate' href='https://x.example/3'/>",
    "links to other things": "<title>T</title><a:link rel='enclosure' href='https://x.example/e'/>"
    "<a:link rel='related' href='https://x.example/r'/>"
    "<a:link rel='alternate' type='application/pdf' href='https://x.example/p'/>",
    "a link with parameters": "<title>T</title><link>https://x.example/?a=1&amp;amp;b=2&amp;c;=3"
    "</link>",
    "dates of several kinds": "<title>T</title><dc:date>2024-03-01</dc:date><pubDate>Sat, 02 Mar "
    "2024 10:00 EST</pubDate><a:updated>2024-03-03T00:00:00Z</a:updated>",
    "dates twice": "<title>T</title><pubDate>2024-03-01</pubDate><pubDate>2024-03-02</pubDate>",
    "an empty date": "<title>T</title><pubDate/><dc:date>2024-03-02</dc:date>",
    "a date called date": "<title>T</title><date>2024-03-02</date>",
    "made and released": "<title>T</title><dcterms:created>2024-01-02</dcterms:created>",
    "names in capitals": "<TITLE>T</TITLE><PubDate>2024-03-02</PubDate><Link>/l</Link>",
    "unknown vocabularies": "<title>T</title><x:title>no</x:title><x:date a='1'>2001</x:date>",
    "authors": "<a:author><a:name>Jo</a:name><a:email>j@x.example</a:email></a:author>"
    "<title>T</title>",
    "an atom source": "<a:source><a:id>other</a:id><a:title>Other</a:title><a:updated>2020-01-01"
    "</a:updated><a:link href='https://other.example/'/></a:source><title>T</title>",
    "comments and instructions": "<title>A<!-- no -->B<?no no?>C</title><guid>1<!-- 2 --></guid>",
    "CDATA beside text": "<title>A &lt;b&gt;<![CDATA[ &amp; <i>c</i>]]> d</title>",
    "marks of Windows": "<title>it&#146;s &#150; x</title><description>&#133;</description>",
    "UTF-8 twice": "<title>cafÃ©</title><description>naÃ¯ve</description>",
    "HTML of every kind": "<title>T</title><description>&lt;table&gt;&lt;tr&gt;&lt;td a='&gt;'&gt;"
    "one&lt;/td&gt;&lt;td&gt;two&lt;!-- x --&gt;&lt;/table&gt;a &amp;lt; b &lt;Acme&gt; &lt;p "
    "class=it's&gt;z&lt;script&gt;no&lt;/script&gt;</description>",
}


@pytest.mark.parametrize("name", ITEMS)
def test_items_of_many_shapes_are_read_strictly_and_alike(name: str) -> None:
    agree(rss(ITEMS[name]))


DOUBTFUL = {
    "elements in a title": "<title>A <b>b</b></title>",
    "an image with a title": "<title>T</title><image><title>I</title></image>",
    "an unknown element with a title": "<title>T</title><x:y><title>U</title></x:y>",
    "two guids": "<title>T</title><guid>1</guid><guid>2</guid>",
    "base64": "<title type='application/octet-stream'>VA==</title>",
    "a relative link with a base": "<title xml:base='https://b.example/'>T</title><link>l</link>",
    "a source between titles": "<title>T</title><source url='u'>S</source><media:title>M"
    "</media:title>",
}


@pytest.mark.parametrize("name", DOUBTFUL)
def test_what_is_in_doubt_is_left_to_feedparser(name: str) -> None:
    with pytest.raises(NotStrictError):
        strict(rss(DOUBTFUL[name]).encode())


_NAMES = st.sampled_from(
    (
        "title", "dc:title", "media:title", "link", "guid", "pubDate", "dc:date", "a:updated",
        "a:published", "dcterms:modified", "description", "content:encoded", "a:summary",
        "a:content", "itunes:summary", "media:description", "author", "category", "x:odd", "source",
        "enclosure", "a:link", "a:id", "comments", "media:group",
    )
)  # fmt: skip
_TEXTS = st.sampled_from(
    (
        "", " ", "Acme & co", "<p>One</p><p>two &amp; three", "https://x.example/1?a=1&b=2",
        "/relative", "tag:x,2024:1", "2024-03-01T09:30:00+01:00", "Fri, 01 Mar 2024 09:30:00 EST",
        "Fri, 1 Mar 24", "海康威视 & \u00e9", "\u0085x", "https:////x.example", "a]]b", "1",
    )
) | st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=20)  # fmt: skip
_ATTRIBUTES = st.dictionaries(
    st.sampled_from(
        ("type", "rel", "href", "isPermaLink", "xml:base", "xml:lang", "mode", "url", "x:type")
    ),
    st.sampled_from(
        ("text", "html", "xhtml", "text/html", "alternate", "self", "https://x.example/2", "/3",
         "true", "false", "en", "escaped", "application/atom+xml", "")
    ),
    max_size=2,
)  # fmt: skip


@st.composite
def _elements(draw: st.DrawFn, depth: int = 0) -> str:
    name = draw(_NAMES)
    attributes = "".join(f" {key}={quoteattr(text)}" for key, text in draw(_ATTRIBUTES).items())
    inner = escape(draw(_TEXTS))
    if depth < 2 and (name in ("media:group", "source", "author") or draw(st.integers(0, 9)) == 0):
        inner += "".join(draw(st.lists(_elements(depth + 1), max_size=2)))
    return f"<{name}{attributes}>{inner}</{name}>"


@settings(max_examples=max(100, settings().max_examples), deadline=None)
@given(st.lists(_elements(), max_size=7))
def test_whatever_stands_in_an_item_is_read_alike_or_not_at_all(inner: list[str]) -> None:
    body = rss("".join(inner)).encode()
    try:
        ours = strict(body)
    except NotStrictError:
        return
    assert ours == forgiving(body)


# --------------------------------------------------------------------------- encodings


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("utf-8", "摄像头 é"),
        ("utf-16", "摄像头 é"),
        ("windows-1251", "Камеры"),
        ("koi8-r", "Камеры"),
        ("gb2312", "摄像头—公司"),
        ("gbk", "摄像头"),
        ("big5", "攝影機"),
        ("shift_jis", "カメラ"),
        ("euc-kr", "카메라"),
        ("iso-8859-1", "Møller"),
        ("windows-1252", "Møller – “x”"),
        ("iso-8859-15", "1 €"),
    ],
)
@pytest.mark.parametrize("kind", [None, "application/rss+xml", "text/xml", "text/html"])
def test_encodings_are_read_alike(codec: str, text: str, kind: str | None) -> None:
    declared = f'<?xml version="1.0" encoding="{codec}"?>{rss(f"<title>{text}</title>")}'
    body = declared.encode("gb18030" if codec == "gb2312" else codec)  # all call that GB2312
    agree(body, kind)
    assert [each.title for each in strict(body, kind)] == [text]


def test_a_feed_in_utf8_is_so_whatever_its_server_says() -> None:
    """By the server's word, which feedparser takes, names in other scripts would be lost."""
    for head in ('<?xml version="1.0" encoding="utf-8"?>', ""):
        body = f"{head}{rss('<title>海康威视 Камеры</title>')}".encode()
        agree(body, "application/xml; charset=windows-1251")
        assert strict(body, "text/xml; charset=windows-1251")[0].title == "海康威视 Камеры"


def test_a_server_that_denies_another_encoding_is_left_to_feedparser() -> None:
    head = '<?xml version="1.0" encoding="koi8-r"?>'
    body = f"{head}{rss('<title>Камеры</title>')}".encode("koi8-r")
    with pytest.raises(NotStrictError):
        strict(body, "application/xml; charset=windows-1251")


# ------------------------------------------------------------- where we do not follow it


def test_an_empty_link_does_not_hide_the_guid() -> None:
    """To feedparser an empty link is the item's link, and the entry could not be opened."""
    body = rss("<title>T</title><guid>https://x.example/1</guid><link/>").encode()
    assert strict(body)[0].url == "https://x.example/1"
    assert forgiving(body)[0].url is None


def test_what_feedparser_makes_of_a_bare_ampersand_is_known() -> None:
    """`AT&T` becomes `AT&T;` where a feed is not well-formed: no name is lost, so we let it be."""
    body = rss("<title>AT&T in Acme</title>").encode()
    with pytest.raises(NotStrictError):
        strict(body)
    assert forgiving(body)[0].title == "AT&T; in Acme"


_OTHER_ZONES = ("CET", "MSK", "BST")


@pytest.mark.parametrize(
    "text",
    [
        "Fri, 01 Mar 2024 09:30:00 GMT", "Fri, 1 Mar 2024 09:30:00 +0100", "1 Mar 2024 09:30 PDT",
        "Fri, 01 Mar 2024 09:30:00 GMT+0100", "Fri, 01 Mar 2024 09:30:00 -05:00",
        "Friday, 01 March 2024 09:30:00 MST", "01 Mar 2024", "Fri, 01 Mar 2024", "2024-03",
        "2024-03-01T09:30Z", "2024-03-01T09:30:15.123456-07:00", "2024-03-01 09:30:15 +0200",
        "2024-3-1T9:30", "20240301", "2024-03-01T09:30:15+05:30",
        "Fri Mar  1 09:30:00 2024", "Fri Mar  1 09:30:00 +0100 2024", "March 1, 2024 09:30 EST",
        "Fri, 01 Mar 2024 09:30:00 Z", "Fri, 01 Mar 2024 24:61:00 GMT", "Fri, 32 Mar 2024", "never",
        "Fri, 01 Mar 2024 09:30:00 XYZ",
    ],
)  # fmt: skip
def test_dates_are_read_as_feedparser_reads_them(text: str) -> None:
    theirs: object = feedparser.datetimes._parse_date(text)
    if not isinstance(theirs, tuple):
        return  # one that only we read harms nobody
    ours = parse_date(text)
    assert ours is not None
    assert ours.timetuple()[:6] == theirs[:6]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-01T09:30:15+0530", datetime(2024, 3, 1, 4, 0, 15, tzinfo=UTC)),
        ("2024-03-01T09:30:00 EDT", datetime(2024, 3, 1, 13, 30, tzinfo=UTC)),
        ("20240301T093000Z", datetime(2024, 3, 1, 9, 30, tzinfo=UTC)),
        ("2024-02-30", None),
        ("1709285400", None),
        ("24", None),
    ],
)
def test_dates_that_feedparser_gets_wrong_are_read_right_or_left_out(
    text: str, expected: datetime | None
) -> None:
    """It drops half hours and zones, counts on past a month's end, and makes dates of numbers."""
    assert parse_date(text) == expected


def test_zones_of_europe_are_known_though_feedparser_takes_them_for_gmt() -> None:
    hours = [parse_date(f"Fri, 01 Mar 2024 09:30:00 {zone}") for zone in _OTHER_ZONES]
    assert [each and each.hour for each in hours] == [8, 6, 8]
