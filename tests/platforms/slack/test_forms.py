"""The line that comes of a form reads as exactly what was filled in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.commands import Block, CommandTable, Fields, Rest, plain_line
from bot.core.dates import PartialDate
from bot.core.document import Document
from bot.core.mention import Channel, Invocation
from bot.core.vendor import Vendor
from bot.platforms.slack.forms import composed, filled, lacking
from bot.platforms.slack.told import Begun, Submitted
from tests.platforms.hostile import texts, thoroughly

table = CommandTable()


@table.command("vendor")
async def vendor(_context: object, name: Rest) -> Document:
    """Show a card."""
    raise AssertionError(name)


@table.command("vendor record")
async def record(_context: object, name: Rest) -> Document:
    """Show everything."""
    raise AssertionError(name)


@table.command("vendor report")
async def report(_context: object, name: str, kind: str, reason: Rest) -> Document:
    """Say that something is wrong."""
    raise AssertionError((name, kind, reason))


@table.command("watchlist edit")
async def edit(_context: object, vendor: Vendor, record: Block) -> Document:
    """Change a record."""
    raise AssertionError((vendor, record))


@table.command("watchlist set")
async def set_(_context: object, vendor: Vendor, changes: Fields) -> Document:
    """Change fields."""
    raise AssertionError((vendor, changes))


@table.command("watchlist end")
async def end(_context: object, vendor: Vendor, number: int, since: PartialDate) -> Document:
    """End a measure."""
    raise AssertionError((vendor, number, since))


COMMANDS = {command.path: command for command in table}
TRICKY = (
    "record",
    "report x",
    'a "b" c',
    "it's",
    "\\",
    '"',
    "“both”",
    "a\\ b",
    "'",
    'x"',
    "Record",
)
values = st.one_of(texts(), st.sampled_from(TRICKY), st.text(alphabet="ab \"'\\“\n-", max_size=8))


def submitted(path: tuple[str, ...], given_: dict[str, str], **values_: str) -> Submitted:
    asked = Invocation(Channel("slack", "C1"), "1", "U1", "")
    return Submitted(asked, Begun(path, given_), "V1", values_, "T1")


@thoroughly
@given(values, values, values)
def test_a_line_reads_as_exactly_what_was_filled_in(name: str, kind: str, reason: str) -> None:
    read = filled(table, submitted(("vendor", "report"), {}, name=name, kind=kind, reason=reason))
    plain = {"name": plain_line(name), "kind": plain_line(kind), "reason": plain_line(reason)}
    if not all(plain.values()):
        assert isinstance(read, dict)
        assert set(read) == {key for key, value in plain.items() if not value}
        return
    assert not isinstance(read, dict)
    call = table.read(read[1])
    assert (call.command, call.arguments) == (COMMANDS["vendor", "report"], plain)


@thoroughly
@given(values)
def test_a_name_is_never_taken_for_another_command(name: str) -> None:
    read = filled(table, submitted(("vendor",), {}, name=name))
    if isinstance(read, dict):
        assert not plain_line(name)
        return
    call = table.read(read[1])
    assert (call.command, call.arguments) == (COMMANDS["vendor",], {"name": plain_line(name)})


@thoroughly
@given(values, values)
def test_what_was_given_before_the_form_stays_as_it_was(name: str, reason: str) -> None:
    found = lacking(table, f"vendor report {name}")
    if found is None or len(found.missing) != 2 or not plain_line(reason):
        return
    assert [each.name for each in found.missing] == ["kind", "reason"]
    read = filled(
        table, submitted(found.begun.path, dict(found.begun.given), kind="k", reason=reason)
    )
    assert not isinstance(read, dict)
    arguments = table.read(read[1]).arguments
    assert arguments == {**found.begun.given, "kind": "k", "reason": plain_line(reason)}


@pytest.mark.parametrize(
    "pasted", ["a: 1\n  b: “x”\nc: it's", "  - a\n  - b", "```\na: 1\n```", "one line"]
)
def test_a_block_of_a_form_comes_to_the_letter(pasted: str) -> None:
    read = filled(
        table, submitted(("watchlist", "edit"), {"vendor": "Argus Vision"}, record=pasted)
    )
    assert not isinstance(read, dict)
    _, parted = table.parted(read[1])
    assert parted["vendor"] == "Argus Vision"
    assert parted["record"] == pasted.removeprefix("```\n").removesuffix("\n```")


def test_what_follows_the_fence_of_a_block_is_told_at_its_field() -> None:
    given_ = {"vendor": "argus"}
    read = filled(table, submitted(("watchlist", "edit"), given_, record="```\na: 1\n```\nthanks"))
    assert isinstance(read, dict)
    assert "nothing may come after the fence" in read["record"]


def test_what_cannot_be_read_is_told_at_its_field() -> None:
    given_ = {"vendor": "argus"}
    read = filled(table, submitted(("watchlist", "end"), given_, number="x", since="2019-13"))
    assert read == {
        "number": "'x' is no number: write for example 12.",
        "since": "'2019-13' is no date for since: write 2019-10-09, 2019-10, 2019 or today, with ~ "
        "where it is inferred.",
    }
    read = filled(table, submitted(("watchlist", "end"), given_, number="12", since="2019-12~"))
    assert not isinstance(read, dict)
    assert read[1] == "watchlist end argus 12 2019-12~"


def test_fields_of_a_form_keep_their_marks() -> None:
    given_ = {"vendor": "argus"}
    read = filled(table, submitted(("watchlist", "set"), given_, changes='a="b c" d=e'))
    assert not isinstance(read, dict)
    assert read[1] == 'watchlist set argus a="b c" d=e'


def test_a_plain_value_needs_no_quotation_marks() -> None:
    command = COMMANDS["vendor", "report"]
    said = {"name": "argus", "kind": "date", "reason": "it's from 2023"}
    assert composed(table, command, said) == "vendor report argus date it's from 2023"
    said["name"] = "Argus Vision"
    assert composed(table, command, said) == 'vendor report "Argus Vision" date it\'s from 2023'


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        ("vendor", ["name"]),
        ("Vendor Report", ["name", "kind", "reason"]),
        ("vendor report argus", ["kind", "reason"]),
        ('vendor report "Argus Vision" date', ["reason"]),
    ],
)
def test_a_line_lacks_what_its_command_needs(line: str, missing: list[str]) -> None:
    found = lacking(table, line)
    assert found is not None
    assert [each.name for each in found.missing] == missing


@pytest.mark.parametrize("line", ["vendor argus", "vendor report a b c d", "nonsense", ""])
def test_a_whole_line_or_none_at_all_lacks_nothing(line: str) -> None:
    assert lacking(table, line) is None


def test_a_form_of_a_command_that_is_gone_says_so() -> None:
    read = filled(table, submitted(("vendor", "gone"), {}, name="argus"))
    assert read == {"name": "There is no such command any more."}


def test_a_form_that_was_tampered_with_says_that_it_cannot_be_read() -> None:
    read = filled(table, submitted(("vendor",), {}, other="argus"))
    assert read == {"other": "This cannot be read; try it without quotation marks."}
