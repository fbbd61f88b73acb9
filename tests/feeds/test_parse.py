"""Feeds of every format, the broken ones and the hostile ones."""

import json
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.mention import Entry
from bot.errors import FeedError
from bot.feeds.formats.parse import MOST_TEXT, ParsedFeed, parse
from bot.feeds.plain import of_markup

URL = "https://shopper.example/news/feed.xml"
NOW = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)


def read(body: str | bytes, kind: str | None = None) -> ParsedFeed:
    return parse(body if isinstance(body, bytes) else body.encode(), URL, kind, NOW)


def rss(items: str, head: str = "<title>The Shopper</title>") -> str:
    return (
        '<?xml version="1.0"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" '
        f'xmlns:atom="http://www.w3.org/2005/Atom"><channel>{head}{items}</channel></rss>'
    )


def item(title: str = "Cranes", **fields: str) -> str:
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return f"<item><title>{title}</title>{inner}</item>"


def only(parsed: ParsedFeed) -> Entry:
    [entry] = parsed.entries
    return entry


EXPECTED = Entry(
    feed=URL,
    id="https://shopper.example/1",
    title="Cranes & co",
    summary="One crane was found.",
    url="https://shopper.example/1",
    published=datetime(2024, 3, 1, 9, 30, tzinfo=UTC),
)
FORMATS = {
    "rss 2.0": rss(
        "<item><title>Cranes &amp;amp; co</title><link>https://shopper.example/1</link>"
        "<guid>https://shopper.example/1</guid><pubDate>Fri, 01 Mar 2024 10:30:00 +0100</pubDate>"
        "<description>&lt;p&gt;One &lt;b&gt;crane&lt;/b&gt; was found.&lt;/p&gt;</description>"
        "</item>"
    ),
    "rss 0.91": (
        '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" '
        '"http://my.netscape.com/publish/formats/rss-0.91.dtd"><rss version="0.91"><channel>'
        "<title>The Shopper</title><item><title>Cranes &amp;amp; co</title>"
        "<link>https://shopper.example/1</link><description>One crane was found.</description>"
        "<pubDate>Fri, 1 Mar 2024 09:30:00 GMT</pubDate></item></channel></rss>"
    ),
    "atom 1.0": (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>The Shopper</title><entry>'
        "<title>Cranes &amp; co</title><id>https://shopper.example/1</id>"
        '<link rel="self" href="/self"/><link href="../1"/><updated>2024-03-02T00:00:00Z</updated>'
        "<published>2024-03-01T10:30:00+01:00</published><content type='xhtml'>"
        "<div xmlns='http://www.w3.org/1999/xhtml'><p>One <b>crane</b> was found.</p></div>"
        "</content></entry></feed>"
    ),
    "atom 0.3": (
        '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>The Shopper</title><entry>'
        "<title>Cranes &amp; co</title><id>https://shopper.example/1</id>"
        '<link rel="alternate" type="text/html" href="https://shopper.example/1"/>'
        "<issued>2024-03-01T09:30:00Z</issued><summary>One crane was found.</summary>"
        "</entry></feed>"
    ),
    "rdf": (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        '<title>The Shopper</title></channel><item rdf:about="https://shopper.example/1">'
        "<title>Cranes &amp; co</title><link>https://shopper.example/1</link>"
        "<description>One crane was found.</description><dc:date>2024-03-01T09:30Z</dc:date>"
        "</item></rdf:RDF>"
    ),
    "json feed": json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "The Shopper",
            "items": [
                {
                    "id": "https://shopper.example/1",
                    "url": "https://shopper.example/1",
                    "title": "Cranes & co",
                    "content_html": "<p>One crane was found.</p>",
                    "date_published": "2024-03-01T09:30:00Z",
                }
            ],
        }
    ),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_entry(name: str) -> None:
    parsed = read(FORMATS[name])
    assert parsed == ParsedFeed("The Shopper", (EXPECTED,))


@pytest.mark.parametrize("name", ["rss 2.0", "atom 1.0", "rdf"])
def test_a_feed_that_breaks_off_gives_the_same_entry(name: str) -> None:
    """Identity must hold when a feed is broken one day and whole the next."""
    whole = FORMATS[name]
    broken = whole[: whole.rindex("</")]
    assert read(broken) == read(whole)


# ------------------------------------------------------------------------- not a feed


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "it is empty"),
        (" \n ", "it is empty"),
        ("<!DOCTYPE html><html><body><p>Please<br>wait</body></html>", "it is an HTML page"),
        ("<?xml version='1.0'?>\n<!-- hi --><html><p/></html>", "it is an HTML page"),
        ("Too many connections", "neither RSS, Atom, RDF nor JSON Feed"),
        ("\x00\x01\x02", "neither RSS, Atom, RDF nor JSON Feed"),
        ("<urlset><url/></urlset>", "it is <urlset> XML"),
        ("<rss version='2.0'/>", "neither channel nor items"),
        ('{"version": "1", "items": []}', "JSON of another kind"),
        ('{"items": ', "broken JSON"),
        ('{"a":' * 100_000, "broken JSON"),
    ],
)
def test_what_is_no_feed_is_an_error_and_never_a_feed_without_entries(
    body: str, reason: str
) -> None:
    with pytest.raises(FeedError, match=f"is not a feed: .*{reason}") as caught:
        read(body)
    assert str(caught.value).startswith(URL)


def test_an_html_page_that_names_its_feed_is_a_hint() -> None:
    page = (
        "<!doctype html><link rel='alternate' type='application/rss+xml' href='/rss?utm_source=x'>"
    )
    with pytest.raises(FeedError, match=r"HTML page; its feed is https://shopper\.example/rss$"):
        read(page)


def test_a_feed_without_entries_is_a_feed() -> None:
    assert read(rss("")) == ParsedFeed("The Shopper", ())


def test_credentials_in_the_address_are_not_told() -> None:
    with pytest.raises(FeedError) as caught:
        parse(b"", "https://reader:hunter2@shopper.example/feed", None, NOW)
    assert str(caught.value).startswith("https://shopper.example/feed is not a feed")


# --------------------------------------------------------------------------- hostile


def test_entities_that_multiply_are_refused_at_once() -> None:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    body = f'<!DOCTYPE r [<!ENTITY l0 "lol">{entities}]>' + rss(item("&l9;")).partition("?>")[2]
    started = time.process_time()
    with pytest.raises(FeedError, match="beyond all reason"):
        read(body)
    assert time.process_time() - started < 0.5


def test_nesting_without_end_is_refused_at_once() -> None:
    started = time.process_time()
    with pytest.raises(FeedError, match="beyond all reason"):
        read("<rss><channel>" + "<a>" * 200_000)
    assert time.process_time() - started < 0.5


def test_a_broken_feed_of_endless_tags_is_read_as_far_as_is_reasonable() -> None:
    started = time.process_time()
    parsed = read("Warning: disk full" + rss(item(guid="1") + "<a></a>" * 1_000_000))
    assert time.process_time() - started < 5
    assert [entry.id for entry in parsed.entries] == ["1"]


@pytest.mark.parametrize("address", ["file://{path}", "{path}"])
def test_an_outside_entity_is_not_read(tmp_path: Path, address: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2", encoding="utf-8")
    doctype = f'<!DOCTYPE r [<!ENTITY x SYSTEM "{address.format(path=secret)}">]>'
    for body in (rss(item("a &x; b")), rss(item("a &x; b")) + "<"):
        parsed = read(doctype + body.partition("?>")[2])
        assert "hunter2" not in repr(parsed)


def test_a_body_that_is_the_name_of_a_file_is_not_opened(tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    file.write_text(rss(item("Secret")), encoding="utf-8")
    with pytest.raises(FeedError, match="is not a feed"):
        read(str(file))


def test_no_more_than_two_thousand_items_are_read() -> None:
    items = "".join(item(f"Crane {n}", guid=str(n)) for n in range(2_010))
    for body in (rss(items), rss(items)[:-6]):
        entries = read(body).entries
        assert len(entries) == 2_000
        assert entries[-1].id == "0"


def test_a_text_without_end_is_cut() -> None:
    entry = only(read(rss(item("t" * 100_000, description="word " * 60_000, guid="g" * 9_000))))
    assert len(entry.summary) == MOST_TEXT
    assert len(entry.title) == 2_000
    assert len(entry.id) < 100


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    for start in (b"", b"<rss><channel><item><title>", b'{"items":['):
        try:
            parse(start + body, URL, "text/xml; charset=utf-8", NOW)
        except FeedError:
            continue


@settings(max_examples=20, deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_no_json_breaks_the_reader(value: object) -> None:
    fields = ("id", "url", "title", "content_html", "content_text", "date_published")
    items = [dict.fromkeys(fields, value), value]
    body = json.dumps({"version": "https://jsonfeed.org/version/1", "items": items, "title": value})
    for entry in read(body).entries:
        repr(entry).encode()


# ---------------------------------------------------------------------------- identity


def test_the_guid_is_the_identity() -> None:
    entry = only(read(rss(item(guid=" tag:shopper,2024:1 ", link="https://shopper.example/1"))))
    assert entry.id == "tag:shopper,2024:1"


def test_without_a_guid_the_link_is_the_identity_whatever_tracks_it() -> None:
    first = only(read(rss(item("Cranes", link="https://Shopper.example/1?utm_source=a&amp;p=2"))))
    later = only(read(rss(item("Cranes!", link="https://shopper.example/1?p=2&amp;fbclid=b"))))
    assert first.id == later.id == "https://shopper.example/1?p=2"


def test_without_guid_and_link_title_and_date_are_the_identity() -> None:
    monday, tuesday = "Mon, 26 Feb 2024 08:00:00 GMT", "Tue, 27 Feb 2024 08:00:00 GMT"
    entries = read(
        rss(item(pubDate=monday) + item(pubDate=tuesday) + item("Ferry", pubDate=monday))
    ).entries
    assert len({entry.id for entry in entries}) == 3
    assert only(read(rss(item(pubDate=monday)))).id == entries[0].id or entries[1].id


def test_a_guid_used_twice_gets_the_link_on_both() -> None:
    """Otherwise a new item at the top would take over the id of the one below it."""
    a, b, c = (item(guid="same", link=f"https://shopper.example/{x}") for x in "abc")
    before = {entry.url: entry.id for entry in read(rss(a + b)).entries}
    after = {entry.url: entry.id for entry in read(rss(c + a + b)).entries}
    assert before["https://shopper.example/a"] == "same https://shopper.example/a"
    assert before.items() <= after.items()
    assert len(set(after.values())) == 3


def test_a_guid_and_link_used_twice_get_a_hash_of_title_and_date() -> None:
    same = {"guid": "same", "link": "https://shopper.example/"}
    entries = read(rss(item("Cranes", **same) + item("Ferry", **same))).entries
    assert len({entry.id for entry in entries}) == 2


def test_an_item_printed_twice_is_one_entry() -> None:
    assert len(read(rss(item(guid="1") * 2)).entries) == 1


# ------------------------------------------------------------------------------- links


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("story", "https://shopper.example/news/story"),
        ("/a b", "https://shopper.example/a%20b"),
        ("//other.example:443/x#part", "https://other.example/x#part"),
        ("https://x.example/?mc_cid=1&amp;gclid=2", "https://x.example/"),
        ("https://reader:pw@x.example/", "https://x.example/"),
        ("javascript:alert(1)", None),
        ("mailto:desk@shopper.example", None),
        ("https://", None),
        ("https://x.example:port/", None),
        ("https://[half/", None),
    ],
)
def test_links_are_made_whole_and_clean(link: str, expected: str | None) -> None:
    assert only(read(rss(item(link=link)))).url == expected


def test_links_are_resolved_by_the_feeds_own_base_and_by_where_it_was_found() -> None:
    based = rss(item(link="story")).replace("<item>", "<item xml:base='https://cdn.example/a/'>")
    assert only(read(based)).url == "https://cdn.example/a/story"
    moved = parse(rss(item(link="/s")).encode(), URL, None, NOW, base="https://new.example/feed")
    assert (only(moved).url, only(moved).feed) == ("https://new.example/s", URL)


def test_a_guid_serves_as_link_unless_it_denies_it() -> None:
    guid = "<guid{}>https://shopper.example/1</guid>"
    assert only(read(rss(f"<item>{guid.format('')}<title>x</title></item>"))).url
    denied = guid.format(' isPermaLink="false"')
    assert only(read(rss(f"<item>{denied}<title>x</title></item>"))).url is None


def test_an_atom_link_in_rss_serves_where_there_is_no_other() -> None:
    atom = '<atom:link rel="self" href="/self"/><atom:link href="/1"/>'
    assert (
        only(read(rss(f"<item><title>x</title>{atom}</item>"))).url == "https://shopper.example/1"
    )


# ------------------------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("AT&amp;T &amp; sons", "AT&T & sons"),
        ("caf&amp;eacute; &amp;amp; bar", "café & bar"),
        ("&lt;b&gt;Bold&lt;/b&gt;  claim\n today", "Bold claim today"),
        ("<![CDATA[<p>One</p><p>two<br>three</p>]]>", "One two three"),
        ("A &lt; B &gt; C", "A < B > C"),
        ("Deal with &lt;Acme&gt; off", "Deal with <Acme> off"),
        ("x&lt;script&gt;bad()&lt;/script&gt;y", "xy"),
        ("half a &amp;lt;tag", "half a <tag"),
        ("&lt;P&gt;a&lt;IMG ALT='&gt;' /&gt;b&lt;/P &gt;&amp;nbsp;c", "ab c"),
        ("half&amp;#11; a &lt;header&gt;claim &amp;#127;", "half a claim"),
    ],
)
def test_titles_and_summaries_are_plain_text(markup: str, words: str) -> None:
    entry = only(read(rss(item(markup, description=markup, guid="1"))))
    assert (entry.title, entry.summary) == (words, words)


@given(
    st.lists(
        st.sampled_from(
            ("<p>", "</p>", "<p class='a>b'>", "<br/>", "<BR />", "<b>", "</b>", "<Acme>", "word",
             '<a href="?a=1&amp;b">', "</a>", "<h2 >", "</H2>", "&amp;", "&nbsp;", "&#8217;", "T&T",
             "&lt;p&gt;", "é", "海", " ", "\n", "a < b", "<li>", "<header>", "</header>", "\x07")
        )
    )
)  # fmt: skip
def test_a_comment_changes_nothing_about_the_words(pieces: list[str]) -> None:
    """Markup with a comment is not for the quickest of them."""
    markup = "".join(pieces)
    assert of_markup(f"{markup}<!-- x -->") == of_markup(markup)


def test_broken_xml_loses_no_name() -> None:
    """A raw ampersand and an HTML entity are what feeds get wrong most."""
    entry = only(read(rss(item("caf&eacute; AT&T & Acme &nbsp; Corp", guid="1"))))
    assert "caf" in entry.title
    assert "Acme" in entry.title
    assert "Corp" in entry.title


def test_the_longer_of_description_and_content_is_the_summary() -> None:
    content = "<content:encoded>&lt;p&gt;The whole story of the cranes.&lt;/p&gt;</content:encoded>"
    entry = only(read(rss(f"<item><title>x</title><description>The</description>{content}</item>")))
    assert entry.summary == "The whole story of the cranes."


def test_other_vocabularies_titles_are_not_the_title() -> None:
    body = rss("<item><media:title>Photo</media:title><title>Cranes</title></item>")
    assert only(read(body)).title == "Cranes"


def test_a_cut_off_summary_is_kept() -> None:
    entry = only(read(rss(item(description="Acme has won a tender to count…", guid="1"))))
    assert entry.summary == "Acme has won a tender to count…"


def test_who_published_it_is_not_part_of_the_summary() -> None:
    told = "&lt;p&gt;Text.&lt;/p&gt;&lt;p&gt;The post X appeared first on Acme Watch.&lt;/p&gt;"
    assert only(read(rss(item(description=told, guid="1")))).summary == "Text."


def test_the_servers_charset_is_used_where_the_feed_names_none() -> None:
    body = rss(item("Краны")).partition("?>")[2].encode("koi8-r")
    assert only(read(body, "application/rss+xml; charset=koi8-r")).title == "Краны"


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "windows-1251"])
def test_the_feeds_own_encoding_is_understood(codec: str) -> None:
    name = codec.removesuffix("-sig")
    declared = rss(item("Краны")).replace('"1.0"?', f'"1.0" encoding="{name}"?')
    assert only(read(declared.encode(codec))).title == "Краны"


def test_blank_lines_before_the_feed_do_no_harm() -> None:
    assert read("\n\n" + rss(item())) == read(rss(item()))


# ------------------------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Fri, 1 Mar 2024 10:30:00 +0100", datetime(2024, 3, 1, 9, 30, tzinfo=UTC)),
        ("01 Mar 2024 09:30 EST", datetime(2024, 3, 1, 14, 30, tzinfo=UTC)),
        ("2024-03-01", datetime(2024, 3, 1, tzinfo=UTC)),
        ("2024-03-01T09:30:00.123+0530", datetime(2024, 3, 1, 4, 0, tzinfo=UTC)),
        ("2024-03-01 09:30:00", datetime(2024, 3, 1, 9, 30, tzinfo=UTC)),
        ("yesterday", None),
        ("2024-13-45T00:00:00Z", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("Mon, 30 Nov -0001 00:00:00 +0000", None),
        ("1", None),
    ],
)
def test_dates_are_read_or_left_out(date: str, expected: datetime | None) -> None:
    assert only(read(rss(item(pubDate=date)))).published == expected


def test_a_date_is_never_invented_from_a_guid() -> None:
    assert only(read(rss(item(guid="2024")))).published is None


def test_a_date_over_a_day_ahead_is_taken_for_now() -> None:
    for ahead, expected in ((timedelta(hours=23), True), (timedelta(hours=25), False)):
        date = (NOW + ahead).isoformat()
        published = only(read(rss(item(pubDate=date)))).published
        assert published == (NOW + ahead if expected else NOW)


def test_entries_come_oldest_first() -> None:
    days = [item(f"{day}", guid=f"{day}", pubDate=f"2024-03-0{day}T00:00:00Z") for day in (2, 3, 1)]
    entries = read(rss("".join(days))).entries
    assert [entry.id for entry in entries] == ["1", "2", "3"]
    assert all(
        a.published <= b.published for a, b in pairwise(entries) if a.published and b.published
    )


def test_without_dates_the_last_of_the_document_comes_first() -> None:
    dated = item("a", guid="a", pubDate="2024-03-01T00:00:00Z")
    entries = read(rss(dated + item("b", guid="b") + item("c", guid="c"))).entries
    assert [entry.id for entry in entries] == ["c", "b", "a"]


def test_an_item_that_a_body_breaks_off_in_waits_for_the_whole_one() -> None:
    """Half a guid or half a link would be another item's, and an old one would be news."""
    whole = rss("".join(f"<item><guid>g/{n}</guid><title>T{n}</title></item>" for n in (12, 123)))
    for lost in range(1, len("</guid><title>T123</title></item></channel></rss>") + 2):
        found = parse(whole[:-lost].encode(), URL, None, NOW)
        ids = {each.id for each in found.entries}
        assert {"g/12"} <= ids <= {"g/12", "g/123"}
    assert len(parse(whole.encode(), URL, None, NOW).entries) == 2


def test_items_that_are_never_ended_are_read() -> None:
    found = parse(b"<rss><channel><item><title>A</title><item><title>B</title>", URL, None, NOW)
    assert [each.title for each in found.entries] == ["B", "A"]
