"""What a pasted block makes of a record: what is written is set, what is not stays."""

import pytest

from bot.core.editing.block import FlawedError, Made, made_of
from bot.core.editing.change import differences
from bot.core.editing.tree import Tree, put, tree_of, vendor_of
from bot.core.vendor import Vendor
from bot.interchange import part_text, vendor_text
from bot.recordtexts import RecordTexts
from tests.build import allegation, full_vendor, measure, name, vendor

FULL = full_vendor(
    tags=["cameras", "retail"],
    names=[name("Acme Cam")],
    examples={"match": ["An Acme Cam"], "no_match": ["Acme Toys"]},
)


def made(text: str, record: Vendor | Tree = FULL) -> Made:
    """Paste a text over a record."""
    (written,) = RecordTexts().read(text)
    return made_of(written, tree_of(record) if isinstance(record, Vendor) else record)


def changed(text: str, record: Vendor = FULL) -> list[tuple[str, object, object]]:
    """Say what pasting a text changes."""
    changes = differences(tree_of(record), made(text, record).tree)
    return [(" ".join(each.path), each.old, each.new) for each in changes]


def flaws(text: str, record: Vendor = FULL) -> list[str]:
    """Say what is to be mended in a text."""
    with pytest.raises(FlawedError) as caught:
        made(text, record)
    return list(map(str, caught.value.flaws))


def test_a_record_pasted_back_as_it_is_changes_nothing() -> None:
    assert changed(vendor_text(FULL)) == []
    for part in ("names", "measures", "allegations", "sources", "examples", "review", "makes"):
        text = part_text(FULL, part)
        assert text is not None
        assert changed(text) == []


def test_a_field_of_an_item_is_set_and_its_other_fields_stay() -> None:
    text = "measures:\n  - id: trade-list\n    title: Another\nmakes: {text: Hats}"
    assert changed(text) == [
        ("makes text", "Surveillance cameras", "Hats"),
        ("measures trade-list title", "Zedland Trade List", "Another"),
    ]


def test_plain_lines_are_set_as_a_whole() -> None:
    assert changed("tags: [retail, hats]") == [
        ("tags cameras", "cameras", None),
        ("tags hats", None, "hats"),
    ]


def test_a_whole_record_leaves_out_what_it_lacks() -> None:
    text = vendor_text(FULL.model_copy(update={"measures": (), "proceedings": (), "tags": ()}))
    gone = [path for path, _, new in changed(text) if new is None]
    assert gone[:3] == ["tags cameras", "tags retail", "measures trade-list"]


def test_a_new_claim_without_a_source_is_a_draft_until_it_gets_one() -> None:
    text = "background:\n  - id: new\n    text: Sells hats.\n  - id: sales\n    text: Sold."
    got = made(text)
    assert got.drafts == (("background", "new"),)
    known, new = vendor_of(got.tree).background
    assert (known.speaks, new.speaks) == (True, False)
    got = made("background:\n  - id: new\n    sources: [own-site]", got.tree)
    assert got.drafts == ()
    assert all(each.speaks for each in vendor_of(got.tree).background)
    assert made("control: {text: Owned by Zedland.}", vendor()).drafts == (("control",),)


def test_a_new_allegation_is_a_draft_until_its_answer_stands_beside_it() -> None:
    text = part_text(full_vendor(allegations=[allegation("hats")]), "allegations")
    assert text is not None
    assert made(text).drafts == ()
    alone = text.partition("    no_response:")[0]
    got = made(alone)
    assert got.drafts == (("allegations", "hats"),)
    told = "responses:\n- {id: no, by: Acme, kind: denial, text: No., answers: [hats], sources: "
    assert made(f"{alone}{told}[own-site]}}").drafts == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("colour: red\ncuontry: ZZ", [
            "line 1, column 1: unknown key 'colour'",
            "line 2, column 1: unknown key 'cuontry'; did you mean 'country'?",
        ]),
        ("measures: none", [
            "line 1, column 11: this must be a list: each item in a line of its own after '- '"
        ]),
        ("measures:\n  - title: X\n  - x", [
            "line 2, column 5: each item needs 'id', which says which one is meant",
            "line 3, column 5: each item needs 'id', which says which one is meant",
        ]),
        ("names:\n- {value: A, role: alias}\n- {value: A, role: brand}", [
            "line 3, column 11: the value 'A' is already in line 2"
        ]),
        ("sources: [a]", [(
            "line 1, column 10: source: this must be keys and values: each in a line of its own "
            "as 'key: value'"
        )]),
        ("measures:\n- {id: trade-list, stauts: x}", [(
            "line 2, column 20: measure trade-list, stauts: unknown key 'stauts'; "
            "did you mean 'status'?"
        )]),
        ("tags: [ok, {a: b}]", [
            "line 1, column 12: tag 1: this must be text, not a list or keys and values"
        ]),
        ("headquarters: ~", [(
            "line 1, column 1: there must be a value here; what is to go is left out of a whole "
            "record (with 'schema:'), or taken away by key=none in watchlist set and the like"
        )]),
        ("just words", [(
            "line 1, column 1: write the keys that are to change, each in a line of its own as "
            "'key: value'"
        )]),
        ("name: *x", [
            "line 1, column 7: anchors and aliases (&x, *x) are not used here; repeat the value"
        ]),
        ("a: b: c", [
            "line 1, column 5: a second ': ' in one value; use quotes, or mend the indent"
        ]),
        ("name: \ud800", ["line 1, column 7: this is not UTF-8 text"]),
    ],
)  # fmt: skip
def test_each_flaw_is_told_where_it_stands(text: str, told: list[str]) -> None:
    assert flaws(text) == told


def test_what_is_wrong_beside_the_block_is_told_without_a_place() -> None:
    broken = put(tree_of(FULL), ("country",), "nowhere")
    assert broken is not None
    with pytest.raises(FlawedError) as caught:
        made("headquarters: X", broken)
    assert str(caught.value).startswith("country: 'nowhere' must be a country code")


def test_an_odd_space_that_pasting_makes_plain_is_no_change() -> None:
    odd = vendor(headquarters="Spring\u00a0field", measures=[measure(title="A\u200b B")])
    seen = vendor_text(odd).replace("\u00a0", " ").replace("\u200b", "")
    assert changed(seen, odd) == []
    assert changed(seen.replace("Spring field", "Shelbyville"), odd) == [
        ("headquarters", "Spring\u00a0field", "Shelbyville")
    ]


def test_an_enormous_block_of_faults_is_told_in_time() -> None:
    """Thousands of items that lack everything: no list is searched once for each."""
    text = "measures:\n" + "".join(f"- {{id: m{number}}}\n" for number in range(2_500))
    assert len(flaws(text)) == 12_500
