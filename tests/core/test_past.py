"""How a vendor's last days are told: bars that read in any font, and what came of the mentions."""

from collections import Counter
from datetime import date, timedelta

from bot.core.document import Item, words
from bot.core.mention import Channel
from bot.core.overview import Told
from bot.core.past import DAYS, Day, Fate, Past, history
from tests.build import full_vendor
from tests.fakes import NOON, said

LAST = date(2024, 4, 3)
"""A Wednesday."""


def past(
    counts: dict[int, dict[Fate, int]],
    reasons: tuple[tuple[str, int], ...] = (),
    alerts: tuple[Told, ...] = (),
) -> Past:
    """Give a past by how many days ago there was what."""
    ago = range(DAYS - 1, -1, -1)
    days = (Day(LAST - timedelta(days=n), Counter(counts.get(n, {}))) for n in ago)
    return Past(tuple(days), reasons, alerts)


def lines(of: Past, *changes: Item) -> list[str]:
    return said(history(full_vendor(), of, changes)).splitlines()


def test_each_week_is_a_line_with_a_bar_a_day_against_the_busiest() -> None:
    busy = past({0: {Fate.POSTED: 1}, 1: {Fate.QUIET: 7, Fate.POSTED: 1}, 3: {Fate.QUIET: 4}})
    assert lines(busy)[:8] == [
        "Acme Cam: 13 mentions in 30 days",
        "2 alerts posted, 11 judged quiet.",
        "5 to 10 Mar: ······ 0 mentions",
        "11 to 17 Mar: ······· 0 mentions",
        "18 to 24 Mar: ······· 0 mentions",
        "25 to 31 Mar: ······▄ 4 mentions",
        "1 to 3 Apr: ·█▁ 9 mentions, 2 alerts",
        "Last alerts",
    ]


def test_what_nobody_named_has_no_chart() -> None:
    assert lines(past({})) == [
        "Acme Cam: 0 mentions in 30 days",
        "Last alerts",
        "None.",
        "Days are UTC. Of private channels and encrypted rooms, only those that you are in count.",
        "Full record",
    ]


def test_why_mentions_were_quiet_is_told_the_commonest_first() -> None:
    reasons = (("muted", 4), ("inside the cooldown", 3), ("alerts are off here", 2), ("x", 1))
    told = lines(past({0: {Fate.QUIET: 11, Fate.DIGEST: 2, Fate.WAITING: 1}}, (*reasons, ("y", 1))))
    assert told[1] == (
        "0 alerts posted, 2 told in a digest, 1 waiting, 11 judged quiet: muted (4); inside the "
        "cooldown (3); alerts are off here (2); 2 other reasons."
    )


def test_alerts_lead_to_where_they_stand_and_changes_have_their_place() -> None:
    told = Told("acme-cam", Channel("fake", "#hall"), NOON, "https://chat.example/p1")
    shown = lines(past({0: {Fate.POSTED: 1}}, alerts=(told,)), Item(words("Renamed.")))
    at = shown.index("Last alerts")
    assert shown[at + 1 : at + 4] == [
        "1 Apr 2024, 12:00 UTC in #hall",
        "Last changes to the record",
        "Renamed.",
    ]
    assert "https://chat.example/p1" in repr(history(full_vendor(), past({}, alerts=(told,))))
