"""Invented newspaper pages: one article in several layouts, with a company named in each place.

Every place has a company of its own, so that a test can say which place leaked or was lost.
"""

from html import escape

TITLE = "Harbour board counts its cranes twice"

LONG = (
    (
        "The harbour board of Springfield has counted its cranes twice this year and came to two "
        "different numbers, a report to the town council said on Monday, and nobody knew why."
    ),
    (
        "One crane was found behind the fish hall, where it had stood under a tarpaulin since the "
        "spring. Its lights were supplied by Bodyfirst, a company from the next valley."
    ),
    "What the auditors found",
    (
        "The auditors wrote that the board keeps its records on paper and that two pages were "
        "missing. “We have long asked for a register that more than one person can read,” said the "
        "chief auditor, who has held the office for eleven years."
    ),
    (
        "The board rejected the criticism. It said that a crane is easily seen and that counting "
        "them has never cost the town a penny, while a register would have to be kept by somebody."
    ),
    (
        "Bodylast, which services the cranes, said in a statement that it had always billed for "
        "the right number of them and that it looks forward to the next count."
    ),
)
SHORT = (
    "The ferry will not sail on Sunday because its engine is being painted.",
    "Bodyfirst lent the brushes, and a second coat follows on Tuesday if the rain stays away.",
    "Passengers may use the bridge. Bodylast will open its car park to them.",
)
CHINESE = (
    "港务局今年两次清点起重机，得出的数字不同。审计人员说，记录仍写在纸上。",
    "Bodyfirst公司表示，一直按正确的数量收费，并期待下一次清点。",
    "Bodylast未回应。",
)
BODIES = {"long": LONG, "short": SHORT, "chinese": CHINESE}

TEASERS = (
    (
        "Teasehead cameras removed from council buildings",
        "Two councils have taken them down after…",
    ),
    ("Soup season starts early this year", "Leeks are cheap and Teasetext sells the pots to cook…"),
    ("Court hears Teaseonly appeal in spring", "The judge asked for more time..."),
)

# Longer than the shortest article.
COMMENT = (
    "Commented did it, and everybody who has ever stood at the harbour on a Monday knows that they "
    "did it, but nobody writes it down because the board would only count the cranes a third time "
    "and come to a third number, as it did in my grandfather's day."
)


def semantic(title: str, body: tuple[str, ...]) -> str:
    """Give a page that marks its parts as HTML means them."""
    return _page(
        title,
        f"<header><a href='/'>The Shopper</a>{_nav('nav')}</header>"
        f"<main><article><h1>{escape(title)}</h1>{_paragraphs(body)}"
        "<p>Tags: Tagged | harbour | cranes</p></article></main>"
        f"<aside><h3>Most read</h3><ul>{_items()}</ul></aside>"
        f"<section id='comments'><h3>2 comments</h3><p>{COMMENT}</p><p>{COMMENT}</p></section>"
        "<footer><p>Also by this site: Footed and the old mill</p></footer>",
    )


def hinted(title: str, body: tuple[str, ...]) -> str:
    """Give a page of divisions with classes, as publishing systems write them."""
    return _page(
        title,
        f"<div class='site-header'>The Shopper{_nav('div')}</div>"
        f"<div class='content-sidebar-wrap'><div class='entry with-sidebar'>"
        f"<h1 class='entry-title'><a href='https://shopper.example/here'>{escape(title)}</a></h1>"
        f"<div class='entry-content'>{_paragraphs(body)}</div>"
        "<div class='post-tags'><a href='/t'>Tagged</a> <a href='/u'>harbour</a></div>"
        "<div class='related-posts'><h3>From our pages</h3>"
        + "".join(f"<div class='card'><a href='/x'>{a}</a><p>{b}</p></div>" for a, b in TEASERS)
        + f"</div><div id='comments'><ol><li><p>{COMMENT}</p></li></ol>"
        "</div></div></div><div class='footer-widgets'><p>Footed and partners</p></div>",
        body_class="single comments-open has-sidebar",
    )


def soup(title: str, body: tuple[str, ...]) -> str:
    """Give a page of divisions without a word about what they are."""
    teasers = "".join(
        f"<div><div><a href='/x'>{a}</a></div><div>{b}</div></div>" for a, b in TEASERS
    )
    return _page(
        title,
        "<div><div><a href='/'>The Shopper</a></div><div><a href='/n'>News</a> "
        "<a href='/h'>Naved watch</a></div></div>"
        f"<div><div><div>{escape(title)}</div>{_paragraphs(body)}</div>"
        f"<div><div>Most Read This Week</div>{teasers}</div>"
        f"<div><div>3 Comments</div><div>{COMMENT}</div><div>{COMMENT}</div></div></div>"
        "<div><div>Topics: Tagged | harbour</div>"
        "<div><a href='/f'>Footed and partners</a></div></div>",
    )


def lists(title: str, body: tuple[str, ...]) -> str:
    """Give a page whose teasers are a list of headlines under no heading at all."""
    return _page(
        title,
        f"<div><ul><li><a href='/n'>News</a></li><li><a href='/h'>Naved watch</a></li></ul></div>"
        f"<div><h2>{escape(title)}</h2>{_paragraphs(body)}<ul>{_items()}</ul></div>",
    )


def bare(title: str, body: tuple[str, ...]) -> str:
    """Give a page whose teasers are paragraphs among the article's own."""
    teasers = "".join(f"<p>{a}</p><p>{b}</p>" for a, b in TEASERS)
    return _page(
        title,
        f"<div><h1>{escape(title)}</h1>{_paragraphs(body)}<p>Tags: Tagged, harbour</p>"
        f"<p>Latest Harbour News</p>{teasers}"
        f"<p>Leave a Reply</p><p>{COMMENT}</p></div>",
    )


def boxed(title: str, body: tuple[str, ...]) -> str:
    """Give a page with a box of teasers in the middle of its article."""
    middle = len(body) // 2
    box = "".join(f"<li><a href='/x'>{a}</a></li>" for a, _ in TEASERS)
    return _page(
        title,
        f"<article><h1>{escape(title)}</h1>{_paragraphs(body[:middle])}"
        f"<div><h4>Related stories</h4><ul>{box}</ul></div>"
        f"{_paragraphs(body[middle:])}</article>",
    )


TEASER = (
    "Teasetext said on Monday that it would sell its cranes to any harbour that wants them, and "
    "the harbours of the whole coast came to look at them in the spring rain."
)
_HEADLINE = "Teasehead cameras removed from council buildings"
_CARD = (
    f"<div><a href='/x'>{_HEADLINE}</a>"
    "<p>Teasetext and others have taken them down after a long review of the rules.</p></div>"
)
LINKS = {
    "paragraph": f"<p><a href='/x'>{_HEADLINE}</a></p>",
    "placeholder": f"<p><a href='#'>{_HEADLINE}</a></p>",
    "heading": f"<h3><a href='/x'>{_HEADLINE}</a></h3>",
    "division": f"<div><a href='/x'>{_HEADLINE}</a></div>",
    "list": f"<ul><li><a href='/x'>{_HEADLINE}</a></li></ul>",
    "tags": "<p><a href='/a'>Tagged</a>, <a href='/b'>harbours</a>, <a href='/c'>cranes</a></p>",
    "tag list": "<ul><li><a href='/a'>Tagged</a></li><li><a href='/b'>harbours</a></li></ul>",
    "card": _CARD,
    "cards": f"<div>{_CARD}{_CARD.replace('/x', '/y')}</div>",
}


def with_piece(title: str, body: tuple[str, ...], piece: str, where: str) -> str:
    """Give a page of one column with a piece before, after or in the middle of its article."""
    at = {"before": 0, "middle": len(body) // 2, "after": len(body)}[where]
    inner = f"{_paragraphs(body[:at])}{piece}{_paragraphs(body[at:])}"
    return _page(title, f"<div><h1>{escape(title)}</h1>{inner}</div>")


LAYOUTS = {each.__name__: each for each in (semantic, hinted, soup, lists, bare, boxed)}


def as_text(body: tuple[str, ...]) -> str:
    """Give an article as a reader's browser copies it, teasers and all."""
    teasers = "\n\n".join(f"{a}\n\n{b}" for a, b in TEASERS)
    return "\n\n".join(
        (
            "Shopper pixel",
            TITLE,
            *body,
            "Article Topics",
            " |   | ",
            "Latest Harbour News",
            "",
            teasers,
            "Leave a Reply",
            COMMENT,
            "Most Read This Week",
        )
    )


def _page(title: str, content: str, body_class: str = "") -> str:
    return (
        "<!DOCTYPE html><html><head><meta charset='utf-8'>"
        f"<title>{escape(title)} | The Shopper</title></head>"
        f"<body class='{body_class}'>{content}</body></html>"
    )


def _paragraphs(body: tuple[str, ...]) -> str:
    return "\n".join(
        f"<p>{escape(each)}</p>" if each[-1] in ".。”" else f"<h2>{escape(each)}</h2>"
        for each in body
    )


def _nav(tag: str) -> str:
    return (
        f"<{tag}><a href='/n'>News</a> <a href='/p'>Ports</a> <a href='/h'>Naved watch</a></{tag}>"
    )


def _items() -> str:
    return "".join(f"<li><a href='/x'>{a}</a><p>{b}</p></li>" for a, b in TEASERS)
