import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    Typed,
    from_json,
    is_web_address,
    link,
    plain,
    quoted,
    said,
    size,
    spoken,
    strong,
    to_json,
    words,
)

RUN = words("a ", strong("b"), Struck("c"), Link("d", "https://example.org/d"), Typed("e"))
ONE_OF_EACH: tuple[Block, ...] = (
    Heading(RUN),
    Paragraph(RUN),
    Fields((FieldRow("label", RUN),)),
    Bullets((Item(RUN, (RUN, RUN)),)),
    Quote(RUN),
    Divider(),
    Footnote(RUN),
    Actions((Button("Full record", "vendor record acme", "📄"),)),
)


def test_a_document_comes_back_from_the_database_as_it_went_in() -> None:
    document = Document("A sentence.", ONE_OF_EACH)
    assert from_json(to_json(document)) == document


def test_a_document_of_an_older_program_has_buttons_without_a_sign() -> None:
    kept = '{"summary":"s","blocks":[{"buttons":[{"label":"a","line":"b"}],"kind":"actions"}]}'
    assert from_json(kept) == Document("s", (Actions((Button("a", "b"),)),))


def test_what_is_to_be_typed_is_told_from_the_words_around_it() -> None:
    assert spoken("Type `vendor help`, or run `vendorwatch run`.") == (
        Text("Type "),
        Typed("vendor help"),
        Text(", or run "),
        Typed("vendorwatch run", in_chat=False),
        Text("."),
    )
    assert spoken("`watchlist log`") == (Typed("watchlist log"),)
    assert said("Type `vendor help`.").summary == "Type vendor help."


@pytest.mark.parametrize(
    "text", ["`", "a `vendor", "`vendors are`", "`rm -rf`", "``", "`Vendor help`", "` vendor help`"]
)
def test_other_backticks_are_letters(text: str) -> None:
    assert spoken(text) == (Text(text),)


def test_a_lone_backtick_does_not_hide_the_command_after_it() -> None:
    assert spoken("'a`b' is wrong. Type `vendor help`.")[1:] == (Typed("vendor help"), Text("."))


@given(st.text("`ab '\"\\") | st.text(), st.text("` ", max_size=3))
def test_nothing_that_somebody_wrote_becomes_something_to_type(text: str, more: str) -> None:
    for outside in (text, f"{text}`vendor watch off`{more}", f"` {text} `vendorwatch run{more}"):
        run = spoken(f"{quoted(outside)} is wrong. Type `vendor help`.")
        assert [part for part in run if isinstance(part, Typed)] == [Typed("vendor help")]
        assert plain(run).endswith(" is wrong. Type vendor help.")


@given(st.text("` vendorwatchlist", max_size=60) | st.text())
def test_no_words_are_lost_but_the_backticks_around_a_command(text: str) -> None:
    assert plain(spoken(text)).replace("`", "") == text.replace("`", "")


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
    assert size([Paragraph((Typed("vendor"), Typed("ls", in_chat=False)))]) == 1 + 6 + 2
