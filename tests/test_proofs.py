"""The proofs of delivery in short: bots that are killed, and several on one database.

In full: `python -m tests.bench.crash` and `python -m tests.bench.cluster`.
"""

import asyncio
import subprocess
import sys
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it comes without types
import pytest
from sqlalchemy import Connection, make_url, text

from bot.storage import outbox
from bot.storage.database import Database
from bot.storage.rows import Draft, Outgoing
from bot.storage.store import Store
from tests.bench import cluster, crash
from tests.bench.crash import Kill
from tests.bench.script import Alert, Said, expected, judge
from tests.postgres import shared
from tests.storage.sample import HALL, LEASE, NOW, document

LIMIT_S = 20.0
BACKLOG = 24
LEASE_S = 3.0
"""Short, so that a test need not wait half a minute for it to run out."""


@pytest.mark.proof
async def test_a_bot_that_is_killed_again_and_again_loses_and_doubles_nothing(
    tmp_path: Path,
) -> None:
    kills = [Kill("shown"), Kill("safe"), Kill("begun"), Kill("handed", 0.1), Kill("answered")]
    url = f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}"
    outcome = await crash.prove(tmp_path, url, kills, backlog=BACKLOG, limit_s=LIMIT_S)
    assert outcome.good(), str(outcome.figures())
    # The kills came where it hurts: a post was there that nobody had written down, and messages
    # had been handed out that nobody had kept.
    assert outcome.figures()["looked_and_found"]
    assert outcome.figures()["handed_again"]


@pytest.mark.proof
async def test_so_it_is_on_postgresql(tmp_path: Path) -> None:
    kills = [Kill("shown"), Kill("safe"), Kill("answered", 0.1)]
    url = shared()("crash")
    outcome = await crash.prove(tmp_path, url, kills, backlog=BACKLOG, limit_s=LIMIT_S)
    assert outcome.good(), str(outcome.figures())
    assert outcome.figures()["looked_and_found"]


@pytest.mark.proof
async def test_what_a_killed_bot_held_is_taken_over_by_another(tmp_path: Path) -> None:
    outcome = await cluster.one_killed(
        tmp_path, shared()("killed"), workers=2, messages=120, lease_s=LEASE_S
    )
    assert outcome.good(), str(outcome.figures())
    assert len(outcome.taken_over_s) >= cluster.HANDFUL
    assert max(outcome.taken_over_s) < LEASE_S + 5


@pytest.mark.proof
async def test_bots_that_race_tell_a_channel_once(tmp_path: Path) -> None:
    outcome = await cluster.racing(tmp_path, shared()("race"), workers=2, channels=1)
    assert outcome.good(), str(outcome.figures())


async def test_what_is_committed_late_does_not_go_out_beside_what_came_after_it() -> None:
    """An older document becomes visible while another process is just claiming a younger one."""
    url = shared()("late")
    store = await Store.open(url)
    database = Database.at(url)
    gates = await asyncpg.connect(
        host=make_url(url).query["host"], user="postgres", database="late"
    )
    await gates.execute("SELECT pg_advisory_lock(1), pg_advisory_lock(2)")
    queued, claimed = asyncio.Event(), asyncio.Event()

    def queue_older(connection: Connection) -> None:
        outbox.queue(connection, Draft("older", "default", HALL, document("older")), NOW)
        queued.set()
        connection.execute(text("SELECT pg_advisory_xact_lock(1)"))

    def claim_younger(connection: Connection) -> tuple[Outgoing, ...]:
        taken = outbox.claim(connection, NOW, LEASE, 1, ())
        claimed.set()
        connection.execute(text("SELECT pg_advisory_xact_lock(2)"))
        return taken

    try:
        async with asyncio.timeout(LIMIT_S), asyncio.TaskGroup() as group:
            older = group.create_task(database.write(queue_older))
            await queued.wait()
            await store.say("default", HALL, document("younger"), "younger", NOW)
            one = group.create_task(database.write(claim_younger))
            await claimed.wait()
            await gates.execute("SELECT pg_advisory_unlock(1)")
            await older
            two = group.create_task(store.claim(NOW, LEASE, 1))
            while not two.done() and await gates.fetchval(_WAITING) < 2:  # noqa: ASYNC110 - who waits on the server tells nobody
                await asyncio.sleep(0.005)
            await gates.execute("SELECT pg_advisory_unlock(2)")
    finally:
        await gates.close()
        await store.close()
        await database.close()
    assert [each.key for each in one.result()] == ["younger"]
    assert two.result() == ()


_WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


def shown(thread: str, text: str = "Cadmire Optics", channel: str = "#a") -> dict[str, object]:
    return {"is": "shown", "channel": channel, "thread": thread, "text": text, "key": f"k{thread}"}


def handed(message: str) -> dict[str, object]:
    return {"is": "handed", "message": message}


def safe(message: str) -> dict[str, object]:
    return {"is": "safe", "message": message}


SAID = [Said(each, "#a", "Cadmire Optics", frozenset({"Cadmire"})) for each in ("1", "2")]


@pytest.mark.parametrize(
    ("events", "wrong"),
    [
        ([shown("1")], "lost"),
        ([shown("1"), shown("2"), shown("2")], "doubled"),
        ([shown("1"), shown("2"), shown("3")], "uncalled"),
        ([shown("1"), shown("2", "Brindal Optics")], "uncalled"),
        ([handed("1"), safe("1"), handed("2"), safe("2"), shown("2"), shown("1")], "disordered"),
    ],
)
def test_the_judge_of_the_proofs_sees_what_is_wrong(
    events: list[dict[str, object]], wrong: str
) -> None:
    verdict = judge(expected(SAID), events)
    assert not verdict.good()
    for each in ("lost", "doubled", "uncalled", "disordered"):
        assert bool(getattr(verdict, each)) == (each == wrong)


def test_the_judge_lets_pass_what_is_right() -> None:
    at_once = [handed("1"), handed("2"), safe("1"), safe("2"), shown("2"), shown("1")]
    assert judge(expected(SAID), at_once).good()
    in_order = [handed("1"), safe("1"), shown("1"), handed("2"), safe("2"), shown("2")]
    assert judge(expected(SAID), in_order).good()


def test_with_a_cooldown_one_alert_a_company_and_channel_is_expected() -> None:
    both = Alert("#a", frozenset({"Cadmire"}), frozenset({"1", "2"}))
    assert expected(SAID, cooldown=True) == [both]
    assert judge([both], [shown("2")]).good()
    assert judge([both], [shown("1"), shown("2")]).doubled


@pytest.mark.proof
def test_under_load_every_alert_is_posted_once() -> None:
    """The measurement in short; its figures are told, not judged."""
    command = [
        "-m",
        "tests.bench.load",
        "--database",
        "sqlite",
        "--channels",
        "50",
        "--mentions",
        "300",
    ]
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, *command], capture_output=True, check=False, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout.startswith("300 alerts in ")
    assert ", 0 doubled, " in done.stdout
