"""What all invented pages share: the record, and small pieces of markup."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from tests.feeds.layouts.words import Writer

HERE = "https://shopper.example/2026/cranes"


@dataclass(frozen=True, slots=True)
class Page:
    """A page, the companies its article names, and the others with the place each is named in."""

    body: str | bytes
    title: str
    inside: tuple[str, ...]
    outside: dict[str, str]
    url: str = HERE
    charset: str | None = None
    content_type: str | None = "text/html"


def page(writer: Writer, title: str, content: str, head: str = "", attributes: str = "") -> Page:
    """Give a whole page around its content, with the site's name behind the title."""
    html = (
        f"<!DOCTYPE html><html lang='{writer.lang}' {attributes}><head><meta charset='utf-8'>"
        f"<title>{escape(title)} | The Shopper</title>{head}</head><body>{content}</body></html>"
    )
    return Page(html, title, tuple(writer.inside), dict(writer.outside))


def paragraphs(texts: Iterable[str], tag: str = "p", attributes: str = "") -> str:
    """Give each text in an element of its own."""
    space = " " if attributes else ""
    return "\n".join(f"<{tag}{space}{attributes}>{escape(each)}</{tag}>" for each in texts)


def links(texts: Iterable[str], tag: str = "li") -> str:
    """Give each text as a link to another page, in an element of its own."""
    return "".join(
        f"<{tag}><a href='/2026/other-{n}'>{escape(each)}</a></{tag}>"
        for n, each in enumerate(texts)
    )


def nav(writer: Writer) -> list[str]:
    """Give what stands in a site's menu."""
    return ["News", "Ports", f"{writer.other('nav')} watch", "Sport", "Subscribe"]
