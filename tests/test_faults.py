"""Proofs with a world that fails, in short. In full: `python -m tests.bench.faults`."""

import asyncio
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.bench import faults
from tests.bench.rig import nursery

SECONDS = 2.0
SETTLED_S = 1.0
"""Short, so that nobody waits for what is asked of the platform."""
PAUSE_S = 0.1
"""Between two messages: longer, since all happens at once."""


@pytest.mark.proof
async def test_whatever_fails_around_the_bot_nothing_is_lost_or_said_twice(tmp_path: Path) -> None:
    """All at a time, each around a bot of its own: most of it is waiting."""
    with ExitStack() as stack:
        grounds = {}
        for name, fault in faults.FAULTS.items():
            (tmp_path / name).mkdir()
            grounds[name] = stack.enter_context(fault.ground(tmp_path / name))
        async with nursery(tmp_path) as bots, asyncio.TaskGroup() as group:
            tasks = {
                name: group.create_task(
                    faults.prove(
                        tmp_path / name, bots, grounds[name], fault,
                        seconds=SECONDS, settled_s=SETTLED_S, pause_s=PAUSE_S,
                    )
                )
                for name, fault in faults.FAULTS.items()
            }  # fmt: skip
    outcomes = {name: task.result() for name, task in tasks.items()}
    wrong = {name: each.figures() for name, each in outcomes.items() if not each.good()}
    assert not wrong, [line for each in outcomes.values() for line in each.tracebacks]


def refused(at: float, retry_after: float = 2.0) -> dict[str, object]:
    return {"is": "refused", "at": at, "key": "k", "retry_after": retry_after}


def begun(at: float) -> dict[str, object]:
    return {"is": "begun", "at": at, "key": "k"}


def test_a_post_that_comes_again_before_it_was_asked_for_is_seen() -> None:
    assert faults.hasty([begun(1.0), refused(1.0), begun(2.9)]) == 1
    assert faults.hasty([begun(1.0), refused(1.0), begun(3.1), begun(3.2)]) == 0


def test_posts_that_wait_when_the_clock_is_set_are_counted() -> None:
    held = {"is": "held", "key": "other"}
    jumped = {"is": "jumped"}
    assert faults.waiting([refused(1.0), held, jumped, {"is": "cut", "key": "later"}]) == 2
    assert faults.waiting([refused(1.0), {"is": "answered", "key": "k"}, jumped]) == 0
