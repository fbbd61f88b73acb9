"""An edit is searched for only where it finds what was not found before."""

from collections.abc import Mapping, Sequence

import pytest

from bot.core.editing.looser import looser
from bot.core.vendor import Name, Vendor
from tests.build import name, vendor

LOOK_ALIKE = {"phrase": "Acme Camping", "why": "sells tents"}


def acme(*names: Name, not_this: Sequence[Mapping[str, str]] = ()) -> Vendor:
    return vendor("acme", names=list(names), not_this=list(not_this))


@pytest.mark.parametrize(
    ("before", "after", "more"),
    [
        (None, acme(name("Acme")), True),
        (acme(name("Acme")), None, False),
        (None, None, False),
        (acme(name("Acme")), acme(name("Acme")), False),
        (acme(name("Acme"), name("Ajax")), acme(name("Acme")), False),
        (acme(name("Acme")), acme(name("Acme"), name("Ajax")), True),
        (acme(name("Acme")), acme(name("Acme"), name("Ajax", match="never")), False),
        (acme(name("Acme")), acme(name("Acme"), name("Ajax", role="oem")), False),
        (acme(name("Acme", match="exact")), acme(name("Acme")), True),
        (acme(name("Acme")), acme(name("Acme", match="exact")), False),
        (acme(name("Acme")), acme(name("Acme", match="substring")), True),
        (acme(name("Acme")), acme(name("Acme", match="fuzzy")), True),
        (acme(name("Acme", match="never")), acme(name("Acme")), True),
        (
            acme(name("Acme", match="context", requires=["camera", "lens"])),
            acme(name("Acme", match="context", requires=["camera"])),
            False,
        ),
        (
            acme(name("Acme", match="context", requires=["camera"])),
            acme(name("Acme", match="context", requires=["camera", "lens"])),
            True,
        ),
        (
            acme(name("Acme", match="context", requires=["camera"])),
            acme(name("Acme")),
            True,
        ),
        (
            acme(name("Acme")),
            acme(name("Acme", match="context", requires=["camera"])),
            False,
        ),
        (acme(name("Acme")), acme(name("Acme"), not_this=[LOOK_ALIKE]), False),
        (acme(name("Acme"), not_this=[LOOK_ALIKE]), acme(name("Acme")), True),
    ],
)
def test_what_finds_more_than_before_is_told_from_what_does_not(
    before: Vendor | None, after: Vendor | None, more: bool
) -> None:
    assert looser(before, after) is more
