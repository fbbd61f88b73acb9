"""A record is edited: what was said of it is struck, with what holds now, and nothing else is."""

from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.announcement import announcement, note
from bot.core.cards import Desk, card
from bot.core.compact import several
from bot.core.corrections import corrected
from bot.core.document import (
    Bullets,
    Document,
    Handle,
    Item,
    Paragraph,
    Struck,
    from_json,
    plain,
    runs,
    to_json,
)
from bot.core.editing.overlay import Entry
from bot.core.editing.stub import stub
from bot.core.editing.tree import tree_of, vendor_of
from bot.core.mention import Cause, Channel, Match, MatchKind, Mention
from bot.core.record import record
from bot.core.restated import Correction
from bot.core.struck import present, same
from bot.core.vendor import Confidence, Vendor
from bot.core.wording import Standing
from tests.build import allegation, full_vendor, measure, proceeding, program, response, vendor

TODAY = date(2024, 4, 1)
ON = date(2024, 4, 2)
DESK = Desk({"ZED": program()}, TODAY)
ACME = full_vendor()
LISTS = ("one", "two", "three", "four", "six")
CHANGES: dict[str, dict[str, Any]] = {
    "in force": {},
    "removed": {"status": "removed"},
    "reported": {"status": "reported"},
    "unverified": {"confidence": Confidence.UNVERIFIED},
    "other words": {"effect": "It does something else."},
    "freeze": {"kind": "asset_freeze"},
}
STATES = ("in force", "gone", *CHANGES)
MARKS = ("Corrected on", "Updated on", "Withdrawn on")


def words(document: Document) -> str:
    return "\n".join(plain(run) for block in document.blocks for run in runs(block))


def struck(document: Document) -> str:
    parts = (part for block in document.blocks for run in runs(block) for part in run)
    return "\n".join(part.value for part in parts if isinstance(part, Struck))


def edited(
    before: Vendor | None, after: Vendor | None, document: Document | None = None, reason: str = ""
) -> Document:
    """Give a card of the record before, as it is after the edit."""
    if document is None:
        assert before is not None
        document = card(before, DESK)
    told = corrected(document, Correction.of(before, after, DESK, reason), ON)
    assert told is not None
    return told


def items(document: Document) -> list[Item]:
    lists = (block.items for block in document.blocks if isinstance(block, Bullets))
    return [item for each in lists for item in each if item.about]


@st.composite
def records(draw: st.DrawFn) -> Vendor:
    """Give a record of Acme's, one of many that edits may bring about."""
    allegations, responses, proceedings = [], [], []
    states = {id_: draw(st.sampled_from(STATES)) for id_ in LISTS}
    measures = [
        measure(id_, title=f"List {id_}", **CHANGES[state])
        for id_, state in states.items()
        if state != "gone"
    ]
    if draw(st.booleans()):
        measures.append(measure("five", title="List five", kind="buyer_decision"))
    for id_ in ("said", "told"):
        if draw(st.booleans()):
            text = draw(st.sampled_from(["Hats were counted.", "Caps were counted."]))
            allegations.append(allegation(id_, text=text, no_response=None))
        for answer in ("no", "never"):
            if draw(st.booleans()):
                text = draw(st.sampled_from(["We did not.", "We never did."]))
                responses.append(response(f"{answer}-{id_}", text=text, answers=[id_]))
    if draw(st.booleans()):
        proceedings.append(proceeding(affects=["one"]))
    return full_vendor(
        measures=measures,
        allegations=allegations,
        responses=responses,
        proceedings=proceedings,
    )


def holds_now(document: Document, after: Vendor) -> None:
    """Check that what is not struck is what a new card would say, and that nothing is missing."""
    now = Correction.of(None, after, DESK).now
    there = items(document)
    for item in there:
        key = item.about.partition(" ")[2]
        says = present(item)
        if key.startswith("named/"):
            continue
        if says is None:
            assert key not in now
        else:
            assert same(says, now[key])
        marks = [run for run in (item.text, *item.answers) if any(m in plain(run) for m in MARKS)]
        assert len(marks) <= 1
    told = [plain(says.text) for item in there if (says := present(item)) is not None]
    for each in after.measures:
        assert sum(each.title in text for text in told) == int(each.speaks), each.title
    (status,) = (b for b in document.blocks if isinstance(b, Paragraph) and "status" in b.about)
    assert plain(status.text).endswith(Standing.of(after).sentence(TODAY))


@settings(deadline=None, max_examples=50)
@given(st.lists(records(), min_size=2, max_size=5))
def test_after_any_edits_a_card_says_what_holds_and_what_was_said_last(
    history: list[Vendor],
) -> None:
    document = card(history[0], DESK)
    for before, after in pairwise(history):
        correction = Correction.of(before, after, DESK)
        told = corrected(from_json(to_json(document)), correction, ON)
        told = told or document
        assert corrected(told, correction, ON) is None
        holds_now(told, after)
        document = told


@given(records(), records())
def test_what_nobody_has_seen_is_simply_right(before: Vendor, after: Vendor) -> None:
    correction = Correction.of(before, after, DESK)
    told = corrected(card(before, DESK), correction, ON, seen=False) or card(before, DESK)
    assert struck(told) == ""
    assert not any(mark in words(told) for mark in MARKS)
    holds_now(told, after)


@given(records(), records())
def test_nothing_is_corrected_where_the_record_only_says_more(one: Vendor, two: Vendor) -> None:
    """What is new is an update; what is struck is then only that there was nothing."""
    both = {each.id: each for each in (*two.measures, *one.measures)}
    more = one.model_copy(update={"measures": tuple(both.values())})
    told = corrected(card(one, DESK), Correction.of(one, more, DESK), ON)
    if told is not None:
        assert "Corrected" not in words(told)
        assert "Withdrawn" not in words(told)


def test_a_measure_that_ended_is_struck_with_what_holds_below_it() -> None:
    ended = full_vendor(measures=[measure(status="removed", ended_on="2024-03-31")])
    told = edited(ACME, ended)
    (first, *_) = items(told)
    assert plain(first.text).startswith("Export control: Zedland Trade List, since 9 Oct 2019")
    assert all(isinstance(part, Struck) for part in first.text)
    assert plain(first.answers[0]).startswith(
        "↳ Corrected on 2 Apr 2024: No longer in force (export control): Zedland Trade List, "
        "9 Oct 2019 to 31 Mar 2024, removed."
    )
    assert "↳ Court" in plain(first.answers[1])
    assert told.summary.startswith("Corrected on 2 Apr 2024. Acme Cam: No government measure")


def test_an_allegation_that_is_withdrawn_takes_its_denial_along_and_says_why() -> None:
    told = edited(ACME, full_vendor(allegations=[], responses=[]), reason="the paper retracted it")
    item = items(told)[-1]
    assert "never counted hats" in struck(told)
    assert plain(item.answers[-1]) == "↳ Withdrawn on 2 Apr 2024: the paper retracted it."


def test_a_first_answer_takes_the_place_of_none() -> None:
    before = full_vendor(responses=[])
    told = edited(before, ACME)
    assert struck(told) == "No response on record."
    assert "↳ Updated on 2 Apr 2024." in words(told)
    assert "Corrected" not in words(told)


def test_an_answer_that_is_changed_is_struck_and_the_new_one_is_there() -> None:
    told = edited(ACME, full_vendor(responses=[response(text="It counted caps.")]))
    assert "never counted hats" in struck(told)
    assert "It counted caps." in words(told)
    assert "Hats" not in struck(told)
    assert "counts hats" not in struck(told)
    assert "hats without a permit" not in struck(told)


def test_a_card_without_allegations_says_that_there_are_some_now() -> None:
    told = edited(full_vendor(allegations=[], responses=[]), ACME)
    assert (
        "No allegation on record. Updated on 2 Apr 2024: 1 allegation is on record; "
        "the full record has the answers too."
    ) in words(told)


def test_what_a_card_does_not_say_leaves_it_alone() -> None:
    """A note, a tag, another vendor, an older card without names for its statements."""
    noted = full_vendor(measures=[measure(note="seen twice")], tags=["hats"])
    correction = Correction.of(ACME, noted, DESK)
    assert correction.changed == frozenset()
    assert corrected(card(ACME, DESK), correction, ON) is None
    ended = Correction.of(ACME, full_vendor(measures=[]), DESK)
    assert corrected(card(vendor("road-runner"), DESK), ended, ON) is None
    old = to_json(card(ACME, DESK)).replace('"about":"acme-cam ', '"aboot":"acme-cam ')
    assert corrected(from_json(old), ended, ON) is None


def test_a_vendor_taken_off_the_list_is_struck_as_a_whole() -> None:
    told = edited(ACME, None, reason="not ours to watch")
    assert "Withdrawn on 2 Apr 2024: Acme Cam was taken off the watchlist." in words(told)
    assert "Reason: not ours to watch." in words(told)
    assert all(present(item) is None for item in items(told))
    back = edited(None, ACME, told)
    holds_now(back, ACME)


def test_of_several_vendors_one_is_corrected() -> None:
    road = full_vendor("road-runner")
    match = Match("acme-cam", "ACME", 0, 4, MatchKind.EXACT, 1.0, "Acme", "listed")
    at = datetime(2024, 4, 1, tzinfo=UTC)
    place = Channel("console", "#hall")
    seen = Mention(place, "acme-cam", match, Cause.MESSAGE, "1", at)
    told = edited(ACME, full_vendor(measures=[]), several([(ACME, seen), (road, seen)], DESK))
    first, second = (plain(item.text) for item in items(told))
    assert first == (
        "Acme Cam (“ACME”): No asset freeze found; 1 other government measure in force (checked "
        "1 Mar 2024). Corrected on 2 Apr 2024: No government measure on record."
    )
    assert "Corrected" not in second


def test_a_full_record_is_corrected_too() -> None:
    told = edited(ACME, full_vendor(measures=[measure(status="stayed")]), record(ACME, DESK))
    assert "Authority: Zedland Ministry of Trade." in struck(told)
    assert "stayed" in words(told)


def test_whose_word_it_is_is_not_struck_and_no_reason_to_correct() -> None:
    entry = Entry("dana", datetime(2024, 3, 3, tzinfo=UTC), 1, 1)
    team = DESK.but(entries={"acme-cam": {("measures", "trade-list"): entry}})
    shown = card(ACME, team)
    assert corrected(shown, Correction.of(ACME, ACME, DESK), ON) is None
    ended = full_vendor(measures=[measure(status="removed", ended_on="2024-03-31")])
    told = corrected(shown, Correction.of(ACME, ended, team), ON)
    assert told is not None
    assert "Team entry" not in struck(told)
    assert Handle("dana", "person") in items(told)[0].answers[0]


def test_an_announcement_tells_each_measure_that_stands_otherwise() -> None:
    ended = measure(status="removed", ended_on="2024-03-31")
    freeze = measure("freeze", kind="asset_freeze", title="Zedland Freeze", since="2024-03-30")
    after = full_vendor(measures=[ended, freeze])
    told = announcement(Correction.of(ACME, after, DESK, "read the gazette"), "dana")
    assert told is not None
    assert struck(told).split("\n")[1] == "Export control, since 9 Oct 2019"
    assert "New: Asset freeze: Zedland Freeze, since 30 Mar 2024." in words(told)
    assert "↳ Court" in words(told)
    assert "Team entry by dana: read the gazette." in words(told)
    back = announcement(Correction.of(after, ACME, DESK), "eli")
    assert back is not None
    assert "Zedland Freeze: Asset freeze, since 30 Mar 2024 → taken out of the record" in words(
        back
    )


@pytest.mark.parametrize(
    "after",
    [
        None,
        full_vendor(measures=[measure(effect="Other words.", verified_on="2024-03-30")]),
        full_vendor(measures=[measure(), measure("more", confidence=Confidence.UNVERIFIED)]),
        full_vendor(allegations=[], responses=[]),
    ],
)
def test_only_measures_that_stand_otherwise_are_announced(after: Vendor | None) -> None:
    assert announcement(Correction.of(ACME, after, DESK), "dana") is None


def test_a_note_says_only_what_changed() -> None:
    told = note(Correction.of(ACME, full_vendor(measures=[]), DESK), ON)
    assert told is not None
    assert "Zedland Trade List" in struck(told)
    assert "hats" not in words(told)
    assert note(Correction.of(None, ACME, DESK), ON) is None


def test_a_stub_that_is_filled_in_is_brought_up_to_date() -> None:
    """It said that nobody had looked; the old card says what was found since."""
    before = vendor_of(stub("Gizmo Eye", "gizmo-eye"))
    tree = tree_of(full_vendor("gizmo-eye")) | {"name": "Gizmo Eye"}
    after = vendor_of(tree)
    told = edited(before, after)
    assert "Stub: no record yet." in struck(told)
    assert "Updated on 2 Apr 2024: No asset freeze found; 1 other government measure" in words(told)
    assert "Export control: Zedland Trade List" in words(told)
    assert corrected(told, Correction.of(before, after, DESK), ON) is None
