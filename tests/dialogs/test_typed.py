"""What people type is read as what they mean: vendors, channels, spans, choices, pasted blocks."""

from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import pytest

from bot.commands import table as every_command
from bot.commands.context import Context
from bot.core.commands import Block, CommandTable, Role
from bot.core.dates import PartialDate
from bot.core.document import Document, said
from bot.core.mention import Channel
from bot.core.vendor import Vendor
from tests.dialogs.conftest import Bot, buttons


class Loudness(StrEnum):
    """How loud to be."""

    LOUD = "loud"
    VERY_QUIET = "very_quiet"


def knowing(bot: Bot, table: CommandTable) -> None:
    """Let the bot know these commands alone."""
    bot.app.clerk.commands = table
    bot.app.clerk.confirmations = type(bot.app.clerk.confirmations)(
        bot.app.store, table, bot.clock, bot.app.clerk.rng
    )


def telling(bot: Bot) -> None:
    """Give the bot a command that tells what it was given."""
    table = CommandTable()

    async def sure(
        _context: Context,
        vendor: Vendor,
        loudness: Loudness,
        span: timedelta,
        since: PartialDate | None = None,
        channel: Channel | None = None,
    ) -> Document | None:
        """Ask before anything about Road Runner."""
        del loudness, span, since, channel
        return said("That would be Road Runner.") if vendor.id == "road-runner" else None

    @table.command("vendor tell", preview=sure)
    async def tell(  # noqa: PLR0917 - a parameter of each kind
        context: Context,
        vendor: Vendor,
        loudness: Loudness,
        span: timedelta,
        since: PartialDate | None = None,
        channel: Channel | None = None,
    ) -> Document:
        """Tell what was given."""
        where = "nowhere" if channel is None else channel.id
        here = channel is not None and channel.key == context.invocation.channel.key
        told = f"{vendor.id} {loudness} {span.days} {since} {where}{' here' if here else ''}"
        return said(told)

    @table.command("vendor paste")
    async def paste(_context: Context, vendor: Vendor, text: Block) -> Document:
        """Tell what was pasted."""
        return said(f"{vendor.id}: {text!r}")

    knowing(bot, table)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Acme Cam very quiet 2 weeks", "acme-cam very_quiet 14 None nowhere"),
        ("“acme cam” LOUD 7d 2019~ here", "acme-cam loud 7 2019~ #hall here"),
        ("acme.example very-quiet 1d today #yard", "acme-cam very_quiet 1 2024-04-01 #yard"),
    ],
)
async def test_each_word_is_read_as_what_it_is(bot: Bot, line: str, told: str) -> None:
    telling(bot)
    assert await bot.answers(f"vendor tell {line}") == told


async def test_a_mistyped_vendor_is_asked_back_and_the_button_carries_the_line_out(
    bot: Bot,
) -> None:
    telling(bot)
    told = await bot.answers("vendor tell Acme Camm very quiet 2 weeks 2019-10")
    assert "No watched vendor is called “Acme Camm”. Did you mean Acme Cam?" in told
    (button,) = buttons(bot.platform.answered[-1])
    assert button.line == "vendor tell acme-cam very quiet 2 weeks 2019-10"
    assert await bot.presses("Acme Cam") == "acme-cam very_quiet 14 2019-10 nowhere"


async def test_what_is_confirmed_is_read_as_it_was_when_it_was_asked(bot: Bot) -> None:
    telling(bot)
    told = await bot.answers("vendor tell Road Runner loud 7d", confirm=False)
    assert told.startswith("That would be Road Runner.")


async def test_a_pasted_block_comes_to_its_command_line_by_line(bot: Bot) -> None:
    telling(bot)
    pasted = "a: “x”\n  - b: it's"
    told = await bot.answers(f"vendor paste Acme Cam\n```yaml\n{pasted}\n```")
    assert told == f"acme-cam: {pasted!r}"
    told = await bot.answers(f"vendor paste acme camm\n{pasted}")
    assert "Then send it again with acme-cam in its place; nothing was done." in told
    assert buttons(bot.platform.answered[-1]) == []


async def test_no_word_of_a_pasted_block_stays_in_the_database(bot: Bot) -> None:
    telling(bot)
    await bot.answers("vendor paste Acme Cam\nquixotic: 1", confirm=False)
    bot.clock.pass_(days=400)
    await bot.settle()
    assert b"quixotic: 1\n" not in _files(bot.pack.parent)


def _files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("bot.db*")))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("vendor record", "That needs a name. Type vendor record <name>."),
        ("vendor watch on #yard now", "'now' is more than it takes."),
        ("vendor report acme", "Did you mean Acme Cam?"),
        ("watchlist fed list", "did you mean watchlist feed list?"),
        ("watchlist", "'watchlist' goes on in several ways. Type vendor help watchlist."),
        ("watchlist feed", "Type vendor help watchlist feed."),
        ("vendor help nonsense", "There is no help on 'nonsense'."),
    ],
)
async def test_every_error_says_what_to_type_instead(bot: Bot, line: str, told: str) -> None:
    answer = await bot.answers(line)
    assert told in answer
    assert "Type vendor" in answer or "Did you mean" in answer


async def test_a_record_is_shown_by_the_button_that_was_offered_for_it(bot: Bot) -> None:
    await bot.answers("vendor record acme camm")
    assert (await bot.presses("Acme Cam")).startswith("Acme Cam (阿珂美): full record")


async def test_help_leads_from_a_topic_to_a_command(bot: Bot) -> None:
    await bot.answers("vendor help")
    feeds = await bot.presses("Feeds")
    assert "watchlist feed add <url> [backfill]" in feeds
    one = await bot.answers("vendor help watchlist feed add")
    assert "https://example.org/feed.xml" in one
    assert len(await bot.answers("vendor help all")) > len(feeds)


def test_every_command_explains_itself_in_one_line() -> None:
    for command in every_command:
        assert command.help.endswith((".", "..."))
        assert len(command.help) <= 100
        assert command.role in Role
