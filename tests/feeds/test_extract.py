"""What is taken for the article of a page, and what is not."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import FeedError
from bot.feeds.extraction.extract import Article, cut, decode, extract
from tests.feeds import pages

HERE = "https://shopper.example/here"
OUTSIDE = ("Naved", "Teasehead", "Teasetext", "Teaseonly", "Tagged", "Commented", "Footed")
MORE = "Nobody could say why, and the auditors asked for a register that all can read."
PROSE = "The harbour board counted its cranes twice and came to two different numbers on Monday. "


def leaked(text: str) -> list[str]:
    return [name for name in OUTSIDE if name in text]


def page(content: str, title: str = pages.TITLE) -> str:
    return f"<html><head><title>{title}</title></head><body>{content}</body></html>"


# ------------------------------------------------------------------------------- pages


@pytest.mark.parametrize("url", [HERE, None])
@pytest.mark.parametrize("body", pages.BODIES)
@pytest.mark.parametrize("layout", pages.LAYOUTS)
def test_only_the_article_of_a_page_is_read(layout: str, body: str, url: str | None) -> None:
    article = extract(pages.LAYOUTS[layout](pages.TITLE, pages.BODIES[body]), url)
    assert leaked(article.text) == []
    assert "Bodyfirst" in article.text
    assert "Bodylast" in article.text
    assert article.title == pages.TITLE
    assert pages.TITLE in article.text


def test_the_same_page_always_gives_the_same_text() -> None:
    html = pages.bare(pages.TITLE, pages.LONG)
    extract(pages.soup(pages.TITLE, pages.SHORT), HERE)
    assert extract(html, HERE) == extract(html, HERE)


def test_a_caption_is_part_of_the_article() -> None:
    figure = "<figure><img src='x'><figcaption>A crane, made by Bodypart.</figcaption></figure>"
    html = page(f"<article><h1>{pages.TITLE}</h1><p>{PROSE}</p>{figure}<p>{MORE}</p></article>")
    lines = extract(html, HERE).text.splitlines()
    assert lines == [pages.TITLE, PROSE.strip(), "A crane, made by Bodypart.", MORE]


def test_a_list_of_companies_in_the_article_is_part_of_it() -> None:
    names = ("Bodyone", "Bodytwo", "Bodythree")
    firms = "".join(f"<li><a href='/{name}'>{name}</a> makes cranes</li>" for name in names)
    html = page(
        f"<article><h1>{pages.TITLE}</h1><p>{PROSE}</p><ul>{firms}</ul><p>{MORE}</p></article>"
    )
    text = extract(html, HERE).text
    assert all(name in text for name in names)


def test_a_subheading_that_is_a_link_is_part_of_the_article() -> None:
    html = page(
        f"<article><h1>{pages.TITLE}</h1><p>{PROSE}</p><h2><a href='/firm'>Bodypart</a></h2>"
        f"<p>{MORE}</p></article>"
    )
    assert "Bodypart" in extract(html, HERE).text


def test_a_page_may_leave_its_body_element_out() -> None:
    html = (
        f"<!doctype html><title>{pages.TITLE}</title><article><h1>{pages.TITLE}</h1><p>{PROSE}</p>"
        f"<p>{MORE}</p></article><div>Bye</div>"
    )
    assert extract(html, HERE).text.splitlines() == [pages.TITLE, PROSE.strip(), MORE]


@pytest.mark.parametrize("heading", ["", f"<h1>{pages.TITLE}</h1>"])
def test_of_a_page_with_a_short_article_the_rest_is_not_taken_as_well(heading: str) -> None:
    other = (
        pages.TEASER * 2 if heading else "Teasetext sells pots to any harbour that asks for them."
    )
    html = page(f"<article>{heading}<p>{PROSE}</p><p>{MORE}</p></article><div><p>{other}</p></div>")
    text = extract(html, HERE).text
    assert leaked(text) == []
    assert MORE in text


def test_a_list_of_links_with_numbers_after_the_article_is_not_the_article() -> None:
    counted = "".join(f"<li><a href='/{n}'>{n}</a> twelve stories</li>" for n in ("Tagged", "Soup"))
    html = pages.with_piece(pages.TITLE, pages.LONG, f"<ul>{counted}</ul>", "after")
    assert leaked(extract(html, HERE).text) == []


def test_text_that_a_page_has_in_its_data_only_is_found() -> None:
    data = f'{{"@type": "NewsArticle", "articleBody": "{PROSE * 2}Bodypart said so."}}'
    html = page(f"<script type='application/ld+json'>{data}</script><div id='app'></div>")
    assert "Bodypart" in extract(html, HERE).text


@pytest.mark.parametrize(
    "hidden",
    [
        "<div hidden>{}</div>",
        "<div style='display: none'>{}</div>",
        "<div aria-hidden='true'>{}</div>",
        "<template>{}</template>",
        "<div role='navigation'>{}</div>",
        "<dialog open>{}</dialog>",
    ],
)
def test_what_a_reader_does_not_see_is_not_read(hidden: str) -> None:
    secret = hidden.format("<p>Teasetext sells cranes to every harbour that wants to buy them.</p>")
    html = page(f"<article><h1>{pages.TITLE}</h1><p>{PROSE}</p>{secret}<p>{MORE}</p></article>")
    assert leaked(extract(html, HERE).text) == []


@pytest.mark.parametrize("body", pages.BODIES)
@pytest.mark.parametrize("where", ["before", "middle", "after"])
@pytest.mark.parametrize("piece", pages.LINKS)
def test_links_to_other_news_are_not_the_article(piece: str, where: str, body: str) -> None:
    html = pages.with_piece(pages.TITLE, pages.BODIES[body], pages.LINKS[piece], where)
    text = extract(html, HERE).text
    assert leaked(text) == []
    assert "Bodylast" in text


@pytest.mark.parametrize("body", pages.BODIES)
@pytest.mark.parametrize("where", ["middle", "after"])
@pytest.mark.parametrize(
    "name",
    ["related", "comments", "most-read", "ads", "sponsored", "promo-box", "see-also", "read-more",
     "trending", "outbrain", "more-stories", "recommended"],
)  # fmt: skip
def test_a_part_named_as_something_else_is_not_the_article(
    name: str, where: str, body: str
) -> None:
    part = f"<div class='x {name}'><p>{pages.TEASER}</p><p>{pages.TEASER} Again.</p></div>"
    html = pages.with_piece(pages.TITLE, pages.BODIES[body], part, where)
    text = extract(html, HERE).text
    assert leaked(text) == []
    assert "Bodylast" in text


@pytest.mark.parametrize("name", ["teaser", "newsletter", "latest", "tags"])
def test_a_name_that_articles_have_too_takes_out_the_lesser_part_only(name: str) -> None:
    part = f"<div id='{name}'><p>{pages.TEASER}</p></div>"
    html = pages.with_piece(pages.TITLE, pages.LONG, part, "middle")
    assert leaked(extract(html, HERE).text) == []
    article = f"<div class='{name}'><p>{PROSE * 3}</p></div><div><p>{MORE}</p></div>"
    assert PROSE in extract(page(f"<h1>{pages.TITLE}</h1>{article}"), HERE).text


def test_a_class_name_that_lies_does_not_cost_the_article() -> None:
    around = f"<div class='related'><h1>{pages.TITLE}</h1><p>{PROSE}</p></div><p>{MORE}</p>"
    assert PROSE.strip() in extract(page(around), HERE).text
    alone = f"<h1>{pages.TITLE}</h1><div class='related'><p>{PROSE}</p></div>"
    assert PROSE.strip() in extract(page(alone), HERE).text


def test_a_box_of_other_news_goes_with_all_its_paragraphs() -> None:
    box = f"<div><h4>Most read</h4><p>{pages.TEASER}</p><p>{pages.TEASER} Again.</p></div>"
    html = pages.with_piece(pages.TITLE, pages.LONG, box, "middle")
    text = extract(html, HERE).text
    assert leaked(text) == []
    assert "Bodylast" in text


def test_a_box_within_the_article_does_not_take_the_article_with_it() -> None:
    body = (
        f"<div><p>{PROSE * 2}</p><div><h4>Related</h4><p>Soup.</p></div><p>{PROSE}{MORE}</p></div>"
    )
    text = extract(page(f"<div><h1>{pages.TITLE}</h1></div>{body}<p>{MORE}</p>"), HERE).text
    assert (PROSE * 2).strip() in text
    assert "Soup" not in text


def test_a_sentence_that_begins_with_a_link_is_part_of_the_article() -> None:
    item = "<ul><li><a href='/x'>The paper said on Monday</a> that Bodypart had gone.</li></ul>"
    html = pages.with_piece(pages.TITLE, pages.LONG, item, "middle")
    assert "Bodypart" in extract(html, HERE).text


def test_a_teaser_that_is_called_an_article_is_not_taken_for_the_page() -> None:
    teaser = f"<article><h3>Soup</h3><p>{pages.TEASER}</p><p>{pages.TEASER}!</p></article>"
    html = pages.with_piece(pages.TITLE, pages.LONG, teaser, "before")
    assert "Bodylast" in extract(html, HERE).text


def test_a_heading_that_links_to_itself_is_part_of_the_article() -> None:
    for href in ("#found", f"{HERE}?utm_source=x#found", "/here"):
        heading = f"<h2><a href='{href}'>What Bodypart has found there</a></h2>"
        html = pages.with_piece(pages.TITLE, pages.LONG, heading, "middle")
        assert "Bodypart" in extract(html, HERE).text


def test_a_heading_of_a_news_box_within_a_sentence_is_a_word() -> None:
    html = page(f"<article><h1>{pages.TITLE}</h1><p>Bodypart was the <b>latest</b> to say so.</p>"
                f"<p>{MORE}</p></article>")  # fmt: skip
    assert "Bodypart" in extract(html, HERE).text


# ------------------------------------------------------------------------------ titles


@pytest.mark.parametrize(
    "head",
    [
        "<title>Cranes counted twice | The Shopper</title>",
        "<title>The Shopper</title><meta property='og:title' content='Cranes counted twice'>",
        "<title>Cranes counted twice</title>",
    ],
)
def test_the_headline_is_what_the_page_calls_itself(head: str) -> None:
    html = (
        f"<html><head>{head}</head><body><header><h1>The Shopper of Springfield</h1></header>"
        f"<h2>Cranes counted twice</h2><p>{PROSE}</p></body></html>"
    )
    assert extract(html, HERE).title == "Cranes counted twice"


def test_without_a_title_the_first_heading_is_the_headline() -> None:
    assert extract(f"<body><h1>Cranes</h1><p>{PROSE}</p></body>", HERE).title == "Cranes"


def test_a_headline_that_only_the_head_of_the_page_has_is_searched_too() -> None:
    html = page(f"<p>{PROSE * 3}</p>", title="Headfirm fined over cranes - The Shopper")
    article = extract(html, HERE)
    assert article.title == "Headfirm fined over cranes"
    assert article.text.startswith("Headfirm fined over cranes\n")


# ---------------------------------------------------------------------- odd and hostile


@pytest.mark.parametrize("html", ["", " ", "<html></html>", b"", b"\x00", "<!-- x -->"])
def test_a_page_without_text_is_an_error(html: str | bytes) -> None:
    with pytest.raises(FeedError, match=r"https://shopper\.example/here has no text to read"):
        extract(html, HERE)


@pytest.mark.parametrize(
    ("head", "charset", "codec"),
    [
        ("", None, "utf-8"),
        ("", None, "utf-8-sig"),
        ("", None, "utf-16"),
        ("<meta charset='windows-1251'>", None, "windows-1251"),
        ("", "KOI8-R", "koi8-r"),
        ("<meta charset='utf-8'>", "koi8-r", "koi8-r"),
        ("", "no-such-codec", "utf-8"),
    ],
)
def test_pages_are_decoded_as_declared(head: str, charset: str | None, codec: str) -> None:
    html = f"<html><head>{head}<title>Краны</title></head><body>Краны</body></html>"
    assert "Краны" in decode(html.encode(codec), charset)


def test_a_charset_that_is_no_text_encoding_is_not_used() -> None:
    assert decode(b"caf\xe9", "punycode") == "café"
    assert decode(b"caf\xe9", "zip") == "café"


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 100_000 + "x",
        "<ul>" + "<li><a href='/x'>Comments</a></li>" * 9_000,
        f"<p>{PROSE * 9}</p>" + "<p>Tags</p>" * 30_000 + f"<p>Bodylast {PROSE}</p>",
        "\n" * 100_000 + "Soup is hot...<br>" * 3_000 + f"<p>{PROSE * 9}</p>",
    ],
    ids=["deep", "list", "many", "mixed"],
)
def test_a_page_without_end_is_read_in_good_time(html: str) -> None:
    started = time.process_time()
    extract(page(html), HERE)
    assert time.process_time() - started < 5


@settings(max_examples=25, deadline=None)
@given(st.text(alphabet="<>/ap divh1\"'=& xé\x00漢\ud800", max_size=200))
def test_no_markup_breaks_the_reader(markup: str) -> None:
    try:
        article = extract(f"<html><title>t</title>{markup}", HERE)
    except FeedError:
        return
    assert isinstance(article, Article)
    article.text.encode()


# --------------------------------------------------------------------------------- cut


@pytest.mark.parametrize("body", pages.BODIES)
def test_a_copied_article_loses_what_follows_it_and_nothing_else(body: str) -> None:
    text = pages.as_text(pages.BODIES[body])
    kept = cut(text)
    assert leaked(kept) == []
    assert text.startswith(kept.rstrip())
    assert kept.rstrip().endswith(pages.BODIES[body][-1])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from((*pages.LONG, "Related", "Tags: x", "Soup is hot…", "", "Ad"))))
def test_cutting_drops_whole_lines_and_changes_none(lines: list[str]) -> None:
    text = "\r\n".join(lines)
    kept = cut(text)
    rest = iter(text.splitlines(keepends=True))
    assert all(line in rest for line in kept.splitlines(keepends=True))


@pytest.mark.parametrize(
    "heading",
    [
        "Most Read This Week", "Latest Biometrics News", "RELATED ARTICLES:", "» More stories «",
        "Leave a Reply", "12 Comments", "You may also like", "Das könnte Sie auch interessieren",
        "Meistgelesen", "Les plus lus", "Lo más leído", "Самое читаемое", "Читайте также",
        "相关阅读", "热门文章", "関連記事", "관련 기사", "الأكثر قراءة",
    ],
)  # fmt: skip
def test_a_heading_of_another_section_ends_the_article(heading: str) -> None:
    text = f"{PROSE * 6}\n\n{heading}\n\nTeasehead cameras removed\n"
    assert leaked(cut(text)) == []


@pytest.mark.parametrize(
    "line",
    [
        "The latest news from the harbour is that nothing has changed since Monday.",
        "Related party transactions",
        "Comments by the board were not to be had.",
        "Most affected were the cranes.",
        "Recommended measures",
        "Topics raised by the auditors",
    ],
)
def test_a_sentence_or_heading_of_the_article_ends_nothing(line: str) -> None:
    text = f"{PROSE * 6}\n\n{line}\n\nBodylast came last.\n"
    assert cut(text) == text


def test_a_menu_before_the_article_does_not_end_it() -> None:
    text = f"Most read\nLatest news\nTopics\n{pages.TITLE}\n{PROSE * 6}\nBodylast came last.\n"
    assert "Bodylast" in cut(text)


def test_an_article_that_has_only_begun_is_not_over() -> None:
    text = f"{PROSE * 2}\nRelated\n{PROSE * 4}\nBodylast came last.\n"
    assert cut(text) == text


def test_an_article_goes_on_after_a_box_in_its_middle() -> None:
    box = "Related stories\nTeasehead cameras removed\nTeasetext sells soup pots"
    text = f"{PROSE * 6}\n{box}\n{PROSE * 2}\n{PROSE * 2}\nBodylast came last.\n"
    kept = cut(text)
    assert leaked(kept) == []
    assert "Bodylast" in kept


def test_an_article_goes_on_after_an_advert() -> None:
    text = f"{PROSE}\nAdvertisement\nTeasetext: cranes for less!\n{PROSE}\nBodylast came last.\n"
    kept = cut(text)
    assert leaked(kept) == []
    assert "Bodylast" in kept


@pytest.mark.parametrize(
    "line",
    ["Tags: Tagged, cranes", "Topics: Tagged | ports | law", "Filed under: Tagged",
     "Read more: Teasehead cameras removed", "友情链接：Tagged", "Schlagworte: Tagged",
     "The post Cranes appeared first on Tagged Watch."],
)  # fmt: skip
def test_labelled_lines_are_dropped_wherever_they_stand(line: str) -> None:
    assert leaked(cut(f"{PROSE}\n{line}\n{PROSE}")) == []


def test_teasers_that_break_off_go_with_their_headlines() -> None:
    for dots in ("…", "...", "[…]", "… Read more"):
        text = f"{PROSE * 4}\n\nTeasehead cameras removed\n\nTeasetext has sold the last of{dots}\n"
        assert leaked(cut(text)) == []


def test_a_text_that_is_only_a_teaser_is_kept() -> None:
    text = "Acme wins tender\nThe board has given Acme the contract for…"
    assert cut(text) == text
