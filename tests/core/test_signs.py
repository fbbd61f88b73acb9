"""Buttons by their emoji: what a reaction means."""

import pytest
from hypothesis import given

from bot.core.clean import cleaned
from bot.core.document import Actions, Button, Document, Paragraph, words
from bot.core.signs import meant, numbered, signed
from tests.platforms.hostile import documents, thoroughly

RECORD = Button("Full record", "vendor record acme", "📄")
WRONG = Button("Wrong match", "vendor wrong acme", "❌")
REPORT = Button("Report an error", "vendor report acme", "✉️")
NADIR = Button("Nadir", "vendor nadir")


def test_a_button_keeps_its_sign_and_one_without_gets_the_next_number() -> None:
    document = _document([NADIR, RECORD], [NADIR, WRONG])
    assert _signs(document) == ["1️⃣", "📄", "2️⃣", "❌"]


def test_a_sign_that_is_taken_is_not_given_twice() -> None:
    assert _signs(_document([WRONG, Button("Also", "vendor also", "❌\ufe0f")])) == ["❌", "1️⃣"]
    assert _signs(_document([NADIR, Button("One", "vendor one", "1️⃣")])) == ["2️⃣", "1️⃣"]


def test_after_ten_numbers_there_are_no_more_signs() -> None:
    many = [Button(str(n), f"vendor {n}") for n in range(12)]
    keycaps = ["1️⃣", "2️⃣", "3️⃣", "4️⃣", "5️⃣", "6️⃣", "7️⃣", "8️⃣", "9️⃣", "🔟"]
    assert _signs(_document([*many, RECORD])) == [*keycaps, "📄"]


def test_a_button_without_a_command_is_no_choice() -> None:
    assert _signs(_document([Button("Nothing", "", "📄"), Button("Nothing", " "), NADIR])) == ["1️⃣"]


@pytest.mark.parametrize(
    ("reaction", "button"),
    [
        ("📄", RECORD),
        ("✉", REPORT),
        ("✉️", REPORT),
        ("1️⃣", NADIR),
        ("1\u20e3", NADIR),
        ("👍", None),
        ("", None),
        ("\ufe0f", None),
        ("1", None),
    ],
)
def test_a_reaction_means_the_button_of_that_sign(reaction: str, button: Button | None) -> None:
    found = meant(_document([RECORD, NADIR, REPORT, Button("Nothing", "")]), reaction)
    assert (found and found.line) == (button and button.line)


def test_a_skin_tone_makes_no_difference() -> None:
    button = Button("Yes", "vendor yes", "👍🏽")
    for reaction in ("👍", "👍🏿", "👍🏽"):
        assert meant(_document([button]), reaction) == button


@thoroughly
@given(documents())
def test_every_sign_means_its_own_button(document: Document) -> None:
    offered = signed(document)
    assert all(meant(document, sign) == button for sign, button in offered)
    neat = numbered(cleaned(document))
    assert numbered(neat) == neat
    assert signed(neat) == offered


def _document(*rows: list[Button]) -> Document:
    blocks = (Actions(tuple(row)) for row in rows)
    return Document("s", (Paragraph(words("p")), *blocks))


def _signs(document: Document) -> list[str]:
    return [sign for sign, _ in signed(document)]
