import asyncio
from collections.abc import Awaitable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import table as every_command
from bot.core.commands import Answer, CommandTable, Rest
from bot.core.document import COMMANDS, Document, Paragraph, Typed, plain, runs, spoken, words
from bot.core.helping import help_document
from bot.errors import UsageError


def table() -> CommandTable:
    made = CommandTable()

    @made.command("vendor")
    async def vendor(_context: object, name: Rest) -> Document:
        """Show the card of a vendor."""
        return Document(name, (Paragraph(words(name)),))

    @made.command("vendor list")
    async def vendor_list(_context: object, tag: str | None = None) -> Document:
        """List the vendors."""
        return Document(str(tag), ())

    @made.command("vendor name add")
    async def name_add(_context: object, who: str, value: Rest) -> Document:
        """Add a name."""
        return Document(f"{who} {value}", ())

    return made


TABLE = table()


@pytest.mark.parametrize(
    ("line", "path", "arguments"),
    [
        ("vendor hikvision", "vendor", {"name": "hikvision"}),
        ("VENDOR  acme   cam ", "vendor", {"name": "acme cam"}),
        ("vendor list", "vendor list", {}),
        ("vendor List cameras", "vendor list", {"tag": "cameras"}),
        ("vendor listening post", "vendor", {"name": "listening post"}),
        ("vendor name add acme Acme V", "vendor name add", {"who": "acme", "value": "Acme V"}),
        ("vendor name add “a cam” Acme", "vendor name add", {"who": "a cam", "value": "Acme"}),
        ("vendor\u00a0acme", "vendor", {"name": "acme"}),
        ('vendor "acme', "vendor", {"name": '"acme'}),
        ("vendor O'Neill Optics", "vendor", {"name": "O'Neill Optics"}),
    ],
)  # fmt: skip
def test_a_line_is_read_as_its_most_specific_command(
    line: str, path: str, arguments: dict[str, str]
) -> None:
    call = TABLE.read(line)
    assert (" ".join(call.command.path), call.arguments) == (path, arguments)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", "There is no command"),
        ("buy cameras", "There is no command 'buy'. Type `vendor help`."),
        ("vendor", "That needs a name. Type `vendor <name>`."),
        ("vendor name add acme", "That needs a value. Type `vendor name add <who> <value>`."),
        ("vendor list a b", "'b' is more than it takes. Type `vendor list [tag]`."),
    ],
)
def test_a_wrong_line_is_answered_with_what_to_type(line: str, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        TABLE.read(line)
    assert told in str(refused.value)


@given(st.text())
def test_any_line_is_a_call_or_a_usage_error(line: str) -> None:
    try:
        call = TABLE.read(line)
    except UsageError as error:
        told = str(error)
    else:
        told = "Type `" + asyncio.run(_run(call.command.handler(None, **call.arguments))).summary
    assert "Type `" in told


async def _run(handling: Awaitable[Document | Answer]) -> Document:
    made = await handling
    assert isinstance(made, Document)
    return made


def test_help_names_every_command_and_how_it_is_typed() -> None:
    told = [plain(run) for block in help_document(TABLE, "all").blocks for run in runs(block)]
    assert "vendor <name>: Show the card of a vendor." in told
    assert "vendor list [tag]: List the vendors." in told


def test_a_command_that_explains_nothing_is_refused_where_it_is_declared() -> None:
    made = CommandTable()
    with pytest.raises(TypeError, match="has no docstring"):

        @made.command("vendor")
        async def _vendor(_context: object) -> Document:
            return Document("", ())


def test_a_parameter_that_no_line_can_give_is_refused_where_it_is_declared() -> None:
    made = CommandTable()
    with pytest.raises(TypeError, match="no command can read"):

        @made.command("vendor")
        async def _vendor(_context: object, times: float) -> Document:
            """Say it so many times."""
            return Document(str(times), ())


def test_what_was_typed_wrong_is_repeated_as_words_only() -> None:
    for line in ("`vendor` help", "vendor list a `vendor watch off`"):
        with pytest.raises(UsageError) as refused:
            TABLE.read(line)
        run = spoken(str(refused.value))
        assert len([part for part in run if isinstance(part, Typed)]) == 1
        assert "`" not in plain(run)


def test_every_command_there_is_begins_with_a_word_that_is_known_as_one() -> None:
    assert every_command.first_words <= set(COMMANDS)
    assert all(spoken(f"`{each.usage}`") == (Typed(each.usage),) for each in every_command)
