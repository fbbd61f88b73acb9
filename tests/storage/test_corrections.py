"""An edit reaches what was said, in the transaction that writes it; on both engines."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.core.cards import Desk
from bot.core.document import Document, from_json, plain, runs
from bot.core.editing.change import Change
from bot.core.editing.revision import Revision, State
from bot.core.judge import WatchlistJudge
from bot.core.mention import Channel, Receipt
from bot.core.restated import Correction
from bot.core.settings import Settings
from bot.core.watchlist import Watchlist
from bot.storage.corrections import Telling
from bot.storage.revisions import Wanted
from bot.storage.rows import Hearing, Kind, Outgoing
from bot.storage.store import Store
from tests.build import full_vendor, measure, vendor
from tests.storage.conftest import Behind
from tests.storage.sample import HALL, LEASE, NOW, mention

ACME = full_vendor()
ENDED = full_vendor(measures=[measure(status="removed", ended_on="2024-03-31")])
DESK = Desk({}, NOW.date())
ROOM = Channel("fake", "!room", private=True)
YARD = Channel("fake", "#yard")
BLUE = Channel("fake", "#hall", team="blue")
CURATORS = Channel("fake", "#desk")
CHANGE = Change(("measures", "trade-list", "status"), "in_force", "removed", "in_force")
ENDS = Telling(Correction.of(ACME, ENDED, DESK, "read the gazette"))
BACK = Telling(Correction.of(ENDED, ACME, DESK))


async def alert(
    store: Store, channel: Channel = HALL, cause: str = "m1", at: datetime = NOW
) -> None:
    """Let a message bring a card about Acme."""
    watched = Watchlist.of([ACME, vendor("road-runner")])
    judge = WatchlistJudge(watched, DESK, lambda _: "r1", at)
    settings = Settings(cooldown=timedelta(0), repeat_card=timedelta(0))
    heard = Hearing(judge, at, settings, channel.team)
    await store.record([mention(channel=channel, cause_id=f"{cause} {channel.id}")], heard)


async def deliver(store: Store, now: datetime = NOW) -> list[Outgoing]:
    """Let all that is due be posted; give it."""
    done: list[Outgoing] = []
    while claimed := await store.claim(now, LEASE, 10):
        for each in claimed:
            receipt = Receipt(each.message or f"p{each.id}")
            await store.sent(each.id, receipt, now)
        done += claimed
    return done


async def write(
    store: Store, telling: Telling, event: str = "e1", now: datetime = NOW, **more: object
) -> Revision | None:
    """Write an edit of Acme's record by Dana."""
    wanted = Wanted(event, CURATORS, "acme-cam", "dana", now, (CHANGE,), "read the gazette")
    seq = (await store.revisions.heads()).get("default", 0)
    return await store.revisions.write(replace(wanted, **more), seq, telling)  # type: ignore[arg-type]  # a field each


def words(document: Document) -> str:
    """Give what is said."""
    return "\n".join(plain(run) for block in document.blocks for run in runs(block))


def kinds(posted: list[Outgoing], channel: Channel) -> list[Kind]:
    """Give what was done in a channel."""
    return [each.kind for each in posted if each.channel.id == channel.id]


async def test_posted_cards_are_edited_and_followers_told(store: Store) -> None:
    """Each in its own channel, a private one as well; and nothing a second time."""
    for channel in (HALL, YARD, ROOM):
        await alert(store, channel)
    await deliver(store)
    assert await write(store, ENDS) is not None
    posted = await deliver(store)
    for channel in (HALL, YARD, ROOM):
        assert kinds(posted, channel) == [Kind.EDIT, Kind.POST]
        edit, told = (each for each in posted if each.channel.id == channel.id)
        assert "Corrected on 1 Apr 2024: No longer in force" in words(edit.document)
        assert "status changed" in words(told.document)
        assert told.channel.private == channel.private
    again = await write(store, ENDS)
    assert again is not None
    assert again.number == 1
    assert await deliver(store) == []


async def test_a_pending_card_is_right_before_it_goes(store: Store) -> None:
    """There is no edit to follow."""
    await alert(store)
    await write(store, ENDS)
    card, told = await deliver(store)
    assert (card.kind, told.kind) == (Kind.POST, Kind.POST)
    assert "removed" in words(card.document)
    assert "Corrected" not in words(card.document)


async def test_a_card_that_may_have_been_posted_is_edited(store: Store) -> None:
    """Whoever carries it has its old words."""
    await alert(store)
    (claimed,) = await store.claim(NOW, LEASE, 10)
    await write(store, ENDS)
    await store.sent(claimed.id, Receipt("p1"), NOW)
    edit, _ = await deliver(store)
    assert (edit.kind, edit.message) == (Kind.EDIT, "p1")
    assert "Corrected on" in words(edit.document)


async def test_a_card_that_could_not_be_posted_is_right_when_it_is_tried_again(
    store: Store, behind: Behind
) -> None:
    """Nothing follows it meanwhile."""
    await alert(store)
    (claimed,) = await store.claim(NOW, LEASE, 10)
    await store.park(claimed.id, "archived", NOW, [])
    await write(store, ENDS)
    assert [each.kind for each in await deliver(store)] == [Kind.POST]  # the announcement
    ((document,),) = behind(f"SELECT document FROM outbox WHERE id = {claimed.id}")  # noqa: S608 - a number
    assert "removed" in words(from_json(str(document)))


async def test_another_teams_cards_are_its_own(store: Store) -> None:
    """What one team edits is none of another's."""
    await alert(store, BLUE)
    await deliver(store)
    await write(store, ENDS)
    assert await deliver(store) == []


async def test_an_edit_that_does_not_hold_tells_nobody(store: Store) -> None:
    """Written over an older edition, or proposed: only when it is approved."""
    await alert(store)
    await deliver(store)
    wanted = Wanted("e0", CURATORS, "acme-cam", "dana", NOW, (CHANGE,))
    assert await store.revisions.write(wanted, 7, ENDS) is None
    await write(store, ENDS, proposed=True)
    assert await deliver(store) == []
    made = await store.revisions.decide("default", 1, (CHANGE,), "eli", NOW, 0, ENDS)
    assert made is not None
    assert made.state is State.APPLIED
    edit, told = await deliver(store)
    assert (edit.kind, told.kind) == (Kind.EDIT, Kind.POST)
    assert "Team entry by dana" in words(told.document)
    await write(store, BACK, "e9", proposed=True)
    await store.revisions.decide("default", 2, None, "eli", NOW, 1, BACK)
    assert await deliver(store) == []


class _BrokenError(Exception):
    """What a test raises."""


async def test_an_edit_whose_telling_fails_is_not_written(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both or none."""
    await alert(store)
    await deliver(store)

    def broken(*_: object) -> None:
        raise _BrokenError

    with monkeypatch.context() as patched:
        patched.setattr("bot.storage.corrections._announce", broken)
        with pytest.raises(_BrokenError):
            await write(store, ENDS)
    assert await store.revisions.heads() == {}
    assert await deliver(store) == []
    assert await write(store, ENDS) is not None
    assert len(await deliver(store)) == 2


async def test_a_card_that_is_being_taken_back_is_left_alone(store: Store) -> None:
    """And one that is gone, and one of long ago."""
    old = NOW - timedelta(days=181)
    await alert(store, YARD, at=old)
    await deliver(store, old)
    await alert(store)
    await deliver(store)
    judge = WatchlistJudge(Watchlist.of([ACME]), DESK, lambda _: "r1", NOW)
    hearing = Hearing(judge, NOW)
    assert await store.withdraw_for(HALL, "m1 #hall", hearing) == 1
    await write(store, ENDS)
    posted = await deliver(store)
    assert kinds(posted, HALL) == [Kind.WITHDRAW]
    assert kinds(posted, YARD) == [Kind.POST]  # it follows the vendor


async def test_edits_one_after_another_are_one_edit_of_the_card(store: Store) -> None:
    """What has not gone out yet says the last state."""
    await alert(store)
    await deliver(store)
    await write(store, ENDS)
    await write(store, BACK, "e2", undoes=1)
    posted = await deliver(store)
    assert kinds(posted, HALL) == [Kind.EDIT]  # the two announcements cancel each other out
    assert "Corrected on 1 Apr 2024: Export control" in words(posted[0].document)


async def test_an_undo_is_told_where_the_edit_was_told(store: Store) -> None:
    """However soon it comes."""
    await alert(store)
    await deliver(store)
    await write(store, ENDS)
    await deliver(store)
    await write(store, BACK, "e2", undoes=1)
    assert kinds(await deliver(store), HALL) == [Kind.EDIT, Kind.POST]


async def test_an_undo_later_than_that_tells_both(store: Store) -> None:
    """Where the channel is slow, both wait; the later one does not hide the first."""
    await alert(store)
    await deliver(store)
    await write(store, ENDS)
    await write(store, BACK, "e2", NOW + timedelta(minutes=6), undoes=1)
    posted = await deliver(store, NOW + timedelta(minutes=6))
    assert kinds(posted, HALL).count(Kind.POST) == 2


async def test_a_channel_that_the_bot_left_is_not_told(store: Store) -> None:
    """It could not be posted to."""
    await alert(store)
    await deliver(store)
    await store.join(HALL, "carl", "j1", [], NOW)
    await store.leave(HALL, NOW)
    await write(store, ENDS)
    assert Kind.POST not in kinds(await deliver(store), HALL)


async def test_who_has_not_heard_for_a_year_follows_no_more(store: Store) -> None:
    """Nor does a channel that never was alerted."""
    await alert(store)
    await deliver(store)
    later = NOW + timedelta(days=366)
    await write(store, ENDS, now=later)
    assert await deliver(store, later) == []
