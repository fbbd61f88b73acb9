"""What policy knows of a vendor in a channel, locked and changed in the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, bindparam, func, or_, select, tuple_, update

from bot.core.policy import Form, History
from bot.core.status import State
from bot.storage.database import insert_all, portions
from bot.storage.outbox import leaving
from bot.storage.tables import mention, outbox, vendor_state

# Made once: to build a statement takes longer than to carry it out.
_THERE = (
    vendor_state.c.team == bindparam("b_team"),
    vendor_state.c.channel == bindparam("b_channel"),
    vendor_state.c.vendor == bindparam("b_vendor"),
)
_REMEMBER = (
    update(vendor_state)
    .where(*_THERE)
    .values(
        alerted_at=bindparam("b_alerted"),
        card_at=bindparam("b_card"),
        card_revision=bindparam("b_revision"),
        card_link=bindparam("b_link"),
    )
)
_CARDS = select(
    mention.c.team, mention.c.channel, mention.c.vendor, mention.c.created_at, mention.c.outbox_id
).where(
    mention.c.outbox_id.in_(bindparam("b_documents", expanding=True)),
    mention.c.form == Form.CARD.value,
)
# Unless a newer card has taken its place.
_CARD = update(vendor_state).where(*_THERE, vendor_state.c.card_at == bindparam("b_card"))
_LINK = _CARD.values(card_link=bindparam("b_link"))
_NO_CARD = _CARD.values(card_at=None, card_revision=None, card_link=None)


class Place(NamedTuple):
    """A vendor in a channel: what is locked. The order of the fields is the order of locking."""

    channel: str
    vendor: str


def lock(connection: Connection, places: Sequence[Place], team: str) -> dict[Place, History]:
    """Lock the states of all places, always in the same order so that nobody waits in a circle."""
    found = _locked(connection, places, team)
    missing = [place for place in sorted(places) if place not in found]
    if missing:
        rows = [{"team": team, **place._asdict()} for place in missing]
        insert_all(connection, vendor_state, rows)
        found |= _locked(connection, missing, team)
    return found


def _locked(connection: Connection, places: Sequence[Place], team: str) -> dict[Place, History]:
    """Lock the states that are there."""
    lock = _lock(connection.dialect.name)
    rows = (
        connection.execute(
            lock,
            {
                "b_team": team,
                "b_channels": sorted({place.channel for place in some}),
                "b_places": some,
            },
        )
        for some in portions(sorted(places))
    )
    return {
        Place(row.channel, row.vendor): History(
            row.alerted_at, row.card_at, row.card_revision, row.card_link
        )
        for row in chain.from_iterable(rows)
    }


@cache
def _lock(dialect: str) -> "Select[*tuple[Any, ...]]":
    place = (vendor_state.c.channel, vendor_state.c.vendor)
    # As Python orders texts, whatever the database's language.
    order = [column.collate("C") for column in place] if dialect == "postgresql" else place
    return (
        select(vendor_state)
        .where(
            vendor_state.c.team == bindparam("b_team"),
            # SQLite finds no pairs by an index, and would read all that a team has.
            vendor_state.c.channel.in_(bindparam("b_channels", expanding=True)),
            tuple_(*place).in_(bindparam("b_places", expanding=True)),
        )
        .order_by(*order)
        .with_for_update()
    )


def remember(connection: Connection, team: str, histories: Mapping[Place, History]) -> None:
    """Write down what is known of places, which are locked."""
    states = [
        _at(team, place)
        | {
            "b_alerted": history.alerted_at,
            "b_card": history.card_at,
            "b_revision": history.card_revision,
            "b_link": history.card_link,
        }
        for place, history in sorted(histories.items())
    ]
    if states:
        connection.execute(_REMEMBER, states)


def _at(team: str, place: Place) -> dict[str, object]:
    return {"b_team": team, "b_channel": place.channel, "b_vendor": place.vendor}


def link_cards(connection: Connection, links: Mapping[int, str | None]) -> None:
    """Remember where the cards of documents stand, by the documents' numbers."""
    cards = _cards(connection, links)
    if cards:
        connection.execute(_LINK, [card | {"b_link": links[id_]} for id_, card in cards])


def forget_card(connection: Connection, outbox_id: int) -> None:
    """Let a document's cards count as never shown."""
    cards = _cards(connection, [outbox_id])
    if cards:
        connection.execute(_NO_CARD, [card for _, card in cards])


def _cards(
    connection: Connection, outbox_ids: Iterable[int]
) -> list[tuple[int, dict[str, object]]]:
    """Give the cards of documents with their documents' numbers, in the order of locking."""
    rows = connection.execute(_CARDS, {"b_documents": list(outbox_ids)}).all()
    return [
        (row.outbox_id, _at(row.team, Place(row.channel, row.vendor)) | {"b_card": row.created_at})
        for row in sorted(rows, key=lambda row: (row.channel, row.vendor))
    ]


def take_back(connection: Connection, outbox_id: int) -> None:
    """Let what is taken back count as never said: no cooldown, and no card to refer to."""
    forget_card(connection, outbox_id)
    said = connection.execute(select(mention).where(mention.c.outbox_id == outbox_id)).all()
    for each in said:
        before = (
            select(func.max(mention.c.created_at))
            .select_from(mention)
            .outerjoin(outbox, outbox.c.id == mention.c.outbox_id)
            .where(
                mention.c.team == each.team,
                mention.c.channel == each.channel,
                mention.c.vendor == each.vendor,
                or_(
                    mention.c.outcome == "hold",
                    and_(
                        mention.c.outcome == "post",
                        mention.c.outbox_id != outbox_id,
                        mention.c.form != Form.MARK.value,
                        outbox.c.state != State.WITHDRAWN,
                        ~leaving(outbox.c.id),
                    ),
                ),
            )
        )
        connection.execute(
            update(vendor_state)
            .where(
                vendor_state.c.team == each.team,
                vendor_state.c.channel == each.channel,
                vendor_state.c.vendor == each.vendor,
                vendor_state.c.alerted_at == each.created_at,
            )
            .values(alerted_at=before.scalar_subquery())
        )
