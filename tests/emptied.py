"""Databases without rows, made once and copied: a migration takes ten times as long."""

from pathlib import Path

from sqlalchemy import make_url

from bot.storage.store import Store

_EMPTY: list[bytes] = []


async def empty(file: Path) -> str:
    """Give the address of a database without rows, made at this place."""
    url = f"sqlite+aiosqlite:///{file}"
    if _EMPTY:
        file.write_bytes(_EMPTY[0])  # noqa: ASYNC240 - a test may wait for its disk
    else:
        await (await Store.open(url)).close()
        _EMPTY.append(file.read_bytes())  # noqa: ASYNC240 - as above
    return url


async def made_ready(url: str) -> None:
    """Make the database at an address if it is a file that is not there yet."""
    name = make_url(url).database
    if name is not None and not Path(name).exists():  # noqa: ASYNC240 - as above
        await empty(Path(name))
