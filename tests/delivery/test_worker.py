"""What is in the outbox arrives, in order and at a decent pace, whatever goes wrong."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.core.commands import Answer
from bot.core.document import Document
from bot.core.mention import Channel, Invocation
from bot.core.status import State
from bot.delivery.outbox import LEASE, Worker
from bot.delivery.outcome import MOST_CRASHES
from bot.errors import DeliveryError
from bot.platforms.base import Redelivery
from bot.storage.store import Store
from tests.delivery.conftest import HALL, LAB, Post
from tests.fakes import lost
from tests.storage.sample import Policy, after, mention


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[asyncio.Task[None]]:
    """Run a worker for the length of a block."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(worker.run())
        yield task
        task.cancel()


def errors(file: Path) -> list[tuple[str, str | None]]:
    """Give the state and the last error of all documents."""
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("SELECT state, last_error FROM outbox ORDER BY id").fetchall()


async def interrupted(worker: Worker, post: Post) -> None:
    """Drain, and break off as soon as a post has begun."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(worker.drain(5))
        await post.platform.has_begun(1)
        task.cancel()


async def test_what_is_queued_arrives_once(post: Post) -> None:
    await post.say("hello")
    worker = post.worker()
    await worker.drain(5)
    await worker.drain(5)
    assert [(each.channel, each.text, each.key) for each in post.platform.posted] == [
        ("#hall", "hello", "key of hello")
    ]
    assert (await post.store.depth())[State.SENT] == 1


async def test_an_alert_remembers_where_it_was_posted(post: Post) -> None:
    await post.store.record([mention(cause_id="m1")], Policy(post.clock()).hearing())
    await post.worker().drain(5)
    later = after(days=2)
    await post.store.record([mention(cause_id="m2")], later.hearing())
    assert later.seen[0].card_link == "https://chat.example/p1"


async def test_a_channel_gets_its_documents_in_order_even_if_one_must_wait(post: Post) -> None:
    await post.say("first", "second")
    post.platform.failing = [DeliveryError("slow down", retry_after=70)]
    worker = post.worker()
    await worker.drain(5)
    await post.say("elsewhere", channel=LAB)
    await worker.drain(5)
    assert post.platform.summaries() == ["elsewhere"]
    post.clock.pass_(seconds=60)
    await worker.drain(5)
    assert post.platform.summaries() == ["elsewhere"]
    post.clock.pass_(seconds=10)
    await worker.drain(5)
    assert post.platform.summaries() == ["elsewhere", "first", "second"]
    assert post.platform.posted[1].key == "key of first"


async def test_a_failure_is_tried_again_after_a_while(post: Post, file: Path) -> None:
    post.chance.value = 40.0
    post.platform.failing = [DeliveryError("server is down")]
    await post.say("hello")
    worker = post.worker()
    with capture_logs() as logs:
        await worker.drain(5)
    assert errors(file) == [("pending", "server is down")]
    assert [(each["event"], each["reason"]) for each in logs] == [
        ("not delivered", "server is down")
    ]
    post.clock.pass_(seconds=40)
    await worker.drain(5)
    assert post.platform.summaries() == ["hello"]
    assert errors(file) == [("sent", None)]


async def test_what_cannot_be_delivered_is_given_up_and_said_once(post: Post, file: Path) -> None:
    post.platform.failing = [DeliveryError("not in that channel", permanent=True)]
    await post.say("first", "second")
    worker = post.worker()
    with capture_logs() as logs:
        await worker.drain(5)
        post.clock.pass_(days=1)
        await worker.drain(5)
    assert post.platform.summaries() == ["second"]
    assert errors(file) == [("failed", "not in that channel"), ("sent", None)]
    assert [each["event"] for each in logs if each["log_level"] == "error"] == [
        "not delivered and given up"
    ]


@pytest.mark.parametrize(
    ("redelivery", "arrived", "seen"),
    [
        (Redelivery.ASKED, True, 1),
        (Redelivery.ASKED, False, 1),
        (Redelivery.KEYED, True, 1),
        (Redelivery.KEYED, False, 1),
        (Redelivery.BLIND, False, 1),
        # Better twice than not at all.
        (Redelivery.BLIND, True, 2),
    ],
)
async def test_a_post_of_unknown_outcome_is_neither_lost_nor_doubled_where_that_can_be_had(
    post: Post, file: Path, redelivery: Redelivery, arrived: bool, seen: int
) -> None:
    post.platform.redelivery = redelivery
    post.platform.failing, post.platform.loses = [lost()], arrived
    await post.say("hello", "next")
    worker = post.worker()
    await worker.drain(4)
    assert errors(file)[0] == ("uncertain", "connection lost")
    assert "next" not in post.platform.summaries()
    post.clock.pass_(minutes=15)
    await worker.drain(4)
    assert post.platform.summaries().count("hello") == seen
    assert post.platform.summaries()[-1] == "next"
    assert errors(file) == [("sent", None), ("sent", None)]
    assert post.platform.asked == (redelivery is Redelivery.ASKED)


async def test_what_a_killed_process_had_on_its_way_is_asked_for(post: Post) -> None:
    post.platform.redelivery = Redelivery.ASKED
    await post.say("hello")
    (out,) = await post.store.claim(post.clock(), LEASE, 1)
    await post.platform.post(HALL, out.document, key=out.key)
    post.clock.time += LEASE
    await post.worker().drain(5)
    assert post.platform.summaries() == ["hello"]
    assert (await post.store.depth())[State.SENT] == 1


async def test_admins_hear_once_of_a_channel_that_takes_nothing(post: Post) -> None:
    post.platform.refuses = {"#hall"}
    worker = post.worker(admins=(LAB,))
    await post.say("first", "second", "third")
    await worker.drain(5)
    await worker.drain(5)
    told = "Alerts to fake:#hall cannot be posted: archived. What was to be posted is kept. "
    assert [each.text for each in post.platform.posted] == [
        f"{told}Mend it, then run vendorwatch outbox retry."
    ]
    post.platform.refuses = set()
    await post.store.retry(None, post.clock())
    worker.nudge()
    await worker.drain(5)
    assert post.platform.summaries()[1:] == ["first", "second", "third"]


async def test_admins_are_not_told_which_private_channel_fails(post: Post) -> None:
    post.platform.refuses = {"#board"}
    await post.say("first", channel=Channel("fake", "#board", private=True))
    await post.worker(admins=(LAB,)).drain(5)
    (told,) = post.platform.posted
    assert told.text.startswith("Alerts to a private channel on fake cannot be posted")
    assert "#board" not in told.text


async def test_replies_do_not_wait_behind_a_channels_alerts(post: Post) -> None:
    await post.say("first", "second")
    asked = Invocation(HALL, "c1", "anna", "vendor help")
    assert await post.store.receive(asked, post.clock())
    command = await post.store.take_command(post.clock(), LEASE)
    assert command is not None
    await post.store.answer(command, Answer(Document("Help", ())), post.clock())
    await post.worker(pace=60).drain(5)
    assert post.platform.summaries() == ["first"]
    assert [actor for actor, _ in post.platform.replies] == ["anna"]


async def test_a_platform_that_does_not_answer_is_not_waited_for(post: Post, file: Path) -> None:
    post.platform.open.clear()
    await post.say("hello")
    await post.worker(time_limit_s=0.01).drain(4)
    assert errors(file) == [("uncertain", "the platform did not answer in time")]


async def test_an_adapter_with_a_bug_stops_neither_the_worker_nor_the_document(
    post: Post, file: Path
) -> None:
    post.chance.value = 60
    post.platform.failing = [ValueError("cannot draw: hello")]
    await post.say("hello")
    await post.say("elsewhere", channel=LAB)
    worker = post.worker()
    with capture_logs() as logs:
        await worker.drain(5)
    assert post.platform.summaries() == ["elsewhere"]
    assert errors(file)[0] == ("uncertain", "the adapter failed with ValueError")
    assert [each["event"] for each in logs if each.get("exc_info")] == [
        "an adapter failed in a way it should not"
    ]
    post.clock.pass_(seconds=60)
    await worker.drain(5)
    assert post.platform.summaries() == ["elsewhere", "hello"]


async def test_a_bug_does_not_hold_a_channel_for_ever(post: Post, file: Path) -> None:
    post.chance.value = 60
    post.platform.failing = [ValueError("a bug") for _ in range(MOST_CRASHES)]
    await post.say("first", "second")
    worker = post.worker()
    with capture_logs():
        for _ in range(MOST_CRASHES):
            await worker.drain(5)
            post.clock.pass_(minutes=1)
    assert post.platform.summaries() == ["second"]
    assert errors(file)[0] == ("failed", "the adapter failed with ValueError")


async def test_a_platform_that_is_not_set_up_is_named(post: Post, file: Path) -> None:
    await post.say("hello", channel=Channel("slack", "C1"))
    await post.say("elsewhere")
    await post.worker().drain(5)
    assert post.platform.summaries() == ["elsewhere"]
    assert errors(file)[0] == (
        "failed",
        "platform slack is not set up; add it to the config",
    )


async def test_a_channel_is_not_flooded(post: Post) -> None:
    await post.say("first", "second")
    await post.say("elsewhere", channel=LAB)
    worker = post.worker(pace=60)
    await worker.drain(5)
    assert sorted(post.platform.summaries()) == ["elsewhere", "first"]
    post.clock.pass_(seconds=60)
    await worker.drain(5)
    assert post.platform.summaries()[2:] == ["second"]


async def test_no_more_than_so_many_are_on_their_way_at_once(post: Post) -> None:
    for number in range(5):
        await post.say(f"text {number}", channel=Channel("fake", f"#{number}"))
    post.platform.open.clear()
    worker = post.worker(concurrency=2)
    async with running(worker):
        await post.platform.has_begun(2)
        worker.nudge()
        depth = await post.store.depth()
        assert (depth[State.SENDING], depth[State.PENDING]) == (2, 3)
        assert post.platform.begun == 2
        post.platform.open.set()
        await post.platform.has(5)


async def test_a_nudge_wakes_the_worker(post: Post) -> None:
    worker = post.worker()
    async with running(worker):
        await post.say("first")
        worker.nudge()
        await post.platform.has(1)
        await post.say("second")
        worker.nudge()
        await post.platform.has(2)


async def test_the_worker_wakes_by_itself_when_a_document_comes_due(post: Post) -> None:
    post.platform.failing = [DeliveryError("slow down", retry_after=0.05)]
    await post.say("hello")

    def clock() -> datetime:
        return datetime.now(UTC)

    platforms = {"fake": post.platform}
    async with running(Worker(post.store, platforms, clock, post.chance, timedelta(0))):
        await post.platform.has(1)


async def test_what_is_on_its_way_arrives_before_the_worker_ends(post: Post, file: Path) -> None:
    post.platform.open.clear()
    await post.say("hello")
    async with running(post.worker()) as task:
        await post.platform.has_begun(1)
        task.cancel()
        await asyncio.sleep(0)
        post.platform.open.set()
        await asyncio.wait([task])
        assert task.cancelled()
    assert errors(file) == [("sent", None)]


async def test_what_a_stopped_worker_had_begun_comes_back_with_the_same_key(post: Post) -> None:
    post.platform.open.clear()
    await post.say("hello")
    await interrupted(post.worker(), post)
    assert (await post.store.depth())[State.SENDING] == 1
    post.platform.open.set()
    await post.worker().drain(5)
    assert post.platform.posted == []
    post.clock.time += LEASE
    await post.worker().drain(5)
    assert [(each.channel, each.text, each.key) for each in post.platform.posted] == [
        ("#hall", "hello", "key of hello")
    ]
    assert post.platform.begun == 2


async def test_a_drain_that_was_broken_off_leaves_the_worker_fit_for_use(post: Post) -> None:
    post.platform.open.clear()
    await post.say("hello")
    worker = post.worker()
    await interrupted(worker, post)
    post.platform.open.set()
    post.clock.time += LEASE
    await worker.drain(5)
    assert post.platform.summaries() == ["hello"]


async def test_a_drain_ends_in_time(post: Post) -> None:
    post.platform.open.clear()
    await post.say("hello")
    async with asyncio.timeout(5):
        await post.worker(time_limit_s=30).drain(0.01)
    assert post.platform.posted == []


async def test_a_drain_beside_a_running_worker_waits_for_it(post: Post) -> None:
    post.platform.open.clear()
    await post.say("first", "second")
    worker = post.worker()
    async with running(worker):
        await post.platform.has_begun(1)
        async with asyncio.TaskGroup() as group:
            draining = group.create_task(worker.drain(5))
            await asyncio.sleep(0)
            assert not draining.done()
            post.platform.open.set()
        assert post.platform.summaries() == ["first", "second"]


def break_database(file: Path) -> None:
    """Let every use of the outbox fail, as on a disk that is full or read-only."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("ALTER TABLE outbox RENAME TO outbox_hidden")


def mend_database(file: Path) -> None:
    """Let the outbox be used again."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("ALTER TABLE outbox_hidden RENAME TO outbox")


async def test_a_database_that_fails_is_asked_again_and_not_hotly(post: Post, file: Path) -> None:
    await post.say("hello")
    await asyncio.to_thread(break_database, file)
    post.chance.value = 0.3
    worker = post.worker()
    with capture_logs() as logs:
        async with running(worker):
            await asyncio.wait_for(post.chance.asked.wait(), 5)
            for _ in range(50):
                worker.nudge()
                await asyncio.sleep(0)
            assert post.chance.times == 1
            await asyncio.to_thread(mend_database, file)
            await post.platform.has(1)
    assert [(each["event"], each["exc_info"]) for each in logs if each["log_level"] == "error"] == [
        ("outbox out of reach", None)
    ]


async def test_what_was_posted_is_written_down_even_if_the_database_fails_meanwhile(
    post: Post, file: Path
) -> None:
    await post.say("hello")
    post.platform.open.clear()
    post.chance.value = 0.1
    async with running(post.worker()):
        await post.platform.has_begun(1)
        await asyncio.to_thread(break_database, file)
        post.platform.open.set()
        await asyncio.wait_for(post.chance.asked.wait(), 5)
        await asyncio.to_thread(mend_database, file)
    assert errors(file) == [("sent", None)]
    assert post.platform.begun == 1


async def test_no_text_and_no_private_channel_is_logged(post: Post) -> None:
    secret = Channel("fake", "#board", private=True)
    await post.say("Acme is on a list", channel=secret)
    await post.say("Acme again")
    post.platform.failing = [DeliveryError("slow down", retry_after=0.0)]
    with capture_logs() as logs:
        await post.worker().drain(5)
    assert len(post.platform.posted) == 2
    assert {each["channel"] for each in logs} == {"private", "fake:#hall"}
    for hidden in ("Acme", "#board"):
        assert hidden not in repr(logs)


async def test_what_was_just_claimed_when_the_bot_is_stopped_is_delivered(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Otherwise nobody may have it for the length of a lease, and it waits for the next start.
    claim, claimed, go_on = Store.claim, asyncio.Event(), asyncio.Event()

    async def slow(store: Store, *arguments: Any) -> Any:
        found = await claim(store, *arguments)
        claimed.set()
        await go_on.wait()
        return found

    await post.say("hello")
    with monkeypatch.context() as patch:
        patch.setattr(Store, "claim", slow)
        async with running(post.worker()):
            await claimed.wait()
            asyncio.get_running_loop().call_later(0.05, go_on.set)
    assert post.platform.summaries() == ["hello"]
