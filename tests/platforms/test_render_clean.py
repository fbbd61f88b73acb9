"""What every renderer rests on: text without traps, and shortening that shows."""

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.clean import LONGEST_ADDRESS, clean, clean_lines, cleaned
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
    Inlines,
    Item,
    Link,
    Paragraph,
    Preformatted,
    Quote,
    Text,
    Typed,
    plain,
    runs,
    strong,
    words,
)
from bot.core.fit import SHORTENED, fit, pages
from tests.platforms.hostile import documents, texts, thoroughly


@pytest.mark.parametrize(
    ("given_", "wanted"),
    [
        ("one\r\n\ttwo\u2028three", "one two three"),
        ("\x1b[31mred", "\ufffd[31mred"),
        ("\x9b31m \x00", "\ufffd31m \ufffd"),
        ("\ud800", "\ufffd"),
        ("annual\u202efdp.exe\u202c", "annualfdp.exe"),
        ("Na\u200bdir\u2060 Op\u00adtics\ufeff", "Nadir Optics"),
        ("\u3164Nadir", " Nadir"),
        ("Nad\u200dir", "Nadir"),
        ("12\u200f, 34", "12, 34"),
        ("\U0001f3f4\U000e0067\U000e007f", "\U0001f3f4"),
    ],
)
def test_what_steers_or_hides_is_taken_out_of_text(given_: str, wanted: str) -> None:
    assert clean(given_) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "杭州海康威视数字技术股份有限公司",
        "می‌خواهم",  # Persian needs the non-joiner
        "क्‍ष",  # Devanagari needs the joiner
        "ന്‍",  # so does an old Malayalam chillu, at the end of a word
        "שלום\u200f, עולם!",
        "👩‍👩‍👧 ❤️",
        "Ünïcödé – “quoted” · 100 %",
        "e\u0301",
    ],
)
def test_text_in_every_script_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


@thoroughly
@given(texts(40))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@thoroughly
@given(texts(40) | st.text(st.characters()))
def test_clean_text_has_no_control_characters(text: str) -> None:
    assert not [char for char in clean(text) if unicodedata.category(char) in {"Cc", "Cs"}]
    assert not set(clean(text)) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@thoroughly
@given(documents(40))
def test_a_cleaned_document_has_no_empty_part_and_all_its_buttons(document: Document) -> None:
    neat = cleaned(document)
    assert neat.summary.strip()
    assert any(plain(run) for block in neat.blocks for run in runs(block))
    for block in neat.blocks:
        for run in runs(block):
            ends = "\n" if isinstance(block, Preformatted) else None
            assert plain(run) == plain(run).strip(ends) != ""
            assert all(plain((part,)) for part in run if not isinstance(block, Fields))
    assert len(_buttons(neat)) == len(_buttons(document))
    assert cleaned(neat) == neat


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "https://bank.example@evil.example/",
        "https://example.org/" + "a" * LONGEST_ADDRESS,
        "https://example.org/\x1b",
        "https://example.org/\u3164",
    ],
)
def test_a_link_to_a_suspicious_address_is_left_as_words(url: str) -> None:
    assert _cleaned(Paragraph((Link("label", url),))) == (Paragraph((Text("label"),)),)


def test_texts_side_by_side_become_one() -> None:
    (paragraph,) = _cleaned(Paragraph(words("one ", " two", strong(" three"))))
    assert paragraph == Paragraph(words("one two", strong(" three")))


def test_a_link_without_words_shows_its_address() -> None:
    (paragraph,) = _cleaned(Paragraph((Link(" ", "https://example.org"),)))
    assert paragraph == Paragraph((Link("https://example.org", "https://example.org"),))


def test_an_answer_whose_claim_is_empty_is_still_shown() -> None:
    (bullets,) = _cleaned(Bullets((Item((Text("\x1b"[1:]),), (words("Denial"),)),)))
    assert bullets == Bullets((Item(words("…"), (words("Denial"),)),))


def test_a_document_without_words_says_its_summary() -> None:
    for block in (Divider(), Actions((Button("", ""),)), Heading(words(" "))):
        assert _cleaned(block)[0] == Paragraph(words("Summary"))
    assert cleaned(Document("", ())).summary


def test_a_document_that_fits_is_left_alone() -> None:
    document = _long(3)
    assert fit(document, lambda _: True) is document


def test_a_long_document_loses_its_last_items_and_says_so() -> None:
    short = fit(_long(10), lambda document: _count(document) <= 4)
    assert short.blocks[1:] == (
        Bullets(tuple(Item(words(f"claim {n}"), (words(f"answer {n}"),)) for n in range(4))),
        SHORTENED,
        Footnote(words("foot")),
        Actions((Button("Full record", "vendor record nadir"),)),
    )


def test_an_item_too_large_for_any_message_costs_only_itself() -> None:
    huge = Bullets((Item(words("small")), Item(words("x" * 99)), Item(words("last"))))
    short = fit(Document("", (huge,)), lambda document: "x" * 99 not in str(document))
    assert short.blocks == (Bullets((Item(words("small")), Item(words("last")))), SHORTENED)


def test_a_heading_with_nothing_left_under_it_goes_too() -> None:
    blocks = (Paragraph(words("one")), Heading(words("Two")), Bullets((Item(words("claim")),)))
    short = fit(Document("", blocks), lambda document: _count(document) == 0)
    assert short.blocks == (Paragraph(words("one")), SHORTENED)


def test_buttons_go_last() -> None:
    short = fit(_long(5), lambda document: len(document.blocks) <= 3)
    assert [type(block) for block in short.blocks] == [Paragraph, Footnote, Actions]


@thoroughly
@given(documents(), st.integers(1, 30))
def test_shortening_keeps_order_and_never_parts_an_answer_from_its_claim(
    document: Document, room: int
) -> None:
    def fits(document: Document) -> bool:
        return sum(1 for block in document.blocks for _ in runs(block)) <= room

    neat = cleaned(document)
    short = fit(neat, fits)
    assert fits(short)
    assert short == neat or SHORTENED in short.blocks
    whole = iter(_items(neat))
    assert all(item in whole for item in _items(short))  # each found after the one before


def _cleaned(block: Block) -> tuple[Block, ...]:
    return cleaned(Document("Summary", (block,))).blocks


def _long(items: int) -> Document:
    claims = (Item(words(f"claim {n}"), (words(f"answer {n}"),)) for n in range(items))
    return Document(
        "Summary",
        (
            Paragraph(words(strong("Nadir Optics"))),
            Bullets(tuple(claims)),
            Footnote(words("foot")),
            Actions((Button("Full record", "vendor record nadir"),)),
        ),
    )


def _items(document: Document) -> list[tuple[Inlines, tuple[Inlines, ...]]]:
    return [
        (item.text, item.answers)
        for block in document.blocks
        if isinstance(block, Bullets)
        for item in block.items
    ]


def _count(document: Document) -> int:
    return len(_items(document))


def _buttons(document: Document) -> list[Button]:
    return [
        button
        for block in document.blocks
        if isinstance(block, Actions)
        for button in block.buttons
    ]


def test_a_command_and_a_sign_are_cleaned_too() -> None:
    (paragraph,) = _cleaned(Paragraph(words("Type ", Typed(" \u200bvendor\nhelp "), Typed(" "))))
    assert paragraph == Paragraph(words("Type ", Typed("vendor help")))
    button = Button("Full record", "vendor record nadir", " 📄\u202e\x07")
    assert _cleaned(Actions((button,)))[1:] == (Actions((replace(button, sign="📄\ufffd"),)),)


def test_rows_and_quotes_are_cleaned_too() -> None:
    rows = Fields((FieldRow("\x07La\u202ebel", words("val\nue")), FieldRow("", ())))
    assert _cleaned(rows) == (Fields((FieldRow("\ufffdLabel", words("val ue")),)),)
    assert _cleaned(Quote(words(" “\u200bword” "))) == (Quote(words("“word”")),)


def test_lines_to_copy_keep_their_spaces_and_lose_what_steers() -> None:
    text = "\n\nkey:\n  - a  b\tc\x1b[31m\u202e\r\n  x\u2028  y\n\n    last   \n\n"
    assert _cleaned(Preformatted(text)) == (
        Preformatted("key:\n  - a  b c\ufffd[31m\n  x\n  y\n\n    last"),
    )
    assert _cleaned(Preformatted("\u200b\n \u3164\n"))[0] == Paragraph(words("Summary"))


@thoroughly
@given(texts(40))
def test_cleaning_lines_twice_changes_nothing_more(text: str) -> None:
    assert clean_lines(clean_lines(text)) == clean_lines(text)
    assert not set(clean_lines(text)) & set("\x1b\r\x07\u202e\u2066\ud800")


def test_long_lines_to_copy_are_shared_out_between_lines() -> None:
    lines = [f"  line {number}: {'x' * 50}" for number in range(400)]
    document = Document("Summary", (Paragraph(words("Lead")), Preformatted("\n".join(lines))))
    shared = pages(document, lambda page: sum(map(len, page_lines(page))) < 5_000)
    assert len(shared) > 3
    assert [line for page in shared for line in page_lines(page)] == lines
    assert all(sum(isinstance(each, Preformatted) for each in page.blocks) == 1 for page in shared)


def page_lines(page: Document) -> list[str]:
    """Give the lines to copy of a page."""
    some = (each.text.split("\n") for each in page.blocks if isinstance(each, Preformatted))
    return [line for lines in some for line in lines]
