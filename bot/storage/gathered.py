"""Calls that come while others are at work, done together in one transaction."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bot.errors import StorageError
from bot.storage.failures import is_about_a_value

A = TypeVar("A")
T = TypeVar("T")

MOST_AT_ONCE = 64
"""Calls that are done together at most, unless said, so that the first does not wait for long."""


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[A, T]):
    """What is asked for, and where its result goes."""

    asked: A
    result: "asyncio.Future[T]"


@dataclass(slots=True)
class Gathered(Generic[A, T]):
    """Does what is asked for, in order; `do` does up to `most` in one transaction, all or nothing.

    If that fails for the sake of one of them, each is done by itself. Where somebody is cancelled,
    what the others asked for may be done a second time, so that must do no harm.
    """

    do: Callable[[Sequence[A]], Awaitable[Sequence[T]]]
    most: int = MOST_AT_ONCE
    _turn: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    _waiting: "list[_Waiting[A, T]]" = field(init=False, default_factory=list)

    async def __call__(self, asked: A) -> T:
        """Do it, with whatever else waits by then; give its result or raise its error."""
        mine: _Waiting[A, T] = _Waiting(asked, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        try:
            async with self._turn:
                if not mine.result.done():
                    await self._do_waiting()
            return await mine.result
        finally:
            mine.result.cancel()
            with suppress(ValueError):
                self._waiting.remove(mine)

    async def _do_waiting(self) -> None:
        waiting = [each for each in self._waiting if not each.result.done()]
        batch = waiting[: self.most]
        try:
            await self._do(batch)
        except Exception as error:  # noqa: BLE001 - it is for whoever asked
            if len(batch) == 1 or _is_everybodys(error):
                _fail(batch, error)
                return
            for each in batch:
                await self._do_alone(each)

    async def _do(self, batch: "Sequence[_Waiting[A, T]]") -> None:
        results = await self.do([each.asked for each in batch])
        for each, result in zip(batch, results, strict=True):
            if not each.result.done():
                each.result.set_result(result)

    async def _do_alone(self, one: _Waiting[A, T]) -> None:
        try:
            await self._do([one])
        except Exception as error:  # noqa: BLE001 - as above
            _fail([one], error)


def _is_everybodys(error: Exception) -> bool:
    """Say whether each alone would meet it: a disk that is full, a server that is gone."""
    return isinstance(error, StorageError) and not is_about_a_value(error.__cause__)


def _fail(batch: "Sequence[_Waiting[A, T]]", error: Exception) -> None:
    for each in batch:
        if not each.result.done():
            each.result.set_exception(error)
