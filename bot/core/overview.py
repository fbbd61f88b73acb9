"""What is watched where, what is muted, how the feeds are, and what was told last. Pure.

Whoever asks is shown what they may see: the caller chose it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.core.addresses import redact
from bot.core.choices import Mute
from bot.core.document import (
    Actions,
    Block,
    Bullets,
    Button,
    Divider,
    Document,
    Footnote,
    Handle,
    Heading,
    Inlines,
    Item,
    Paragraph,
    link,
    spoken,
    strong,
    words,
)
from bot.core.mention import Channel
from bot.core.places import Listening

FEEDS_SHOWN = 10
MUTES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Watched:
    """A channel, what was decided and chosen there, and how many alerts it got in 30 days."""

    channel: Channel
    decided: Listening | None
    mode: str | None
    alerts: int


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """How a feed is doing. `error` is why the last look failed, if it did.

    One that is `gone` is not looked at any more, as its server said that there is none.
    """

    url: str
    title: str | None
    checked_at: datetime | None
    failures: int
    error: str | None
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """An alert that was posted."""

    vendor: str
    channel: Channel
    at: datetime
    link: str | None


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that the page shows, newest first where it has a time.

    `proposals` are changes of the watchlist that wait for somebody to approve them, `policy` is the
    team's own note, empty if it has none.
    """

    channels: tuple[Watched, ...]
    mutes: tuple[Mute, ...]
    feeds: tuple[FeedHealth, ...]
    alerts: tuple[Told, ...]
    proposals: int = 0
    policy: str = ""


def overview(
    seen: Overview,
    vendors: int,
    name: Callable[[str], str],
    how: Callable[[Watched], str],
    now: datetime,
) -> Document:
    """Write the page. `name` gives a vendor's name by its id, `how` what holds in a channel."""
    blocks: list[Block] = [
        Heading(words(strong("VendorWatch"))),
        Paragraph(spoken(f"{_watched(vendors)} `vendor help` says what you can type.")),
        *_team(seen),
        Heading(words("Channels")),
        _channels(seen.channels, how),
        Divider(),
        Heading(words("Mutes")),
        *_mutes(seen.mutes, name),
        Divider(),
        Heading(words("Feeds")),
        *_feeds(seen.feeds, now),
        Divider(),
        Heading(words("Last alerts")),
        _alerts(seen.alerts, name),
        Footnote(words("Of private channels, only those that you are in are shown.")),
    ]
    return Document("What VendorWatch watches, and where", tuple(blocks))


def _team(seen: Overview) -> list[Block]:
    """Show the team's note, and that changes wait."""
    blocks: list[Block] = []
    if seen.policy:
        blocks.append(Paragraph(policy_words(seen.policy)))
    if seen.proposals:
        blocks.append(Paragraph(spoken(proposals_words(seen.proposals))))
    return blocks


def policy_words(note: str) -> Inlines:
    """Show a team's own note: its words, and that they are the team's."""
    return words(strong("Team's note: "), note)


def proposals_words(count: int) -> str:
    """Say how many changes wait, and how they are seen."""
    waiting = "1 proposal waits" if count == 1 else f"{count} proposals wait"
    return f"{waiting} for a decision: `watchlist proposals`."


def _watched(vendors: int) -> str:
    return "1 vendor is watched." if vendors == 1 else f"{vendors} vendors are watched."


def _channels(channels: tuple[Watched, ...], how: Callable[[Watched], str]) -> Block:
    if not channels:
        return Paragraph(words("None yet: invite the bot to a channel."))
    items = []
    for each in channels:
        count = f"{each.alerts} alert{'' if each.alerts == 1 else 's'} in 30 days"
        items.append(Item(words(_place(each.channel), f": {how(each)}, {count}")))
    return Bullets(tuple(items))


def _place(channel: Channel) -> Handle:
    return Handle(channel.id, "channel")


def muted(mute: Mute, name: Callable[[str], str]) -> Inlines:
    """Say what is muted, where, until when, by whom and why."""
    what = name(mute.vendor) if mute.vendor else "All vendors"
    where: Inlines = words("everywhere")
    if mute.channel is not None:
        where = words("in ", Handle(mute.channel.partition(":")[2], "channel"))
    until = f"until {moment(mute.until)}" if mute.until else "until it is undone"
    why = f": {mute.reason}" if mute.reason else ""
    return words(strong(what), " ", *where, f", {until}, by ", Handle(mute.by, "person"), why)


def moment(at: datetime) -> str:
    """Write a time as people read it, UTC."""
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def _mutes(mutes: tuple[Mute, ...], name: Callable[[str], str]) -> list[Block]:
    if not mutes:
        return [Paragraph(words("None."))]
    shown = mutes[:MUTES_SHOWN]
    blocks: list[Block] = [Bullets(tuple(Item(muted(each, name)) for each in shown))]
    if len(mutes) > len(shown):
        blocks.append(Paragraph(spoken(f"And {len(mutes) - len(shown)} more: `vendor mutes`.")))
    undo = tuple(
        Button(
            f"Undo mute {each.id}: {name(each.vendor) if each.vendor else 'all'}",
            f"vendor unmute {each.id}",
        )
        for each in shown
    )
    return [*blocks, Actions(undo)]


def _feeds(feeds: tuple[FeedHealth, ...], now: datetime) -> list[Block]:
    if not feeds:
        return [Paragraph(words("None."))]
    failing = [each for each in feeds if each.failures]
    gone = sum(each.gone for each in feeds)
    lead = f"{len(feeds) - gone} polled, "
    lead += f"{len(failing)} failing" if failing else "all well"
    lead += f"; {gone} gone." if gone else "."
    first = sorted(feeds, key=lambda each: (not each.gone, -each.failures))[:FEEDS_SHOWN]
    blocks: list[Block] = [Paragraph(words(lead))]
    blocks.append(Bullets(tuple(Item(_feed(each, now)) for each in first)))
    if len(feeds) > len(first):
        more = f"And {len(feeds) - len(first)} more: `vendorwatch feeds list`."
        blocks.append(Paragraph(spoken(more)))
    return blocks


def _feed(feed: FeedHealth, now: datetime) -> Inlines:
    shown = redact(feed.url)
    title = link(feed.title or shown, feed.url if shown == feed.url else None)
    if feed.gone:
        return words(title, ": gone for good (410), and not looked at any more")
    if feed.failures:
        times = f"{feed.failures} time{'' if feed.failures == 1 else 's'} in a row"
        error = (feed.error or "no reason given").removeprefix(f"{shown} ")
        return words(title, f": failed {times} ({error})")
    if feed.checked_at is None:
        return words(title, ": not looked at yet")
    minutes = max(0, int((now - feed.checked_at).total_seconds() // 60))
    return words(title, f": looked at {minutes} minute{'' if minutes == 1 else 's'} ago")


def _alerts(alerts: tuple[Told, ...], name: Callable[[str], str]) -> Block:
    if not alerts:
        return Paragraph(words("None in 30 days."))
    return Bullets(
        tuple(
            Item(
                words(
                    strong(name(each.vendor)),
                    " in ",
                    _place(each.channel),
                    ", ",
                    link(moment(each.at), each.link),
                )
            )
            for each in alerts
        )
    )
