"""Taking out of a page what it marks itself as something else than its article.

The headline and all the prose there is are never taken out; on the word of a class name that is
sometimes given to articles, nor is the bulk of the prose.
"""

import re
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from bot.feeds.extraction.headings import is_aside, is_end, is_section
from bot.feeds.extraction.outline import BLOCKS, DROPPED, Outline, short_text
from bot.feeds.extraction.teasers import drop_cards, drop_links, drop_pointers, unlink_lists
from bot.feeds.links import clean_link

_NEVER_ARTICLE = (
    "nav aside footer menu dialog noscript template button select iframe object svg canvas audio "
    "video amp-ad amp-embed amp-sidebar amp-consent amp-next-page"
)
_ROLES = frozenset(("navigation", "complementary", "contentinfo", "search", "dialog", "menu"))
# Names of classes and ids that say what a block is. Whole words from the start of a name, so that
# "with-sidebar" and "no-comments" on an article mean nothing.
_SURE_HINT = re.compile(
    r"(?:related|sidebar|side-bar|most-?(?:read|popular|viewed)|recirc\w*|comments?|commentlist|"
    r"disqus\w*|respond|reader-comments|breadcrumbs?|nav|navbar|navigation|menu|footer|outbrain|"
    r"taboola|more-?(?:news|stories|articles)|pagination|pager|blogroll|popular|trending|promo\w*|"
    r"recommend\w*|advert\w*|ads?|ads(?:ense|by\w*)|ad-?(?:unit|slot|box)s?|sponsor\w*|read-?(?:more|next|also)|see-also|also-read|"
    r"up-?next|discussion|replies|jp-relatedposts|sharedaddy|widget)(?:[-_]\w*)*|(?:\w+[-_])+(?:comments|sidebar|related|adverts?|breadcrumbs?)",
    re.IGNORECASE,
)
_HINT = re.compile(
    r"(?:teasers?|newsletter|subscribe|share|sharing|social|tags?|taglist|topics|cookies?|consent|"
    r"gdpr|latest|sign-?up|cta|banner|author-?(?:bio|box)|partners?)(?:[-_]\w*)*|(?:\w+[-_])+(?:teasers?|tags)",
    re.IGNORECASE,
)
_HINTED = (
    "div", "section", "ul", "ol", "article", "table", "p", "header", "form", "ins", "figure", "dl"
)  # fmt: skip
_INLINE = frozenset(("a", "b", "em", "span", "strong"))
_HEADINGS = ("h2", "h3", "h4", "h5", "h6", "p", "div", "li", "dt", "td", "legend", *_INLINE)
# Elements that may be the heading of all that follows beside them.
_OVER_ALL = frozenset(("h2", "h3", "h4", "h5", "h6", "p", "div"))
# Elements that only scripts know, named after what they are (amp-sidebar), and adverts.
_CUSTOM = "//*[contains(name(), '-') or @*[starts-with(name(), 'data-ad')]]"
_LABELLED = 60
"""Words of a box with an advert's label above it; what is longer is the article again."""

# What stands under each comment, and under nothing else.
_REPLY = re.compile(
    r"reply|quote|report( abuse)?|antworten|répondre|responder|rispondi|reageer|odpowiedz|yanıtla|"
    r"ответить|відповісти|رد|回复|回覆|返信|답글",
    re.IGNORECASE,
)
_REPLIES = 2
_MOST_FIELDS = 1_000


def prune(tree: HtmlElement, headline: HtmlElement | None, url: str) -> None:
    """Take navigation, sidebars, comments, hidden parts, teaser boxes and link lists out.

    They are marked first and taken out when nothing of them is held any more: lxml frees the held
    elements of a part that was taken out in quadratic time.
    """
    page = Outline(tree, headline)
    _mark(page, tree, url)
    page.drop_remnants()
    page.name_article()
    del page
    etree.strip_elements(tree, DROPPED, with_tail=False)


def _mark(page: Outline, tree: HtmlElement, url: str) -> None:
    _drop_replies(page, tree)
    _drop_forms(page, tree)
    _drop_next_articles(page, tree)
    _drop_named(page, tree)
    for element in list(tree.iter(*_HEADINGS)):
        _drop_headed(page, element)
    here = clean_link(url)
    drop_pointers(page, tree, here)
    drop_cards(page, tree, here)
    drop_links(page, tree, here)
    unlink_lists(page, tree)


def _drop_headed(page: Outline, element: HtmlElement) -> None:
    """Drop what stands under an element, if that is the heading of something else."""
    heading = short_text(element) if element.tag != DROPPED and _is_alone(element) else ""
    if is_aside(heading):
        page.drop(page.box(element, _LABELLED))
    if not is_section(heading):
        return
    page.drop(page.box(element))
    if is_end(heading) and element.tag in _OVER_ALL and page.is_after_prose(element):
        for following in list(element.itersiblings()):
            page.drop(following)


def _drop_named(page: Outline, tree: HtmlElement) -> None:
    """Drop what the page itself hides or calls something else than its article."""
    for element in list(tree.iter(*_NEVER_ARTICLE.split())):
        page.drop(element)
    for element in list(tree.iter(*BLOCKS)):
        if _is_hidden(element):
            page.drop(element)
    for element in list(tree.iter(*_HINTED)):
        if _is_named(element, _SURE_HINT) or (_is_hinted(element) and not page.is_bulk(element)):
            page.drop(element)
    for element in tree.xpath(_CUSTOM):
        if _is_custom(element) and not page.is_bulk(element):
            page.drop(element)


def _drop_replies(page: Outline, tree: HtmlElement) -> None:
    """Drop the comments, where there are several blocks that each offer to reply."""
    offers = (
        each for each in tree.iter("a", "button", "span") if _REPLY.fullmatch(short_text(each))
    )
    blocks = [page.prose_around(each) for each in list(islice(offers, _MOST_FIELDS))]
    if len(blocks) >= _REPLIES:
        for block in blocks:
            page.drop(block)


def _drop_forms(page: Outline, tree: HtmlElement) -> None:
    """Drop small boxes in which something is asked for: letters to sign up for, mostly."""
    for field in list(islice(tree.iter("input", "textarea", "button"), _MOST_FIELDS)):
        # A button without words, or at a picture, shows more of the article.
        if field.get("type") == "hidden" or (field.tag == "button" and not short_text(field)):
            continue
        block = page.prose_around(field)
        if block is None or block.tag == "figure" or page.is_bulk(block):
            continue
        if page.prose(block) <= _LABELLED:
            page.drop(block)


def _drop_next_articles(page: Outline, tree: HtmlElement) -> None:
    """Drop what begins with another headline of the first order, outside the article's block."""
    for heading in list(tree.iter("h1")):
        if page.is_apart(heading):
            page.drop(page.box(heading))


def _is_hidden(element: HtmlElement) -> bool:
    style = element.get("style", "").replace(" ", "").lower()
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or element.get("role", "").lower() in _ROLES
        or "display:none" in style
        or "visibility:hidden" in style
    )


def _is_hinted(element: HtmlElement) -> bool:
    """Whether an element is named like something else, or is a site's header or a form."""
    if element.tag in ("header", "form"):
        return next(element.iterancestors("article", "main"), None) is None
    return _is_named(element, _HINT)


def _is_named(element: HtmlElement, hint: re.Pattern[str]) -> bool:
    names = f"{element.get('class', '')} {element.get('id', '')}".split()
    return any(hint.fullmatch(name[:100]) for name in names[:20])


def _is_custom(element: HtmlElement) -> bool:
    """Whether an element outside HTML, or with an advert's data, is named as something else."""
    if any(
        name.startswith(("data-ad-", "data-ads")) or name == "data-ad" for name in element.attrib
    ):
        return True
    names = str(element.tag).split("-")[1:] if "-" in str(element.tag) else []
    return any(_SURE_HINT.fullmatch(name) or _HINT.fullmatch(name) for name in names)


def _is_alone(element: HtmlElement) -> bool:
    """Whether an element may be a heading: not a word within a sentence, nor a whole block."""
    if len(element) > 3:
        return False
    parent = element.getparent()
    if element.tag not in _INLINE or parent is None:
        return True
    return parent.tag not in ("p", "li", "td") and not (
        (parent.text or "").strip() or (element.tail or "").strip()
    )
