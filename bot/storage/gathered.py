"""Calls that come while others are at work, done together in one transaction."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Generic, TypeVar

from bot.errors import StorageError
from bot.storage.failures import is_about_a_value

A = TypeVar("A")
T = TypeVar("T")

MOST_AT_ONCE = 64
"""Calls that are done together at most, unless said, so that the first does not wait for long."""


class _Turn(Enum):
    """Says that whoever waits for a result is the next to do what waits."""

    YOURS = auto()


@dataclass(slots=True, eq=False)
class _Waiting(Generic[A, T]):
    """What is asked for, and where its result goes, or word that it is this one's turn."""

    asked: A
    result: "asyncio.Future[T | _Turn]"
    leads: bool


@dataclass(slots=True)
class Gathered(Generic[A, T]):
    """Does what is asked for, in order; `do` does up to `most` in one transaction, all or nothing.

    If that fails for the sake of one of them, each is done by itself. Where somebody is cancelled,
    what the others asked for may be done a second time, so that must do no harm.

    Whoever comes first does it for those who come meanwhile, and then hands on to the next: for the
    rest one wake-up is all that it costs. The next waits for `pause` seconds, unless half of `most`
    are there, so that under load more share a transaction.
    """

    do: Callable[[Sequence[A]], Awaitable[Sequence[T]]]
    most: int = MOST_AT_ONCE
    pause: float = 0.0
    _led: bool = field(init=False, default=False)
    _waiting: "list[_Waiting[A, T]]" = field(init=False, default_factory=list)

    async def __call__(self, asked: A) -> T:
        """Do it, with whatever else waits by then; give its result or raise its error."""
        loop = asyncio.get_running_loop()
        mine: _Waiting[A, T] = _Waiting(asked, loop.create_future(), leads=not self._led)
        self._led = True
        self._waiting.append(mine)
        try:
            said = _Turn.YOURS if mine.leads else await mine.result
            while said is _Turn.YOURS:
                if mine.result.done():
                    mine.result = loop.create_future()
                    if self.pause and len(self._waiting) < self.most // 2:
                        await asyncio.sleep(self.pause)
                await self._do_waiting()
                said = await mine.result
            return said
        finally:
            mine.result.cancel()
            if mine.leads:
                self._hand_on()

    def _hand_on(self) -> None:
        self._waiting = [each for each in self._waiting if not each.result.done()]
        self._led = bool(self._waiting)
        if self._led:
            self._waiting[0].leads = True
            self._waiting[0].result.set_result(_Turn.YOURS)

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
