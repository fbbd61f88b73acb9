"""What would quieten a whole channel is carried out once it is confirmed, and once only."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.auditing import Auditing
from bot.commands import table
from bot.core.commands import Role
from bot.core.mention import Channel, Invocation
from bot.core.settings import Settings
from tests.dialogs.conftest import ACME, Bot, buttons, make, place
from tests.fakes import Clock, FakePlatform

SECRET = Channel("fake", "#vault", private=True, encrypted=True)


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot with an admin, two curators and a moderator of one room."""
    roles = {"ada": Role.ADMIN, "cora": Role.CURATOR, "carl": Role.CURATOR}
    moderators = {("#vault", "mona"), ("#hall", "mona")}
    platform = FakePlatform(roles=roles, moderators=moderators)
    async for made in make(tmp_path, [ACME], Settings(), Clock(), platform=platform):
        yield made


async def asked(bot: Bot, line: str, actor: str, channel: str | Channel = "#hall") -> str:
    """Give a command that is to be confirmed; give its code."""
    told = await bot.answers(line, actor, channel, confirm=False)
    assert "Nothing is done yet. Confirm with vendor confirm " in told
    confirm, cancel = buttons(bot.platform.answered[-1])
    assert (confirm.sign, cancel.sign) == ("✅", "❎")
    return confirm.line.removeprefix("vendor confirm ")


async def test_a_preview_says_what_would_be_done_and_does_nothing(hall: Bot) -> None:
    told = await hall.answers("vendor mute all for 1h", confirm=False)
    assert told.startswith("That would mute all vendors here until 1 Apr 2024, 13:00 UTC")
    assert await hall.answers("vendor mutes") == "Nothing is muted."
    assert hall.posted() == []


@pytest.mark.parametrize(
    "line", ["vendor mute all for 1h", "vendor mute acme-cam everywhere for 1h", "vendor watch off"]
)
async def test_what_is_confirmed_is_done_once(hall: Bot, line: str) -> None:
    code = await asked(hall, line, "ada")
    hall.posted()
    done = await hall.answers(f"vendor confirm {code.upper()}", "ada")
    assert done.startswith(("Muted: ", "The bot does not listen any more"))
    assert len(hall.posted()) == 1
    again = await hall.answers(f"vendor confirm {code}", "ada")
    assert again == "That was confirmed already; nothing was done."
    assert hall.posted() == []


async def test_what_is_cancelled_is_never_done(hall: Bot) -> None:
    code = await asked(hall, "vendor mute all for 1h", "anna")
    assert await hall.answers(f"vendor cancel {code}") == "Cancelled; nothing was done."
    told = await hall.answers(f"vendor confirm {code}")
    assert told == "That was cancelled already; nothing was done."
    assert await hall.answers("vendor mutes") == "Nothing is muted."


async def test_a_code_is_good_for_ten_minutes(hall: Bot) -> None:
    code = await asked(hall, "vendor mute all for 1h", "anna")
    hall.clock.pass_(minutes=10)
    told = await hall.answers(f"vendor confirm {code}")
    assert told.startswith(("That has expired", "Nothing waits here under"))
    assert await hall.answers("vendor mutes") == "Nothing is muted."
    assert (await hall.answers("vendor confirm `zzzz`")).startswith("Nothing waits here under")


async def test_others_confirm_only_if_they_see_after_the_channel(hall: Bot) -> None:
    code = await asked(hall, "vendor watch off", "ada")
    refused = "Only whoever gave that command may do this; nothing was done."
    for actor in ("anna", "cora"):
        assert await hall.answers(f"vendor confirm {code}", actor) == refused
    assert (await hall.answers(f"vendor confirm {code}", "mona")).startswith("The bot does not")
    code = await asked(hall, "vendor mute all everywhere for 1h", "cora")
    assert await hall.answers(f"vendor confirm {code}", "mona") == refused
    assert (await hall.answers(f"vendor confirm {code}", "carl")).startswith("Muted: All vendors")


async def test_a_code_is_good_where_it_was_given(hall: Bot) -> None:
    code = await asked(hall, "vendor mute all for 1h", "anna")
    told = await hall.answers(f"vendor confirm {code}", "anna", "#yard")
    assert told.startswith("Nothing waits here under")


async def test_whoever_lost_the_right_meanwhile_may_not_confirm(hall: Bot) -> None:
    code = await asked(hall, "vendor watch off", "ada")
    hall.platform.roles["ada"] = Role.READER
    hall.clock.pass_(minutes=2)
    told = await hall.answers(f"vendor confirm {code}", "ada")
    assert told == "Only admins may use vendor watch; nothing was done."


async def test_a_confirmation_that_a_crash_cut_short_is_carried_out_once(hall: Bot) -> None:
    code = await asked(hall, "vendor mute all for 1h", "anna")
    hall.posted()
    await hall.app.on_command(Invocation(place("#hall"), "x1", "anna", f"vendor confirm {code}"))
    store = hall.app.store
    command = await store.take_command(hall.clock(), timedelta(minutes=1))
    assert command is not None
    await hall.app.clerk._answer(command, Auditing(table))  # and then the process ends
    hall.clock.pass_(minutes=2)
    await hall.settle()
    assert hall.platform.replies[-1][1].startswith("Muted: All vendors")
    assert len(hall.posted()) == 1
    assert (await hall.answers("vendor mutes")).startswith("1 mute in force")


async def test_two_presses_at_once_are_one(hall: Bot) -> None:
    code = await asked(hall, "vendor mute all for 1h", "anna")
    hall.posted()
    for number in range(2):
        line = f"vendor confirm {code}"
        await hall.app.on_command(Invocation(place("#hall"), f"x{number}", "anna", line))
    await hall.settle()
    assert len(hall.posted()) == 1


async def test_in_an_encrypted_room_only_a_typed_confirmation_counts(hall: Bot) -> None:
    hall.platform.keeps_answers = True
    code = await asked(hall, "vendor mute all for 1h", "anna", SECRET)
    preview = next(reversed(hall.platform.shown))
    await hall.reacts("✅", preview, "anna", SECRET)
    told = hall.platform.replies[-1][1]
    assert told.startswith("A reaction is not encrypted and can be forged")
    assert told.endswith(f"vendor confirm {code}")
    assert await hall.answers("vendor mutes", "anna", SECRET) == "Nothing is muted."
    typed = await hall.answers(f"vendor confirm {code}", "anna", SECRET)
    assert typed.startswith("Muted: All vendors")


async def test_in_an_open_room_a_reaction_confirms(hall: Bot) -> None:
    hall.platform.keeps_answers = True
    await asked(hall, "vendor mute all for 1h", "anna")
    preview = next(reversed(hall.platform.shown))
    await hall.reacts("✅", preview)
    assert hall.platform.replies[-1][1].startswith("Muted: All vendors")


# A moderator of one room


async def test_a_moderator_decides_for_the_room_and_for_no_other(hall: Bot) -> None:
    assert (await hall.answers("vendor watch off", "mona")).startswith("The bot does not listen")
    assert (await hall.answers("vendor watch on fake:#hall", "mona")).startswith("The bot listens")
    refused = "Only admins may use vendor watch; nothing was done."
    assert await hall.answers("vendor watch off fake:#yard", "mona") == refused
    assert await hall.answers("vendor watch off", "mona", "#yard") == refused
    assert await hall.answers("vendor watch off", "anna") == refused


async def test_a_moderator_mutes_for_long_here_and_never_everywhere(hall: Bot) -> None:
    assert (await hall.answers("vendor mute acme-cam for 30d", "mona")).startswith("Muted: ")
    told = await hall.answers("vendor mute acme-cam for 30d everywhere", "mona")
    assert told.startswith("Only curators may mute a vendor everywhere")
    told = await hall.answers("vendor mute acme-cam for 30d", "mona", "#yard")
    assert told.startswith("You may mute for at most 7d")


async def test_a_moderator_who_is_none_any_more_loses_it_within_a_minute(hall: Bot) -> None:
    assert (await hall.answers("vendor watch on", "mona")).startswith("The bot listens")
    hall.platform.moderators.clear()
    hall.clock.pass_(minutes=1)
    assert (await hall.answers("vendor watch on", "mona")).startswith("Only admins")


async def test_a_command_that_is_doubted_is_refused_with_the_reason(hall: Bot) -> None:
    doubt = "Your device is not signed; nothing was done."
    given = Invocation(SECRET, "d1", "ada", "vendor watch on", doubt=doubt)
    await hall.app.on_command(given)
    await hall.settle()
    assert hall.platform.replies[-1][1] == doubt
    assert await hall.app.store.listening(replace(SECRET, private=False)) is None
