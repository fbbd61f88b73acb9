"""What those who look after the bot are told about a feed, in words. Pure."""

from dataclasses import replace
from datetime import datetime

from bot.core.clean import shortened
from bot.core.document import Document, Paragraph, link, spoken, strong, words
from bot.core.feed import Feed, Notice, NoticeKind

LONGEST_TITLE = 100
LONGEST_DETAIL = 500
"""Characters; titles, addresses and errors are words from outside."""


def notice_about(feed: Feed, notice: Notice, shown: str) -> Document:
    """Say what happened to a feed and what to do. `shown` is its address, fit to be read."""
    lead, todo = _said(feed, replace(notice, detail=_detail(notice.detail, shown)))
    text = f"The feed {shown} {lead}"
    title = f" ({shortened(feed.title, LONGEST_TITLE)})" if feed.title else ""
    told = words(strong("The feed "), link(shown, shown), f"{title} {lead} ", *spoken(todo))
    return Document(text, (Paragraph(told),))


def and_more(document: Document) -> Document:
    """Say that no more feeds are told of for an hour, and where they are seen."""
    more = spoken("Other feeds are not told of for an hour; see `vendorwatch feeds list`.")
    return replace(document, blocks=(*document.blocks, Paragraph(more)))


def _said(feed: Feed, notice: Notice) -> tuple[str, str]:
    match notice.kind:
        case NoticeKind.GONE:
            return (
                "is gone for good: its server answered 410.",
                "It is not asked any more. Take it out, or put its new address in its place.",
            )
        case NoticeKind.MOVED:
            return (
                f"has moved for good to another site: {notice.detail}.",
                "It is still read there. See whether that is right, and change its address.",
            )
        case NoticeKind.STALE:
            return (
                f"has brought nothing new since {_day(feed.newest_at)}, though it answers.",
                "See whether its publisher has another one by now.",
            )
        case NoticeKind.FAILING:
            return (
                f"has not been read since {_day(feed.good_at)}: {notice.detail}.",
                "It goes on being asked, about once a day, and you will be told when it works.",
            )
        case NoticeKind.RECOVERED:
            return ("works again.", "Nothing needs to be done.")


def _detail(detail: str, shown: str) -> str:
    """Give an error or an address short, and without the feed's own, which is said already."""
    own = f"{shown} "
    detail = f"it {detail.removeprefix(own)}" if detail.startswith(own) else detail
    return shortened(detail, LONGEST_DETAIL).removesuffix(".")


def _day(moment: datetime | None) -> str:
    return "it was added" if moment is None else f"{moment:%-d %b %Y}"
