"""Help: short at first, and all of it from the declarations."""

import pytest

from bot.commands import table
from bot.core.document import Actions, Document, Typed, plain, runs
from bot.core.helping import help_document
from bot.errors import UsageError


def said(asked: str = "") -> str:
    return "\n".join(lines(help_document(table, asked)))


def lines(document: Document) -> list[str]:
    shown = [each for each in document.blocks if not isinstance(each, Actions)]
    return [plain(run) for block in shown for run in runs(block)]


def test_help_is_short_and_begins_with_what_people_do_most() -> None:
    told = lines(help_document(table))
    assert len(told) <= 13
    assert [each.split(":")[0] for each in told[1:4]] == [
        "vendor <name>",
        "vendor mute <vendor>",
        "vendor alerts [changes]",
    ]
    assert "vendor help all: every command" in told
    assert "All about one command: vendor help mute. There is more:" in told


def test_every_topic_that_is_named_can_be_asked_about_and_has_all_its_commands() -> None:
    typed = [
        part.value.removeprefix("vendor help ")
        for block in help_document(table).blocks
        for run in runs(block)
        for part in run
        if isinstance(part, Typed) and part.value.startswith("vendor help ")
    ]
    assert {"asking", "alerts", "feeds", "admin", "all"} <= set(typed)
    under = "\n".join(said(each) for each in typed if each != "all")
    for command in table:
        assert (command.usage in said("all")) is command.listed
        assert (command.usage in under) is command.listed


def test_a_command_is_explained_with_each_thing_that_it_takes() -> None:
    told = said("watchlist feed add")
    assert "watchlist feed add <url> [backfill]" in told
    assert "Follow a feed here" in told
    assert "<url>a web address, such as https://example.org/feed.xml" in told
    assert "For curators and admins, and whoever moderates the channel." in told
    assert "<state>one of these: on, off" in said("vendor watch")
    assert "For example: vendor mute hikvision for 7d" in said("vendor mute")


@pytest.mark.parametrize("asked", ["mute", "MUTE", "vendor  mute", "`!vendor mute`"])
def test_the_first_word_of_a_command_may_be_left_out(asked: str) -> None:
    assert said(asked).startswith("vendor mute <vendor>")


def test_the_beginning_of_several_commands_lists_them() -> None:
    told = said("watchlist feed")
    assert "watchlist feed add" in told
    assert "vendor mute" not in told
    assert said("feed") == told


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("alrets", "alerts"), ("unmut", "unmute"), ("watchlist fed ad", "watchlist feed add")],
)
def test_what_nobody_can_explain_is_refused_with_the_nearest(asked: str, meant: str) -> None:
    with pytest.raises(UsageError) as refused:
        help_document(table, asked)
    assert f"Did you mean `vendor help {meant}" in str(refused.value)
    assert "Type `vendor help`." in str(refused.value)
