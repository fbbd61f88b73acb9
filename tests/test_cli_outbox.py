"""`vendorwatch outbox`: an operator looks at what could not be posted and lets it go again."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.cli import command_line
from bot.core.document import Document, Paragraph, words
from bot.core.mention import Channel
from bot.storage.store import Store

NOW = datetime(2024, 4, 1, 12, 0, tzinfo=UTC)


async def given_up(url: str) -> None:
    store = await Store.open(url)
    try:
        for channel in (Channel("fake", "#hall"), Channel("fake", "#board", private=True)):
            document = Document("Acme is on a list", (Paragraph(words("Acme is on a list")),))
            await store.say("default", channel, document, channel.id, NOW)
            (out,) = await store.claim(NOW, timedelta(minutes=1), 1)
            await store.park(out.id, "not in that channel", NOW)
    finally:
        await store.close()


@pytest.fixture
def outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}"
    monkeypatch.setenv("VENDORWATCH_DATABASE__URL", url)
    asyncio.run(given_up(url))


@pytest.mark.usefixtures("outbox")
def test_the_list_says_where_and_why_and_names_no_private_channel(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command_line(["outbox", "list"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines() == [
        "2\t2024-04-01 12:00 UTC\ta private channel on fake\tnot in that channel (1 try)",
        "1\t2024-04-01 12:00 UTC\tfake:#hall\tnot in that channel (1 try)",
    ]
    assert "Acme" not in out


@pytest.mark.usefixtures("outbox")
def test_what_was_given_up_can_be_tried_again_one_by_one_or_all(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command_line(["outbox", "retry", "1"]) == 0
    assert command_line(["outbox", "retry"]) == 0
    assert command_line(["outbox", "retry"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "1 message will be tried again",
        "1 message will be tried again",
        "0 messages will be tried again",
    ]
    assert command_line(["outbox", "list"]) == 0
    assert not capsys.readouterr().out


def test_a_database_that_cannot_be_opened_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VENDORWATCH_DATABASE__URL", f"sqlite+aiosqlite:///{tmp_path}/no/x.db")
    assert command_line(["outbox", "retry"]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "make it, or change database.url" in told
