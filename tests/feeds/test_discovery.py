"""Finding the feeds of a page."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.feeds.formats.discovery import FoundFeed, feeds_of_page, guesses

BASE = "https://shopper.example/news/index.html"


def found(page: str) -> list[str]:
    return [each.address for each in feeds_of_page(page.encode(), BASE)]


def declared(kind: str, href: str, title: str = "") -> str:
    return f'<link rel="alternate" type="{kind}" href="{href}" title="{title}">'


@pytest.mark.parametrize(
    "kind", ["application/rss+xml", "application/atom+xml; charset=utf-8", "APPLICATION/FEED+JSON"]
)
def test_what_a_page_declares_is_found_with_its_title(kind: str) -> None:
    page = f"<!doctype html><head>{declared(kind, '../rss?utm_source=x', ' The  News ')}</head>"
    assert feeds_of_page(page.encode(), BASE) == (
        FoundFeed("https://shopper.example/rss", "The News"),
    )


def test_the_pages_base_counts() -> None:
    page = f"<head><base href='https://cdn.example/a/'>{declared('application/rss+xml', 'f')}"
    assert found(page) == ["https://cdn.example/a/f"]


def test_links_that_plainly_lead_to_feeds_come_after_declared_ones_and_once() -> None:
    page = (
        "<a href='/rss'>RSS</a><a href='/feed/'>Feed</a><a href='/about'>About</a>"
        "<a href='/feedback'>Tell us</a><a href='/sitemap.xml'>Map</a><a href='news.rss'>N</a>"
        "<a href='/?feed=rss2'>W</a><a href='https://feedly.com/i/feed'>Feedly</a>"
        "<a href='mailto:feed@shopper.example'>Mail</a><a href='/rss/politics.xml'>P</a>"
        + declared("application/rss+xml", "http://www.shopper.example/feed")
    )
    assert found(page) == [
        "http://www.shopper.example/feed",
        "https://shopper.example/rss",
        "https://shopper.example/news/news.rss",
        "https://shopper.example/?feed=rss2",
        "https://shopper.example/rss/politics.xml",
    ]


def test_feeds_of_comments_come_last_of_those_declared() -> None:
    page = declared("application/rss+xml", "/comments/feed/") + declared(
        "application/rss+xml", "/feed/"
    )
    assert found(page) == [
        "https://shopper.example/feed/",
        "https://shopper.example/comments/feed/",
    ]


def test_other_alternates_are_no_feeds() -> None:
    page = (
        declared("application/json", "/wp-json/wp/v2/pages/1")
        + declared("application/json+oembed", "/oembed")
        + "<link rel='alternate' hreflang='de' href='/de/'>"
        + "<link rel='stylesheet' type='application/rss+xml' href='/x'>"
        + declared("application/rss+xml", "javascript:alert(1)")
    )
    assert found(page) == []


@pytest.mark.parametrize("page", [b"", b"\x00\x01", b"<rss/>", b"plain words"])
def test_what_is_no_page_has_no_feeds(page: bytes) -> None:
    assert feeds_of_page(page, BASE) == ()


def test_a_page_of_ten_thousand_feeds_names_a_few() -> None:
    page = "".join(declared("application/rss+xml", f"/{n}") for n in range(10_000))
    assert len(found(page)) == 20


def test_usual_places_are_beside_the_page_and_at_the_root() -> None:
    places = guesses(BASE)
    assert places[0] == "https://shopper.example/news/feed"
    assert "https://shopper.example/feed.json" in places
    assert guesses("https://shopper.example")[0] == "https://shopper.example/feed"
    assert len(set(places)) == len(places) <= 15
    assert guesses("mailto:x@shopper.example") == guesses("https://[half/") == ()


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200), st.text(max_size=30))
def test_no_page_breaks_it(page: bytes, base: str) -> None:
    feeds_of_page(b"<a href='/feed'>" + page, base)
    guesses(base)
