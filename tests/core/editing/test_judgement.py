"""Whether an edit may stand: the editorial standard on every edit."""

from bot.core.editing.judgement import judged
from bot.core.editing.tree import Path, Tree, Value, put, tree_of
from bot.core.watchlist import Watchlist
from tests import build

ACME = build.vendor(measures=[build.measure()])
ROAD = build.vendor(
    "road-runner",
    related=[{"name": "Acme", "relation": "brand", "vendor": "acme-cam", "sources": ["own-site"]}],
)
BOTH = Watchlist.of([ACME, ROAD])


def changed(path: Path, value: Value | None) -> Tree:
    """Give Acme's record with something else at a path."""
    tree = put(tree_of(ACME), path, value)
    assert tree is not None
    return tree


def test_a_sound_edit_stands() -> None:
    """Nothing is said of it."""
    made = judged(BOTH, "acme-cam", changed(("headquarters",), "Shelbyville"))
    assert made.record is not None
    assert made.record.headquarters == "Shelbyville"
    assert (made.refused, made.weak) == ((), ())


def test_an_edit_against_the_standard_is_refused_with_the_rule() -> None:
    """A measure that is removed needs the day; the path says which."""
    made = judged(BOTH, "acme-cam", changed(("measures", "trade-list", "status"), "removed"))
    assert made.record is None
    assert [(each.path, each.message) for each in made.refused] == [
        (("measures", "trade-list"), "a measure that is removed needs 'ended_on'")
    ]


def test_what_the_model_refuses_is_refused_in_plain_words() -> None:
    """A misspelt status suggests the right one."""
    made = judged(BOTH, "acme-cam", changed(("measures", "trade-list", "status"), "in force"))
    (fault,) = made.refused
    assert "did you mean 'in_force'" in fault.message


def test_a_judging_word_is_taken_and_marked() -> None:
    """It is weak, not wrong: the curator is told."""
    made = judged(BOTH, "acme-cam", changed(("makes", "text"), "Notorious cameras"))
    assert made.record is not None
    assert [each.path for each in made.weak] == [("makes", "text")]


def test_a_fault_that_was_there_before_stops_nobody() -> None:
    """A record came with a measure that lacks its day: the seat can be mended all the same."""
    broken = build.vendor(measures=[build.measure(verified_on=None)])
    tree = put(tree_of(broken), ("headquarters",), "Shelbyville")
    assert judged(Watchlist.of([broken]), "acme-cam", tree).record is not None


def test_what_an_edit_breaks_in_another_record_refuses_it() -> None:
    """A name of another vendor's, and a vendor that another's record speaks of."""
    name: Tree = {"value": "Road Runner", "role": "alias"}
    made = judged(BOTH, "acme-cam", changed(("names", "Road Runner"), name))
    assert "also alerts for" in made.refused[0].message
    gone = judged(BOTH, "acme-cam", None)
    assert gone.refused[0].message.startswith("Road Runner: there is no vendor 'acme-cam'")


def test_the_id_of_a_record_stays() -> None:
    """Its history hangs on it."""
    assert judged(BOTH, "acme-cam", changed(("id",), "acme")).refused[0].path == ("id",)
