"""Reduce invented pages to their articles: what was found, what leaked, and how long it took.

    python -m tests.bench.articles [--seeds 6] [--every]

Pages of odd numbers were developed on, those of even numbers are only reported (the rule is in
`tests/feeds/layouts`). Each is built with several seeds, and then once more without a class name,
without HTML's elements for the parts of a page, without either, without an <h1> and without a
title. Prints a line for each page (`--every`: those without an error as well) and the totals of
both halves, then the time of a page. Ends with 1 if something was lost or leaked as built.
"""

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from statistics import quantiles

from bot.feeds.extraction.decoding import decode
from bot.feeds.extraction.extract import extract
from tests.feeds.layouts import DEVELOPED, REPORTED, build, name
from tests.feeds.layouts.page import Page

_NAMES = re.compile(r"\s(?:class|id|role|aria-label|data-[\w-]+)='[^']*'")
_PARTS = re.compile(r"<(/?)(?:article|main|aside|section|nav|header|footer|figure|figcaption)\b")


def say(line: str) -> None:
    """Print a line of the report."""
    sys.stdout.write(f"{line}\n")


def unnamed(html: str) -> str:
    """Take every class name, id, role and data attribute away."""
    return _NAMES.sub("", html)


def divided(html: str) -> str:
    """Make divisions of the elements that say what a part of a page is."""
    return _PARTS.sub(r"<\1div", html)


VARIANTS: dict[str, Callable[[str], str]] = {
    "as built": str,
    "without names": unnamed,
    "divisions only": divided,
    "neither": lambda html: divided(unnamed(html)),
    "without <h1>": lambda html: re.sub(r"<(/?)h1\b", r"<\1h2", html),
    "without title": lambda html: re.sub(r"<title>.*?</title>", "", html),
}


def pages(number: int, seeds: int, change: Callable[[str], str] = str) -> Iterator[Page]:
    """Give a layout's pages, changed; changed pages are text, so that their encoding is right."""
    for seed in range(seeds):
        page = build(number, seed)
        if change is not str:
            html = page.body if isinstance(page.body, str) else decode(page.body, page.charset)
            page = replace(page, body=change(html))
        yield page


def read(page: Page, took: list[float]) -> tuple[list[str], list[str]]:
    """Give the companies lost and the places that leaked."""
    body = page.body.encode() if isinstance(page.body, str) else page.body
    started = time.process_time()
    article = extract(body, page.url, page.charset, page.content_type)
    took.append(time.process_time() - started)
    lost = [firm for firm in page.inside if firm not in article.text]
    leaked = [place for firm, place in page.outside.items() if firm in article.text]
    return lost, leaked


def half(numbers: range, seeds: int, took: list[float], *, every: bool) -> int:
    """Print what became of one half; give the number of errors on its pages as built."""
    errors = 0
    for variant, change in VARIANTS.items():
        total: Counter[str] = Counter()
        for number in numbers:
            lost, places = 0, Counter[str]()
            for page in pages(number, seeds, change):
                missing, leaked = read(page, took)
                lost += len(missing)
                places.update(leaked)
                total.update(pages=1, inside=len(page.inside), outside=len(page.outside))
            if every or lost or places:
                told = ", ".join(f"{place} {count}" for place, count in places.items())
                say(
                    f"  {number:2} {name(number):20} {variant:16} lost {lost:2}  leaked {told or 0}"
                )
            total.update(lost=lost, leaked=places.total())
        say(
            f"  {variant:16} {total['pages']} pages: found {total['inside'] - total['lost']} of "
            f"{total['inside']} companies, leaked {total['leaked']} of {total['outside']}"
        )
        errors += (total["lost"] + total["leaked"]) * (change is str)
    return errors


def main() -> int:
    """Read the options, print the tables; give the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seeds", type=int, default=6, help="pages of each layout")
    parser.add_argument("--every", action="store_true", help="print pages without errors as well")
    options = parser.parse_args()
    took: list[float] = []
    extract(b"<p>The first page pays for what is compiled and loaded only once.</p>")
    errors = 0
    for called, numbers in (("developed on (odd)", DEVELOPED), ("reported (even)", REPORTED)):
        say(called)
        errors += half(numbers, options.seeds, took, every=options.every)
    times = quantiles(took, n=100)
    say(
        f"{len(took)} pages, ms of processor time a page: p50 {1e3 * times[49]:.1f}, "
        f"p99 {1e3 * times[98]:.1f}, longest {1e3 * max(took):.1f}"
    )
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
