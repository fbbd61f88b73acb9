"""What policy knows of a vendor in a channel, locked and changed in the caller's transaction."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from bot.core.policy import Form, History
from bot.core.status import State
from bot.storage.database import insert_missing
from bot.storage.outbox import leaving
from bot.storage.tables import mention, outbox, vendor_state

# Made once: to build a statement takes longer than to carry it out.
_THERE = (
    vendor_state.c.team == bindparam("b_team"),
    vendor_state.c.channel == bindparam("b_channel"),
    vendor_state.c.vendor == bindparam("b_vendor"),
)
_LOCK = select(vendor_state).where(*_THERE).with_for_update()
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
    mention.c.team.label("b_team"),
    mention.c.channel.label("b_channel"),
    mention.c.vendor.label("b_vendor"),
    mention.c.created_at.label("b_card_at"),
).where(mention.c.outbox_id == bindparam("b_outbox"), mention.c.form == Form.CARD.value)
_CARD = update(vendor_state).where(
    vendor_state.c.team == bindparam("b_team"),
    vendor_state.c.channel == bindparam("b_channel"),
    vendor_state.c.vendor == bindparam("b_vendor"),
    vendor_state.c.card_at == bindparam("b_card_at"),
)


class Place(NamedTuple):
    """A vendor in a channel: what is locked. The order of the fields is the order of locking."""

    channel: str
    vendor: str


def lock(connection: Connection, places: Sequence[Place], team: str) -> dict[Place, History]:
    """Lock the states of all places, always in the same order so that nobody waits in a circle."""
    histories = {}
    for place in places:
        row = connection.execute(_LOCK, _at(team, place)).first()
        if row is None:
            insert_missing(connection, vendor_state, [{"team": team, **place._asdict()}])
            row = connection.execute(_LOCK, _at(team, place)).one()
        histories[place] = History(row.alerted_at, row.card_at, row.card_revision, row.card_link)
    return histories


def remember(connection: Connection, team: str, place: Place, history: History) -> None:
    """Write down what is known of a place, which is locked."""
    state = {
        "b_alerted": history.alerted_at,
        "b_card": history.card_at,
        "b_revision": history.card_revision,
        "b_link": history.card_link,
    }
    connection.execute(_REMEMBER, _at(team, place) | state)


def _at(team: str, place: Place) -> dict[str, object]:
    return {"b_team": team, "b_channel": place.channel, "b_vendor": place.vendor}


def link_card(connection: Connection, outbox_id: int, link: str | None) -> None:
    """Remember where a document's cards stand."""
    _update_cards(connection, outbox_id, {"card_link": link})


def forget_card(connection: Connection, outbox_id: int) -> None:
    """Let a document's cards count as never shown."""
    _update_cards(
        connection, outbox_id, {"card_at": None, "card_revision": None, "card_link": None}
    )


def _update_cards(connection: Connection, outbox_id: int, values: Mapping[str, str | None]) -> None:
    """Change what is remembered of a card, unless a newer card has taken its place."""
    for card in connection.execute(_CARDS, {"b_outbox": outbox_id}).mappings().all():
        connection.execute(_CARD, {**card, **values})


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
