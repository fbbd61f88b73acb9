"""The console's card and its plain text: readable, and no words reach the terminal as orders."""

import io
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.panel import Panel

from bot.core.document import (
    Actions,
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
    Preformatted,
    Quote,
    Struck,
    spoken,
    strong,
    words,
)
from bot.platforms.console.render import parts, render, to_text
from tests.platforms.hostile import documents, readable_documents, thoroughly, words_of

_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_HYPERLINK = re.compile(r"\x1b\]8;(?:id=[0-9-]+)?;((?:https?://[!-~]+)?)\x1b\\", re.IGNORECASE)
_DIRECTIONS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

CARD = Document(
    "Nadir Optics: 1 measure in force.",
    (
        Heading(words(strong("Nadir Optics"), " (天底光学)")),
        Paragraph(words("Port Vale, Zedland. Surveillance cameras; owned by a railway fund.")),
        Bullets(
            (
                Item(
                    words(
                        strong("Procurement ban"),
                        ": Zedland Act, since 13 Aug 2018. Agencies may not buy it [",
                        Link("Gazette, 13 Aug 2018", "https://gazette.example/act/12"),
                        "].",
                    ),
                    (
                        words(
                            "↳ ", strong("Denial"), ", 14 Aug 2018: it says the Act has no basis."
                        ),
                    ),
                ),
                Item(words(strong("Export control"), ": ", Struck("2018"), " 2019.")),
            )
        ),
        Quote(words("We never counted anybody.")),
        Fields(
            (
                FieldRow("Cooldown", words("24 hours")),
                FieldRow("Quiet hours", words("22:00 to 07:00 Europe/Berlin, told at 07:00")),
            )
        ),
        Divider(),
        Footnote(words("Not legal advice.")),
        Actions((Button("Full record", "vendor record nadir"), Button("Mute here", "vendor mute"))),
    ),
)


def test_a_card_is_framed_and_hangs_its_indents() -> None:
    assert _printed(CARD, 50) == (
        "╭────────────────────────────────────────────────╮\n"
        "│ Nadir Optics (天底光学)                        │\n"
        "│ Port Vale, Zedland. Surveillance cameras;      │\n"
        "│ owned by a railway fund.                       │\n"
        "│                                                │\n"
        "│ • Procurement ban: Zedland Act, since 13 Aug   │\n"
        "│   2018. Agencies may not buy it [Gazette, 13   │\n"
        "│   Aug 2018].                                   │\n"
        "│     ↳ Denial, 14 Aug 2018: it says the Act has │\n"
        "│       no basis.                                │\n"
        "│ • Export control: 2018 2019.                   │\n"
        "│                                                │\n"
        "│ │ We never counted anybody.                    │\n"
        "│                                                │\n"
        "│ Cooldown:    24 hours                          │\n"
        "│ Quiet hours: 22:00 to 07:00 Europe/Berlin,     │\n"
        "│              told at 07:00                     │\n"
        "│ ────────────────────────────────────────────── │\n"
        "│ Not legal advice.                              │\n"
        "│                                                │\n"
        "│ [1] Full record  [2] Mute here                 │\n"
        "╰────────────────────────────────────────────────╯\n"
    )


def test_a_card_shows_where_the_article_is_that_brought_it() -> None:
    url = "https://gazette.example/2024/03/council-buys-cameras?edition=morning"
    why = words("Here because of “Nadir” in ", Link("“Council buys cameras”", url), ".")
    assert _printed(Document("", (Paragraph(why), Footnote(words("Foot.")))), 50) == (
        "╭────────────────────────────────────────────────╮\n"
        "│ Here because of “Nadir” in “Council buys       │\n"
        "│ cameras”.                                      │\n"
        "│ https://gazette.example/2024/03/council-buys-c │\n"
        "│ ameras?edition=morning                         │\n"
        "│                                                │\n"
        "│ Foot.                                          │\n"
        "╰────────────────────────────────────────────────╯\n"
    )


def test_plain_text_writes_out_addresses_and_struck_words() -> None:
    assert to_text(CARD, 60) == (
        "Nadir Optics (天底光学)\n"
        "Port Vale, Zedland. Surveillance cameras; owned by a railway\n"
        "fund.\n"
        "\n"
        "• Procurement ban: Zedland Act, since 13 Aug 2018. Agencies\n"
        "  may not buy it [Gazette, 13 Aug 2018\n"
        "  (https://gazette.example/act/12)].\n"
        "    ↳ Denial, 14 Aug 2018: it says the Act has no basis.\n"
        "• Export control: ~~2018~~ 2019.\n"
        "\n"
        "│ We never counted anybody.\n"
        "\n"
        "Cooldown:    24 hours\n"
        "Quiet hours: 22:00 to 07:00 Europe/Berlin, told at 07:00\n"
        "────────────────────────────────────────────────────────────\n"
        "Not legal advice.\n"
        "\n"
        "[1] Full record  [2] Mute here"
    )


def test_a_terminal_gets_bold_dim_struck_and_linked_words() -> None:
    drawn = _printed(CARD, 60, colour=True)
    assert "\x1b[1mNadir Optics\x1b[0m" in drawn
    assert "\x1b[2mNot legal advice.\x1b[0m" in drawn
    assert "\x1b[9m2018\x1b[0m" in drawn
    assert _HYPERLINK.findall(drawn)[0] == "https://gazette.example/act/12"


@thoroughly
@given(documents(), st.integers(0, 130))
def test_plain_text_has_no_control_characters(document: Document, width: int) -> None:
    text = to_text(document, width)
    assert {char for char in text if unicodedata.category(char) in {"Cc", "Cs"}} <= {"\n"}
    assert not set(text) & _DIRECTIONS
    for line in text.split("\n"):
        assert line == line.rstrip()
        assert cell_len(line) <= max(width, 20) or "://" in line


@thoroughly
@given(documents(), st.integers(0, 130))
def test_a_terminal_is_told_nothing_but_styles_and_links(document: Document, width: int) -> None:
    drawn = _printed(document, width, colour=True)
    for url in _HYPERLINK.findall(drawn):
        assert url == "" or url.lower().startswith(("https://", "http://"))
    bare = _STYLE.sub("", _HYPERLINK.sub("", drawn))
    assert {char for char in bare if unicodedata.category(char) in {"Cc", "Cs"}} <= {"\n"}
    assert not set(bare) & _DIRECTIONS
    if not any(isinstance(each, Preformatted) for each in document.blocks):
        assert {cell_len(line) for line in bare.splitlines()} == {max(width, 5)}


@thoroughly
@given(readable_documents(), st.integers(40, 120))
def test_every_word_of_a_document_is_on_the_card(document: Document, width: int) -> None:
    card = "".join(_printed(document, width).replace("│", "").split())
    text = "".join(to_text(document, width).split())
    for word in words_of(document):
        assert word in card
        assert word in text


@thoroughly
@given(documents())
def test_every_button_has_its_number(document: Document) -> None:
    offered = sum(len(b.buttons) for b in document.blocks if isinstance(b, Actions))
    text = to_text(document, 130, first_choice=900)
    for number in range(900, 900 + offered):
        assert f"[{number}] " in f"{text} "


def test_numbers_of_choices_go_on_where_the_last_card_ended() -> None:
    actions = Actions((Button("Share", "vendor share"),))
    document = Document("s", (Paragraph(words("p")), actions, actions))
    assert to_text(document, first_choice=7).endswith("[7] Share\n\n[8] Share")
    assert "[7] Share" in _printed(document, 40, first_choice=7)


def test_many_choices_are_not_broken_across_lines() -> None:
    buttons = tuple(Button(f"Choice number {n}", "vendor") for n in range(1, 4))
    text = to_text(Document("s", (Paragraph(words("p")), Actions(buttons))), 45)
    assert text.endswith("[1] Choice number 1  [2] Choice number 2\n[3] Choice number 3")


def test_a_command_to_type_stands_out_and_has_no_sign() -> None:
    document = Document("s", (Paragraph(spoken("Type `vendor help`.")),))
    assert to_text(document) == "Type `vendor help`."
    assert "│ Type vendor help." in _printed(document, 40)
    assert "Type \x1b[1;36mvendor help\x1b[0m." in _printed(document, 40, colour=True)


def test_a_buttons_sign_is_not_for_the_console() -> None:
    actions = Actions((Button("Full record", "vendor record nadir", "📄"),))
    assert to_text(Document("s", (Paragraph(words("p")), actions))) == "p\n\n[1] Full record"


def test_console_markup_in_outside_words_is_literal() -> None:
    document = Document("s", (Paragraph(words("[bold]loud[/bold] [/] :warning:")),))
    assert "[bold]loud[/bold] [/] :warning:" in _printed(document, 60)
    assert _STYLE.sub("", _printed(document, 60, colour=True)).count("[bold]loud[/bold]") == 1


def test_escape_sequences_in_outside_words_are_made_visible() -> None:
    document = Document("s", (Paragraph(words("\x1b[31mred\x1b]8;;https://evil.example\x07")),))
    assert to_text(document) == "\ufffd[31mred\ufffd]8;;https://evil.example\ufffd"


@pytest.mark.parametrize("width", [80, 120])
def test_a_card_fills_the_width_it_was_given(width: int) -> None:
    assert {cell_len(line) for line in _printed(CARD, width).splitlines()} == {width}


def test_a_long_name_without_spaces_is_folded_by_columns() -> None:
    document = Document("s", (Paragraph(words("杭州海康威视数字技术股份有限公司" * 2)),))
    assert to_text(document, 20) == (
        "杭州海康威视数字技术\n股份有限公司杭州海康\n威视数字技术股份有限\n公司"
    )


def test_an_address_in_plain_text_is_never_broken() -> None:
    url = "https://gazette.example/" + "very-long/" * 20
    text = to_text(Document("s", (Paragraph(words("See ", Link("Gazette", url))),)), 40)
    assert f"({url})" in text


def test_an_international_address_is_ascii_to_the_terminal() -> None:
    link = Link("路", "https://例え.example/路?q=1%20a")
    drawn = _printed(Document("s", (Paragraph((link,)),)), 40, colour=True)
    assert _HYPERLINK.findall(drawn)[0] == ("https://%E4%BE%8B%E3%81%88.example/%E8%B7%AF?q=1%20a")


def _printed(document: Document, width: int, *, colour: bool = False, first_choice: int = 1) -> str:
    console = Console(
        file=io.StringIO(),
        width=max(width, 5),
        force_terminal=colour,
        color_system="truecolor" if colour else None,
        legacy_windows=False,
        _environ={},
    )
    console.print(render(document, width, first_choice=first_choice))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_lines_to_copy_stand_as_they_are_without_a_frame() -> None:
    long = f"  - text: [bold]{'x' * 150}[/bold] \\ `{'y' * 9}`"
    lines = f"measures:\n{long}\n    note: |"
    document = Document(
        "", (Paragraph(words("Copy")), Preformatted(lines), Paragraph(words("End")))
    )
    drawn = to_text(document, 40)
    assert drawn == f"Copy\n\n{lines}\n\nEnd"
    card, bare, end = parts(document, 40)
    assert isinstance(card, Panel)
    assert isinstance(end, Panel)
    console = Console(file=io.StringIO(), width=40)
    console.print(bare, soft_wrap=True)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == f"{lines}\n"
