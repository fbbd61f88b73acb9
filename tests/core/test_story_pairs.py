"""Copies are told from other stories on the same event, over the pairs of story_pairs.py."""

from functools import cache

import pytest

from bot.core.stories import Fingerprint, fingerprint, same_story
from tests.core.story_pairs import PAIRS, Half, Pair, Told


@cache
def taken(told: Told) -> Fingerprint:
    return fingerprint(told.url, told.title, told.text)


def joined(pair: Pair) -> bool:
    return same_story(taken(pair.one), taken(pair.other)) is not None


@pytest.mark.parametrize("pair", [each for each in PAIRS if not each.same], ids=lambda p: p.kind)
def test_no_other_story_is_hidden_as_a_copy(pair: Pair) -> None:
    assert not joined(pair), pair.why


@pytest.mark.parametrize(("half", "least"), list(zip(Half, (0.9, 0.9, 0.75), strict=True)))
def test_most_copies_are_recognised(half: Half, least: float) -> None:
    same = [each for each in PAIRS if each.half is half and each.same]
    missed = [(each.number, each.kind) for each in same if not joined(each)]
    assert len(same) - len(missed) >= least * len(same), missed


def test_texts_on_different_events_are_never_one_story() -> None:
    """Every entry with those of all pairs that are made of other texts."""
    prints = [(pair, taken(told)) for pair in PAIRS for told in (pair.one, pair.other)]
    made = {pair.number: sources(pair) for pair in PAIRS}
    found = [
        (a.number, b.number)
        for at, (a, one) in enumerate(prints)
        for b, other in prints[at:]
        if not made[a.number] & made[b.number] and same_story(one, other)
    ]
    assert found == []


def sources(pair: Pair) -> set[str]:
    return {told.url.rpartition("/")[2].split("-")[0] for told in (pair.one, pair.other)}
