"""A form that cannot be made or tried in time never keeps Slack waiting, and loses nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from bot.core.commands import CommandTable, Fields
from bot.core.document import Document
from bot.core.editing.tree import Fault
from bot.core.forms import Field, Form
from bot.core.mention import Channel, Invocation
from bot.errors import DeniedError, StorageError
from bot.platforms.slack import filling
from bot.platforms.slack.filling import Filling
from bot.platforms.slack.told import Begun, Submitted
from tests.platforms.slack.town import Ears

FORM = Form("Set", (Field("title", "Title", value="Old"),), "change", seen=3)
table = CommandTable()


async def asks(_context: object) -> Form:
    raise AssertionError


@table.command("watchlist set", form=asks)
async def set_(_context: object, change: Fields) -> Document:
    """Change fields."""
    raise AssertionError(change)


@dataclass(slots=True)
class Slow(Ears):
    """An inbox in which asking and trying go as they are told to."""

    asked: Form | Exception | None = None
    tried: Sequence[Fault] | Exception | None = ()

    async def asks(self, invocation: Invocation) -> Form | None:  # type: ignore[override] # Ears has none
        """Ask for a title until there is one; None never answers."""
        if "title=" in invocation.line:
            return None
        if self.asked is None:
            await asyncio.Event().wait()
        if isinstance(self.asked, Exception):
            raise self.asked
        return self.asked

    async def tries(self, invocation: Invocation) -> Sequence[Fault]:  # type: ignore[override] # as above
        """Say what is wrong; None never answers."""
        del invocation
        if self.tried is None:
            await asyncio.Event().wait()
        if isinstance(self.tried, Exception):
            raise self.tried
        return self.tried or ()


def sent(title: str = "New") -> Submitted:
    invocation = Invocation(Channel("slack", "C1"), "1", "U1", "")
    begun = Begun(("watchlist", "set"), {}, own=True, seen=3)
    return Submitted(invocation, begun, "V1", {"title": title}, "T1", {"title": "Old"})


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "ASKED_S", 0.02)


async def test_what_was_filled_in_becomes_the_line_with_what_was_seen() -> None:
    read = await Filling(Slow(asked=FORM), table).read(sent())
    assert isinstance(read, tuple)
    assert read[1] == "watchlist set title=New seen=3"


@pytest.mark.parametrize("trouble", [None, StorageError("the disk is full")])
async def test_what_cannot_be_tried_in_time_is_given_as_it_is(trouble: Exception | None) -> None:
    read = await Filling(Slow(asked=FORM, tried=trouble), table).read(sent())
    assert isinstance(read, tuple)


@pytest.mark.parametrize("trouble", [None, StorageError("the disk is full")])
async def test_a_form_that_cannot_be_read_now_is_to_be_sent_again(
    trouble: Exception | None,
) -> None:
    read = await Filling(Slow(asked=trouble), table).read(sent())
    assert isinstance(read, dict)
    assert "send this again" in read["title"]
    given = Invocation(Channel("slack", "C1"), "1", "U1", "watchlist set")
    assert await Filling(Slow(asked=trouble), table).drawn(given) is None


async def test_who_may_not_any_more_is_told_so() -> None:
    read = await Filling(Slow(asked=FORM, tried=DeniedError("Only Dana may.")), table).read(sent())
    assert read == {"title": "Only Dana may."}


async def test_what_is_left_as_it_was_is_nothing_to_change() -> None:
    read = await Filling(Slow(asked=FORM), table).read(sent("Old"))
    assert read == {"title": "Nothing is filled in or changed yet."}
