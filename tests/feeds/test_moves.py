"""Feeds whose address leads elsewhere for good."""

from dataclasses import replace
from datetime import UTC, datetime
from time import process_time

import pytest
from tld.utils import reset_tld_names

from bot.core.feed import Feed, Notice, NoticeKind
from bot.feeds.moves import IN_A_ROW, fallen_back, moved, prepare

NOW = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)
OLD = "https://www.paper.example.com/feed"
NEW = "https://news.example.com/feed.xml"
ELSEWHERE = "https://paper.example.org/feed?key=hunter2"


def redirected(feed: Feed, *answers: str | None) -> tuple[Feed, list[Notice]]:
    """Poll a feed that is permanently redirected there, one answer after the other."""
    notices: list[Notice] = []
    for answer in answers:
        feed, new = moved(feed, answer)
        notices.extend(new)
    return feed, notices


def feed_at(url: str) -> Feed:
    return Feed(url, NOW, etag='"1"', last_modified="then", body_hash="f00")


def test_the_third_permanent_redirect_in_a_row_replaces_the_address() -> None:
    feed, notices = redirected(feed_at(OLD), NEW, NEW)
    assert (feed.at, feed.moves) == (OLD, 2)
    feed, more = redirected(feed, NEW)
    assert (feed.at, feed.url, feed.moving_to, feed.moves) == (NEW, OLD, None, 0)
    assert notices + more == []
    assert (feed.etag, feed.last_modified) == ('"1"', "then")


@pytest.mark.parametrize("other", [None, "https://www.example.com/feed2"])
def test_a_redirect_that_stops_or_changes_is_counted_from_the_start(other: str | None) -> None:
    feed, _ = redirected(feed_at(OLD), NEW, NEW, other, NEW, NEW)
    assert feed.at == OLD
    assert redirected(feed, NEW)[0].at == NEW


def test_an_ordinary_answer_changes_nothing() -> None:
    feed = feed_at(OLD)
    assert moved(feed, None) == (feed, ())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("http://paper.example.com/feed", "https://paper.example.com/feed"),
        ("http://paper.example.com/feed", "https://paper.example.com:8443/feed"),
        ("https://news.council.gov.uk/feed", "https://council.gov.uk/feed"),
        ("https://a.city.tokyo.jp/feed", "https://a.city.tokyo.jp/rss"),
        ("https://xn--80ak6aa92e.com/feed", "https://www.аррӏе.com/feed"),
        ("http://10.0.0.1/feed", "http://10.0.0.1:8080/feed"),
        ("http://intranet/feed", "https://intranet/feed"),
        ("https://Paper.Example.COM./feed", "https://paper.example.com/feed"),
    ],
)
def test_the_same_site_may_move_its_feed(old: str, new: str) -> None:
    assert redirected(feed_at(old), *[new] * IN_A_ROW) == (
        replace(feed_at(old), address=new),
        [],
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("https://paper.example.com/feed", "https://paper.example.org/feed"),
        ("https://one.co.uk/feed", "https://two.co.uk/feed"),
        ("https://one.github.io/feed", "https://two.github.io/feed"),
        ("http://10.0.0.1/feed", "http://10.0.0.2/feed"),
        ("http://intranet/feed", "http://extranet/feed"),
    ],
)
def test_a_move_to_another_site_is_told_once_and_not_followed_for_good(old: str, new: str) -> None:
    feed, notices = redirected(feed_at(old), *[new] * 10)
    assert feed.at == old
    assert notices == [Notice(NoticeKind.MOVED, new)]
    assert feed.told == {NoticeKind.MOVED}


def test_the_list_of_sites_can_be_read_beforehand() -> None:
    reset_tld_names()
    prepare()
    started = process_time()
    redirected(feed_at(OLD), *[NEW] * IN_A_ROW)
    assert process_time() - started < 0.02


def test_a_notice_shows_no_secret() -> None:
    _, [notice] = redirected(feed_at(OLD), *[ELSEWHERE] * IN_A_ROW)
    assert notice.detail == "https://paper.example.org/feed?key=..."


def test_a_move_that_ended_or_went_on_is_told_anew() -> None:
    feed, first = redirected(feed_at(OLD), *[ELSEWHERE] * 5)
    feed, second = redirected(feed, *["https://third.example.net/"] * 5)
    feed, _ = redirected(feed, None)
    assert feed.told == frozenset()
    _, third = redirected(feed, *[ELSEWHERE] * 5)
    assert [len(first), len(second), len(third)] == [1, 1, 1]


def test_other_notices_stay() -> None:
    stale = replace(feed_at(OLD), told=frozenset({NoticeKind.STALE}))
    feed, _ = redirected(stale, *[ELSEWHERE] * IN_A_ROW)
    assert feed.told == {NoticeKind.STALE, NoticeKind.MOVED}
    assert redirected(feed, None)[0].told == {NoticeKind.STALE}


def test_an_encrypted_address_never_becomes_a_plain_one() -> None:
    feed, notices = redirected(feed_at(OLD), *["http://www.paper.example.com/feed"] * 5)
    assert (feed.at, notices) == (OLD, [])


def test_credentials_stay_with_their_origin() -> None:
    private = "https://reader:hunter2@paper.example.com/feed"
    feed, _ = redirected(feed_at(private), *["https://paper.example.com/rss"] * IN_A_ROW)
    assert feed.at == "https://reader:hunter2@paper.example.com/rss"
    for other in ("https://news.example.com/feed", "https://paper.example.com:8443/feed"):
        assert redirected(feed_at(private), *[other] * 5)[0].at == private


def test_a_move_back_leaves_the_first_address() -> None:
    feed, _ = redirected(replace(feed_at(OLD), address=NEW), *[OLD] * IN_A_ROW)
    assert (feed.address, feed.at) == (None, OLD)


def test_a_redirect_to_what_is_no_address_is_let_be() -> None:
    feed, notices = redirected(feed_at(OLD), *["https://[paper/feed"] * 5)
    assert (feed.at, notices) == (OLD, [])


def test_the_third_error_in_a_row_brings_the_first_address_back() -> None:
    feed = replace(feed_at(OLD), address=NEW)
    for failures in range(IN_A_ROW - 1):
        assert fallen_back(replace(feed, failures=failures)).at == NEW
    back = fallen_back(replace(feed, failures=IN_A_ROW - 1))
    assert back.at == OLD
    assert (back.etag, back.last_modified, back.body_hash) == (None, None, "f00")


def test_errors_at_the_first_address_change_nothing() -> None:
    feed = replace(feed_at(OLD), failures=7)
    assert fallen_back(feed) is feed
