"""The kinds of feeds that there are in a simulated day, and how each of them misbehaves.

A kind says when a feed's entries are born, how it lists them and how its server answers. What the
bot must make of them is not said here: `day.py` reads that off what was listed and shown.
"""

import gzip
import random
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from hashlib import sha256

from tests.bench.feedrig import START, Asked, Reply, Row, headline, page, prose, rss
from tests.bench.script import NAMES

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
LISTED = 20
_THIN = 150
_FULL = 430
"""Characters of an entry's text: below 400 its page is asked for."""


class Where(StrEnum):
    """Where an entry names a company."""

    NOWHERE = "nowhere"
    TITLE = "title"
    TEXT = "text"
    ARTICLE = "article"
    TEASER = "teaser"


@dataclass(slots=True)
class Made:
    """An entry: what it is, and when the bot was first shown it whole.

    `silent`: it was in the first body that the bot got. `dated` is what it says of itself.
    """

    number: int
    born: datetime
    where: Where
    names: frozenset[str]
    row: Row
    thin: bool
    shown_at: datetime | None = None
    silent: bool = False

    def page(self) -> bytes:
        """Write its page, which has the whole text and teasers of other articles."""
        rng = random.Random(-self.number)  # noqa: S311 - words, no secret
        text = prose(rng, 900) if self.thin else f"{self.row.text} {prose(rng, 300)}"
        if self.where is Where.ARTICLE:
            text += " The offer of " + " and ".join(f"{n} Optics" for n in self.names) + " won."
            text += " " + prose(rng, 300)
        teasers = [" ".join(headline(rng, 0).split(" ")[2:]) for _ in range(3)]
        if self.where is Where.TEASER:
            teasers[1] = f"{rng.choice(NAMES)} Optics wins in {teasers[1]}"
        return page(self.row.title, text, teasers, plain=self.number % 2 == 0)


@dataclass(slots=True)
class Paper:
    """A feed. `entries` are all it ever publishes, oldest first; `away` is where it may move to.

    `resting` says of each host how long it wants to be left alone. `at_once` is the most new
    entries that the bot was shown in one body; `asked` counts requests, `told` what was answered.
    """

    number: int
    kind: "Kind"
    host: str
    port: int = 0
    entries: list[Made] = field(default_factory=list)
    seeded_at: datetime | None = None
    away: str = ""
    windows: list[tuple[datetime, datetime]] = field(default_factory=list)
    resting: dict[str, datetime] = field(default_factory=dict)
    at_once: int = 0
    asked: int = 0
    told: Counter[str] = field(default_factory=Counter)

    @property
    def site(self) -> str:
        """Where its pages are."""
        return f"http://{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """Its address."""
        return f"{self.site}/feed/{self.number}"

    def window(self, now: datetime) -> int | None:
        """Say which of its windows it is in."""
        found = (n for n, (begins, ends) in enumerate(self.windows) if begins <= now < ends)
        return next(found, None)

    def since(self, now: datetime) -> bool:
        """Whether its first window has begun, for what is so for ever from then on."""
        return bool(self.windows) and now >= self.windows[0][0]


Shown = tuple[Row, Made]
Shape = Callable[[Paper, datetime, list[Shown]], list[Shown]]
Serve = Callable[[Paper, datetime, Asked, bytes], Reply]
Span = tuple[datetime, datetime]
Births = Callable[[random.Random, timedelta], list[datetime]]
"""From a time before the start until so much after it."""
Windows = Callable[[random.Random, timedelta], list[Span]]


def _rss(paper: Paper, rows: Sequence[Row]) -> bytes:
    return rss(f"Paper {paper.number}", (row.xml() for row in rows))


# ------------------------------------------------------------------------ when entries are born


def steady(rng: random.Random, length: timedelta) -> list[datetime]:
    """Publish at one of many rates, from every ten minutes to once a week."""
    every = MINUTE * 10 * (1008 ** (rng.random() ** 0.7))
    return list(_every(rng, every, length))


def _every(
    rng: random.Random, gap: timedelta, length: timedelta, before: int = LISTED
) -> Iterator[datetime]:
    at = START - gap * before + gap * rng.random()
    while at < START + length:
        yield at
        at += gap * rng.uniform(0.5, 1.5)


def often(rng: random.Random, length: timedelta) -> list[datetime]:
    """Publish about every hour and a half."""
    return list(_every(rng, HOUR * rng.uniform(0.8, 2.5), length))


def bursts(rng: random.Random, length: timedelta, least: int = 3, most: int = 8) -> list[datetime]:
    """Publish several at once, some five times a day."""
    several: list[datetime] = []
    for at in _every(rng, length / 5, length, before=10):
        several += [at + timedelta(seconds=n) for n in range(rng.randint(least, most))]
    return several


def _then(births: Births, count: int) -> Births:
    """Publish so many at once besides."""

    def born(rng: random.Random, length: timedelta) -> list[datetime]:
        at = START + length * rng.uniform(0.2, 0.8)
        return sorted([*births(rng, length), *(at + timedelta(seconds=n) for n in range(count))])

    return born


# -------------------------------------------------------------------------- when it misbehaves


def never(rng: random.Random, length: timedelta) -> list[Span]:
    """Behave."""
    del rng, length
    return []


def once(
    rng: random.Random, length: timedelta, share: tuple[float, float] = (1.0, 1.0)
) -> list[Span]:
    """Misbehave once, from some time on, for such a share of the day; without one, for ever."""
    at = START + length * rng.uniform(0.1, 0.7)
    return [(at, at + length * rng.uniform(*share))]


def at_times(
    rng: random.Random, length: timedelta, times: int, share: tuple[float, float]
) -> list[Span]:
    """Misbehave so many times, each for such a share of the day, and never at its end."""
    part = 0.9 / times
    starts = (START + length * (part * (n + 0.1 + 0.3 * rng.random())) for n in range(times))
    return [(at, at + length * min(rng.uniform(*share), 0.6 * part)) for at in starts]


# --------------------------------------------------------------------------- how it is listed


def as_it_is(paper: Paper, now: datetime, rows: list[Shown]) -> list[Shown]:
    """List plainly."""
    del paper, now
    return rows


def _changed(rows: list[Shown], **change: Callable[[Row], object]) -> list[Shown]:
    return [
        (replace(row, **{name: of(row) for name, of in change.items()}), made)  # type: ignore[arg-type]  # each gives what its field has
        for row, made in rows
    ]


def churned(paper: Paper, now: datetime, rows: list[Shown]) -> list[Shown]:
    """Give every entry another guid from then on."""
    return _changed(rows, guid=lambda row: f"{row.guid}?again") if paper.since(now) else rows


def rebuilt(paper: Paper, now: datetime, rows: list[Shown]) -> list[Shown]:
    """Give every entry another guid and another link."""
    if not paper.since(now):
        return rows
    return _changed(
        rows,
        guid=lambda row: f"{row.guid}?again",
        link=lambda row: row.link.replace("/note/", "/archive/note/"),
    )


def secured(paper: Paper, now: datetime, rows: list[Shown]) -> list[Shown]:
    """Say https where http was."""
    if not paper.since(now):
        return rows
    return _changed(
        rows,
        guid=lambda row: row.guid.replace("http://", "https://"),
        link=lambda row: row.link.replace("http://", "https://"),
    )


def edited(paper: Paper, now: datetime, rows: list[Shown]) -> list[Shown]:
    """Change title, text and date of what is older than an hour."""
    del paper
    return [
        (
            replace(
                row,
                title=f"{row.title} (updated)",
                text=f"Updated. {row.text}",
                date=made.born + HOUR,
            ),
            made,
        )
        if now - made.born > HOUR
        else (row, made)
        for row, made in rows
    ]


def shuffled(paper: Paper, now: datetime, rows: list[Shown]) -> list[Shown]:
    """List in another order each time."""
    rng = random.Random(f"{paper.number} {now}")  # noqa: S311 - as above
    return rng.sample(rows, len(rows))


def wavering(paper: Paper, now: datetime, rows: list[Shown]) -> list[Shown]:
    """Leave every third entry out for some hours once it is two hours old; then it is back."""
    del paper
    return [
        (row, made)
        for row, made in rows
        if made.number % 3 or not 2 * HOUR < now - made.born < 5 * HOUR
    ]


def undated(paper: Paper, now: datetime, rows: list[Shown]) -> list[Shown]:
    """List no dates."""
    del paper, now
    return _changed(rows, date=lambda _: None)


def ahead(paper: Paper, now: datetime, rows: list[Shown]) -> list[Shown]:
    """Date every other entry into the future."""
    del paper, now
    return [
        (replace(row, date=made.born + timedelta(days=made.number % 9 + 2)), made)
        if made.number % 2
        else (row, made)
        for row, made in rows
    ]


def paired(paper: Paper, now: datetime, rows: list[Shown]) -> list[Shown]:
    """Give every two entries one guid."""
    del now
    order = {made.number: n // 2 for n, made in enumerate(paper.entries)}
    return [(replace(row, guid=f"pair-{order[made.number]}"), made) for row, made in rows]


def numbered_alike(paper: Paper, now: datetime, rows: list[Shown]) -> list[Shown]:
    """Give all entries the same guid."""
    del paper, now
    return _changed(rows, guid=lambda _: "0")


def reimported(paper: Paper, now: datetime, rows: list[Shown]) -> list[Shown]:
    """List the whole archive for some hours, and all of it under other guids."""
    if paper.window(now) is None:
        return rows
    archive = [(made.row, made) for made in reversed(paper.entries) if made.born <= now]
    return _changed(archive, guid=lambda row: f"{row.guid}?import")


# -------------------------------------------------------------------------- how it is answered


def honest(paper: Paper, now: datetime, asked: Asked, body: bytes) -> Reply:
    """Answer as a good server does."""
    del now
    etag = f'"{sha256(body).hexdigest()[:16]}"'
    if asked.headers.get("if-none-match") == etag:
        paper.told["unchanged"] += 1
        return Reply(304, headers=(("ETag", etag),))
    return Reply(body=body, headers=(_RSS, ("ETag", etag)))


_RSS = ("Content-Type", "application/rss+xml; charset=utf-8")


def by_date(paper: Paper, now: datetime, asked: Asked, body: bytes) -> Reply:
    """Know only Last-Modified."""
    changed = max((made.born for made in paper.entries if made.born <= now), default=START)
    stamp = f"{changed:%a, %d %b %Y %H:%M:%S} GMT"
    if asked.headers.get("if-modified-since") == stamp:
        paper.told["unchanged"] += 1
        return Reply(304, headers=(("Last-Modified", stamp),))
    return Reply(body=body, headers=(_RSS, ("Last-Modified", stamp)))


def zipped(paper: Paper, now: datetime, asked: Asked, body: bytes) -> Reply:
    """Compress."""
    plain = honest(paper, now, asked, body)
    if plain.status != 200 or "gzip" not in asked.headers.get("accept-encoding", ""):
        return plain
    headers = (*plain.headers, ("Content-Encoding", "gzip"))
    return replace(plain, body=gzip.compress(body, 1), headers=headers)


def moved(paper: Paper, now: datetime, asked: Asked, body: bytes, *, away: bool = False) -> Reply:
    """Redirect for good from some time on, within the host or to another one."""
    if not paper.since(now) or asked.path.startswith("/new"):
        return honest(paper, now, asked, body)
    paper.told["sent on"] += 1
    there = f"http://{paper.away}:{paper.port}" if away else ""
    return Reply(301, headers=(("Location", f"{there}/new{asked.path}"),))


def gone(paper: Paper, now: datetime, asked: Asked, body: bytes) -> Reply:
    """Be gone from some time on."""
    if paper.since(now):
        paper.told["gone"] += 1
        return Reply(410)
    return honest(paper, now, asked, body)


def down(paper: Paper, now: datetime, asked: Asked, body: bytes) -> Reply:
    """Hang up for some hours."""
    if paper.window(now) is not None:
        return Reply(drop=True)
    return honest(paper, now, asked, body)


def busy(paper: Paper, now: datetime, asked: Asked, body: bytes, *, status: int = 429) -> Reply:
    """Ask for a rest; who comes back before it is over is noted."""
    if now < paper.resting.get(paper.host, now):
        paper.told["rude"] += 1
    if paper.window(now) is None:
        return honest(paper, now, asked, body)
    rest = (600, 1500, 3000)[paper.number % 3]
    paper.resting[paper.host] = now + timedelta(seconds=rest)
    return Reply(status, headers=(("Retry-After", str(rest)),))


def broken(paper: Paper, now: datetime, asked: Asked, body: bytes) -> Reply:
    """Fail for hours."""
    if paper.window(now) is not None:
        return Reply(500, b"<h1>Internal Server Error</h1>", (("Content-Type", "text/html"),))
    return honest(paper, now, asked, body)


def cut_off(paper: Paper, now: datetime, asked: Asked, body: bytes) -> Reply:
    """Break off in the middle, every third time."""
    whole = honest(paper, now, asked, body)
    return replace(whole, cut=True) if whole.status == 200 and paper.asked % 3 == 0 else whole


def cut_short(paper: Paper, now: datetime, asked: Asked, body: bytes) -> Reply:
    """Send half a feed as if that were all, every third time; its end is anywhere in an entry."""
    whole = honest(paper, now, asked, body)
    if whole.status != 200 or paper.asked % 3:
        return whole
    rng = random.Random(f"{paper.number} {now}")  # noqa: S311 - as above
    return replace(whole, body=body[: rng.randrange(len(body) // 8, len(body))], headers=(_RSS,))


def maintained(paper: Paper, now: datetime, asked: Asked, body: bytes) -> Reply:
    """Show a page instead of the feed for an hour."""
    if paper.window(now) is None:
        return honest(paper, now, asked, body)
    html = page("Back soon", "We are working on it. " * 10, ("Quorvex Optics wins",))
    return Reply(body=html, headers=(("Content-Type", "text/html"),))


def stuck(paper: Paper, now: datetime, asked: Asked, body: bytes, *, asks: bool) -> Reply:
    """Have one ETag for ever; with `asks` it is compared, so that nothing ever seems to change."""
    del now
    if asks and "if-none-match" in asked.headers:
        paper.told["unchanged"] += 1
        return Reply(304, headers=(("ETag", '"1"'),))
    return Reply(body=body, headers=(_RSS, ("ETag", '"1"')))


def restless(paper: Paper, now: datetime, asked: Asked, body: bytes) -> Reply:
    """Have another ETag each time, whatever the body is."""
    del asked
    return Reply(body=body, headers=(_RSS, ("ETag", f'"{paper.asked}-{now:%H%M}"')))


def slow(paper: Paper, now: datetime, asked: Asked, body: bytes) -> Reply:
    """Take a while."""
    return replace(honest(paper, now, asked, body), after_s=0.1)


# ------------------------------------------------------------------------------------ the kinds


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of feeds. `share` is how many of them there are, compared with the others.

    `thin`: the part of its entries that say little, so that their pages are asked for. `steady`:
    its server always answers, so that whatever it lists for long enough must be asked for. `lists`
    is how many entries it lists, `archive` how many it has from years before.
    """

    name: str
    share: int = 1
    births: Births = often
    shape: Shape = as_it_is
    serve: Serve = honest
    windows: Windows = never
    thin: float = 0.0
    steady: bool = True
    lists: int = LISTED
    archive: int = 0


HOURS = partial(at_times, times=2, share=(0.08, 0.25))
AN_HOUR = partial(at_times, times=3, share=(0.04, 0.05))

KINDS = (
    Kind("steady", 24, steady),
    Kind("steady, thin", 8, steady, thin=0.8),
    Kind("bursts", 4, bursts),
    Kind("by Last-Modified", 2, serve=by_date),
    Kind("gzip", 2, serve=zipped),
    Kind("other guids", 2, shape=churned, windows=once),
    Kind("other guids and links", 2, shape=rebuilt, windows=once),
    Kind("http to https", 2, shape=secured, windows=once),
    Kind("moved on its site", serve=moved, windows=once),
    Kind("moved to another site", serve=partial(moved, away=True), windows=once),
    Kind("gone", serve=gone, windows=once, steady=False),
    Kind("never there", steady=False),
    Kind("down for hours", serve=down, windows=HOURS, steady=False),
    Kind("429", serve=busy, windows=HOURS, steady=False),
    Kind("503", serve=partial(busy, status=503), windows=HOURS, steady=False),
    Kind("500 for hours", serve=broken, windows=HOURS, steady=False),
    Kind("breaks off", serve=cut_off, steady=False),
    Kind("cut short", 2, serve=cut_short, steady=False),
    Kind("a page for an hour", serve=maintained, windows=AN_HOUR, steady=False),
    Kind("one ETag, not compared", serve=partial(stuck, asks=False)),
    Kind("one ETag, compared", serve=partial(stuck, asks=True), steady=False),
    Kind("another ETag each time", serve=restless),
    Kind("dates in the future", shape=ahead),
    Kind("no dates", shape=undated),
    Kind("guids in pairs", shape=paired),
    Kind("one guid for all", shape=numbered_alike),
    Kind("edited", 2, shape=edited),
    Kind("shuffled", shape=shuffled),
    Kind("gone and back", 2, shape=wavering),
    Kind(
        "archive imported", shape=reimported, windows=partial(once, share=(0.1, 0.2)), archive=200
    ),
    Kind("60 at once", births=_then(often, 60), lists=80),
    Kind("5 listed, 8 at once", births=partial(bursts, least=8, most=8), lists=5, steady=False),
    Kind("slow", serve=slow),
)


def write(
    paper: Paper, rng: random.Random, numbers: Iterator[int], naming: float, length: timedelta
) -> None:
    """Write all entries that a feed ever has; one in so many, `naming`, names a company."""
    kind = paper.kind
    old = sorted(START - timedelta(days=rng.uniform(40, 400)) for _ in range(kind.archive))
    for born in (*old, *kind.births(rng, length)):
        number, thin = next(numbers), rng.random() < kind.thin
        where = Where.NOWHERE
        if rng.random() < naming:
            where = rng.choice(tuple(Where)[1:] if thin else (Where.TITLE, Where.TEXT))
        paper.entries.append(made_up(paper, rng, number, born, where, thin=thin))
    paper.windows = kind.windows(rng, length)


def made_up(
    paper: Paper, rng: random.Random, number: int, born: datetime, where: Where, *, thin: bool
) -> Made:
    """Make an entry up; in its title it names one company, elsewhere one or two."""
    several = 1 if where is Where.TITLE else rng.choice((1, 1, 1, 2))
    names = [] if where in {Where.NOWHERE, Where.TEASER} else rng.sample(NAMES, several)
    title = headline(rng, number, names[0] if where is Where.TITLE else "")
    text = prose(rng, _THIN if thin else _FULL)
    if where is Where.TEXT:
        text += " It concerns " + " and ".join(f"{name} Optics" for name in names) + "."
    link = f"{paper.site}/note/{number}"
    return Made(number, born, where, frozenset(names), Row(link, link, title, text, born), thin)


def listing(paper: Paper, now: datetime) -> list[Shown]:
    """Give what a feed lists, newest first."""
    end = bisect_right(paper.entries, now, key=lambda made: made.born)
    there = paper.entries[max(end - paper.kind.lists, 0) : end]
    return paper.kind.shape(paper, now, [(made.row, made) for made in reversed(there)])


def written(paper: Paper, rows: Sequence[Shown]) -> bytes:
    """Write a feed as it is listed."""
    return _rss(paper, [row for row, _ in rows])
