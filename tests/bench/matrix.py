"""Measures the real bot on a real Matrix homeserver, in plain and in encrypted rooms.

    python -m tests.bench.matrix speed     # cards a second, and from an event to its card
    python -m tests.bench.matrix memory    # memory and processor time over 10,000 events
    python -m tests.bench.matrix restart   # from a start to the first card, in 100 rooms

The bot is `vendorwatch run` in a process of its own, with its database on disk; the homeserver is
Synapse on SQLite, on the same processors, and needs about as much of them as the bot does. So each
run also says what a bare client gets there, in the same rooms and minutes. What must come is read
off the script: one card in the thread of each message that names a vendor.
"""

import argparse
import asyncio
import json
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from rich.console import Console
from rich.table import Table

from tests.bench.matrixhall import IDLE, Hall, full_sync, hall

CARD = "A card has about so many letters in its two forms. " * 60
KINDS = {"plain": False, "encrypted": True}
Row = dict[str, object]


async def speed(
    backlogs: Mapping[int, int] | None = None, messages: int = 30, rate: float = 2.0
) -> list[Row]:
    """Time backlogs in so many rooms each, then messages that come at a steady pace."""
    backlogs = backlogs or {1: 4, 10: 20, 20: 40}
    rows: list[Row] = []
    async with hall() as place:
        for kind, encrypted in KINDS.items():
            most = max(backlogs)
            making = [partial(place.make_room, encrypted=encrypted) for _ in range(most)]
            rooms = await place.each(making)
            for count, said in backlogs.items():
                rows.append(
                    {"rooms": f"{count} {kind}", **await _backlog(place, rooms[:count], said)}
                )
            rows.append({"rooms": f"{most} {kind}", **await _delays(place, rooms, messages, rate)})
        rows.append({"doubled": place.doubled})
    return rows


async def _backlog(place: Hall, rooms: Sequence[str], count: int) -> Row:
    """Name vendors while the bot is away; time its cards, first to last, once it is back."""
    began = time.monotonic()
    spoken = [
        partial(place.say, rooms[number % len(rooms)], CARD, "m.notice") for number in range(count)
    ]
    await place.each(spoken)
    bare = count / (time.monotonic() - began)
    await place.bot.stop()
    naming = [partial(place.name_one, rooms[each % len(rooms)], each) for each in range(count)]
    said = await place.each(naming)
    await place.bot.start()
    worked = place.worked()
    await place.until_told(said)
    came = sorted(place.cards[each] for each in said)
    cards = (count - 1) / (came[-1] - came[0])
    return {
        "cards": count,
        "cards_a_second": round(cards, 1),
        "bare_client": round(bare),
        "of_bare": round(cards / bare, 3),
        "cpu_ms_a_card": round(1000 * (place.worked() - worked) / count, 1),
    }


async def _delays(place: Hall, rooms: Sequence[str], messages: int, rate: float) -> Row:
    """Name vendors at a steady pace; time the cards, and what was said itself, on its way back."""
    begun: dict[str, float] = {}

    async def name(number: int) -> None:
        at = time.monotonic()
        begun[await place.name_one(rooms[number % len(rooms)], number)] = at

    async with asyncio.TaskGroup() as group:
        for number in range(messages):
            group.create_task(name(number))
            await asyncio.sleep(1 / rate)
    await place.until_told(begun)
    await place.until(lambda: begun.keys() <= place.echoes.keys())
    cards = sorted(place.cards[each] - at for each, at in begun.items())
    echoes = sorted(place.echoes[each] - at for each, at in begun.items())
    return {
        "messages": messages,
        "rate": rate,
        "p50_ms": round(statistics.median(cards) * 1000),
        "p99_ms": round(cards[int(len(cards) * 0.99)] * 1000),
        "echo_p50_ms": round(statistics.median(echoes) * 1000),
        "echo_p99_ms": round(echoes[int(len(echoes) * 0.99)] * 1000),
    }


async def memory(events: int = 5_000, rooms: int = 10, naming: int = 500) -> list[Row]:
    """Let the bot hear so many events in plain rooms and as many in encrypted ones.

    They come in its syncs without having passed the homeserver, as fast as it takes them; after
    every `naming` of them somebody names a vendor there, and the card is waited for.
    """
    rows: list[Row] = []
    async with hall() as place:
        for kind, encrypted in KINDS.items():
            made = await place.each([partial(place.make_room, encrypted=encrypted)] * rooms)
            for _ in range(5):
                row = await _hear(place, made, events // 5)
                rows.append({"events": f"{events // 5} {kind}", **row})
                named = [
                    await place.name_one(made[number % rooms], number)
                    for number in range(events // 5 // naming)
                ]
                await place.until_told(named)
        rows.append({"doubled": place.doubled})
    return rows


async def _hear(place: Hall, rooms: Sequence[str], count: int) -> Row:
    """Let the bot hear so many things that are of no interest to it; count what that takes."""
    heard = []
    for number in range(count):
        room_id = rooms[number % len(rooms)]
        heard.append((room_id, await place.overheard(room_id, IDLE)))
    # A key comes before what is said after it: with this card, those of all rooms are there.
    await place.until_told([await place.name_one(rooms[0], 0)])
    memory, worked, began = place.memory(), place.worked(), time.monotonic()
    await place.way.hand_over(heard)
    took, work = time.monotonic() - began, place.worked() - worked
    return {
        "events_a_second": round(count / took),
        "cpu_ms_an_event": round(1000 * work / count, 2),
        "memory_mib": round(place.memory(), 1),
        "grown_kib": round(1024 * (place.memory() - memory)),
    }


async def restart(rooms: int = 100, times: int = 3) -> list[Row]:
    """Stop the bot, say something, start it: how long until it is connected, and to the card."""
    rows: list[Row] = []
    async with hall() as place:
        plain = await place.each([partial(place.make_room, encrypted=False)] * (rooms // 2))
        closed = await place.each([partial(place.make_room, encrypted=True)] * (rooms // 2))
        for number in range(times):
            await place.bot.stop()
            said = [await place.name_one(each, number) for each in (plain[0], closed[0])]
            began = time.monotonic()
            await place.bot.start()
            connected = time.monotonic() - began
            await place.until_told(said)
            rows.append(
                {
                    "rooms": rooms,
                    "connected_s": round(connected, 2),
                    "card_plain_s": round(place.cards[said[0]] - began, 2),
                    "card_encrypted_s": round(place.cards[said[1]] - began, 2),
                    "bare_full_sync_s": round(await full_sync(place), 2),
                    "memory_mib": round(place.memory(), 1),
                }
            )
        rows.append({"doubled": place.doubled})
    return rows


RUNS: Mapping[str, Callable[[], Awaitable[list[Row]]]] = {
    "speed": speed,
    "memory": memory,
    "restart": restart,
}


def main() -> int:
    """Run one and print its figures; 1 if a card came twice."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.bench.matrix")
    parser.add_argument("run", choices=RUNS)
    arguments = parser.parse_args()

    async def measure() -> list[Row]:
        return await RUNS[arguments.run]()

    before, began = os.getloadavg()[0], time.monotonic()
    rows = asyncio.run(measure())
    table = Table(title=f"Matrix: {arguments.run}", show_header=False)
    for row in rows:
        first, *rest = row.items()
        table.add_row(*(f"{key} {value}" for key, value in (first, *rest)))
    Console(width=160).print(table)
    took = round(time.monotonic() - began)
    rows.append({"load_before": round(before, 2), "took_s": took})
    print(json.dumps(rows))  # noqa: T201 - for a program that reads it
    return int(any(row.get("doubled") for row in rows))


if __name__ == "__main__":
    raise SystemExit(main())
