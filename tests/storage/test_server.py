"""A PostgreSQL server that cannot be used says so in one line; one that is back is used again."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Connection, text

from bot.core.status import State
from bot.errors import StorageError
from bot.storage import server
from bot.storage.database import Database
from bot.storage.store import Store
from tests.postgres import LOCKED_ROLE
from tests.storage.conftest import Behind, Postgres
from tests.storage.sample import HALL, NOW, document


async def refusal(url: str) -> str:
    """Try to open a database in vain; give the one line that says why, without the place."""
    with pytest.raises(StorageError) as refused:
        await Store.open(url)
    said = str(refused.value)
    assert "\n" not in said
    assert "hunter2" not in said
    assert said.startswith("database postgresql+asyncpg://")
    return said.rpartition(": ")[2]


@pytest.fixture
async def opened(url: str) -> AsyncIterator[Database]:
    opened = Database.at(url)
    yield opened
    await opened.close()


def run(connection: Connection, /, statement: str, **values: object) -> None:
    connection.execute(text(statement), values)


async def failure(opened: Database, statement: str, **values: object) -> str:
    """Carry out a statement in vain; give the line that says why, without the place."""
    with pytest.raises(StorageError) as failed:
        await opened.write(run, statement, **values)
    return str(failed.value).rpartition(": ")[2]


async def test_a_server_that_is_gone_is_said(postgres: Postgres) -> None:
    del postgres
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        refused = await refusal(f"postgresql+asyncpg://anna:hunter2@127.0.0.1:{port}/bot")
    no_socket = await refusal("postgresql+asyncpg://anna:hunter2@/bot?host=/nowhere")
    assert refused == no_socket == "no server answers there; start it, or correct database.url"


async def test_a_wrong_password_is_said_and_no_password_is(postgres: Postgres) -> None:
    postgres.server.execute(f"CREATE ROLE {LOCKED_ROLE} LOGIN PASSWORD 'right'")
    try:
        wrong = await refusal(postgres.server.address("postgres", f"{LOCKED_ROLE}:hunter2"))
    finally:
        postgres.server.execute(f"DROP ROLE {LOCKED_ROLE}")
    assert wrong == "the server does not take the password; correct it in database.url"


async def test_a_password_among_the_options_is_not_said(postgres: Postgres) -> None:
    url = f"{postgres.server.address('missing', 'postgres')}&password=hunter2"
    assert await refusal(url) == (
        "there is no such database on the server; make it there, or change database.url"
    )


async def test_an_option_that_the_driver_does_not_know_is_refused(postgres: Postgres) -> None:
    assert await refusal(f"{postgres.server.address('postgres')}&nonsense=hunter2") == (
        "the driver does not take the options after the ? in database.url; "
        "mend them or take them away"
    )


async def test_a_user_that_the_server_does_not_know_is_said(postgres: Postgres) -> None:
    assert await refusal(postgres.server.address("postgres", "nosuch")) == (
        "the server does not let this user in; check database.url and the server's pg_hba.conf"
    )


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("53100", "disk is full"),
        ("53200", "has run out of memory"),
        ("53300", "takes no more connections"),
        ("42501", "may not do that"),
        ("57P03", "is starting or shutting down"),
        ("58030", "cannot read or write its files"),
        ("XX001", "is damaged"),
        ("23505", "(UniqueViolationError 23505)"),
        ("P0001", "(RaiseError P0001)"),
    ],
)
async def test_what_the_server_reports_is_said_with_a_remedy_and_without_its_words(
    postgres: Postgres, opened: Database, code: str, said: str
) -> None:
    del postgres
    told = await failure(
        opened, f"DO $$ BEGIN RAISE EXCEPTION 'hunter2' USING errcode = '{code}'; END $$"
    )
    assert said in told
    assert "hunter2" not in told


async def test_a_value_that_cannot_be_kept_is_not_repeated(
    postgres: Postgres, opened: Database
) -> None:
    del postgres
    for value in ("hunter2\0", "hunter2\ud800", 2):
        told = await failure(opened, "SELECT CAST(:value AS text)", value=value)
        assert told == "a value cannot be kept there, such as a text with a zero byte"


async def test_a_server_that_can_only_be_read_is_refused(
    postgres: Postgres, store: Store, url: str
) -> None:
    await store.close()
    name = postgres.name_in(url)
    postgres.server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    try:
        said = await refusal(url)
    finally:
        postgres.server.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    assert said == "can only be read; name the primary server, not a standby, in database.url"


async def test_a_statement_that_takes_too_long_is_said(
    postgres: Postgres, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    del postgres
    monkeypatch.setitem(server._CONNECT_ARGS, "command_timeout", 0.05)
    opened = Database.at(url)
    try:
        ours = await failure(opened, "SELECT pg_sleep(10)")
        await opened.write(run, "SET statement_timeout = 20")
        servers = await failure(opened, "SELECT pg_sleep(10)")
        async with opened.without_hurry() as patient:
            await patient.write(run, "SELECT pg_sleep(0.1)")
    finally:
        await opened.close()
    assert ours == "the server does not answer in time; check that it is up and not overloaded"
    assert servers == (
        "a statement took longer than the server allows; see what the server is busy with"
    )


async def test_a_server_that_was_away_is_used_again_when_it_is_back(
    postgres: Postgres, store: Store
) -> None:
    assert await store.say("default", HALL, document(), "k1", NOW)
    postgres.server.stop()
    try:
        with pytest.raises(StorageError, match="no server answers there"):
            await store.say("default", HALL, document(), "k2", NOW)
    finally:
        postgres.server.start()
    assert await store.say("default", HALL, document(), "k2", NOW)
    postgres.server.stop()
    postgres.server.start()
    # Its connections are all dead now, and nobody notices.
    assert (await store.depth())[State.PENDING] == 2


async def test_a_connection_that_breaks_in_the_middle_is_said(
    postgres: Postgres, opened: Database
) -> None:
    del postgres
    said = await failure(opened, "SELECT pg_terminate_backend(pg_backend_pid())")
    assert said in {
        "the connection to the server was lost; check that the server is up",
        "the server is starting or shutting down; wait for it, or start it",
    }


async def test_a_transaction_that_the_server_undid_runs_again(
    postgres: Postgres, store: Store, other: Store, behind: Behind
) -> None:
    del postgres
    tries: list[int] = []

    def lock(connection: Connection, first: int, second: int) -> None:
        tries.append(first)
        connection.execute(text(f"SELECT pg_advisory_xact_lock({first})"))
        # Until each has what the other waits for; the one that runs again finds the way free.
        while len(tries) < 3 and len(behind(_LOCKS)) < 2:
            connection.execute(text("SELECT 1"))
        connection.execute(text(f"SELECT pg_advisory_xact_lock({second})"))

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(store._database.write(lock, 1, 2))
        group.create_task(other._database.write(lock, 2, 1))
    assert len(tries) == 3


_LOCKS = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted"
