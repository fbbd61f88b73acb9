"""Thirty-two invented pages, numbered from 1 in this order.

The rule, fixed before anything was tried on them: pages of odd numbers are developed on and
asserted by the tests; pages of even numbers are only reported (`python -m tests.bench.articles`).
"""

from collections.abc import Callable

from tests.feeds.layouts import kinds, odd, plain, press
from tests.feeds.layouts.page import Page
from tests.feeds.layouts.words import Writer

LAYOUTS: tuple[tuple[Callable[[Writer], Page], str], ...] = (
    (plain.semantic, "en"),
    (plain.soup, "en"),
    (plain.siblings, "en"),
    (plain.inline_links, "en"),
    (plain.comments, "en"),
    (plain.tag_clouds, "en"),
    (plain.endless, "en"),
    (plain.data_only, "en"),
    (press.adverts, "en"),
    (press.live_blog, "en"),
    (press.listicle, "en"),
    (press.interview, "en"),
    (press.tables, "en"),
    (press.amp, "en"),
    (press.chinese, "zh"),
    (press.russian, "ru"),
    (kinds.german, "de"),
    (kinds.arabic, "ar"),
    (kinds.government, "en"),
    (kinds.court, "en"),
    (kinds.wordpress, "en"),
    (kinds.ghost, "en"),
    (kinds.letter, "en"),
    (kinds.stories, "en"),
    (odd.read_in_the_middle, "en"),
    (odd.transcript, "en"),
    (odd.short, "en"),
    (odd.captions, "en"),
    (odd.footnotes, "en"),
    (odd.wire, "en"),
    (odd.forum, "en"),
    (odd.portal, "en"),
)
NUMBERS = range(1, len(LAYOUTS) + 1)
DEVELOPED = NUMBERS[::2]
REPORTED = NUMBERS[1::2]


def name(number: int) -> str:
    """Give what a layout is called."""
    return LAYOUTS[number - 1][0].__name__


def build(number: int, seed: int = 0) -> Page:
    """Give a page of this number; another seed gives other words, names and lengths."""
    layout, lang = LAYOUTS[number - 1]
    return layout(Writer(seed, lang))
