"""Messages smaller than a card: several vendors at once, "also in", marks and notices."""

from datetime import UTC, date, datetime

import pytest

from bot.core.cards import Desk, card
from bot.core.compact import (
    ALSO_SHOWN,
    SHOWN,
    also_in,
    channel_failed,
    mark,
    several,
    without,
)
from bot.core.document import (
    Actions,
    Bullets,
    Document,
    Footnote,
    Link,
    Paragraph,
    from_json,
    plain,
    to_json,
)
from bot.core.mention import Cause, Channel, Match, MatchKind, Mention
from bot.core.vendor import Vendor
from tests.build import full_vendor, vendor
from tests.fakes import said

DESK = Desk({}, date(2024, 4, 1), "desk@example.org")
ACME = full_vendor()
ROAD = vendor("road-runner")


def mention(of: Vendor, title: str | None = None, link: str | None = None) -> Mention:
    match = Match(of.id, of.name.upper(), 0, 4, MatchKind.EXACT, 1.0, of.name, "the listed name")
    at = datetime(2024, 4, 1, 12, tzinfo=UTC)
    cause = Cause.MESSAGE if title is None else Cause.ENTRY
    return Mention(Channel("fake", "#hall"), of.id, match, cause, "1", at, title=title, link=link)


def about(*vendors: Vendor, title: str | None = None, link: str | None = None) -> Document:
    return several([(each, mention(each, title, link)) for each in vendors], DESK)


def buttons(document: Document) -> list[str]:
    """Give the lines of the buttons that stand for vendors; the last one is for a wrong match."""
    *pressed, last = [
        each.line for block in document.blocks if isinstance(block, Actions)
        for each in block.buttons
    ]  # fmt: skip
    assert last == "vendor wrong"
    return pressed


def lines(document: Document) -> list[str]:
    return [
        plain(each.text) for block in document.blocks if isinstance(block, Bullets)
        for each in block.items
    ]  # fmt: skip


def many(number: int) -> list[Vendor]:
    return [vendor(f"maker-{chr(97 + each)}") for each in range(number)]


# Several vendors


def test_several_vendors_get_a_line_and_a_button_each_in_the_order_of_the_text() -> None:
    document = about(ROAD, ACME)
    assert [each.split(": ")[0] for each in lines(document)] == [
        "Road Runner (“ROAD RUNNER”)",
        "Acme Cam (“ACME CAM”)",
    ]
    assert lines(document)[0].endswith(": No government measure on record.")
    assert buttons(document) == ["vendor road-runner", "vendor acme-cam"]
    assert document.summary == "2 watched vendors named: Road Runner, Acme Cam"


def test_a_message_about_an_entry_leads_to_it() -> None:
    document = about(ACME, ROAD, title="Cameras bought", link="https://gazette.example/1")
    assert said(document).startswith("2 watched vendors in “Cameras bought”.")
    assert Link("“Cameras bought”", "https://gazette.example/1") in parts(document)


def parts(document: Document) -> list[object]:
    return [part for each in document.blocks if isinstance(each, Paragraph) for part in each.text]


def test_an_entry_without_a_title_is_called_that() -> None:
    assert "an entry without a title" in said(about(ACME, ROAD, title=""))


def test_a_message_about_several_says_what_it_is_not_and_whom_to_tell_of_an_error() -> None:
    (foot,) = (each for each in about(ACME, ROAD).blocks if isinstance(each, Footnote))
    assert "Absence from a list is not clearance. Corrections: desk@example.org" in plain(foot.text)


def test_what_has_no_room_for_a_line_is_named() -> None:
    makers = many(SHOWN + 2)
    document = about(*makers)
    assert len(lines(document)) == SHOWN
    assert len(buttons(document)) == SHOWN + 2
    assert f"Named as well: {makers[-2].name}, {makers[-1].name}." in said(document)
    assert said(document).startswith(f"{SHOWN + 2} watched vendors")


# Taking one out


def test_one_vendor_can_be_taken_out_and_the_others_stay() -> None:
    left = without(about(ACME, ROAD, *many(1)), "road-runner")
    assert left is not None
    assert [each.split(" (")[0] for each in lines(left)] == ["Acme Cam", "Maker A"]
    assert buttons(left) == ["vendor acme-cam", "vendor maker-a"]
    assert "Road Runner" not in said(left) + left.summary


def test_vendors_can_be_taken_out_one_after_another_down_to_one() -> None:
    left: Document | None = about(ACME, ROAD, *many(1))
    for gone in ("road-runner", "acme-cam"):
        assert left is not None
        left = without(left, gone)
    assert left is not None
    assert buttons(left) == ["vendor maker-a"]
    assert "one was a wrong match" not in said(left)
    assert without(left, "maker-a") is None


def test_a_vendor_that_is_not_in_it_cannot_be_taken_out() -> None:
    assert without(about(ACME, ROAD), "maker-a") is None
    assert without(card(ACME, DESK), "acme-cam") is None


@pytest.mark.parametrize("gone", [0, SHOWN])
def test_of_more_than_have_a_line_any_can_be_taken_out(gone: int) -> None:
    makers = many(SHOWN + 2)
    left = without(about(*makers), makers[gone].id)
    assert left is not None
    assert makers[gone].name not in said(left)
    assert all(each.name in said(left) for each in makers if each is not makers[gone])


def test_what_is_left_still_leads_to_its_entry() -> None:
    document = about(ACME, ROAD, title="Cameras bought", link="https://gazette.example/1")
    left = without(document, "road-runner")
    assert left is not None
    assert Link("“Cameras bought”", "https://gazette.example/1") in parts(left)


def test_what_is_left_keeps_where_else_the_story_stands() -> None:
    document = also_in(about(ACME, ROAD), [("Elsewhere", None)])
    left = without(document, "road-runner")
    assert left is not None
    assert "Also in: “Elsewhere”" in said(left)


# Also in


@pytest.mark.parametrize("document", [about(ACME, ROAD), card(ACME, DESK, mention(ACME))])
def test_where_else_a_story_stands_comes_before_the_small_print(document: Document) -> None:
    told = also_in(document, [("Elsewhere", "https://herald.example/1")])
    kinds = [type(each) for each in told.blocks]
    at = next(
        n for n, each in enumerate(told.blocks)
        if isinstance(each, Paragraph) and plain(each.text).startswith("Also in: ")
    )  # fmt: skip
    assert kinds[at + 1 : at + 3] == [Footnote, Actions]
    assert Link("“Elsewhere”", "https://herald.example/1") in parts(told)
    assert told.summary == document.summary


def test_a_later_also_in_takes_the_place_of_an_earlier_one() -> None:
    once = also_in(card(ACME, DESK), [("One", None)])
    twice = also_in(from_json(to_json(once)), [("One", None), ("Two", None)])
    assert said(twice).count("Also in: ") == 1
    assert "Also in: “One”; “Two”" in said(twice)


def test_the_newest_places_are_named_and_the_others_counted() -> None:
    places = [(f"Title {number}", None) for number in range(ALSO_SHOWN + 3)]
    told = said(also_in(card(ACME, DESK), places))
    (line,) = (each for each in told.splitlines() if each.startswith("Also in: "))
    assert line.endswith(f"“Title {ALSO_SHOWN + 2}” and 3 more")
    assert "Title 2" not in line
    assert "Title 3" in line
    exactly = said(also_in(card(ACME, DESK), places[:ALSO_SHOWN]))
    assert " more" not in exactly.split("Also in: ")[1].splitlines()[0]


def test_an_entry_elsewhere_without_a_title_is_called_that() -> None:
    told = said(also_in(card(ACME, DESK), [("", "https://herald.example/1")]))
    assert "an entry without a title" in told


def test_a_headline_that_begins_like_our_own_line_is_not_taken_for_it() -> None:
    document = about(ACME, ROAD, title="Also in: everything")
    assert also_in(document, [("One", None)]).blocks[0] == document.blocks[0]


def test_a_hostile_address_is_no_link() -> None:
    told = also_in(card(ACME, DESK), [("Click", "javascript:alert(1)")])
    assert not any(isinstance(each, Link) and "javascript" in each.url for each in parts(told))


# Marks and notices


def test_a_mark_says_in_words_whom_it_stands_for() -> None:
    document = mark([(ACME, mention(ACME)), (ROAD, mention(ROAD))])
    assert said(document).startswith("Named here: Acme Cam, Road Runner.")
    (actions,) = (each for each in document.blocks if isinstance(each, Actions))
    assert [each.line for each in actions.buttons] == ["vendor acme-cam", "vendor road-runner"]
    more = mark([(each, mention(each)) for each in many(SHOWN + 3)])
    (actions,) = (each for each in more.blocks if isinstance(each, Actions))
    assert len(actions.buttons) == SHOWN


def test_a_notice_says_where_why_and_what_to_do() -> None:
    text = said(channel_failed("fake:#hall", "the bot is not in that channel"))
    assert text == (
        "Alerts to fake:#hall cannot be posted: the bot is not in that channel. "
        "What was to be posted is kept. Mend it, then run vendorwatch outbox retry."
    )
