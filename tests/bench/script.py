"""What people say in a proof, which alerts must come of it, and whether they did. Pure.

The companies are invented, and so far from each other that no name is taken for another one.
Nothing here knows how the bot decides: what must come is read off the script.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

Line = dict[str, Any]

NAMES = (
    "Quorvex", "Brindal", "Tamsoro", "Ulvenka", "Pexidor", "Jorwick",
    "Nalbeth", "Zirconal", "Hestovar", "Cadmire", "Oftelun", "Gravinsk",
)  # fmt: skip
"""The first words of the companies' names; the second is always Optics."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message: who is named in it is known from how it was made."""

    id: str
    channel: str
    text: str
    names: frozenset[str]

    def line(self) -> Line:
        """Give it as the recorder takes it."""
        return {"id": self.id, "channel": self.channel, "text": self.text}


def talk(rng: random.Random, channels: int, quiet: float = 0.2) -> Iterator[Said]:
    """Let people talk for ever, in so many channels; `quiet` of the messages name nobody.

    Every fifth that names somebody names two or three.
    """
    for number in count():
        names: list[str] = []
        if rng.random() >= quiet:
            names = rng.sample(NAMES, rng.choice((1, 1, 1, 1, rng.choice((2, 3)))))
        about = " and ".join(f"{name} Optics" for name in names) or "nobody in particular"
        yield Said(
            id=f"m{number}",
            channel=f"#c{rng.randrange(channels)}",
            text=f"The offer {number} is from {about}.",
            names=frozenset(names),
        )


def crowd(channels: int, times: int, round_: int = 0) -> list[Said]:
    """Let one company after another be named in each channel, each so many times in a row."""
    numbers = count()
    return [
        Said(
            f"r{round_}.{next(numbers)}",
            f"#c{channel}",
            f"{name} Optics has won.",
            frozenset({name}),
        )
        for name in NAMES
        for _ in range(times)
        for channel in range(channels)
    ]


@dataclass(frozen=True, slots=True)
class Alert:
    """A post that must come: once, in that channel, in the thread of one of these messages."""

    channel: str
    names: frozenset[str]
    threads: frozenset[str]


def expected(said: Iterable[Said], *, cooldown: bool = False) -> list[Alert]:
    """Say which alerts must come of a script.

    Without a cooldown each message that names somebody brings one, however many it names. With one
    that outlasts the script a channel gets one a company; each message must name one at most.
    """
    if not cooldown:
        return [
            Alert(each.channel, each.names, frozenset({each.id})) for each in said if each.names
        ]
    threads: dict[tuple[str, frozenset[str]], set[str]] = defaultdict(set)
    for each in said:
        assert len(each.names) <= 1
        if each.names:
            threads[each.channel, each.names].add(each.id)
    return [Alert(channel, names, frozenset(ids)) for (channel, names), ids in threads.items()]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of it. All but `alerts` and `posts` should be empty or nought.

    `lost`: alerts that never came. `doubled`: alerts that came more than once, with the keys of
    their posts. `uncalled`: posts that belong to no alert or name somebody else. `disordered`:
    posts that overtook one whose message was safe before theirs was handed out. `abreast`: times
    that a post to a channel began while another one was on its way there.
    """

    alerts: int
    posts: int
    lost: tuple[Alert, ...]
    doubled: tuple[tuple[Alert, tuple[str, ...]], ...]
    uncalled: tuple[Line, ...]
    disordered: tuple[tuple[str, str], ...]
    abreast: int

    @property
    def same_key(self) -> int:
        """How many doubled alerts have all their posts under one key."""
        return sum(len(set(keys)) == 1 for _, keys in self.doubled)

    def good(self, *, doubles: bool = False) -> bool:
        """Whether the proof holds; with `doubles`, those are let pass."""
        wrong = self.lost or self.uncalled or self.disordered or self.abreast
        return not wrong and (doubles or not self.doubled)


def judge(alerts: Sequence[Alert], events: Sequence[Line]) -> Verdict:
    """Compare what must come with what the channels have seen."""
    shown = [each for each in events if each["is"] == "shown"]
    by_thread: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for post in shown:
        by_thread[post["channel"], post["thread"]].append(post)
    lost: list[Alert] = []
    doubled: list[tuple[Alert, tuple[str, ...]]] = []
    called = 0
    wrong: list[Line] = []
    for alert in alerts:
        posts = [post for id_ in alert.threads for post in by_thread[alert.channel, id_]]
        called += len(posts)
        wrong += [post for post in posts if _names(post["text"]) != alert.names]
        if not posts:
            lost.append(alert)
        elif len(posts) > 1:
            doubled.append((alert, tuple(post["key"] for post in posts)))
    if called < len(shown):
        due = {(alert.channel, id_) for alert in alerts for id_ in alert.threads}
        wrong += [post for post in shown if (post["channel"], post["thread"]) not in due]
    return Verdict(
        len(alerts), len(shown), tuple(lost), tuple(doubled), tuple(wrong),
        tuple(_disordered(events)), _abreast(events),
    )  # fmt: skip


def _names(text: str) -> frozenset[str]:
    return frozenset(name for name in NAMES if name in text)


def _disordered(events: Sequence[Line]) -> Iterator[tuple[str, str]]:
    """Find posts that came too soon: (the one that overtook, the one that came after it)."""
    handed: dict[str, int] = {}
    safe: dict[str, int] = {}
    posts: dict[str, dict[str, None]] = defaultdict(dict)
    for number, event in enumerate(events):
        match event["is"]:
            case "handed":
                handed.setdefault(event["message"], number)
            case "safe":
                safe.setdefault(event["message"], number)
            case "shown":
                posts[event["channel"]].setdefault(event["thread"])
    for threads in posts.values():
        # From the last post backwards: the one whose message was safe first of those that came
        # later.
        first: str | None = None
        for thread in reversed(threads):
            if first is not None and safe.get(first, 0) < handed.get(thread, 0):
                yield thread, first
            if thread in safe and (first is None or safe[thread] < safe[first]):
                first = thread


def _abreast(events: Sequence[Line]) -> int:
    """Count posts to a channel that began while another bot's was on its way there."""
    on_the_way: dict[str, dict[tuple[str, str], None]] = defaultdict(dict)
    times = 0
    for event in events:
        match event["is"]:
            case "begun" if event["what"] == "post":
                there = on_the_way[event["channel"]]
                times += bool(there)
                there[event["bot"], event["key"]] = None
            case "answered" | "cut" | "refused" | "vanished":
                on_the_way[event["channel"]].pop((event["bot"], event["key"]), None)
            case "left":
                for there in on_the_way.values():
                    for post in [post for post in there if post[0] == event["bot"]]:
                        del there[post]
    return times
