"""The program as a process of its own: started, talked to, disturbed and stopped."""

import asyncio
import json
import os
import re
import signal
import sqlite3
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.demo.site import SCANNER, STATION, Site, paper
from tests.build import vendor, write_pack
from tests.emptied import empty

LIMIT = 30.0
"""Seconds that anything may take before a test gives up."""
QUIET = {**os.environ, "PYTHONWARNINGS": "error", "COLUMNS": "100"}


@asynccontextmanager
async def started(*arguments: str, folder: Path) -> AsyncIterator[Process]:
    """Start `python -m bot ...` in a folder; make sure that it is gone afterwards."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *arguments,
        stdin=PIPE, stdout=PIPE, stderr=PIPE, cwd=folder, env=QUIET,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def read_until(stream: asyncio.StreamReader | None, *words: str) -> str:
    """Read lines until each of the words has been read; give all that was read."""
    assert stream is not None
    read = ""
    async with asyncio.timeout(LIMIT):
        while not all(word in read for word in words):
            line = await stream.readline()
            assert line, f"ended without {words}: {read}"
            read += line.decode()
    return read


def configuration(folder: Path, site: Site, **more: object) -> Path:
    feed = {"url": site.feed_url, "channels": ["console:#newsroom"], "backfill": "7d"}
    settings = {
        "database": {"url": f"sqlite+aiosqlite:///{folder / 'bot.db'}"},
        "feeds": {"allow_networks": ["127.0.0.0/8"], "list": [feed]},
        "log": {"format": "json"},
        **more,
    }
    path = folder / "config.yml"
    path.write_text(json.dumps(settings), encoding="utf-8")
    return path


async def test_the_demo_shows_the_main_job_and_exits_0(tmp_path: Path) -> None:
    async with started("demo", folder=tmp_path) as process, asyncio.timeout(LIMIT):
        out, err = (each.decode() for each in await process.communicate())
    assert process.returncode == 0, err
    before, _, after = out.partition("New stories")
    assert before.count("Hikvision (海康威视)") == 1
    assert "in the thread of message 1" in before
    news, _, lookups = after.partition("Ask for a card")
    assert news.count("Nuctech (同方威视)") == 1
    assert "Library stays open" not in news
    assert news.count("Hikvision · Here because of") == 2  # posted, and edited
    assert "now reads" in news
    assert "Also in: “Station publishes the makers of its cameras | The Evening Wire”" in news
    assert "3 watched vendors in a message." in news
    assert "Hikvision (海康威视)" in lookups
    assert "Did you mean Hikvision?" in lookups
    assert "No watched vendor is called “nosuchco”." in lookups
    assert "inside the cooldown" in err
    assert "Traceback" not in out + err


@pytest.mark.proof
async def test_a_feed_and_a_conversation_are_watched_until_a_signal_stops_it(
    tmp_path: Path,
) -> None:
    async with paper(datetime.now(UTC)) as site:
        site.publish(SCANNER, STATION)
        config = configuration(tmp_path, site)
        async with started("run", "--config", str(config), folder=tmp_path) as process:
            posted = await read_until(process.stdout, "Nuctech (同方威视)", "Hikvision (海康威视)")
            assert "#newsroom" in posted
            assert process.stdin is not None
            process.stdin.write(b"vendor nuctech\n")
            await read_until(process.stdout, "you, privately", "Full record")
            process.stdin.write(b"Hikvision again\n")
            await read_until(process.stdout, "#general · in the thread of message")
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(LIMIT):
                _, err = await process.communicate()
            assert process.returncode == 0
    logged = [json.loads(line) for line in err.decode().splitlines()]
    assert logged[-1]["event"] == "stopped"
    assert "Hikvision again" not in err.decode()


@pytest.mark.proof
async def test_what_was_posted_before_a_kill_is_not_posted_again(tmp_path: Path) -> None:
    async with paper(datetime.now(UTC)) as site:
        site.publish(SCANNER)
        config = configuration(tmp_path, site)
        async with started("run", "--config", str(config), folder=tmp_path) as process:
            await read_until(process.stdout, "Nuctech (同方威视)", "Full record")
            await read_until(process.stderr, '"delivered"')
            process.kill()
            await process.communicate()
        site.publish(STATION)
        with closing(sqlite3.connect(tmp_path / "bot.db")) as database, database:
            database.execute("UPDATE feed SET next_check_at = '2024-01-01 00:00:00.000000'")
        async with started("run", "--config", str(config), folder=tmp_path) as process:
            posted = await read_until(process.stdout, "Hikvision (海康威视)")
            assert "Nuctech" not in posted


@pytest.mark.proof
async def test_a_broken_file_is_told_and_the_last_good_watchlist_kept(tmp_path: Path) -> None:
    write_pack(tmp_path / "pack", vendor("nuctech"), vendor("road-runner"))
    await empty(tmp_path / "bot.db")
    async with paper(datetime.now(UTC)) as site:
        config = configuration(tmp_path, site, shipped_watchlist=False, watchlists=["pack"])
        async with started("run", "--config", str(config), folder=tmp_path) as process:
            await read_until(process.stderr, '"started"')
            (tmp_path / "pack" / "vendors" / "nuctech.yml").write_text("id: [", encoding="utf-8")
            process.send_signal(signal.SIGHUP)
            told = await read_until(process.stderr, "watchlist kept", "nuctech.yml:")
            assert "Traceback" not in told
            assert process.stdin is not None
            process.stdin.write(b"vendor nuctech\n")
            await read_until(process.stdout, "you, privately", "Nuctech", "Surveillance cameras")


@pytest.mark.proof
@pytest.mark.parametrize("chat", ["console", "slack"])
async def test_a_start_where_nobody_is_an_admin_writes_a_code_into_the_log(
    tmp_path: Path, chat: str
) -> None:
    await empty(tmp_path / "bot.db")
    tokens = {"bot_token": "xoxb-1", "app_token": "xapp-1", "api_url": "http://127.0.0.1:1/"}
    async with paper(datetime.now(UTC)) as site:
        config = configuration(tmp_path, site, slack=tokens if chat == "slack" else {})
        async with started("run", "--config", str(config), folder=tmp_path) as process:
            told = await read_until(process.stderr, '"started"')
    found = re.search("type `vendor claim ([a-z2-9]{4}-){3}[a-z2-9]{4}` to the bot", told)
    assert (found is not None) == (chat == "slack")


async def test_a_broken_start_is_one_clear_line_and_exit_2(tmp_path: Path) -> None:
    config = tmp_path / "config.yml"
    config.write_text("database: {url: 'sqlite+aiosqlite:////nowhere/bot.db'}", encoding="utf-8")
    async with started("run", "--config", "config.yml", folder=tmp_path) as process:
        async with asyncio.timeout(LIMIT):
            out, err = await process.communicate()
    assert process.returncode == 2
    assert out == b""
    assert len(err.decode().splitlines()) == 1
    assert "/nowhere" in err.decode()


async def test_the_end_of_the_input_ends_a_bot_without_feeds(tmp_path: Path) -> None:
    write_pack(tmp_path / "pack", vendor("nuctech"))
    config = tmp_path / "config.yml"
    few = "console: {name: anna}\nshipped_watchlist: no\nwatchlists: [pack]\n"
    config.write_text(few, encoding="utf-8")
    async with started("run", "--config", "config.yml", folder=tmp_path) as process:
        async with asyncio.timeout(LIMIT):
            out, _ = await process.communicate(b"Nuctech won\n")
    assert process.returncode == 0
    assert "Surveillance cameras" in out.decode()
