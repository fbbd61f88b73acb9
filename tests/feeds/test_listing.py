"""What is new in a feed, from one body to the next."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import FeedError
from bot.feeds.formats import xmlfeed
from bot.feeds.jobs import FeedJob, Reading
from bot.feeds.listing import read
from bot.feeds.remembered import MOST_LISTED, prints_of

URL = "https://shopper.example/feed.xml"
NOW = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Article:
    """An item as a publisher has it in a feed."""

    title: str
    guid: str = ""
    link: str = ""
    at: datetime | None = None
    lead: str = "It was found."


def body(articles: Sequence[Article], head: str = "") -> bytes:
    items = "".join(
        f"<item><title>{escape(each.title)}</title><description>{each.lead}</description>"
        + (f'<guid isPermaLink="false">{escape(each.guid)}</guid>' if each.guid else "")
        + (f"<link>{escape(each.link)}</link>" if each.link else "")
        + (f"<pubDate>{each.at.isoformat()}</pubDate>" if each.at else "")
        + "</item>"
        for each in articles
    )
    return f"<rss version='2.0'><channel><title>S</title>{head}{items}</channel></rss>".encode()


@dataclass(slots=True)
class Reader:
    """Somebody who polls a feed."""

    listed: bytes = b""
    told: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    def poll(self, articles: Sequence[Article]) -> Reading:
        """Read the feed with these in it, and remember."""
        reading = read(FeedJob(body(articles), URL, URL, None, NOW, self.listed))
        self.listed = reading.listed
        self.told += [entry.title for entry in reading.entries]
        self.ids += [entry.id for entry in reading.entries]
        return reading


def some(count: int, start: int = 0) -> list[Article]:
    """Articles, the newest first."""
    return [
        Article(f"Crane {n}", f"g{n}", f"https://shopper.example/{n}", NOW + timedelta(minutes=n))
        for n in reversed(range(start, start + count))
    ]


def titles(reading: Reading) -> list[str]:
    return [entry.title for entry in reading.entries]


def test_at_first_everything_is_told_and_then_what_is_new_oldest_first() -> None:
    reader = Reader()
    assert titles(reader.poll(some(3))) == ["Crane 0", "Crane 1", "Crane 2"]
    later = reader.poll(some(5))
    assert (titles(later), later.known, later.churned) == (["Crane 3", "Crane 4"], 3, 0)
    assert titles(reader.poll(some(5))) == []


def test_an_edit_is_not_news() -> None:
    reader = Reader()
    reader.poll(some(3))
    edited = [replace(each, title=f"{each.title}!", lead="Corrected.") for each in some(3)]
    assert titles(reader.poll(edited)) == []


@pytest.mark.parametrize(
    "link",
    [
        "http://shopper.example/1",
        "https://www.shopper.example/1/",
        "https://shopper.example/1?utm_source=rss&fbclid=2",
        "https://shopper.example/1#comments",
    ],
)
def test_a_link_is_the_same_however_it_is_spelled(link: str) -> None:
    reader = Reader()
    reader.poll([Article("Crane", "g1", "https://shopper.example/1")])
    reading = reader.poll([Article("Crane", "g2", link)])
    assert (titles(reading), reading.known, reading.churned) == ([], 1, 1)


def test_a_guid_that_is_a_link_survives_the_move_to_https() -> None:
    reader = Reader()
    reader.poll([Article("Crane", "http://shopper.example/?p=1", "http://shopper.example/1")])
    moved = Article(
        "Crane, edited", "https://www.shopper.example/?p=1", "https://shopper.example/1"
    )
    assert titles(reader.poll([moved])) == []


def test_a_new_guid_of_an_old_article_is_remembered() -> None:
    reader = Reader()
    reader.poll(some(3))
    churned = [replace(each, guid=f"new-{each.guid}") for each in some(3)]
    assert reader.poll(churned).churned == 3
    again = [replace(each, title=f"{each.title}!") for each in churned]
    assert titles(reader.poll(again)) == []


def test_a_guid_given_to_another_article_is_news_under_an_id_of_its_own() -> None:
    reader = Reader()
    reader.poll([Article("Crane", "latest", "https://shopper.example/1")])
    reading = reader.poll([Article("Ferry", "latest", "https://shopper.example/2")])
    assert titles(reading) == ["Ferry"]
    assert reader.ids == ["latest", "latest https://shopper.example/2"]
    assert titles(reader.poll([Article("Ferry!", "latest", "https://shopper.example/2")])) == []


def test_a_guid_that_comes_to_be_shared_tells_only_of_the_new_one() -> None:
    reader = Reader()
    crane = Article("Crane", "same", "https://shopper.example/1")
    reader.poll([crane])
    ferry = Article("Ferry", "same", "https://shopper.example/2")
    assert titles(reader.poll([ferry, replace(crane, title="Crane!")])) == ["Ferry"]
    assert titles(reader.poll([ferry])) == []


def test_items_that_all_lead_to_the_homepage_are_told_each() -> None:
    home = "https://shopper.example/"
    reader = Reader()
    minutes = [Article("Minutes", f"g{n}", home, NOW - timedelta(days=n)) for n in range(5)]
    reader.poll(minutes)
    newest = Article("Minutes", "g-new", home, NOW + timedelta(hours=1))
    assert titles(reader.poll([newest, *minutes])) == ["Minutes"]
    other = Article("Agenda", "g-other", home, NOW + timedelta(hours=2))
    assert titles(reader.poll([other, newest, *minutes[:3]])) == ["Agenda"]


def test_what_did_not_change_counts_among_those_that_lead_to_the_homepage() -> None:
    """The old minutes are gone and the agenda is as it was: only by both is the link shared."""
    home = "https://shopper.example/"
    old = Article("Minutes", "g1", home, NOW - timedelta(days=7))
    agenda = Article("Agenda", "g2", home, NOW - timedelta(days=6))
    reader = Reader()
    reader.poll([agenda, old])
    minutes = Article("Minutes", "g3", home, NOW)
    assert titles(reader.poll([minutes, agenda])) == ["Minutes"]


def test_what_did_not_change_counts_among_those_of_one_title_and_day() -> None:
    """So much is new that a title with its date will do, if it is one item's alone."""
    minutes = Article("Minutes", "m1", "https://shopper.example/minutes/1", NOW)
    reader = Reader()
    reader.poll([minutes])
    other = replace(minutes, guid="m2", link="https://shopper.example/minutes/2")
    cranes = some(11, start=100)
    reading = reader.poll([other, minutes, *cranes])
    assert sorted(titles(reading)) == sorted(["Minutes", *(each.title for each in cranes)])


def test_the_same_words_at_the_same_page_are_news_while_the_old_ones_are_still_there() -> None:
    page = "https://shopper.example/bulletin"
    reader = Reader()
    reader.poll([Article("Bulletin", "g1", page)])
    assert titles(reader.poll([Article("Bulletin", "g2", page), Article("Bulletin", "g1", page)]))


def test_a_site_that_changed_everything_at_once_is_no_flood() -> None:
    """New guids and edited titles, or a new domain: of one article it would be news."""
    for change in (
        {"guid": "x{n}", "title": "Crane number {n}"},
        {"guid": "x{n}", "link": "https://new.example/{n}"},
    ):
        reader = Reader()
        reader.poll(some(30))
        relaunched = [
            replace(each, **{name: form.format(n=29 - n) for name, form in change.items()})  # type: ignore[arg-type]  # names of fields
            for n, each in enumerate(some(30))
        ]
        fresh = Article("Ferry", "f", "https://new.example/f", NOW + timedelta(hours=5))
        reading = reader.poll([fresh, *relaunched])
        assert (titles(reading), reading.churned) == (["Ferry"], 30)


def test_a_body_that_breaks_off_makes_nothing_forgotten() -> None:
    reader = Reader()
    reader.poll(some(2_000))
    assert titles(reader.poll(some(1, start=1_999))) == []
    assert titles(reader.poll(some(2_000))) == []


def test_what_is_remembered_has_an_end() -> None:
    reader = Reader()
    for start in range(0, 4_000, 1_000):
        assert len(reader.poll(some(1_000, start)).entries) == 1_000
        assert len(reader.listed) <= MOST_LISTED
    small = Reader()
    for start in range(0, 600, 10):
        small.poll(some(10, start))
    assert len(small.listed) == 400 * 40


def test_a_date_far_ahead_is_now() -> None:
    reading = Reader().poll([Article("Crane", "g", at=NOW + timedelta(days=9))])
    assert reading.entries[0].published == NOW


def test_the_feeds_wishes_are_handed_on() -> None:
    head = (
        "<ttl>90</ttl><skipHours><hour>2</hour><hour>24</hour><hour>x</hour></skipHours>"
        "<skipDays><day>Sunday</day><day>monday</day></skipDays>"
    )
    for text in (body([], head), body([], head)[:-6]):
        assert read(FeedJob(text, URL, URL, None, NOW, b"")).floor == timedelta(minutes=90)
    reading = read(FeedJob(body([], head), URL, URL, None, NOW, b""))
    assert reading.skip_hours == frozenset((0, 2))
    assert reading.skip_days == frozenset((0, 6))


@pytest.mark.parametrize(
    ("head", "floor"),
    [
        ("<sy:updatePeriod> hourly </sy:updatePeriod>", None),
        ("<sy:updatePeriod> daily </sy:updatePeriod>", timedelta(hours=24)),
        (
            "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>",
            timedelta(hours=6),
        ),
        ("<sy:updatePeriod>yearly</sy:updatePeriod>", timedelta(hours=24)),
        ("<ttl>30</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", timedelta(minutes=30)),
        ("<ttl>-5</ttl>", None),
        ("<ttl>0</ttl>", None),
        ("<ttl>99999999999</ttl>", None),
    ],
)
def test_hints_are_read_within_reason(head: str, floor: timedelta | None) -> None:
    space = b"<rss xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'"
    text = body([], head).replace(b"<rss", space)
    assert read(FeedJob(text, URL, URL, None, NOW, b"")).floor == floor


def test_what_is_no_feed_is_an_error() -> None:
    with pytest.raises(FeedError, match="is empty"):
        read(FeedJob(b"", URL, URL, None, NOW, b""))


def test_prints_that_were_cut_off_do_no_harm() -> None:
    read(FeedJob(body(some(2)), URL, URL, None, NOW, b"abc"))


# ---------------------------------------------------------------- any publisher at all

_STEP = st.tuples(
    st.sampled_from(
        ("add", "add", "edit", "churn", "https", "reorder", "truncate", "same guid", "nothing")
    ),
    st.integers(0, 30),
)


@dataclass(slots=True)
class Publisher:
    """A site whose feed goes through everything. An article is told by its lead's number."""

    articles: list[Article] = field(default_factory=list)
    made: int = 0

    def step(self, what: str, which: int) -> list[Article]:
        """Change something and give what the feed lists now."""
        at = which % len(self.articles) if self.articles else 0
        if what in ("add", "same guid"):
            self._add(self.articles[at].guid if what == "same guid" and self.articles else "")
        elif what == "https":
            self.articles = [
                replace(each, link=each.link.replace("http:", "https:")) for each in self.articles
            ]
        elif what == "reorder":
            self.articles = self.articles[at:] + self.articles[:at]
        elif what == "truncate":
            return self.articles[:at]
        elif self.articles and what in ("edit", "churn"):
            old = self.articles[at]
            new = replace(old, title=f"{old.title}!") if what == "edit" else old
            self.articles[at] = replace(new, guid=f"{old.guid}+") if what == "churn" else new
        return self.articles[:25]

    def _add(self, guid: str) -> None:
        n = self.made
        self.made += 1
        link = f"http://www.shopper.example/{n}"
        article = Article(f"Crane {n}", guid or f"g{n}", link, NOW - timedelta(days=90 - n), f"{n}")
        self.articles.insert(0, article)


@settings(max_examples=max(40, settings().max_examples), deadline=None)
@given(st.lists(_STEP, min_size=2, max_size=40))
def test_whatever_a_publisher_does_each_article_is_told_exactly_once(
    steps: list[tuple[str, int]],
) -> None:
    """As long as no poll finds both another guid and another title: see the next one for that."""
    publisher, listed, told, listed_ever = Publisher(), b"", Counter[str](), set[str]()
    for what, which in [("add", 0), *steps]:
        text = body(publisher.step(what, which))
        if what == "truncate":
            listed_now = publisher.articles[: which % max(1, len(publisher.articles))]
        else:
            listed_now = publisher.articles[:25]
        reading = read(FeedJob(text, URL, URL, None, NOW, listed))
        listed = reading.listed
        told.update(entry.summary for entry in reading.entries)
        listed_ever |= {article.lead for article in listed_now}
        assert len({entry.id for entry in reading.entries}) == len(reading.entries)
    assert set(told) == listed_ever
    assert set(told.values()) <= {1}


@settings(max_examples=60, deadline=None)
@given(st.lists(_STEP, min_size=2, max_size=40), st.booleans())
def test_what_need_not_be_read_again_changes_nothing(
    steps: list[tuple[str, int]], dated: bool
) -> None:
    publisher, quick, whole = Publisher(), Reader(), Reader()
    for what, which in [("add", 0), *steps]:
        articles = publisher.step(what, which)
        if not dated:
            articles = [replace(each, at=None) if each.lead == "3" else each for each in articles]
        whole.listed = prints_of(whole.listed)
        readings = [reader.poll(articles) for reader in (quick, whole)]
        assert len({(each.entries, each.known, each.churned) for each in readings}) == 1
        prints = [prints_of(reader.listed) for reader in (quick, whole)]
        assert prints[0] == prints[1]


def test_only_what_changed_is_read_again() -> None:
    marks = {item.mark for item in xmlfeed.read(body(some(5)), URL, known=()).items}
    edited = [replace(each, lead="Corrected.") if each.guid == "g2" else each for each in some(6)]
    feed = xmlfeed.read(body(edited), URL, known=marks)
    assert [item.title for item in feed.items] == ["Crane 5", "Crane 2"]
    assert [place for place, _ in feed.skipped] == [1, 2, 4, 5]


def test_a_guid_beyond_all_length_is_remembered_whole() -> None:
    reader = Reader()
    long = Article("Crane", "g" * 600)
    reader.poll([long, *some(2)])
    assert titles(reader.poll([replace(long, title="Crane!"), *some(2)])) == []
    assert titles(reader.poll([replace(long, title="Crane?"), *some(3)])) == ["Crane 2"]


def test_another_meaning_of_the_same_bytes_is_read_again() -> None:
    """The item's bytes stay as they are; what its link is relative to does not."""
    item = "<item><title>Crane</title><link>/1</link></item>"
    text = f"<rss version='2.0'><channel><title>S</title>{item}</channel></rss>".encode()
    first = read(FeedJob(text, URL, URL, None, NOW, b""))
    assert read(FeedJob(text, URL, URL, None, NOW, first.listed)).entries == ()
    moved = FeedJob(text, URL, "https://ferry.example/feed.xml", None, NOW, first.listed)
    assert [each.url for each in read(moved).entries] == ["https://ferry.example/1"]


def test_what_looks_like_an_item_in_a_text_does_no_harm() -> None:
    reader = Reader()
    odd = Article("Crane", "odd", lead="<![CDATA[<item><guid>g2</guid></item>]]>")
    reader.poll([odd])
    assert titles(reader.poll([*some(2), odd])) == ["Crane 0", "Crane 1"]
    assert titles(reader.poll([*some(3), odd])) == ["Crane 2"]


KNOWN = tuple(
    f"<item><title>Crane {n}</title><guid>g{n}</guid>{rest}"
    for n, rest in enumerate(("</item>", "<!-- </item> --></item>", "</item >", "<x>1</x></item>"))
)


def listing(*pieces: str) -> bytes:
    return f"<rss version='2.0'><channel>{''.join(pieces)}</channel></rss>".encode()


def polled(text: bytes, listed: bytes) -> object:
    try:
        found = read(FeedJob(text, URL, URL, None, NOW, listed))
    except FeedError as error:
        return str(error)
    return replace(found, listed=prints_of(found.listed))


def test_a_copy_of_an_old_item_in_a_new_ones_text_is_part_of_that_text() -> None:
    first = read(FeedJob(listing(*KNOWN), URL, URL, None, NOW))
    text = f"<description><![CDATA[Look: {KNOWN[0]} and so on]]></description>"
    later = listing(f"<item><title>New</title>{text}</item>", *KNOWN)
    news = read(FeedJob(later, URL, URL, None, NOW, first.listed))
    assert [entry.summary for entry in news.entries] == [
        "Look: <item>Crane 0<guid>g0</guid></item> and so on"
    ]


def test_an_item_behind_a_commented_one_is_told() -> None:
    first = read(FeedJob(listing(*KNOWN), URL, URL, None, NOW))
    text = listing("<!--", KNOWN[0], KNOWN[1], "-->", "<item><title>New</title></item>", KNOWN[2])
    news = read(FeedJob(text, URL, URL, None, NOW, first.listed))
    assert titles(news) == ["New"]
    assert news.known == 1


@settings(max_examples=max(150, settings().max_examples), deadline=None)
@given(
    st.lists(
        st.sampled_from(
            (*KNOWN, *KNOWN, "<item><title>New</title><guid>n</guid><description>", "</item>",
             "</description></item>", "<item><title>Newer</title><guid>m</guid></item>", "<item/>",
             "<!--", "-->", "<![CDATA[", "]]>", "<x>", "</x>", "</channel><channel>", "text")
        ),
        max_size=8,
    )
)  # fmt: skip
def test_what_need_not_be_parsed_again_changes_nothing(pieces: list[str]) -> None:
    """However a body is put together: what is known stands whole between what is not."""
    first = read(FeedJob(listing(*KNOWN), URL, URL, None, NOW))
    text = listing(*pieces)
    assert polled(text, first.listed) == polled(text, prints_of(first.listed))


def test_prints_of_an_earlier_release_are_read_on() -> None:
    reader = Reader()
    reader.poll(some(9))
    reader.listed = prints_of(reader.listed)
    assert titles(reader.poll(some(10))) == ["Crane 9"]


def test_an_article_with_another_guid_and_another_title_is_rather_told_again() -> None:
    reader = Reader()
    reader.poll([Article("Crane", "g1", "https://shopper.example/1")])
    assert titles(reader.poll([Article("Ferry", "g2", "https://shopper.example/1")])) == ["Ferry"]
