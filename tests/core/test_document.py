import pytest

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
    Heading,
    Item,
    Link,
    Paragraph,
    Quote,
    Struck,
    Text,
    from_json,
    is_web_address,
    link,
    size,
    strong,
    to_json,
    words,
)

RUN = words("a ", strong("b"), Struck("c"), Link("d", "https://example.org/d"))
ONE_OF_EACH: tuple[Block, ...] = (
    Heading(RUN),
    Paragraph(RUN),
    Fields((FieldRow("label", RUN),)),
    Bullets((Item(RUN, (RUN, RUN)),)),
    Quote(RUN),
    Divider(),
    Footnote(RUN),
    Actions((Button("Full record", "vendor record acme"),)),
)


def test_a_document_comes_back_from_the_database_as_it_went_in() -> None:
    document = Document("A sentence.", ONE_OF_EACH)
    assert from_json(to_json(document)) == document


@pytest.mark.parametrize("text", ["", "{}", '{"summary": "x", "blocks": [{"kind": "script"}]}'])
def test_what_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="validation error"):
        from_json(text)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a?b=c#d",
        "http://example.org",
        "https://例え.jp/パス",
    ],
)
def test_a_web_address_may_be_clicked(url: str) -> None:
    assert is_web_address(url)
    assert link("here", url) == Link("here", url)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "https://",
        "//example.org",
        "https://example.org/<script>",
        "https://example.org/a|b",
        'https://example.org/"onclick=',
        "https://example.org/a b",
        "https://example.org/\u202egpj",
        "https://[::1",
        "",
        None,
    ],
)
def test_anything_else_is_only_words(url: str | None) -> None:
    assert link("here", url) == Text("here")


def test_size_counts_what_a_reader_is_shown() -> None:
    assert size([Paragraph(words("four", Link("ab", "https://x.org")))]) == 4 + 2 + 13
