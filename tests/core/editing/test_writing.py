"""Whatever is typed of a part gives a record or a refusal, and what stands can be taken back."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.editing.choosing import find
from bot.core.editing.fieldwords import typed
from bot.core.editing.judgement import judged
from bot.core.editing.parts import (
    ALLEGATION,
    MEASURE,
    NAME,
    PARTS,
    RESPONSE,
    SOURCE,
    Ground,
    Part,
    items_of,
)
from bot.core.editing.removing import removed
from bot.core.editing.tree import Tree, tree_of, vendor_of
from bot.core.editing.writing import Made, added, changed, ended
from bot.core.line import fields_of, in_marks
from bot.core.watchlist import Watchlist
from bot.errors import UsageError
from tests.build import allegation, full_vendor, measure, program, source, vendor

PROGRAMS = {"ZZ-TRADE": program()}
ACME = full_vendor(sources={"shopper-2024": source(date="2024-02")})
GROUND = Ground("acme-cam", "Acme Cam", tree_of(ACME), PROGRAMS, date(2024, 4, 1))
BARE = Ground("acme-cam", "Acme Cam", tree_of(vendor()), PROGRAMS, date(2024, 4, 1))


def add(part: Part, text: str, ground: Ground = GROUND) -> Made:
    return added(ground, part, typed(fields_of(text, 0), part.specs, part.a))


def edit(part: Part, key: str, text: str, ground: Ground = GROUND) -> Made:
    return changed(ground, part, key, typed(fields_of(text, 0), part.specs, part.a))


def item(made: Made) -> Tree:
    assert made.part is not None
    return items_of(made.tree, made.part)[made.key]


def test_every_example_in_the_help_can_be_given() -> None:
    """With an address of one's own, on a record that has what it speaks of."""
    allegations = [allegation("ipvm-2023")]
    record = vendor(allegations=allegations, measures=[measure("us-fcc-covered-list")])
    programs = PROGRAMS | {"US-BIS-EL": program()}
    ground = Ground("acme-cam", "Acme Cam", tree_of(record), programs, date(2024, 4, 1))
    for part in PARTS.values():
        if part is NAME:
            continue  # the record has the one that is an example
        made = add(part, part.example.replace("example.org", "times.example"), ground)
        judgement = judged(Watchlist.of([record], programs), record.id, made.tree)
        assert judgement.refused == (), part.word


def test_an_id_is_made_of_what_a_part_says_and_is_free() -> None:
    line = "Trade list kind=inquiry authority=A since=2020"
    assert add(MEASURE, line).key == "trade-list-2"
    assert add(MEASURE, "贸易清单 kind=inquiry authority=A since=2020").key == "measure"
    assert add(ALLEGATION, "x by='The Sun' date=2020-02").key == "the-sun-2020"
    assert add(RESPONSE, "tender kind=denial text=x").key == "r-tender"


def test_a_claim_without_a_source_is_a_draft_and_its_first_source_confirms_it() -> None:
    made = add(MEASURE, "List kind=inquiry authority=A since=2020")
    assert item(made)["confidence"] == "unverified"
    ground = Ground("acme-cam", "Acme Cam", made.tree, {}, GROUND.today)
    assert "confidence" not in item(edit(MEASURE, made.key, "source=own-site", ground))
    left = item(edit(MEASURE, made.key, "source=own-site confidence=unverified", ground))
    assert left["confidence"] == "unverified"
    assert "confidence" in item(edit(MEASURE, "trade-list", "sources=none"))


def test_a_status_counts_as_checked_on_the_day_of_its_newest_source() -> None:
    line = "List kind=export_control authority=A since=2020 source=shopper-2024 source=own-site"
    assert item(add(MEASURE, line))["verified_on"] == "2024-03-01"
    assert item(add(MEASURE, f"{line} verified_on=2024-01"))["verified_on"] == "2024-01"
    assert "verified_on" not in item(add(MEASURE, f"{line} status=proposed"))


def test_an_end_keeps_what_was_said_and_brings_its_source() -> None:
    line = typed('source="Gazette, 2024-03-20, official"', MEASURE.specs, "a measure")
    made = item(ended(GROUND, "trade-list", "2024-03-19", line))
    assert (made["status"], made["ended_on"]) == ("removed", "2024-03-19")
    assert made["sources"] == ["own-site", "gazette-2024"]
    assert made["verified_on"] == "2024-03-20"


def test_what_goes_takes_along_what_answers_it_alone_and_its_sources() -> None:
    made = add(RESPONSE, 'tender kind=statement text=x source="Echo, press"')
    ground = Ground("acme-cam", "Acme Cam", made.tree, {}, GROUND.today)
    left = removed(ground, ALLEGATION, "tender")
    assert items_of(left.tree, RESPONSE) == {}
    assert "echo" not in items_of(left.tree, SOURCE)
    assert "own-site" in items_of(left.tree, SOURCE)
    vendor_of(left.tree)


def test_a_part_is_found_by_its_id_or_by_words_of_it() -> None:
    for asked in ("trade-list", "TRADE-LIST", "zedland trade", "ministry trade list"):
        assert find(GROUND, MEASURE, asked) == "trade-list"
    with pytest.raises(UsageError, match="did you mean 'trade-list'"):
        find(GROUND, MEASURE, "trade-lisp")


_VALUES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["none", "today", "2020", "tender", "trade-list", "ZZ-TRADE", "own-site", "A, press"]
    ),
)


@pytest.mark.parametrize("part", PARTS.values(), ids=lambda part: part.word)
@given(data=st.data())
def test_any_fields_make_a_record_or_are_refused(part: Part, data: st.DataObject) -> None:
    """Never anything else, on a full record as on a bare one."""
    keys = data.draw(st.lists(st.sampled_from(sorted(part.specs)), unique=True, max_size=6))
    signs = st.sampled_from(["", "", "", "+", "-"])
    words = [f"{key}{data.draw(signs)}={in_marks(data.draw(_VALUES))}" for key in keys]
    line = " ".join([*data.draw(st.lists(_VALUES, max_size=2)), *words])
    for ground in (GROUND, BARE):
        for key in [None, *items_of(ground.tree, part)][:2]:
            try:
                made = add(part, line, ground) if key is None else edit(part, key, line, ground)
            except UsageError:
                continue
            judged(Watchlist.of([ACME], PROGRAMS), "acme-cam", made.tree)
