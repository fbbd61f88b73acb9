"""The invented pages that were developed on: every company of the article, and no other."""

import pytest

from bot.feeds.extraction.extract import extract
from tests.bench.articles import VARIANTS, divided, pages
from tests.feeds.layouts import DEVELOPED, NUMBERS, build, name

# "as built" comes with the bytes as they would be sent; the others have lost what helps.
CHANGED = ["without <h1>", "without title", "divisions only"]


@pytest.mark.parametrize("number", DEVELOPED, ids=name)
def test_every_company_of_an_article_is_found_and_no_other(number: int) -> None:
    for page in pages(number, 3):
        article = extract(page.body, page.url, page.charset, page.content_type)
        leaked = {place for firm, place in page.outside.items() if firm in article.text}
        assert leaked == set()
        assert [firm for firm in page.inside if firm not in article.text] == []
        assert article.title == page.title


@pytest.mark.parametrize("variant", CHANGED)
@pytest.mark.parametrize("number", DEVELOPED, ids=name)
def test_the_same_page_with_less_to_go_by_gives_the_same_companies(
    number: int, variant: str
) -> None:
    for page in pages(number, 1, VARIANTS[variant]):
        text = extract(page.body, page.url).text
        assert [place for firm, place in page.outside.items() if firm in text] == []
        assert [firm for firm in page.inside if firm not in text] == []


@pytest.mark.parametrize("number", DEVELOPED, ids=name)
def test_what_a_reader_sees_outside_the_article_is_kept_aside(number: int) -> None:
    unseen = {"alt", "data", "consent"}
    page = build(number)
    article = extract(page.body, page.url, page.charset, page.content_type)
    missing = {place for firm, place in page.outside.items() if firm not in article.aside}
    assert missing <= unseen
    assert [firm for firm in page.inside if firm in article.aside] == []


def test_a_layout_gives_the_same_page_for_the_same_seed_and_names_nobody_twice() -> None:
    for number in NUMBERS:
        page = build(number, 3)
        assert page == build(number, 3)
        assert page != build(number, 4)
        assert not set(page.inside) & set(page.outside)
        assert len(page.inside) >= 2
        assert len(page.outside) >= 3


def test_a_variant_takes_away_what_it_says() -> None:
    html = "<main class='x'><article id='y'><p>Soup</p></article></main>"
    assert VARIANTS["neither"](html) == divided("<main><article><p>Soup</p></article></main>")
    assert VARIANTS["neither"](html) == "<div><div><p>Soup</p></div></div>"
