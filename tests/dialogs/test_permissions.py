"""Who may give which command: a table of all there are, written by hand."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.commands import table
from bot.core.roles import Roles
from bot.core.settings import Settings
from tests.dialogs.conftest import ACME, ROAD, Bot, a_bot
from tests.fakes import Clock

REFUSALS = ("Only curators", "Only admins", "You may mute for at most")
WHO = ("reader", "moderator", "curator", "admin")
# A line, and who of these may give it: yes or no, in the order of `WHO`.
EVERYBODY, CURATORS, ADMINS = "yyyy", "nnyy", "nnny"
ALSO_MODERATORS = {CURATORS: "nyyy", ADMINS: "nyny"}
LINES: dict[str, tuple[str, str]] = {
    "vendor acme-cam": ("vendor", EVERYBODY),
    "vendor record acme-cam": ("vendor record", EVERYBODY),
    "vendor list": ("vendor list", EVERYBODY),
    "vendor check Acme Cam": ("vendor check", EVERYBODY),
    "vendor help": ("vendor help", EVERYBODY),
    "vendor search cameras": ("vendor search", EVERYBODY),
    "vendor history acme-cam": ("vendor history", EVERYBODY),
    "vendor alerts": ("vendor alerts", EVERYBODY),
    "vendor alerts digest": ("vendor alerts", ALSO_MODERATORS[CURATORS]),
    "vendor mute acme-cam for 1h": ("vendor mute", EVERYBODY),
    "vendor mute acme-cam for 8d": ("vendor mute", ALSO_MODERATORS[CURATORS]),
    "vendor mute acme-cam everywhere for 1h": ("vendor mute", CURATORS),
    "vendor unmute acme-cam": ("vendor unmute", EVERYBODY),
    "vendor mutes": ("vendor mutes", EVERYBODY),
    "vendor wrong": ("vendor wrong", EVERYBODY),
    "vendor wrong list": ("vendor wrong list", CURATORS),
    "vendor wrong approve 1": ("vendor wrong approve", CURATORS),
    "vendor wrong reject 1": ("vendor wrong reject", CURATORS),
    "vendor pause": ("vendor pause", ADMINS),
    "vendor resume": ("vendor resume", ADMINS),
    "vendor about": ("vendor about", EVERYBODY),
    "vendor overview": ("vendor overview", EVERYBODY),
    "vendor watch on": ("vendor watch", ALSO_MODERATORS[ADMINS]),
    "vendor watch on fake:#yard": ("vendor watch", ADMINS),
    "vendor confirm zzzz": ("vendor confirm", EVERYBODY),
    "vendor cancel zzzz": ("vendor cancel", EVERYBODY),
    "vendor share acme-cam": ("vendor share", EVERYBODY),
    "vendor report acme-cam is wrong": ("vendor report", EVERYBODY),
    "vendor explain": ("vendor explain", EVERYBODY),
    "vendor status": ("vendor status", EVERYBODY),
    "vendor claim zzzz": ("vendor claim", EVERYBODY),
    "vendor roles": ("vendor roles", CURATORS),
    "vendor appoint @ben curator": ("vendor appoint", ADMINS),
    "vendor dismiss @ben": ("vendor dismiss", ADMINS),
    "vendor audit": ("vendor audit", ADMINS),
    "watchlist feed add https://a.example/feed": (
        "watchlist feed add",
        ALSO_MODERATORS[CURATORS],
    ),
    "watchlist feed remove https://a.example/feed": (
        "watchlist feed remove",
        ALSO_MODERATORS[CURATORS],
    ),
    "watchlist proposals": ("watchlist proposals", CURATORS),
    "watchlist approve 1": ("watchlist approve", CURATORS),
    "watchlist reject 1": ("watchlist reject", CURATORS),
    "watchlist policy": ("watchlist policy", EVERYBODY),
    "watchlist policy Ask first": ("watchlist policy", CURATORS),
    "watchlist add Lens Co": ("watchlist add", CURATORS),
    "watchlist log": ("watchlist log", CURATORS),
    "watchlist older 9": ("watchlist older", CURATORS),
    "watchlist diff 1": ("watchlist diff", CURATORS),
    "watchlist undo 1": ("watchlist undo", CURATORS),
    "watchlist restore lens-co": ("watchlist restore", CURATORS),
    "watchlist backsearch acme-cam": ("watchlist backsearch", CURATORS),
    "watchlist backsearch post 1": ("watchlist backsearch post", CURATORS),
    "watchlist remove road-runner": ("watchlist remove", CURATORS),
    "watchlist feed list": ("watchlist feed list", EVERYBODY),
    "watchlist feed import <opml/>": ("watchlist feed import", ALSO_MODERATORS[CURATORS]),
    "watchlist route list": ("watchlist route list", EVERYBODY),
    "watchlist route add https://a.example/feed": (
        "watchlist route add",
        ALSO_MODERATORS[CURATORS],
    ),
    "watchlist route edit https://a.example/feed min=exact": (
        "watchlist route edit",
        ALSO_MODERATORS[CURATORS],
    ),
    "watchlist route remove https://a.example/feed": (
        "watchlist route remove",
        ALSO_MODERATORS[CURATORS],
    ),
    "watchlist feed check https://a.example/feed": (
        "watchlist feed check",
        ALSO_MODERATORS[CURATORS],
    ),
    "watchlist feed export": ("watchlist feed export", ALSO_MODERATORS[CURATORS]),
    "watchlist set acme-cam country=CN": ("watchlist set", CURATORS),
    "watchlist show acme-cam": ("watchlist show", CURATORS),
    "watchlist edit acme-cam headquarters: Shelbyville": ("watchlist edit", CURATORS),
    "watchlist export": ("watchlist export", CURATORS),
    "watchlist import schema: vendorwatch/1": ("watchlist import", CURATORS),
    "watchlist todo": ("watchlist todo", CURATORS),
    "watchlist measure end acme-cam x 2024": ("watchlist measure end", CURATORS),
    "watchlist allegation withdraw acme-cam x": ("watchlist allegation withdraw", CURATORS),
}
PARTS = (
    "name", "look-alike", "measure", "allegation", "response", "proceeding", "background",
    "related", "not-listed", "source",
)  # fmt: skip
LINES |= {
    f"watchlist {part} {verb} acme-cam x": (f"watchlist {part} {verb}", CURATORS)
    for part in PARTS
    for verb in ("add", "edit", "remove")
}


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot that knows one person of each kind; a moderator is one in #hall alone."""
    roles = Roles.of(["fake:admin"], ["fake:curator"])
    async with a_bot(tmp_path, [ACME, ROAD], Settings(), Clock(), roles=roles) as bot:
        bot.platform.moderators.add(("#hall", "moderator"))
        yield bot


def test_every_command_that_is_declared_is_in_the_table() -> None:
    declared = {" ".join(command.path) for command in table}
    assert declared == {path for path, _ in LINES.values()}


def test_every_line_gives_the_command_that_it_stands_for() -> None:
    given = {line: " ".join(table.meant(line)[0].path) for line in LINES}
    assert given == {line: path for line, (path, _) in LINES.items()}


@pytest.mark.parametrize("who", WHO)
async def test_a_command_is_carried_out_for_those_alone_who_may_give_it(
    hall: Bot, who: str
) -> None:
    found = {}
    for line, (path, _) in LINES.items():
        hall.clock.pass_(minutes=1)
        posted, answered = len(hall.platform.posted), len(hall.platform.replies)
        answer = await hall.answers(line, who)
        assert "bot's fault" not in answer, line
        refused = answer.startswith(REFUSALS)
        found[line] = (path, "n" if refused else "y")
        if refused:  # then nothing came of it, and the asker alone hears so
            assert len(hall.platform.posted) == posted, line
            assert [to for to, _ in hall.platform.replies[answered:]] == [who]
    wanted = {line: (path, may[WHO.index(who)]) for line, (path, may) in LINES.items()}
    assert found == wanted
