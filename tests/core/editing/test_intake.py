"""Records that come in: what they would change, and what is held against them."""

from bot.core.editing.edition import Edition
from bot.core.editing.intake import Intake, intake
from bot.core.vendor import Vendor
from bot.core.watchlist import Watchlist
from bot.interchange import vendor_text
from bot.recordtexts import RecordTexts
from tests.build import measure, name, vendor


def taken(watchlist: Watchlist, *records: Vendor) -> Intake:
    """Work out what records would change."""
    text = "".join(f"---\n{vendor_text(each)}" for each in records)
    return intake(Edition(watchlist), RecordTexts().read(text))


def test_what_was_wrong_before_is_not_held_against_a_record() -> None:
    old = vendor(measures=[measure(verified_on=None)])
    found = taken(Watchlist.of([old]), old.model_copy(update={"headquarters": "Shelbyville"}))
    assert found.refused == ()
    assert [each.path for each in found.incoming[0].changes] == [("headquarters",)]
    (refused,) = taken(Watchlist.of([]), old).refused
    assert str(refused.flaws[0]).endswith("'verified_on', the day the evidence was read")


def test_records_are_held_to_the_standard_with_the_others_there() -> None:
    """Two that come together may speak of each other, and may not share a name."""
    one = vendor("one-cam", related=[
        {"name": "Two", "relation": "parent", "vendor": "two-cam", "sources": ["own-site"]}
    ])  # fmt: skip
    assert taken(Watchlist.of([]), one, vendor("two-cam")).refused == ()
    (refused,) = taken(Watchlist.of([]), one).refused
    assert "there is no vendor 'two-cam'" in str(refused.flaws[0])
    same = vendor("a-cam", names=[name("Zenit Cam")]), vendor("b-cam", names=[name("Zenit Cam")])
    found = taken(Watchlist.of([]), *same)
    assert [each.name for each in found.refused] == ["B Cam"]
    # One that is there already complains of the one that comes.
    found = taken(Watchlist.of([same[1]]), same[0])
    assert [each.name for each in found.refused] == ["A Cam"]
    assert str(found.refused[0].flaws[0]).startswith("B Cam: the name 'Zenit Cam'")
