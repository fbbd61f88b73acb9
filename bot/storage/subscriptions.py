"""Who wants which feed where, in the caller's transaction. A feed is polled if anybody does."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, bindparam, delete, exists, insert, select, update

from bot.core.feed import CHAT, Route, Subscription
from bot.core.mention import Channel
from bot.core.routes import EVERYTHING, Filter, RouteChange, Terms
from bot.storage import feeds
from bot.storage.database import portions
from bot.storage.tables import feed, subscription

_Key: TypeAlias = tuple[str, str, str]
"""Feed, platform and the channel's id there: what is subscribed once for an origin of a team."""

_WANTED = exists().where(subscription.c.feed == feed.c.url)
_ONE = (
    subscription.c.feed == bindparam("b_feed"),
    subscription.c.team == bindparam("b_team"),
    subscription.c.platform == bindparam("b_platform"),
    subscription.c.channel == bindparam("b_channel"),
    subscription.c.origin == bindparam("b_origin"),
)
_END = delete(subscription).where(*_ONE)
_CHANGE = (
    update(subscription)
    .where(*_ONE)
    .values(
        private=bindparam("b_private"),
        encrypted=bindparam("b_encrypted"),
        backfill_s=bindparam("b_backfill_s"),
        filter=bindparam("b_filter"),
    )
)


def subscribe(  # noqa: PLR0913, PLR0917 - whose wish, and who says so when
    connection: Connection,
    team: str,
    origin: str,
    routes: Iterable[Route],
    by: str,
    now: datetime,
) -> int:
    """Let feeds go to channels; give how many of these wishes are new.

    A feed that nobody has wanted yet is due at once. One that was gone is asked anew, if a wish is.
    """
    wanted = {_key(each): each for each in map(Route._make, routes)}
    there = _of(connection, team, origin)
    feeds.add(connection, (each.feed for each in wanted.values()), now)
    rows = {key: _row(team, origin, each) for key, each in wanted.items()}
    new = [
        row | {"by": by, "added_at": now} for key, row in sorted(rows.items()) if key not in there
    ]
    changed = [row for key, row in sorted(rows.items()) if key in there and there[key] != row]
    if changed:
        connection.execute(_CHANGE, list(map(_bound, changed)))
    if new:
        connection.execute(insert(subscription), new)
        feeds.poll_again(connection, {str(row["feed"]) for row in new}, now)
    poll_what_is_wanted(connection)
    return len(new)


def put(  # noqa: PLR0913, PLR0917 - which route, what it is to be, and who says so when
    connection: Connection,
    team: str,
    channel: Channel,
    feed_url: str,
    wanted: str | None,
    by: str,
    now: datetime,
) -> RouteChange:
    """Let a feed come to a channel by chat on these terms (`Terms.text`), or no more; say what was.

    Raise ValueError if the terms cannot be read. What others wished for stands.
    """
    (change,) = put_all(connection, team, channel, {feed_url: wanted}, by, now)
    return change


def put_all(  # noqa: PLR0913, PLR0917 - as above
    connection: Connection,
    team: str,
    channel: Channel,
    wanted: Mapping[str, str | None],
    by: str,
    now: datetime,
) -> tuple[RouteChange, ...]:
    """Do what `put` does with several feeds, in their order."""
    terms = {url: None if text is None else Terms.read(text) for url, text in wanted.items()}
    there = {each.feed: each.terms.text for each in _by_chat(connection, team, channel, wanted)}
    for url, each in terms.items():
        if each is None and url in there:
            _end(connection, team, url, channel, (CHAT,))
    routes = [
        Route(url, channel, each.backfill, each.filter)
        for url, each in terms.items()
        if each is not None
    ]
    subscribe(connection, team, CHAT, routes, by, now)
    return tuple(
        RouteChange(url, channel.key, there.get(url), None if each is None else each.text)
        for url, each in terms.items()
    )


def _by_chat(
    connection: Connection, team: str, channel: Channel, urls: Collection[str]
) -> list[Subscription]:
    """Give and lock what people of a channel wished for, of these feeds."""
    found: list[Subscription] = []
    for some in portions(sorted(urls)):
        wanted = select(subscription).where(
            subscription.c.feed.in_(some),
            subscription.c.team == team,
            subscription.c.platform == channel.platform,
            subscription.c.channel == channel.id,
            subscription.c.origin == CHAT,
        )
        # Two who change the same route at once: the later one is told what the earlier one left.
        rows = connection.execute(wanted.order_by(subscription.c.feed).with_for_update())
        found += map(_read, rows)
    return found


def unsubscribe(
    connection: Connection,
    team: str,
    url: str,
    channel: Channel | None,
    origins: Collection[str],
) -> int:
    """End a team's wishes for a feed, there or anywhere; give how many ended."""
    count = _end(connection, team, url, channel, origins)
    poll_what_is_wanted(connection)
    return count


def _end(
    connection: Connection,
    team: str,
    url: str,
    channel: Channel | None,
    origins: Collection[str],
) -> int:
    ended = delete(subscription).where(
        subscription.c.team == team,
        subscription.c.feed == url,
        subscription.c.origin.in_(sorted(origins)),
    )
    if channel is not None:
        ended = ended.where(
            subscription.c.platform == channel.platform, subscription.c.channel == channel.id
        )
    return connection.execute(ended).rowcount


def follow(  # noqa: PLR0913, PLR0917 - as above
    connection: Connection,
    team: str,
    origin: str,
    routes: Sequence[Route],
    by: str,
    now: datetime,
) -> tuple[int, int]:
    """Make these all that an origin wishes; give how many wishes are new, and how many ended."""
    wanted = {_key(each) for each in map(Route._make, routes)}
    there = sorted(_of(connection, team, origin).items())
    ended = [_bound(row) for key, row in there if key not in wanted]
    if ended:
        connection.execute(_END, ended)
    return subscribe(connection, team, origin, routes, by, now), len(ended)


def listed(connection: Connection, team: str | None) -> tuple[Subscription, ...]:
    """Give the subscriptions of a team or of all, by feed."""
    wanted = select(subscription)
    if team is not None:
        wanted = wanted.where(subscription.c.team == team)
    rows = connection.execute(wanted.order_by(*subscription.primary_key))
    return tuple(map(_read, rows))


def _read(row: "Row[*tuple[Any, ...]]") -> Subscription:
    limits = EVERYTHING
    with suppress(ValueError):  # what nobody can read keeps no news back
        limits = Filter.read(row.filter)
    return Subscription(
        row.feed,
        Channel(row.platform, row.channel, row.private, row.encrypted, team=row.team),
        row.origin,
        row.by,
        row.added_at,
        None if row.backfill_s is None else timedelta(seconds=row.backfill_s),
        limits,
    )


def move(connection: Connection, old: Channel, new: Channel) -> None:
    """Let what goes to a channel go to another one, which may have some of it already."""
    there = subscription.alias("there")
    has_it = exists().where(
        there.c.feed == subscription.c.feed,
        there.c.origin == subscription.c.origin,
        there.c.team == new.team,
        there.c.platform == new.platform,
        there.c.channel == new.id,
    )
    ours = (
        subscription.c.team == old.team,
        subscription.c.platform == old.platform,
        subscription.c.channel == old.id,
    )
    connection.execute(
        update(subscription)
        .where(*ours, ~has_it)
        .values(
            team=new.team,
            platform=new.platform,
            channel=new.id,
            private=new.private,
            encrypted=new.encrypted,
        )
    )
    connection.execute(delete(subscription).where(*ours))


def erase(connection: Connection, platform: str, team: str) -> int:
    """End all that a team wishes for on a platform; give how many wishes those were."""
    ours = (subscription.c.platform == platform, subscription.c.team == team)
    count = connection.execute(delete(subscription).where(*ours)).rowcount
    poll_what_is_wanted(connection)
    return count


def poll_what_is_wanted(connection: Connection) -> None:
    """Let exactly those feeds be active that anybody subscribes to."""
    connection.execute(update(feed).where(feed.c.active, ~_WANTED).values(active=False))
    connection.execute(update(feed).where(~feed.c.active, _WANTED).values(active=True))


def _of(connection: Connection, team: str, origin: str) -> dict[_Key, dict[str, object]]:
    """Give what an origin wishes for now, as rows."""
    rows = connection.execute(
        select(subscription).where(subscription.c.team == team, subscription.c.origin == origin)
    )
    return {
        (row.feed, row.platform, row.channel): {
            "feed": row.feed,
            "team": team,
            "platform": row.platform,
            "channel": row.channel,
            "origin": origin,
            "private": row.private,
            "encrypted": row.encrypted,
            "backfill_s": row.backfill_s,
            "filter": row.filter,
        }
        for row in rows
    }


def _row(team: str, origin: str, route: Route) -> dict[str, object]:
    backfill = route.backfill
    return {
        "feed": route.feed,
        "team": team,
        "platform": route.channel.platform,
        "channel": route.channel.id,
        "origin": origin,
        "private": route.channel.private,
        "encrypted": route.channel.encrypted,
        "backfill_s": None if backfill is None else round(backfill.total_seconds()),
        "filter": route.filter.text,
    }


def _bound(row: dict[str, object]) -> dict[str, object]:
    return {f"b_{name}": each for name, each in row.items()}


def _key(route: Route) -> _Key:
    return (route.feed, route.channel.platform, route.channel.id)
