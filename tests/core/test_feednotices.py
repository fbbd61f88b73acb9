"""What an operator reads about a feed."""

from datetime import UTC, datetime

import pytest

from bot.core.document import Document, Link, plain, runs
from bot.core.feed import Feed, Notice, NoticeKind
from bot.core.feednotices import notice_about
from tests.fakes import said

NOW = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)
URL = "https://paper.example/feed.xml"


def told(kind: NoticeKind, detail: str = "", **state: object) -> Document:
    feed = Feed(URL, NOW, **state)  # type: ignore[arg-type] # a feed's own fields
    return notice_about(feed, Notice(kind, detail), URL)


@pytest.mark.parametrize(
    ("kind", "detail", "words"),
    [
        (NoticeKind.GONE, "", "is gone for good: its server answered 410. It is not asked any"),
        (NoticeKind.MOVED, "https://new.example/", "to another site: https://new.example/. It is"),
        (NoticeKind.STALE, "", "has brought nothing new since 1 Feb 2024, though it answers."),
        (
            NoticeKind.FAILING,
            f"{URL} answered 404 Not Found",
            "has not been read since 2 Feb 2024: it answered 404 Not Found. It goes on being asked",
        ),
        (NoticeKind.RECOVERED, "", "works again. Nothing needs to be done."),
    ],
)
def test_a_notice_says_which_feed_what_happened_and_what_to_do(
    kind: NoticeKind, detail: str, words: str
) -> None:
    newest, good = datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 2, 2, tzinfo=UTC)
    document = told(kind, detail, title="The Paper", newest_at=newest, good_at=good)
    assert said(document).startswith(f"The feed {URL} (The Paper) ")
    assert words in said(document)
    assert document.summary.startswith(f"The feed {URL} ")


def test_a_feed_that_was_never_read_has_failed_since_it_was_added() -> None:
    assert "since it was added: it" in said(told(NoticeKind.FAILING, f"{URL} is no feed"))


def test_a_title_is_words_and_never_markup_nor_the_whole_notice() -> None:
    title = "<!channel> [x](https://evil.example) `vendor mute all` " + "x" * 2_000
    document = told(NoticeKind.RECOVERED, title=title)
    [run] = [run for block in document.blocks for run in runs(block)]
    assert "<!channel> [x](https://evil.example) `vendor mute all`" in plain(run)
    assert [part.url for part in run if isinstance(part, Link)] == [URL]
    assert all(part.kind in {"text", "link"} for part in run)
    assert len(said(document)) < 400


def test_a_long_error_is_cut() -> None:
    assert len(said(told(NoticeKind.FAILING, "x" * 9_000))) < 1_000
