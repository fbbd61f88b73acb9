import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.vendor import Vendor
from bot.core.watchlist import Exactly, Found, Nearest, Several, Watchlist, fold_name
from tests.build import full_vendor, measure, name, program, source, vendor

ACME = vendor(
    "acme-cam",
    native_name="阿珂美",
    tags=["cameras", "drones"],
    names=[
        name("Acme Cam"),
        name("Springfield Acme Cam Digital Technology Co., Ltd.", role="legal"),
        name("杭州阿珂美数字技术股份有限公司", role="legal", script="Hans", match="substring"),
        name("acmecam.example", role="domain"),
        name("Lookalike", role="oem"),
        name("AC", role="alias", match="never"),
        name("ООО Акме", role="alias", script="Cyrl"),
    ],
)
ZENIT = vendor("zenit-optics", tags=["cameras"], names=[name("Zenit"), name("Lookalike")])
BOREAL = vendor("boreal", names=[name("Boreal S.A."), name("Société Boréale", role="legal")])
LIST = Watchlist.of([ZENIT, ACME, BOREAL], {"ZZ-TRADE": program()})


def ids(found: Found) -> list[str]:
    match found:
        case Exactly(one):
            return [one.id]
        case Several(vendors) | Nearest(vendors):
            return [each.id for each in vendors]


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("acme-cam", "Acme Cam"),
        ("ACME-CAM", "Acme Cam"),
        ("acme   cam", "Acme Cam"),
        ("AcmeCam", "Acme Cam"),
        ("Ａｃｍｅ Ｃａｍ", "Acme Cam"),
        ("Acme Cam, Inc.", "Acme Cam"),
        ("“Acme Cam”", "Acme Cam"),
        ("阿珂美", "阿珂美"),
        ("springfield acme cam digital technology",
         "Springfield Acme Cam Digital Technology Co., Ltd."),
        ("杭州阿珂美数字技术有限公司", "杭州阿珂美数字技术股份有限公司"),
        ("acmecam.example", "acmecam.example"),
        ("ac", "AC"),
        ("акме", "ООО Акме"),
    ],
)  # fmt: skip
def test_a_vendor_answers_to_its_id_and_to_every_name(query: str, meant: str) -> None:
    assert LIST.find(query) == Exactly(ACME, meant)


def test_a_legal_form_written_with_dots_does_not_count() -> None:
    assert LIST.find("boreal sa") == Exactly(BOREAL, "Boreal")
    assert LIST.find("Boréal") == Nearest((BOREAL,))
    assert LIST.find("SOCIÉTÉ BORÉALE") == Exactly(BOREAL, "Société Boréale")


def test_a_name_sold_by_two_vendors_gives_both() -> None:
    assert LIST.find("lookalike") == Several((ACME, ZENIT))


@pytest.mark.parametrize(
    ("query", "suggested"),
    [
        ("acmecan", ["acme-cam"]),
        ("acme camera", ["acme-cam"]),
        ("zenith", ["zenit-optics"]),
        ("springfield acme", ["acme-cam"]),
        ("阿珂", ["acme-cam"]),
        ("the zenit", ["zenit-optics"]),
        ("spri", ["acme-cam"]),
        ("spr", []),
        ("杭州", ["acme-cam"]),
        ("杭", []),
        ("nosuchco", []),
        ("technology", []),
        ("co", []),
        ("", []),
        ("???", []),
    ],
)
def test_what_nobody_is_called_suggests_the_nearest_or_nothing(
    query: str, suggested: list[str]
) -> None:
    found = LIST.find(query)
    assert isinstance(found, Nearest)
    assert ids(found) == suggested


def test_the_nearest_comes_first_and_no_more_than_five_come() -> None:
    many = Watchlist.of(vendor(f"camtec-{letter}") for letter in "abcdefgh")
    assert ids(many.find("camtec f x")) == ["camtec-f", "camtec-a", "camtec-b", "camtec-c",
                                            "camtec-d"]  # fmt: skip


def test_hikvison_suggests_hikvision() -> None:
    watchlist = Watchlist.of([vendor("hikvision"), vendor("dahua"), vendor("zkteco")])
    assert ids(watchlist.find("hikvison")) == ["hikvision"]
    assert ids(watchlist.find("nosuchco")) == []


def test_vendors_stand_in_order_of_id_and_a_later_one_replaces_an_earlier() -> None:
    newer = vendor("boreal", headquarters="Shelbyville")
    watchlist = Watchlist.of([ZENIT, BOREAL, ACME, newer])
    assert list(watchlist.vendors) == ["acme-cam", "boreal", "zenit-optics"]
    assert watchlist.get("boreal").headquarters == "Shelbyville"


def test_a_vendor_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        LIST.get("nosuchco")


def test_vendors_are_listed_by_tag_or_all() -> None:
    assert LIST.tagged("cameras") == (ACME, ZENIT)
    assert LIST.tagged("drones") == (ACME,)
    assert LIST.tagged("spoons") == ()
    assert LIST.tagged() == LIST.tagged(None) == (ACME, BOREAL, ZENIT)


def test_a_watchlist_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        LIST.vendors["new"] = ACME  # type: ignore[index] # it is the refusal that is tested
    with pytest.raises(TypeError):
        LIST.programs["new"] = program()  # type: ignore[index] # as above


def test_a_programme_added_to_the_mapping_it_was_made_of_does_not_show_in_a_watchlist() -> None:
    programs = {"ZZ-TRADE": program()}
    watchlist = Watchlist.of([ACME], programs)
    programs["ZZ-BUY"] = program()
    assert list(watchlist.programs) == ["ZZ-TRADE"]


def test_an_id_means_its_vendor_even_where_another_is_called_so() -> None:
    other = vendor("boreal", names=[name("Zenit Optics", role="subsidiary")])
    watchlist = Watchlist.of([vendor("zenit-optics"), other])
    assert ids(watchlist.find("zenit-optics")) == ["zenit-optics"]
    assert ids(watchlist.find("zenit optics")) == ["boreal", "zenit-optics"]


def test_vowel_signs_tell_names_apart() -> None:
    assert fold_name("किम") != fold_name("कम")
    assert fold_name("किम") == "किम"


def test_equal_records_have_equal_revisions_whatever_the_order_of_their_sources() -> None:
    first = full_vendor(sources={"a": source(), "b": source()})
    second = full_vendor(sources={"b": source(), "a": source()})
    assert list(first.sources) != list(second.sources)
    assert Watchlist.revision(first) == Watchlist.revision(second)


def test_any_change_of_a_record_changes_its_revision() -> None:
    before = full_vendor()
    after = full_vendor(measures=[measure(status="removed", ended_on="2024-01-01")])
    assert LIST.revision(before) != LIST.revision(after)
    assert len(LIST.revision(before)) == 12


def test_a_field_that_still_has_its_default_does_not_change_the_revision() -> None:
    assert LIST.revision(vendor()) == LIST.revision(vendor(tags=[], native_name=None))


@given(st.text(max_size=40))
def test_every_query_has_an_answer(query: str) -> None:
    assert set(ids(LIST.find(query))) <= {"acme-cam", "boreal", "zenit-optics"}


@given(st.text(max_size=40))
def test_a_vendor_is_found_by_any_name_it_can_have(called: str) -> None:
    if fold_name(called):
        one = Vendor.model_validate(vendor().model_dump(by_alias=True) | {"name": called})
        assert ids(Watchlist.of([one]).find(called)) == ["acme-cam"]


def test_a_name_that_is_nothing_but_a_legal_form_keeps_it() -> None:
    assert fold_name("Co., Ltd.") == "co"
    assert fold_name("有限公司") == "有限公司"


def test_a_name_of_signs_alone_answers_to_no_other_query() -> None:
    assert Watchlist.of([vendor(names=[name("!!!", match="never")])]).find("???") == Nearest(())


def test_an_oem_name_that_nobody_confirmed_leads_to_nobody() -> None:
    rumour = name("Hat Shop", role="oem", match="never", confidence="unverified")
    watchlist = Watchlist.of([vendor(names=[name(), rumour])])
    assert watchlist.find("Hat Shop") == Nearest(())


def test_a_name_known_to_be_somebody_elses_is_not_suggested() -> None:
    look_alike = [{"phrase": "Acme Can", "why": "a maker of cans"}]
    assert Watchlist.of([vendor()]).find("acme can") == Nearest((vendor(),))
    assert Watchlist.of([vendor(not_this=look_alike)]).find("acme can") == Nearest(())
