"""The proofs about feeds in short: a simulated day, and a bot that is killed while it polls.

In full: `python -m tests.bench.day` and `python -m tests.bench.feedcrash`.
"""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.bench import feedcrash
from tests.bench.day import Account, World, channel, judge
from tests.bench.feedcrash import Kill
from tests.bench.feedkinds import KINDS, Kind, Made, Paper, Where
from tests.bench.feedrig import START, Row

HOUR = timedelta(hours=1)


@pytest.mark.proof
def test_each_new_entry_of_feeds_of_every_kind_is_told_once() -> None:
    """In a process of its own, since the clock and the log are the process's."""
    command = ["-m", "tests.bench.day", "--feeds", "60", "--hours", "3", "--naming", "0.5"]
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, *command], capture_output=True, check=False, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-500:]
    figures = next(json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))
    assert figures["told"] == figures["expected"] > 50


@pytest.mark.proof
async def test_a_bot_that_is_killed_while_it_polls_tells_each_entry_once(tmp_path: Path) -> None:
    kills = [Kill("feed", 20), Kill("page", 3), Kill("shown"), Kill("feed", 30, 0.1), Kill("begun")]
    url = f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}"
    outcome = await feedcrash.prove(tmp_path, url, kills)
    assert outcome.good(), str(outcome.figures())
    assert outcome.due > 20


def made(number: int, *, names: str = "Cadmire", shown: bool = True, silent: bool = False) -> Made:
    """Give an entry that the bot was shown."""
    link = f"http://paper.example/note/{number}"
    row = Row(link, link, f"Note {number}: x", "", START)
    shown_at = START + HOUR if shown else None
    named = frozenset(names.split())
    return Made(number, START + HOUR, Where.TEXT, named, row, False, shown_at, silent)


def account(kind: Kind, entries: list[Made], *texts: str, at_once: int = 1) -> Account:
    """Judge a feed with these entries and what its channel was told."""
    paper = Paper(0, kind, "paper.example", entries=entries, at_once=at_once)
    posts = [(channel(paper), text) for text in texts]
    (judged,) = judge(World([paper]), posts, START + 9 * HOUR).values()
    return judged


TOLD = "Cadmire Optics, in “Note 1: x”."


@pytest.mark.parametrize(
    ("entry", "texts", "wrong"),
    [
        (made(1), [TOLD], ()),
        (made(1), [], ("missed",)),
        (made(1), [TOLD, TOLD], ("doubled",)),
        (made(1), ["Brindal Optics, in “Note 1: x”."], ("wrong",)),
        (made(1), [TOLD, "Cadmire Optics is back."], ("wrong",)),
        (made(1, silent=True), [TOLD], ("wrong",)),
        (made(1, names=""), [TOLD], ("wrong",)),
        (made(1, shown=False), [], ("missed",)),
    ],
)
def test_the_judge_of_a_day_sees_what_is_wrong(
    entry: Made, texts: list[str], wrong: tuple[str, ...]
) -> None:
    judged = account(KINDS[0], [entry], *texts)
    assert tuple(each for each in ("missed", "doubled", "wrong") if getattr(judged, each)) == wrong


@pytest.mark.parametrize(
    ("summed", "at_once", "told", "missed", "wrong"),
    [(4, 11, 3, 0, 0), (3, 11, 3, 1, 0), (5, 11, 3, 0, 1), (4, 10, 0, 4, 4)],
)
def test_what_a_flood_brought_is_counted_in_its_summary(
    summed: int, at_once: int, told: int, missed: int, wrong: int
) -> None:
    entries = [made(1), made(2), made(3, names="Brindal Cadmire")]
    text = f"{summed} mentions of 2 vendors"
    judged = account(KINDS[0], entries, text, at_once=at_once)
    assert (judged.told, judged.missed, judged.wrong) == (told, missed, wrong)


def test_what_an_unreliable_server_never_showed_is_counted_apart() -> None:
    stuck = next(kind for kind in KINDS if kind.name == "one ETag, compared")
    judged = account(stuck, [made(1, shown=False)])
    assert (judged.missed, judged.not_shown) == (0, 1)
