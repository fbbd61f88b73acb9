"""A page's zones, what its host repeats on other pages, and what stands before an article."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import FeedError
from bot.feeds.extraction.article import Article, Note, in_zones, print_of, without
from bot.feeds.extraction.extract import extract
from tests.feeds import pages

HERE = "https://shopper.example/here"
PROSE = "The harbour board counted its cranes twice and came to two different numbers on Monday."
SECOND = "Nobody could say why, and the auditors asked for a register that all people can read."
THIRD = "The board answered that a crane is easily seen, and Bodylast said that this was true."
GIFT = "If you like what you read, the Giftbank takes what you can spare for our lamps."


def page(content: str, head: str = "", title: str = pages.TITLE) -> str:
    return f"<html><head><title>{title}</title>{head}</head><body>{content}</body></html>"


def told(*paragraphs: str) -> str:
    return "".join(f"<p>{each}</p>" for each in paragraphs)


# ------------------------------------------------------------------------------- zones


def test_an_article_is_its_title_its_first_two_paragraphs_and_the_rest() -> None:
    html = page(f"<article><h1>{pages.TITLE}</h1>{told(PROSE, SECOND, THIRD)}</article>")
    article = extract(html, HERE)
    assert article.title == pages.TITLE
    assert article.lead.splitlines() == [PROSE, SECOND]
    assert article.body == THIRD
    assert article.text.splitlines() == [pages.TITLE, PROSE, SECOND, THIRD]


def test_a_long_first_paragraph_is_the_lead_alone() -> None:
    article = in_zones("Cranes", f"{PROSE * 5}\n{SECOND}")
    assert article.lead == PROSE * 5
    assert article.body == SECOND


def test_what_stands_around_the_article_is_aside_and_the_article_is_not() -> None:
    article = extract(pages.semantic(pages.TITLE, pages.LONG), HERE)
    for name in ("Naved", "Teasehead", "Teasetext", "Teaseonly", "Commented", "Footed", "Tagged"):
        assert name in article.aside
    assert "Bodyfirst" not in article.aside
    assert "Bodylast" not in article.aside


def test_what_a_reader_does_not_see_is_not_aside_either() -> None:
    hidden = f"<div style='display: none'>{told(GIFT)}</div><script>Giftbank</script>"
    article = extract(page(f"<h1>{pages.TITLE}</h1>{told(PROSE, SECOND)}{hidden}"), HERE)
    assert "Giftbank" not in article.aside


def test_a_link_within_a_word_of_the_article_does_not_put_the_article_aside() -> None:
    linked = f"<p><a href='/bodypart'>Bodypart</a>’s <span>T</span>wo. {PROSE}</p>"
    article = extract(page(f"<h1>{pages.TITLE}</h1>{linked}{told(SECOND)}"), HERE)
    assert "Bodypart’s" in article.text
    assert "Bodypart" not in article.aside


def test_aside_has_an_end() -> None:
    rows = "".join(f"<div>row {n} of Springfield</div>" for n in range(6_000))
    article = extract(page(f"{told(PROSE, SECOND)}<footer>{rows}</footer>"), HERE)
    assert len(article.aside) == 100_000


# -------------------------------------------------------------------------- repetition


def test_the_same_paragraph_has_the_same_print_on_every_page() -> None:
    one, other = in_zones("One", f"{PROSE}\n{GIFT}"), in_zones("Other", f"{SECOND}\n {GIFT} ")
    assert set(one.prints) & set(other.prints) == {print_of(GIFT)}
    assert print_of("The lamps of the quay are lit.") == -8209635225232493262


@given(st.text())
def test_a_print_fits_a_signed_column_of_64_bits(text: str) -> None:
    assert -(2**63) <= print_of(text) < 2**63


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("Four words are few.", False),
        ("But five words are enough.", True),
        ("港务局今年两次清点起重机得出的数字不", False),
        ("港务局今年两次清点起重机，得出的数字不同两次。", True),
    ],
)
def test_short_lines_are_not_remembered(line: str, counts: bool) -> None:
    assert in_zones("", line).prints == ((print_of(line),) if counts else ())


def test_what_the_host_repeats_goes_aside() -> None:
    article = in_zones("Cranes", f"{PROSE}\n{GIFT}\n{SECOND}\n{THIRD}")
    left = without(article, frozenset({print_of(GIFT)}))
    assert "Giftbank" not in left.text
    assert "Giftbank" in left.aside
    assert left.text.splitlines() == ["Cranes", PROSE, SECOND, THIRD]
    assert left.prints == article.prints


def test_the_title_is_never_taken() -> None:
    article = in_zones(PROSE, f"{SECOND}\n{THIRD}\n{GIFT}")
    left = without(article, frozenset({print_of(PROSE), print_of(GIFT)}))
    assert left.title == PROSE
    assert "Giftbank" not in left.text


def test_an_article_that_the_host_shows_at_several_addresses_stays() -> None:
    article = in_zones("Cranes", f"{PROSE}\n{SECOND}\n{THIRD}")
    assert without(article, frozenset(article.prints)) == article
    assert without(article, frozenset(article.prints[:2])) == article


# ------------------------------------------------------------------------ declared text


def data(**more: object) -> str:
    node = {"@type": "NewsArticle", "headline": pages.TITLE, **more}
    return f"<script type='application/ld+json'>{json.dumps(node)}</script>"


@pytest.mark.parametrize(
    "wrap",
    [
        lambda node: node,
        lambda node: [{"@type": "WebSite"}, node],
        lambda node: {"@context": "https://schema.org", "@graph": [{"@type": "Person"}, node]},
        lambda node: {**node, "@type": ["Article", "BlogPosting"]},
        lambda node: {**node, "@type": "http://schema.org/BlogPosting"},
        lambda node: {"@type": "WebPage", "mainEntity": node},
    ],
    ids=["alone", "list", "graph", "two types", "address", "main entity"],
)
def test_text_that_only_the_data_of_a_page_has_is_its_text(wrap: object) -> None:
    assert callable(wrap)
    node = {
        "@type": "NewsArticle",
        "headline": pages.TITLE,
        "articleBody": f"<p>{PROSE}</p>\n<p>{SECOND} {THIRD}</p>",
    }
    script = f"<script type='application/ld+json'>{json.dumps(wrap(node))}</script>"
    html = page(f"<div><h1>{pages.TITLE}</h1><p>Loading…</p></div>", script)
    assert "Bodylast" in extract(html, HERE).text
    assert "<p>" not in extract(html, HERE).text


def test_data_about_another_page_is_not_this_ones() -> None:
    other = {"headline": "Soup", "url": "/soup", "articleBody": f"Giftbank. {PROSE * 9}"}
    both = data(**other) + data(headline="Leeks", articleBody=GIFT)
    article = extract(page(f"<h1>{pages.TITLE}</h1>{told(PROSE, SECOND)}", both), HERE)
    assert "Giftbank" not in article.text


def test_the_markup_is_taken_where_it_says_as_much_as_the_data() -> None:
    script = data(articleBody=f"{PROSE} {SECOND} Giftbank.")
    article = extract(page(f"<h1>{pages.TITLE}</h1>{told(PROSE, SECOND, THIRD)}", script), HERE)
    assert "Bodylast" in article.text
    assert "Giftbank" not in article.text


def test_every_entry_of_a_live_blog_counts() -> None:
    entries = [{"@type": "BlogPosting", "headline": "Noon", "articleBody": each}
               for each in (PROSE, SECOND, THIRD)]  # fmt: skip
    script = data(**{"@type": "LiveBlogPosting", "liveBlogUpdate": entries})
    assert "Bodylast" in extract(page(f"<h1>{pages.TITLE}</h1>", script), HERE).text


@pytest.mark.parametrize("bad", ["{", "[" * 5_000, '"x"', "null", '{"@graph": 3}', '{"@type": 1}'])
def test_broken_data_costs_nothing(bad: str) -> None:
    script = f"<script type='application/ld+json'>{bad}</script>"
    assert PROSE in extract(page(told(PROSE, SECOND), script), HERE).text


def test_without_any_text_the_description_is_what_there_is() -> None:
    head = f"<meta property='og:description' content='{THIRD}'>"
    assert "Bodylast" in extract(page("<div id='app'></div>", head), HERE).text


# ------------------------------------------------------------------------------- walls


@pytest.mark.parametrize("value", [False, "False", "false", "http://schema.org/False"])
def test_a_page_that_says_it_is_not_free_is_behind_a_paywall(value: object) -> None:
    html = page(f"<h1>{pages.TITLE}</h1>{told(PROSE, THIRD)}", data(isAccessibleForFree=value))
    article = extract(html, HERE)
    assert article.note == Note.PAYWALL
    assert "Bodylast" in article.text


@pytest.mark.parametrize(
    "line",
    [
        "Subscribe to continue reading",
        "This article is for subscribers only.",
        "Already a subscriber? Log in",
        "Jetzt weiterlesen mit Plus",
        "Il vous reste 72.5% de cet article à lire. La suite est réservée aux abonnés.",
        "Этот материал доступен только по подписке",
        "订阅后继续阅读全文",
        "この記事は会員限定です",
    ],
)
def test_a_page_that_breaks_off_says_that_it_does(line: str) -> None:
    html = page(f"<h1>{pages.TITLE}</h1>{told(PROSE, THIRD)}<div class='box'>{told(line)}</div>")
    article = extract(html, HERE)
    assert article.note == Note.PAYWALL
    assert "Bodylast" in article.text


def test_a_whole_article_about_subscriptions_has_no_wall() -> None:
    text = told(*pages.LONG, pages.COMMENT, "Readers have to subscribe to continue reading.")
    assert extract(page(f"<h1>{pages.TITLE}</h1>{text}"), HERE).note == Note.NONE


@pytest.mark.parametrize(
    "lines",
    [
        (
            "We value your privacy",
            "We and our 812 partners store and access information on a device",
        ),
        ("Before you continue", "We use cookies and data to keep this up", "Accept all"),
        ("Bevor Sie fortfahren, brauchen wir Ihr Wort", "Wir verwenden hier Cookies und mehr"),
        ("Continuer sans accepter", "Nous utilisons des cookies pour vous connaître mieux encore"),
    ],
)
def test_a_consent_wall_is_told_from_an_article(lines: tuple[str, ...]) -> None:
    html = page(f"<div>{told(*lines)}</div>", title="The Shopper")
    assert extract(html, HERE).note == Note.CONSENT


def test_an_article_beside_a_cookie_banner_is_an_article() -> None:
    banner = told("We value your privacy", "We use cookies and data to keep this up", "Accept all")
    html = page(f"<h1>{pages.TITLE}</h1>{told(PROSE, SECOND, THIRD)}<div>{banner}</div>")
    assert extract(html, HERE).note == Note.NONE


@pytest.mark.parametrize(
    ("title", "line"),
    [
        ("Just a moment...", "Checking your browser before you reach shopper.example."),
        ("shopper.example", "Please verify you are a human"),
        ("Access denied", "Enable JavaScript and cookies to continue"),
    ],
)
def test_a_check_of_the_browser_is_told_from_an_article(title: str, line: str) -> None:
    assert extract(page(told(line), title=title), HERE).note == Note.CHALLENGE


# ------------------------------------------------------------------------------- kinds


def test_plain_text_is_read_as_it_is_by_its_paragraphs() -> None:
    text = (
        f"Harbour\r\n\r\n{PROSE[:40]}\r\n{PROSE[40:]}\r\n\r\n<Bodypart> & sons\n\nMost read\n\nEnd"
    )
    article = extract(text.encode(), HERE, None, "text/plain; charset=utf-8")
    assert article.title == ""
    assert article.text.splitlines()[0] == "Harbour"
    assert article.text.splitlines()[2:] == ["<Bodypart> & sons", "Most read", "End"]
    assert len(article.text.splitlines()) == 5


@pytest.mark.parametrize(
    ("body", "content_type", "called"),
    [
        (b"%PDF-1.7 \xe2\xe3", "application/pdf", "a PDF"),
        (b"%PDF-1.7 \xe2\xe3", "text/html", "a PDF"),
        (b"\x89PNG\r\n", None, "an image"),
        (b"PK\x03\x04x", "application/octet-stream", "an archive or office document"),
        (b"abc", "image/svg+xml", "an image"),
        (b"{}", "application/json", "JSON data"),
        (b"abc", "application/x-thing", "of the type application/x-thing"),
        (b"abc", "application/vnd.openxmlformats-officedocument", "an office document"),
    ],
)
def test_what_is_no_page_is_named_in_one_line(
    body: bytes, content_type: str | None, called: str
) -> None:
    with pytest.raises(FeedError) as failed:
        extract(body, f"{HERE}?key=secret", None, content_type)
    assert str(failed.value) == f"{HERE}?key=... is {called}, which is not read"


@pytest.mark.parametrize(
    "content_type",
    ["text/html", "application/xhtml+xml; charset=utf-8", "application/octet-stream", None,
     "text/xml", "application/x-thing", "TEXT/HTML;charset=utf-8"],
)  # fmt: skip
def test_a_page_is_a_page_whatever_the_server_calls_it(content_type: str | None) -> None:
    html = (
        "<?xml version='1.0' encoding='utf-8'?><!DOCTYPE html><html xmlns='http://www.w3.org/1999/"
        f"xhtml'><head><title>{pages.TITLE}</title><script src='x'/></head><body><a name='x'/>"
        f"<h1>{pages.TITLE}</h1>{told(PROSE, SECOND, 'Bodypart&nbsp;said so.')}</body></html>"
    )
    for document in (html, html.encode()):
        article = extract(document, HERE, None, content_type)
        assert article.title == pages.TITLE
        assert "Bodypart said so." in article.text


def test_an_article_can_be_made_of_a_title_alone() -> None:
    assert Article("Cranes").text == "Cranes"
