"""Guessing what a misspelt word was meant to be."""

from collections.abc import Iterable

from rapidfuzz import fuzz, process

NEAR = 65.0
"""How alike (0 to 100) a word must be to the one that is suggested for it."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Give the known word most like `word`, if any is like it at all."""
    found = process.extractOne(word, list(known), scorer=fuzz.ratio, score_cutoff=NEAR)
    return found[0] if found else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """Give `; did you mean 'x'?` for the known word most like `word`, or nothing."""
    meant = nearest(word, known)
    return f"; did you mean '{meant}'?" if meant else ""
