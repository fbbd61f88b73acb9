from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.core.cards import MEASURES_SHOWN, Desk, card
from bot.core.compact import line
from bot.core.document import Actions, Document, Footnote, plain, runs, size
from bot.core.mention import Cause, Channel, Match, MatchKind, Mention
from bot.core.policy import History
from bot.core.record import record
from bot.core.vendor import Vendor
from tests.build import (
    allegation,
    background,
    full_vendor,
    measure,
    proceeding,
    program,
    response,
    unverified,
    vendor,
)

TODAY = date(2024, 4, 1)
DESK = Desk({"ZED": program()}, TODAY, corrections="corrections@example.org")


def text(document: Document) -> str:
    return "\n".join(plain(run) for block in document.blocks for run in runs(block))


def mention(cause: Cause = Cause.MESSAGE, **changes: Any) -> Mention:
    return Mention(
        channel=Channel("console", "#hall"),
        vendor="acme-cam",
        match=Match("acme-cam", "ACME CAM", 3, 11, MatchKind.EXACT, 1.0, "Acme Cam", "listed"),
        cause=cause,
        cause_id="1",
        at=datetime(2024, 4, 1, tzinfo=UTC),
        **changes,
    )


def status(*measures: object, today: date = TODAY) -> str:
    made = full_vendor(measures=list(measures), proceedings=[])
    told = card(made, Desk({}, today))
    return next(each for each in text(told).split("\n") if each.startswith("Sanctions status"))


FREEZE = {"kind": "asset_freeze", "title": "Zedland Freeze"}


@pytest.mark.parametrize(
    ("measures", "expected"),
    [
        ([], "No government measure on record."),
        (
            [measure()],
            "No asset freeze found; 1 other government measure in force (checked 1 Mar 2024).",
        ),
        (
            [measure(**FREEZE)],
            "Asset freeze in force: Zedland Freeze since 9 Oct 2019 (checked 1 Mar 2024).",
        ),
        (
            [measure(**FREEZE), measure("b"), measure("c")],
            "Asset freeze in force: Zedland Freeze since 9 Oct 2019; "  # noqa: ISC004 - one text
            "2 other government measures in force (checked 1 Mar 2024).",
        ),
        ([measure(**FREEZE, status="reported")], "No government measure in force on record."),
        (
            [measure(status="removed", ended_on="2021-01-01")],
            "No government measure in force on record.",
        ),
        (
            [measure(), measure("b", group_company="Acme Lens")],
            "No asset freeze found; 1 other government measure in force "  # noqa: ISC004 - one text
            "and 1 against a group company (checked 1 Mar 2024).",
        ),
        (
            [measure(**FREEZE, group_company="Acme Lens")],
            "No government measure in force on record against the company itself; "  # noqa: ISC004
            "1 in force against a group company, an asset freeze (checked 1 Mar 2024).",
        ),
        (
            [measure(), measure("b", **FREEZE, group_company="Acme Lens")],
            "No asset freeze found against the company itself; 1 other government "  # noqa: ISC004
            "measure in force and 1 against a group company, an asset freeze "
            "(checked 1 Mar 2024).",
        ),
        ([measure(kind="buyer_decision")], "No government measure on record."),
        ([measure(kind="inquiry")], "No government measure on record."),
        ([unverified(measure(**FREEZE))], "No government measure on record."),
    ],
)
def test_one_sentence_says_where_sanctions_stand(measures: list[object], expected: str) -> None:
    assert status(*measures) == f"Sanctions status: {expected}"


def test_a_status_nobody_checked_for_90_days_says_when_it_was_checked() -> None:
    old, new = measure(verified_on="2023-12"), measure("b", verified_on="2024-03-30")
    assert status(old, new).endswith(
        "2 other government measures in force when last checked; the oldest check is of Dec 2023."
    )
    told = text(card(full_vendor(measures=[old, new]), DESK))
    assert "since 9 Oct 2019 (last checked Dec 2023)." in told
    assert told.count("last checked") == 2


def test_a_card_shows_each_allegation_with_its_answer_right_under_it() -> None:
    lines = text(card(full_vendor(), DESK)).split("\n")
    claim = next(i for i, each in enumerate(lines) if each.startswith("Reported: The Springfield"))
    assert "Nov 2023" in lines[claim]
    assert lines[claim + 1].startswith(
        '↳ Denial, 1 Dec 2023: Acme Cam says that its cameras "never'
    )


def test_a_card_says_that_no_answer_is_on_record_and_how_one_was_sought() -> None:
    told = text(card(full_vendor(allegations=[allegation()], responses=[]), DESK))
    assert "↳ No response on record (Did not answer The Springfield Shopper)." in told


def test_an_unverified_answer_does_not_speak_and_leaves_the_claim_without_one() -> None:
    silent = full_vendor(allegations=[allegation()], responses=[unverified(response())])
    told = text(card(silent, DESK))
    assert "never counted hats" not in told
    assert "No confirmed response on record" in told
    assert "↳ [unverified] Denial" in text(record(silent, DESK))


def test_what_is_unverified_is_on_no_card_and_marked_in_the_full_record() -> None:
    quiet = full_vendor(
        measures=[unverified(measure())],
        allegations=[unverified(allegation())],
        background=[unverified(background())],
        makes={"text": "Rockets", "sources": ["own-site"], "confidence": "unverified"},
    )
    told = text(card(quiet, DESK))
    for word in ("Zedland Trade List", "count hats", "2 million", "Rockets"):
        assert word not in told
    assert "No allegation on record." in told
    full = text(record(quiet, DESK)).split("\n")
    for word in ("Zedland Trade List", "count hats", "2 million", "Rockets"):
        assert all("[unverified]" in each for each in full if word in each), word
        assert any(word in each for each in full), word


def test_measures_come_procurement_first_and_what_has_no_room_is_named() -> None:
    many = [
        measure(f"m{n}", title=f"List {n}", kind="export_control") for n in range(MEASURES_SHOWN)
    ]
    bans = [measure("ban", title="Buying Rule", kind="procurement_ban")]
    told = text(card(full_vendor(measures=[*many, *bans]), DESK))
    assert told.index("Buying Rule") < told.index("List 0")
    last = MEASURES_SHOWN - 1
    assert f"Also in force: List {last} (2019)." in told


def test_ended_and_reported_measures_are_told_as_what_they_are() -> None:
    made = full_vendor(
        measures=[
            measure("gone", status="removed", ended_on="2021-05", title="Old List"),
            measure("rumour", status="reported", since="2022-05-04", title="New List"),
        ]
    )
    told = text(card(made, DESK))
    assert "No longer in force (export control): Old List, 9 Oct 2019 to May 2021, removed." in told
    assert "Reported, not enacted as far as our sources show: New List, 4 May 2022." in told
    assert "Export control" not in told


def test_a_programs_own_words_stand_in_where_the_measure_has_none() -> None:
    made = full_vendor(measures=[measure(program="ZED", effect=None, limits=None)])
    told = text(card(made, DESK))
    assert "A licence is needed to send listed companies items" in told
    assert "It does not forbid buying from them." in told


def test_a_measure_shows_its_answer_and_the_ruling_that_counts_most() -> None:
    made = full_vendor(
        responses=[response(answers=["trade-list"], text="It objects")],
        proceedings=[
            proceeding("first", decided_on="2021-03-02", stage="merits", outcome="Listing upheld"),
            proceeding("second", decided_on="2022-03-02", stage="interim", outcome="Stay refused"),
            proceeding("third", filed_on="2023-01-01", stage="pending", outcome="Not decided"),
        ],
    )
    told = text(card(made, DESK))
    assert "↳ Denial, 1 Dec 2023: It objects." in told
    assert (
        "↳ Court, ruling on the merits: Zedland Court of Appeal, 2 Mar 2021: Listing upheld."
        in told
    )
    assert "2 more answers and rulings in the full record" in told
    full = text(record(made, DESK))
    assert "↳ Court, interim ruling, not on the merits: Zedland Court of Appeal" in full
    assert "↳ Court, filed, outcome not seen: Zedland Court of Appeal" in full


def test_a_card_says_why_it_is_here() -> None:
    told = text(card(full_vendor(), DESK, mention()))
    assert "Here because of “ACME CAM” (exact: listed) in a message." in told
    story = mention(Cause.ENTRY, title="Cameras bought", link="https://example.org/a")
    assert "in “Cameras bought”." in text(card(full_vendor(), DESK, story))


def test_the_foot_says_who_reviewed_what_more_there_is_and_what_a_card_is_not() -> None:
    (foot,) = (
        plain(each.text) for each in card(full_vendor(), DESK).blocks if isinstance(each, Footnote)
    )
    assert "Not yet reviewed by a person." in foot
    assert "The full record also holds 1 background fact." in foot
    assert "Not legal advice. Absence from a list is not clearance." in foot
    assert "Corrections: corrections@example.org" in foot
    reviewed = full_vendor(review={"reviewed_on": "2024-02-03", "reviewed_by": "R. Reader"})
    assert "Reviewed 3 Feb 2024 by R. Reader." in text(card(reviewed, DESK))


def test_a_line_stands_for_a_card_and_leads_to_it() -> None:
    story = mention(Cause.ENTRY, title="Cameras bought", link="https://example.org/a")
    shown = History(
        card_at=datetime(2024, 3, 30, tzinfo=UTC),
        card_revision="r1",
        card_link="https://chat.example/1",
    )
    told = line(full_vendor(), DESK, story, shown, "r1")
    assert "Acme Cam · Here because of “ACME CAM”" in text(told)
    assert "Nothing in the record has changed since the card of 30 Mar 2024." in text(told)
    changed = line(full_vendor(), DESK, story, shown, "r2")
    assert "The record has changed since the card of 30 Mar 2024." in text(changed)
    assert any(isinstance(block, Actions) for block in told.blocks)
    assert size(told.blocks) < 400


def test_the_word_sanctioned_is_never_ours() -> None:
    everything = full_vendor(measures=[measure(**FREEZE), measure("b")])
    told = text(card(everything, DESK)) + text(record(everything, DESK))
    assert "sanctioned" not in told.lower()


@pytest.mark.parametrize("made", [vendor(), full_vendor()])
def test_summaries_are_one_plain_sentence_or_two(made: Vendor) -> None:
    summary = card(made, DESK).summary
    assert summary.startswith("Acme Cam: No ")
    assert summary.endswith(".")
    assert "\n" not in summary


def test_an_answer_to_a_ruling_stands_under_it_in_the_full_record() -> None:
    made = full_vendor(
        responses=[
            response(answers=["appeal", "tender"]),
            response("r2", answers=["appeal"], text="It will appeal"),
        ]
    )
    lines = text(record(made, DESK)).split("\n")
    ruling = max(
        i for i, each in enumerate(lines) if each.startswith("↳ Court, filed, outcome not seen")
    )
    assert any("It will appeal" in each for each in lines[ruling + 1 : ruling + 3])


def test_ended_measures_are_only_named_where_measures_in_force_fill_the_card() -> None:
    kinds = ["export_control", "procurement_ban", "designation"]
    full = [measure(f"m{n}", kind=kind) for n, kind in enumerate(kinds)]
    gone = measure("gone", status="removed", ended_on="2021-05", title="Old List")
    told = text(card(full_vendor(measures=[*full, gone]), DESK))
    assert "No longer in force: Old List (2019 to 2021)." in told
