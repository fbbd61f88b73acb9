"""Finding words in records: what is found, in which order, and what is never shown."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.cards import Desk
from bot.core.document import Bullets, Document, Item, plain
from bot.core.results import A_VENDOR, SHOWN, results
from bot.core.search import LONGEST_SNIPPET, folded, search
from bot.core.vendor import Vendor
from bot.core.watchlist import Watchlist
from bot.errors import UsageError
from tests.build import (
    allegation,
    background,
    full_vendor,
    name,
    proceeding,
    response,
    unverified,
    vendor,
)
from tests.fakes import said

DESK = Desk({}, date(2024, 4, 1))
ACME = full_vendor()
ROAD = vendor(
    "road-runner",
    names=[name("Road Runner"), name("Beep Lens", role="product"), name("走鹃", script="Hans")],
    background=[background(text="Sold radar guns to Springfield. It has offices in Ogdenville.")],
)
HATS = ACME.allegations[0].text
UNVERIFIED = "Unverified lines match too; vendor record marks them."


def told(asked: str, *vendors: Vendor) -> list[str]:
    return said(written(asked, *vendors)).splitlines()


def written(asked: str, *vendors: Vendor) -> Document:
    return results(search(Watchlist.of(vendors or (ACME, ROAD)), asked), DESK)


def items(document: Document) -> list[Item]:
    return [item for block in document.blocks if isinstance(block, Bullets) for item in block.items]


def test_an_allegation_stands_with_its_answer_as_on_the_card() -> None:
    assert told("hats permit") == [
        "1 line on 1 vendor for 'hats permit'",
        "Acme Cam",
        f"Reported: The Springfield Shopper, Nov 2023: {HATS} [Acme Cam]",
        '↳ Denial, 1 Dec 2023: Acme Cam says that its cameras "never counted hats". [Acme Cam]',
        DESK.disclaimer,
        "Acme Cam: full record",
    ]


def test_an_answer_stands_with_what_it_answers() -> None:
    (found,) = items(written("never counted"))
    assert plain(found.text).startswith("Denial by Acme Cam, 1 Dec 2023: Acme Cam says that")
    (below,) = found.answers
    assert plain(below).startswith("↳ It answers: Reported: The Springfield Shopper, Nov 2023: ")


@pytest.mark.parametrize(
    ("asked", "begins"),
    [
        ("trade list", "Export control: Zedland Trade List, since 9 Oct 2019"),
        ("appeal court", "Court, filed, outcome not seen: Zedland Court of Appeal, Acme Cam v"),
        ("million cameras", "Background: 2022: Reported sales of 2 million cameras."),
        ("privately owned", "Profile: Privately owned."),
        ("beep", "Name (product): Beep Lens"),
        ("走鹃", "Name (brand): 走鹃"),
        ("鹃", "Name (brand): 走鹃"),
        ("BEEP-lens!", "Name (product): Beep Lens"),
        ("radar", "Background: 2022: Sold radar guns to Springfield."),
        ("ogden", "Background: 2022: It has offices in Ogdenville."),
        ("acme sales", "Background: 2022: Reported sales of 2 million cameras."),
    ],
)
def test_each_part_says_what_it_is_and_the_sentence(asked: str, begins: str) -> None:
    found = [plain(item.text) for item in items(written(asked))]
    assert found[0].startswith(begins)


@pytest.mark.parametrize("asked", ["og", "ville", "radar acme", "hat sales"])
def test_what_is_no_beginning_of_a_word_or_not_all_there_is_not_found(asked: str) -> None:
    assert items(written(asked)) == []
    assert told(asked)[0] == f"No confirmed line of any record holds '{asked}'."


def test_nothing_found_is_said_not_to_be_clearance() -> None:
    assert "Nothing found is not clearance." in told("xyzzy")


def test_a_vendors_name_narrows_what_is_found_to_it() -> None:
    both = [vendor(each, background=[background(text="Sold radar.")]) for each in ("a-co", "b-co")]
    assert len(items(written("radar", *both))) == 2
    (found,) = search(Watchlist.of(both), "radar b").hits
    assert found.part.vendor.id == "b-co"


def test_unverified_claims_are_never_shown_only_that_there_are_some() -> None:
    secret = unverified(allegation("a2", text="It is said to sell xyzzy cameras."))
    shady = full_vendor(allegations=[allegation(no_response=None), secret])
    assert told("xyzzy", shady) == [
        "No confirmed line of any record holds 'xyzzy'.",
        UNVERIFIED,
        "Nothing found is not clearance.",
    ]
    assert UNVERIFIED in told("cameras", shady)
    assert "xyzzy" not in "\n".join(told("cameras", shady))


@pytest.mark.parametrize(
    "hidden",
    [
        full_vendor(
            allegations=[unverified(allegation())],
            responses=[response(text="It denies xyzzy.")],
            proceedings=[],
        ),
        full_vendor(
            allegations=[unverified(allegation())],
            responses=[],
            proceedings=[proceeding(outcome="About xyzzy.", affects=["tender"])],
        ),
        full_vendor(names=[name("Acme Cam"), name("Xyzzy", confidence="unverified")]),
        full_vendor(makes={"text": "Xyzzy", "confidence": "unverified"}),
    ],
)
def test_what_is_about_an_unverified_claim_does_not_tell_of_it(hidden: Vendor) -> None:
    assert items(written("xyzzy", hidden)) == []
    assert UNVERIFIED in told("xyzzy", hidden)


def test_words_only_alike_count_where_nothing_else_is_found_and_it_is_said() -> None:
    lines = told("ogdenvile")
    assert lines[1] == "No record has that as written. Looked for instead: 'ogdenvile': ogdenville."
    assert any("Ogdenville" in each for each in lines[2:])
    assert "instead" not in "\n".join(told("radar"))


def test_short_words_are_taken_as_they_are() -> None:
    assert items(written("guna")) == []


def test_an_unverified_word_is_no_word_that_one_may_have_meant() -> None:
    shady = full_vendor(background=[unverified(background(text="Frobozz."))])
    assert told("frobozzz", shady)[1:] == ["Nothing found is not clearance."]


def test_whole_words_come_before_beginnings_and_names_before_the_rest() -> None:
    one = vendor("a-co", background=[background(text="Hatcheries were filmed.")])
    two = vendor("b-co", background=[background(text="A hat was filmed.")])
    three = vendor("hat-co", names=[name("Hat Co")])
    found = search(Watchlist.of([one, two, three]), "hat").hits
    assert [hit.part.vendor.id for hit in found] == ["hat-co", "b-co", "a-co"]


def test_newer_ones_come_first() -> None:
    facts = [background(f"b{y}", text=f"Radar in {y}.", date=str(y)) for y in (2019, 2022, 2021)]
    found = search(Watchlist.of([vendor(background=facts)]), "radar").hits
    assert [hit.snippet for hit in found] == ["Radar in 2022.", "Radar in 2021.", "Radar in 2019."]


def test_ten_are_shown_three_of_a_vendor_and_the_others_counted() -> None:
    facts = [background(f"b{each}", text=f"Radar number {each}.") for each in range(5)]
    many = [vendor(f"v{each:02}", background=facts) for each in range(6)]
    document = written("radar", *many)
    assert len(items(document)) == SHOWN
    assert len(items(written("radar", many[0]))) == A_VENDOR
    lines = said(document).splitlines()
    assert lines[0] == "30 lines on 6 vendors for 'radar'"
    assert "And 20 more lines, some on 2 more vendors. More words find fewer." in lines
    assert lines[-4:] == [f"V0{each}: full record" for each in range(4)]


def test_a_long_sentence_is_shortened_around_the_word() -> None:
    long = f"It {'really ' * 99}sold radar {'indeed ' * 99}there"
    (found,) = search(Watchlist.of([vendor(background=[background(text=long)])]), "radar").hits
    assert found.snippet.startswith("… ")
    assert found.snippet.endswith(" …")
    assert "sold radar indeed" in found.snippet
    assert len(found.snippet) <= LONGEST_SNIPPET + 40


def test_an_abbreviation_ends_no_sentence() -> None:
    text = "The goods of Acme Co., Ltd. Were sold by Road Inc. in radar boxes. Nothing else."
    (found,) = search(Watchlist.of([vendor(background=[background(text=text)])]), "radar").hits
    assert found.snippet == text.removesuffix(" Nothing else.")


@pytest.mark.parametrize(
    ("asked", "told"),
    [("?!", "Say which words"), (" ".join(f"word{n}" for n in range(13)), "more than 12 words")],
)
def test_what_cannot_be_looked_for_says_so(asked: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        search(Watchlist.of([ACME]), asked)


@given(st.text(max_size=60))
def test_any_text_gives_a_document_or_says_what_to_type(asked: str) -> None:
    try:
        found = search(Watchlist.of([ACME, ROAD]), asked)
    except UsageError:
        assert len(folded(asked).split()) in {0, *range(13, 61)}
    else:
        assert results(found, DESK).blocks


def test_the_shipped_watchlist_is_searched_with_its_answers(shipped: Watchlist) -> None:
    document = results(search(shipped, "entity list"), DESK)
    assert len(items(document)) == SHOWN
    assert "Entity List" in said(document)
