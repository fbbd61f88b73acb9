"""Documents as the worst feed, vendor name or overlay entry could make them.

`ATTACKS` are strings with a meaning somewhere: to Slack, to Matrix clients, to a terminal, to rich.
"""

from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from bot.core.document import (
    Actions,
    Block,
    Bullets,
    Button,
    Divider,
    Document,
    FieldRow,
    Fields,
    Footnote,
    Handle,
    Heading,
    Inline,
    Inlines,
    Item,
    Link,
    Paragraph,
    Preformatted,
    Quote,
    Struck,
    Text,
    Typed,
    plain,
    runs,
)

_T = TypeVar("_T")

thoroughly = settings(
    max_examples=max(10, settings().max_examples // 2),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)

ATTACKS = (
    "<!channel>",
    "<!here|x>",
    "<@U012AB3CD>",
    "<#C012AB3CD|general>",
    "<!subteam^S012AB3CD>",
    "&lt;!channel&gt;",
    "<https://evil.example|bank.example>",
    "*bold* _italic_ ~struck~ `code`",
    "```",
    "> quoted",
    ":warning:",
    "@channel @here @everyone",
    "</p><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "<!--",
    "&#60;b&#62;",
    "@room",
    "@ROOM!",
    "@",
    "room",
    "@alice:example.org",
    "#general:example.org",
    "https://matrix.to/#/@alice:example.org",
    "matrix:u/alice:example.org",
    "\x1b[31mred\x1b[0m",
    "\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\x1b]0;title\x07",
    "\x9b31m",
    "\x07\x08\x7f\x00",
    "[bold red]loud[/bold red]",
    "[link=https://evil.example]bank[/link]",
    "\u202egnp.exe\u202c",
    "\u2066\u2067\u2069",
    "a\u200bb\u2060c\ufeff",
    "\u200d\u200c",
    "\u3164",
    "\U000e0041\U000e0042",
    "one\r\ntwo\u2028three\x85four",
    "\ud800",
    "\uffff",
    "|",
    "\t",
    " ",
    "",
)

ADDRESSES = (
    "https://example.org/a?b=c&d=e#f",
    "http://example.org",
    "HTTPS://EXAMPLE.ORG/",
    "https://example.org/@room",
    "https://social.example/@alice:example.org",
    "https://matrix.to/#/@alice:example.org",
    "https://MATRIX.TO/#/!room:example.org",
    "https://app.client.example/#/user/%40alice%3Aexample.org",
    "https://bank.example@evil.example/",
    "https://例え.example/路",
    "https://example.org/it's",
    "https://example.org/a|b>c",
    'https://example.org/" onmouseover="x',
    "https://example.org/\x1b\\",
    "https://example.org/\u202e",
    "https://example.org/" + "long" * 1000,
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "mailto:a@example.org",
    "//example.org",
    "https://",
    "https://[::1",
    "",
)


def texts(longest: int = 1) -> SearchStrategy[str]:
    """Give attacks, any characters at all, and both run together, up to `longest` times over."""
    piece = st.sampled_from(ATTACKS) | st.text(max_size=12)
    once = st.lists(piece, max_size=4).map("".join)
    if longest == 1:
        return once
    return st.builds(lambda text, times: text * times, once, st.sampled_from((1, 40, longest)))


def documents(longest: int = 1, most: int = 5) -> SearchStrategy[Document]:
    """Give documents of every shape, empty runs, lists and blocks among them."""
    text = texts(longest)
    addresses = st.sampled_from(ADDRESSES) | text.map("https://example.org/{}".format)
    inline: SearchStrategy[Inline] = (
        st.builds(Text, text, st.booleans())
        | st.builds(Link, text, addresses)
        | st.builds(Struck, text)
        | st.builds(Handle, text, st.sampled_from(("channel", "person")))
        | st.builds(Typed, text, st.booleans())
    )
    run: SearchStrategy[Inlines] = _tuples(inline, 4)
    sign = text | st.sampled_from(("", "📄", "❌", "❌\ufe0f", "1\ufe0f\u20e3", "👍🏽"))
    block: SearchStrategy[Block] = (
        st.builds(Heading, run)
        | st.builds(Paragraph, run)
        | st.builds(Fields, _tuples(st.builds(FieldRow, text, run), most))
        | st.builds(Bullets, _tuples(st.builds(Item, run, _tuples(run, 3)), most))
        | st.builds(Quote, run)
        | st.builds(Preformatted, st.lists(text, max_size=most).map("\n".join))
        | st.just(Divider())
        | st.builds(Footnote, run)
        | st.builds(Actions, _tuples(st.builds(Button, text, text, sign), most))
    )
    return st.builds(Document, text, _tuples(block, most))


def readable_documents() -> SearchStrategy[Document]:
    """Give small documents of plain words."""
    word = st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=9)
    text = st.lists(word, min_size=1, max_size=5).map(" ".join)
    link = st.builds(Link, text, word.map("https://example.org/{}".format))
    inline: SearchStrategy[Inline] = st.builds(Text, text, st.booleans()) | link
    run: SearchStrategy[Inlines] = st.lists(
        inline | st.just(Text(" ")) | st.builds(Struck, text) | st.builds(Typed, text),
        min_size=1,
        max_size=3,
    ).map(tuple)
    item = st.builds(Item, run, _tuples(run, 2))
    button = st.builds(Button, text, word.map("vendor {}".format), st.sampled_from(("", "📄")))
    block: SearchStrategy[Block] = (
        st.builds(Heading, run)
        | st.builds(Paragraph, run)
        | st.builds(Fields, _tuples(st.builds(FieldRow, text, run), 3))
        | st.builds(Bullets, _tuples(item, 3))
        | st.builds(Quote, run)
        | st.builds(Preformatted, st.lists(text, min_size=1, max_size=3).map("\n  ".join))
        | st.just(Divider())
        | st.builds(Footnote, run)
        | st.builds(Actions, _tuples(button, 3))
    )
    return st.builds(Document, text, _tuples(block, 5))


def words_of(document: Document) -> set[str]:
    """Give every word that a reader of the blocks should find."""
    parts = [part for block in document.blocks for run in runs(block) for part in run]
    return {word for part in parts for word in plain((part,)).split()}


def _tuples(of: SearchStrategy[_T], most: int) -> SearchStrategy[tuple[_T, ...]]:
    return st.lists(of, max_size=most).map(tuple)
