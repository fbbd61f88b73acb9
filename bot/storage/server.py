"""A PostgreSQL server: a pool of connections, each transaction on one of them."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import URL, Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from bot.storage.failures import worth_another_try

T = TypeVar("T")

# Seconds. The limit on a statement is kept on this side, where a server that is gone counts too.
# A machine that dies in the middle of a transaction must not hold its rows until TCP gives up.
_CONNECT_ARGS: dict[str, object] = {
    "timeout": 10,
    "command_timeout": 30,
    "server_settings": {
        "application_name": "vendorwatch",
        "idle_in_transaction_session_timeout": "60s",
    },
}
_NO_HURRY: dict[str, object] = {"command_timeout": None}
_TRIES = 3


class Server:
    """Reads and writes on a server. Without `hurry` a statement may take as long as it takes."""

    def __init__(self, url: URL, *, hurry: bool = True) -> None:
        self._writer = create_async_engine(
            url,
            hide_parameters=True,
            connect_args=_CONNECT_ARGS if hurry else _CONNECT_ARGS | _NO_HURRY,
            # The server may have been started anew since a connection was last used.
            pool_pre_ping=True,
        )
        self._reader = self._writer.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    async def reach(self) -> None:
        """See whether the database can be reached."""
        async with self._writer.connect():
            pass

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on one unchanging view of the data."""
        async with self._reader.begin() as connection:
            return await connection.run_sync(work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` and commit; again if the server undid it for the sake of another's."""
        for tries_left in reversed(range(_TRIES)):
            try:
                async with self._writer.begin() as connection:
                    return await connection.run_sync(work)
            except DBAPIError as error:
                if not tries_left or not worth_another_try(error):
                    raise
        raise AssertionError("the last try either returns or raises")

    async def close(self) -> None:
        """Close every connection."""
        await self._writer.dispose()
