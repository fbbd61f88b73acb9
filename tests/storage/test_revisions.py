"""Edits of the watchlist: each is written once, over what it was made from, and stays."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from bot.core.editing.change import Change
from bot.core.editing.revision import Revision, State
from bot.core.mention import Channel
from bot.storage.revisions import Wanted
from bot.storage.store import Store

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
DESK = Channel("fake", "#desk")
OTHERS = Channel("fake", "#desk", team="blue")
CHANGE = Change(("measures", "trade-list", "status"), "in_force", "stayed", "in_force")
WHOLE = Change((), None, {"name": "Acme", "tags": {"x": "x"}, "names": {"A": {"value": "A"}}})


def wanted(event: str = "e1", vendor: str = "acme-cam", channel: Channel = DESK) -> Wanted:
    """Give an edit by Dana."""
    return Wanted(event, channel, vendor, "dana", NOW, (CHANGE, WHOLE), "the court stayed it")


async def write(store: Store, *edits: Wanted) -> list[Revision]:
    """Write edits, each over the one before."""
    made = []
    for each in edits:
        seq = (await store.revisions.heads()).get(each.channel.team, 0)
        one = await store.revisions.write(each, seq)
        assert one is not None
        made.append(one)
    return made


async def test_a_revision_comes_back_as_it_was_written(store: Store) -> None:
    """Numbers count from 1 for each team; every word of the change is kept."""
    first, other = await write(store, wanted(), wanted("e2", channel=OTHERS))
    assert (first.number, first.seq, first.state) == (1, 1, State.APPLIED)
    assert (other.number, other.seq) == (1, 1)
    assert await store.revisions.after("default", 0) == (first,)
    assert await store.revisions.find("default", 1) == first
    assert first.changes == (CHANGE, WHOLE)
    assert (first.by, first.at, first.channel) == ("dana", NOW, "fake:#desk")
    assert await store.revisions.heads() == {"default": 1, "blue": 1}


async def test_a_command_that_is_carried_out_twice_edits_once(store: Store) -> None:
    """Its answer was lost, so it comes again: the same revision is given."""
    (first,) = await write(store, wanted())
    assert await store.revisions.write(wanted(), 0) == first
    assert await store.revisions.of_event("e1") == first
    assert await store.revisions.after("default", 0) == (first,)


async def test_an_edit_over_an_older_edition_is_not_written(store: Store) -> None:
    """Whoever wants it has to look at what was changed meanwhile."""
    (first,) = await write(store, wanted())
    assert await store.revisions.write(wanted("e2"), 0) is None
    assert await store.revisions.after("default", 0) == (first,)


async def test_of_two_who_edit_at_once_one_is_told_to_look_again(
    store: Store, other: Store
) -> None:
    """Two processes write over the same edition: one of them does."""
    both = await asyncio.gather(
        store.revisions.write(wanted("e1"), 0), other.revisions.write(wanted("e2"), 0)
    )
    assert sorted(each is None for each in both) == [False, True]
    assert len(await store.revisions.after("default", 0)) == 1


async def test_a_proposal_waits_and_holds_from_when_it_is_approved(store: Store) -> None:
    """It gets its place among those that hold then, with the changes that it comes to."""
    proposed, later = await write(store, replace(wanted(), proposed=True), wanted("e2"))
    assert (proposed.state, proposed.seq, later.seq) == (State.PROPOSED, None, 1)
    assert await store.revisions.proposals("default") == (proposed,)
    assert await store.revisions.after("default", 0) == (later,)
    changes = (replace(CHANGE, base="removed"),)
    decide = store.revisions.decide
    assert await decide("default", 1, changes, "eli", NOW, 0) is None  # over an older edition
    made = await decide("default", 1, changes, "eli", NOW, 1)
    assert made is not None
    assert (made.state, made.seq, made.decided_by, made.changes) == (
        State.APPLIED, 2, "eli", changes,
    )  # fmt: skip
    assert await store.revisions.after("default", 1) == (made,)
    assert await decide("default", 1, changes, "fay", NOW, 2) is None
    assert await store.revisions.proposals("default") == ()


async def test_a_rejected_proposal_never_holds(store: Store) -> None:
    """It stays in the log."""
    await write(store, replace(wanted(), proposed=True))
    made = await store.revisions.decide("default", 1, None, "eli", NOW, 0)
    assert made is not None
    assert made.state is State.REJECTED
    assert await store.revisions.after("default", 0) == ()
    assert await store.revisions.log("default", None, 10) == (made,)
    assert await store.revisions.heads() == {"default": 0}


async def test_the_log_is_read_from_the_newest_page_by_page(store: Store) -> None:
    """Of one vendor or of all, and it says what was taken back."""
    edits = [wanted(f"e{n}", "acme-cam" if n % 2 else "road-runner") for n in range(1, 6)]
    made = await write(store, *edits, replace(wanted("u"), undoes=3))
    numbers = [each.number for each in await store.revisions.log("default", None, 3)]
    assert numbers == [6, 5, 4]
    older = await store.revisions.log("default", None, 3, before=4)
    assert [each.number for each in older] == [3, 2, 1]
    of_one = await store.revisions.log("default", "road-runner", 9)
    assert [each.number for each in of_one] == [4, 2]
    assert await store.revisions.undoing("default", (1, 3)) == {3: 6}
    assert made[-1].undoes == 3
