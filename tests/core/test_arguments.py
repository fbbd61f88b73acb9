"""Typed parameters: what a line gives for each kind, and what is said where it does not fit."""

import contextlib
import time
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.arguments import Explained, Known, WhichVendorError
from bot.core.commands import Block, CommandTable, Fields, Rest, Url
from bot.core.dates import PartialDate
from bot.core.document import Actions, Button, Document
from bot.core.mention import Channel
from bot.core.vendor import Vendor
from bot.core.watchlist import Exactly, Watchlist
from bot.errors import UsageError
from tests.build import name, vendor

ACME = vendor("acme", name="Acme", names=[name("Acme")])
ACME_CAM = vendor("acme-cam", name="Acme Cam", names=[name("Acme Cam"), name("Spy")])
ROAD = vendor("road-runner", names=[name("Road Runner"), name("Spy")])
WATCHLIST = Watchlist.of([ACME, ACME_CAM, ROAD])
HERE = Channel("slack", "C1", team="T1")
KNOWN = Known(WATCHLIST.find, HERE, lambda channel: channel, date(2026, 11, 22))


class Status(StrEnum):
    """How a measure is."""

    IN_FORCE = "in_force"
    REMOVED = "removed"
    UNDER_INVESTIGATION = "under_investigation"


table = CommandTable()


@table.command("vendor")
async def card(_context: object, name: Vendor) -> Document:
    """Show a card."""
    raise AssertionError(name)


@table.command("vendor report")
async def report(_context: object, vendor: Vendor, correction: Rest) -> Document:
    """Report an error."""
    raise AssertionError((vendor, correction))


@table.command("vendor share")
async def share(_context: object, vendor: Exactly) -> Document:
    """Show it to all."""
    raise AssertionError(vendor)


@table.command("vendor watch")
async def watch(_context: object, channel: Channel | None = None) -> Document:
    """Listen there."""
    raise AssertionError(channel)


@table.command("vendor quiet")
async def quiet(
    _context: object, span: timedelta, vendor: Vendor | None = None, reason: Rest | None = None
) -> Document:
    """Be quiet for a while."""
    raise AssertionError((span, vendor, reason))


@table.command("watchlist measure end")
async def end(
    _context: object,
    vendor: Vendor,
    number: int,
    status: Status = Status.REMOVED,
    since: PartialDate | None = None,
) -> Document:
    """End a measure."""
    raise AssertionError((vendor, number, status, since))


@table.command("watchlist feed add")
async def feed(_context: object, url: Url) -> Document:
    """Follow a feed."""
    raise AssertionError(url)


@table.command("watchlist edit")
async def edit(_context: object, vendor: Vendor, record: Block) -> Document:
    """Change a record by a pasted text."""
    raise AssertionError((vendor, record))


@table.command("watchlist set")
async def set_(_context: object, vendor: Vendor, changes: Fields) -> Document:
    """Change some fields."""
    raise AssertionError((vendor, changes))


def read(line: str) -> dict[str, object]:
    return table.read(line, KNOWN).arguments


def refused(line: str) -> str:
    with pytest.raises(UsageError) as error:
        read(line)
    return str(error.value)


@pytest.mark.parametrize("asked", ["acme-cam", "Acme Cam", "ACME  CAM", '"Acme Cam"', "„Acme Cam“"])
def test_a_vendor_is_given_by_any_of_its_names(asked: str) -> None:
    assert read(f"vendor {asked}") == {"name": ACME_CAM}
    assert read(f"vendor report {asked} it has moved") == {
        "vendor": ACME_CAM,
        "correction": "it has moved",
    }


def test_of_names_that_begin_alike_the_longest_is_meant() -> None:
    assert read("vendor report acme cam it is") == {"vendor": ACME_CAM, "correction": "it is"}
    assert read("vendor report acme it is") == {"vendor": ACME, "correction": "it is"}
    assert read('vendor report "acme" cam it is') == {"vendor": ACME, "correction": "cam it is"}
    assert read("vendor report acme - wrong") == {"vendor": ACME, "correction": "- wrong"}


def test_the_name_that_was_meant_is_told_to_whom_wants_it() -> None:
    assert read("vendor share ACME CAM") == {"vendor": Exactly(ACME_CAM, "Acme Cam")}


def buttons(line: str) -> list[Button]:
    with pytest.raises(WhichVendorError) as asked:
        read(line)
    rows = [each for each in asked.value.document.blocks if isinstance(each, Actions)]
    return [button for row in rows for button in row.buttons]


def test_a_mistyped_name_is_asked_back_with_the_same_line_for_each_candidate() -> None:
    assert buttons("vendor report Akme Cam it has {moved}, 100%")[0] == Button(
        "Acme Cam", "vendor report acme-cam it has {moved}, 100%"
    )
    assert [each.line for each in buttons("vendor rod runner")] == ["vendor road-runner"]
    assert buttons("vendor report nosuchco it is") == []


def test_a_name_of_two_vendors_is_asked_back() -> None:
    lines = [each.line for each in buttons('vendor report "spy" it is')]
    assert lines == ["vendor report acme-cam it is", "vendor report road-runner it is"]


def test_a_line_that_no_button_can_hold_names_the_ids_instead() -> None:
    for line in ("watchlist edit akme\nid: a\nb: c", f"vendor report akme {'x' * 2000}"):
        with pytest.raises(WhichVendorError) as asked:
            read(line)
        assert not any(isinstance(each, Actions) for each in asked.value.document.blocks)
        assert "send it again with acme" in asked.value.document.summary


@pytest.mark.parametrize(
    ("typed", "id_"),
    [("here", "C1"), ("C2", "C2"), ("slack:C2", "C2"), ("<#C2>", "C2"), ("<#C2|hall>", "C2")],
)
def test_a_channel_is_given_as_people_name_it(typed: str, id_: str) -> None:
    channel = read(f"vendor watch {typed}")["channel"]
    assert isinstance(channel, Channel)
    assert (channel.platform, channel.id, channel.team) == ("slack", id_, "T1")


@pytest.mark.parametrize("typed", ["#hall", "matrix:!a:b.example", "slack:"])
def test_a_channel_that_cannot_be_known_says_what_to_write(typed: str) -> None:
    assert "write slack:ID" in refused(f"vendor watch {typed}")


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("7d", 7.0),
        ("2 weeks", 14.0),
        ("1 week", 7.0),
        ("1d 12h", 1.5),
        ('"2 weeks"', 14.0),
        ("12 hours", 0.5),
    ],
)
def test_a_duration_may_be_in_words(typed: str, days: float) -> None:
    span = timedelta(days=days)
    assert read(f"vendor quiet {typed}") == {"span": span}
    assert read(f"vendor quiet {typed} acme it is loud") == {
        "span": span,
        "vendor": ACME,
        "reason": "it is loud",
    }


@pytest.mark.parametrize(
    ("typed", "date_"),
    [
        ("2019-10-09", PartialDate(2019, 10, 9)),
        ("2019–10", PartialDate(2019, 10)),
        ("2019~", PartialDate(2019, inferred=True)),
        ("today", PartialDate(2026, 11, 22)),
    ],
)
def test_a_date_may_be_partial_or_today(typed: str, date_: PartialDate) -> None:
    assert read(f"watchlist measure end acme 3 removed {typed}")["since"] == date_


@pytest.mark.parametrize(
    "typed",
    ["under_investigation", "under-investigation", "Under Investigation", '"under investigation"'],
)
def test_a_choice_may_be_spelt_in_many_ways(typed: str) -> None:
    arguments = read(f"watchlist measure end acme #3 {typed} 2019")
    assert arguments["status"] is Status.UNDER_INVESTIGATION
    assert arguments["number"] == 3
    assert arguments["since"] == PartialDate(2019)


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("https://example.org/x?a=b", "https://example.org/x?a=b"),
        ("example.org/x", "https://example.org/x"),
        ("example.org:8080/x", "https://example.org:8080/x"),
        ("<https://example.org/x>", "https://example.org/x"),
        ("http://localhost:8000/feed", "http://localhost:8000/feed"),
    ],
)
def test_an_address_needs_no_scheme(typed: str, url: str) -> None:
    assert read(f"watchlist feed add {typed}") == {"url": url}


@pytest.mark.parametrize(
    "typed", ["gazette", "ftp://a.example/f", "javascript:alert(1)", "https://", "a@b.example"]
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    assert f"'{typed}' is no web address for url" in refused(f"watchlist feed add {typed}")


def test_a_block_comes_to_its_command_as_it_was_pasted() -> None:
    pasted = "names:\n  - value: “Acme”\n    note: it's"
    for line in (
        f"watchlist edit acme\n{pasted}",
        f"watchlist edit Acme Cam ```yaml\n{pasted}\n```",
    ):
        assert read(line)["record"] == pasted
    assert refused("watchlist edit acme") == (
        "That needs a record. Type `watchlist edit <vendor> <record>`."
    )
    assert "That needs a record" in refused("watchlist edit acme ```\n```")


def test_fields_come_in_one_line_with_their_marks() -> None:
    changes = read("watchlist set Acme Cam status=“in force”\nnote=x")["changes"]
    assert changes == 'status="in force" note=x'


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("vendor quiet soon", "'soon' is no duration for span: write 7d, 12h or 2 weeks"),
        ("vendor quiet soon", "Type `vendor quiet <span> [vendor] [reason]`."),
        ("watchlist measure end acme x", "'x' is no number: write for example 12."),
        (
            "watchlist measure end acme 3 remove",
            "'remove' is no status; did you mean 'removed'? Choose in_force, removed or under_in",
        ),
        ("watchlist measure end acme 3 removed 30.2.", "'30.2.' is no date for since: write 2019-"),
        ("watchlist measure end acme 3 removed 2019-02-30", "'2019-02-30' is no date for since"),
        ("watchlist measure end acme", "That needs a number. Type `watchlist measure end <vendor>"),
        ("watchlist feed add", "That needs a web address."),
        ("watchlist measur end", "did you mean `watchlist measure end <vendor> <number>"),
        ("watchlist Feed", "Type `vendor help watchlist feed`."),
    ],
)
def test_what_does_not_fit_is_told_with_what_to_type(line: str, told: str) -> None:
    assert told in refused(line)


def test_a_parameter_may_be_explained_where_it_is_declared() -> None:
    made = CommandTable()

    @made.command("vendor note")
    async def note(
        _context: object, why: Annotated[Rest, Explained("what it is for", "an audit")]
    ) -> Document:
        """Note something."""
        raise AssertionError(why)

    (command,) = made
    (why,) = command.parameters
    assert (why.hint, why.example, why.required) == ("what it is for", "an audit", True)


def test_nothing_can_follow_what_takes_the_rest() -> None:
    made = CommandTable()
    with pytest.raises(TypeError, match="comes last"):

        @made.command("vendor")
        async def _vendor(_context: object, text: Rest, more: str) -> Document:
            """Say more."""
            raise AssertionError((text, more))


STARTS = sorted(" ".join(each.path) for each in table)
PARTS = (
    "acme", "Acme Cam", "akme", "7d", "2 weeks", "in force", "2019-10", "here", "<#C2>",
    '"', "'", "“", "”", "«", "```", "```yaml\n", "\n", "\u00a0", "\\", "=", "{}", "{", "`",
    "x=“y z”", "a.example/x",
)  # fmt: skip
texts = st.lists(st.one_of(st.text(max_size=6), st.sampled_from(PARTS)), max_size=8).map(" ".join)


@given(st.sampled_from(STARTS), st.sampled_from((" ", "\n", "")), texts)
def test_any_text_after_a_command_is_a_call_or_a_usage_error(
    start: str, space: str, text: str
) -> None:
    line = f"{start}{space}{text}"
    call = None
    with contextlib.suppress(UsageError):
        table.parted(line)
        table.meant(line)
        call = table.read(line, KNOWN)
    if call is not None:
        needed = {each.name for each in call.command.parameters if each.required}
        assert needed <= set(call.arguments)


@pytest.mark.parametrize("start", ["vendor report", "watchlist edit", "watchlist set"])
@pytest.mark.parametrize(
    "unit", ['"a ', "“ ", "acme ", "x", "```", "a=“b ", "\\", '" "', "1d ", "\n", "' "]
)
def test_forty_thousand_characters_are_read_quickly(start: str, unit: str) -> None:
    line = f"{start} {unit * (40_000 // len(unit))}"
    began = time.process_time()
    with contextlib.suppress(UsageError):
        table.read(line, KNOWN)
    assert time.process_time() - began < 1.0
