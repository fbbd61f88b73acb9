"""The terminal as a chat: what is typed becomes messages, commands or steering."""

import asyncio
import io
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rich.console import Console

from bot.core.document import Actions, Button, Document, Paragraph, Preformatted, said, words
from bot.core.mention import Channel, Invocation, Message
from bot.errors import StorageError
from bot.platforms.console.adapter import ConsolePlatform
from bot.platforms.console.lines import LONGEST_LINE, read_lines


@dataclass(slots=True)
class Ears:
    """An inbox that keeps what it is handed."""

    messages: list[Message] = field(default_factory=list)
    commands: list[Invocation] = field(default_factory=list)
    edits: list[Message] = field(default_factory=list)
    deleted: list[tuple[str, str]] = field(default_factory=list)
    full: bool = False

    async def on_message(self, message: Message) -> None:
        """Keep a message."""
        if self.full:
            raise StorageError("the disk is full; make room")
        self.messages.append(message)

    async def on_edit(self, message: Message) -> None:
        """Keep a changed message."""
        self.edits.append(message)

    async def on_delete(self, channel: Channel, message_id: str) -> None:
        """Keep which message is gone."""
        self.deleted.append((channel.id, message_id))

    async def on_command(self, invocation: Invocation) -> None:
        """Keep a command."""
        self.commands.append(invocation)

    async def on_pressed(self, invocation: Invocation, sign: str) -> None:
        """Hear of no reactions: a terminal has numbers."""

    async def on_moved(self, old: Channel, new: Channel, event: str) -> None:
        """Hear of no moves."""

    async def on_joined(self, channel: Channel, event: str, by: str | None = None) -> None:
        """Hear of no coming: the bot is everywhere in a terminal."""

    async def on_left(self, channel: Channel) -> None:
        """Hear of no leaving."""

    async def asks(self, invocation: Invocation) -> None:
        """Ask for nothing: no command here has a form."""

    async def tries(self, invocation: Invocation) -> tuple[()]:
        """Find nothing wrong."""
        del invocation
        return ()

    async def on_removed(self, platform: str, team: str) -> None:
        """Hear of no removal."""


async def typed(*lines: str) -> AsyncIterator[str]:
    for line in lines:
        yield line


def console(*lines: str, echo: bool = True) -> tuple[ConsolePlatform, io.StringIO]:
    paper = io.StringIO()
    screen = Console(file=paper, width=100, force_terminal=False)
    clock = datetime(2024, 4, 1, tzinfo=UTC)
    platform = ConsolePlatform(
        lines=typed(*lines),
        screen=screen,
        commands=frozenset({"vendor"}),
        clock=lambda: clock,
        echo=echo,
    )
    return platform, paper


async def test_lines_are_messages_and_lines_with_a_commands_word_are_commands() -> None:
    platform, _ = console("hello there", "vendor acme", "Vendor list", "", "/say vendor said so")
    ears = Ears()
    await platform.run(ears)
    assert [message.text for message in ears.messages] == ["hello there", "vendor said so"]
    assert [command.line for command in ears.commands] == ["vendor acme", "Vendor list"]
    assert len({message.id for message in ears.messages}) == 2


async def test_people_channels_and_threads_are_chosen_by_slash_commands() -> None:
    steps = [
        "one",
        "/as ben",
        "/join yard",
        "two",
        "/thread 1",
        "three",
        "/thread",
        "four",
        "/help",
    ]
    platform, paper = console(*steps)
    ears = Ears()
    await platform.run(ears)
    said = [(m.author, m.channel.id, m.text) for m in ears.messages]
    assert said == [
        ("you", "#general", "one"),
        ("ben", "#yard", "two"),
        ("ben", "#yard", "three"),
        ("ben", "#yard", "four"),
    ]
    assert [m.thread for m in ears.messages] == [None, None, ears.messages[0].id, None]
    assert "#yard ↳1 ben [3]> three" in paper.getvalue()
    assert "/as NAME" in paper.getvalue()


async def test_quit_ends_the_conversation() -> None:
    platform, _ = console("/quit", "never heard")
    ears = Ears()
    await platform.run(ears)
    assert ears.messages == []


async def test_a_number_chooses_what_a_card_offered() -> None:
    platform, paper = console()
    ears = Ears()
    offer = Document("x", (Paragraph(words("x")), Actions((Button("Full", "vendor record acme"),))))
    channel = Channel("console", "#general")
    await platform.post(channel, offer, key="k1", thread="20240401.3")
    await platform.post(channel, offer, key="k2")
    assert "in the thread of message 3" in paper.getvalue()
    await platform.hear(ears, "2")
    await platform.hear(ears, "3")
    assert [command.line for command in ears.commands] == ["vendor record acme"]
    assert [message.text for message in ears.messages] == ["3"]


async def test_a_message_that_cannot_be_kept_is_said_to_be_lost() -> None:
    platform, paper = console("Acme Cam won")
    await platform.run(Ears(full=True))
    assert "was not looked at: the disk is full; make room" in paper.getvalue()


async def test_names_cannot_steer_the_terminal() -> None:
    platform, paper = console("/as \x1b[2Jben", "hello")
    await platform.run(Ears())
    assert "\x1b" not in paper.getvalue()


async def test_lines_arrive_whole_however_the_bytes_are_cut() -> None:
    reading, writing = os.pipe()
    lines = read_lines(reading)
    os.write(writing, "海康".encode()[:4])
    first = asyncio.ensure_future(anext(lines))
    os.write(writing, "海康".encode()[4:] + b"\r\n\xff bad\nlast")
    os.close(writing)
    assert await first == "海康"
    assert [line async for line in lines] == ["\ufffd bad", "last"]
    os.close(reading)


async def test_an_endless_line_is_cut_and_the_next_one_heard() -> None:
    reading, writing = os.pipe()
    lines = read_lines(reading)

    def write() -> None:
        os.write(writing, b"a" * 30_000)
        os.write(writing, b"a" * 30_000 + b"\nnext\n")
        os.close(writing)

    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.to_thread(write))
        heard = [line async for line in lines]
    assert [len(line) for line in heard] == [LONGEST_LINE, 4]
    os.close(reading)


async def test_messages_can_be_changed_and_deleted() -> None:
    platform, _ = console("first", "/edit 1 first, mended", "/delete 1", "second")
    ears = Ears()
    await platform.run(ears)
    assert [each.text for each in ears.messages] == ["first", "second"]
    (mended,) = ears.edits
    assert (mended.text, mended.id) == ("first, mended", ears.messages[0].id)
    assert ears.deleted == [("#general", ears.messages[0].id)]
    assert ears.messages[1].id.endswith(".2")


async def test_of_a_card_that_grows_only_what_is_new_is_shown_again() -> None:
    platform, paper = console()
    channel = Channel("console", "#general")
    name, place, also = (
        Paragraph(words(each)) for each in ("Acme Cam", "Springfield", "Also in: The Herald")
    )
    actions = Actions((Button("Full record", "vendor record acme"),))
    receipt = await platform.post(channel, Document("s", (name, place, actions)), key="k")
    after = Document("s", (name, place, also, actions))
    for _ in range(2):
        await platform.edit(channel, receipt.message_id, after, key="k2")
    printed = " ".join(paper.getvalue().split())
    first, second, third = printed.split("VendorWatch → ")[1:]
    assert "Springfield" in first
    assert second.startswith(f"#general · {receipt.message_id} now reads")
    assert "Acme Cam │ │ │ │ Also in: The Herald" in second
    assert "Springfield" not in second
    assert "[2]" not in second
    assert "Springfield" in third  # nothing in it is new: all is shown
    ears = Ears()
    await platform.hear(ears, "1")
    assert [each.line for each in ears.commands] == ["vendor record acme"]


async def test_what_a_terminal_showed_is_told_to_have_changed() -> None:
    platform, paper = console()
    channel = Channel("console", "#general")
    receipt = await platform.post(channel, Document("s", (Paragraph(words("Before")),)), key="k")
    after = Document("s", (Paragraph(words("After")),))
    await platform.edit(channel, receipt.message_id, after, key="k2")
    await platform.mark(channel, "session.7", after, key="k3")
    await platform.withdraw(channel, receipt.message_id, key="k4")
    printed = " ".join(paper.getvalue().split())
    assert f"{receipt.message_id} now reads" in printed
    assert "👁 on message 7" in printed
    assert f"{receipt.message_id} is taken back" in printed


async def test_an_answer_says_that_it_is_for_its_asker_alone() -> None:
    platform, paper = console()
    asked = Invocation(Channel("console", "#general"), "1", "ben", "vendor pause")
    await platform.reply(asked, said("Only admins may use `vendor pause`."), key="k1")
    shown = paper.getvalue()
    assert "VendorWatch → ben, privately" in shown
    assert "#general" not in shown


def test_anybody_may_be_named_and_whoever_is_at_the_terminal_is_in_charge() -> None:
    platform, _ = console()
    assert (platform.person("@ben"), platform.person("ben")) == ("ben", "ben")
    assert (platform.person("@"), platform.person("")) == (None, None)
    assert platform.managers() == "Whoever sits at the terminal is an admin."


async def test_long_lines_to_copy_are_printed_whole() -> None:
    platform, paper = console()
    lines = f"note: {'long ' * 40}end\n  - [bold]x[/bold]"
    asked = Invocation(Channel("console", "#general"), "m1", "you", "watchlist export")
    document = Document("Copy", (Paragraph(words("Copy")), Preformatted(lines)))
    await platform.reply(asked, document, key="k")
    assert f"\n{lines}\n" in paper.getvalue()
