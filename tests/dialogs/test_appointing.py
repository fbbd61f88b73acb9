"""Who becomes the first admin, who may appoint whom, and what is told of it."""

import random
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.appointments import LAST
from bot.core.commands import Role
from bot.core.mention import Channel
from bot.core.roles import Roles
from bot.core.settings import Settings
from bot.rights import KEPT
from bot.storage.appointments import Person
from tests.dialogs.conftest import ACME, Bot, a_bot
from tests.dialogs.test_privacy import files_in
from tests.fakes import Clock

WRONG = "That code is not good."
OFTEN = "Too many wrong codes; try again in an hour. Nothing was done."
HALL = Channel("fake", "#hall")
SEALED = Channel("fake", "!sealed", private=True, encrypted=True)


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot whose configuration names nobody."""
    async with a_bot(tmp_path, [ACME], Settings(), Clock()) as bot:
        yield bot


async def code_of(bot: Bot) -> str:
    """Start the bot; give the code that its log has then, or an empty text."""
    with capture_logs() as logs:
        await bot.app.appointments.offer()
    told = " ".join(str(each["event"]) for each in logs)
    found = re.search(r"`vendor claim (\S+)`", told)
    return found[1] if found else ""


async def test_whoever_can_read_the_log_becomes_the_first_admin(hall: Bot) -> None:
    assert (await hall.answers("vendor appoint @ben curator", "anna")).startswith("Only admins")
    code = await code_of(hall)
    assert (await hall.answers(f"vendor claim {code}", "anna")).startswith("You are an admin now.")
    assert await hall.answers("vendor appoint @ben curator", "anna") == "ben is a curator now."
    assert "Nothing that was called" in await hall.answers("vendor wrong list", "ben")


async def test_a_code_is_good_once(hall: Bot) -> None:
    code = await code_of(hall)
    await hall.answers(f"vendor claim {code}", "anna")
    assert (await hall.answers(f"vendor claim {code}", "mallory")).startswith(WRONG)
    assert (await hall.answers("vendor roles", "mallory")).startswith("Only curators")


async def test_a_code_is_typed_as_people_type(hall: Bot) -> None:
    code = await code_of(hall)
    assert "an admin now" in await hall.answers(f"vendor claim  {code.upper()} ", "anna")


async def test_the_next_start_makes_another_code_until_an_admin_is_appointed(hall: Bot) -> None:
    first, second = await code_of(hall), await code_of(hall)
    assert first != second
    assert (await hall.answers(f"vendor claim {first}", "anna")).startswith(WRONG)
    assert "an admin now" in await hall.answers(f"vendor claim {second}", "anna")
    assert not await code_of(hall)


async def test_no_code_is_written_where_the_configuration_names_an_admin(tmp_path: Path) -> None:
    async with a_bot(tmp_path, [ACME], Settings(), Clock()) as bot:
        code = await code_of(bot)
        bot.app.appointments.roles = Roles.of(["fake:ada"], [])
        assert not await code_of(bot)
        # Nor is an earlier one good any more.
        assert (await bot.answers(f"vendor claim {code}", "anna")).startswith(WRONG)


async def test_an_admin_by_the_platform_who_appoints_another_ends_the_code(hall: Bot) -> None:
    hall.platform.roles["otto"] = Role.ADMIN
    code = await code_of(hall)
    await hall.answers("vendor appoint @ben curator", "otto")
    assert "an admin now" in await hall.answers(f"vendor claim {code}", "anna")
    code = await code_of(hall)
    assert not code


async def test_the_log_says_who_may_by_the_platforms_own_rights(hall: Bot) -> None:
    hall.platform.rule = "Owners are admins here."
    with capture_logs() as logs:
        await hall.app.appointments.offer()
    (told,) = logs
    assert told["event"].startswith("nobody is appointed to manage the watchlist yet")
    assert told["who_may"] == ["Owners are admins here."]


async def test_the_code_itself_is_not_in_the_database(hall: Bot, tmp_path: Path) -> None:
    code = await code_of(hall)
    await hall.answers(f"vendor claim {code}", "anna")
    kept = files_in(tmp_path)
    assert code.encode() not in kept
    assert b"fake:anna" in kept, "nothing would be found in nothing"


async def test_the_sixth_wrong_code_within_an_hour_is_not_looked_at_nor_a_right_one_then(
    hall: Bot,
) -> None:
    code = await code_of(hall)
    for number in range(5):
        assert (await hall.answers(f"vendor claim x{number}", "mallory")).startswith(WRONG)
    assert await hall.answers(f"vendor claim {code}", "mallory") == OFTEN
    hall.clock.pass_(minutes=59)
    assert await hall.answers(f"vendor claim {code}", "mallory") == OFTEN
    assert "an admin now" in await hall.answers(f"vendor claim {code}", "anna")
    hall.clock.pass_(minutes=1)
    assert (await hall.answers(f"vendor claim {code}", "mallory")).startswith(WRONG)


async def test_a_code_is_one_teams_alone(hall: Bot) -> None:
    code = await code_of(hall)
    other = replace(HALL, team="blue")
    assert (await hall.answers(f"vendor claim {code}", "anna", other)).startswith(WRONG)


async def test_a_reaction_that_can_be_forged_neither_claims_nor_appoints(hall: Bot) -> None:
    code = await code_of(hall)
    told = await hall.answers(f"vendor claim {code}", "anna", SEALED, on="p1")
    assert told.startswith("A reaction is not encrypted and can be forged")
    await hall.answers(f"vendor claim {code}", "anna")
    for line in ("vendor appoint @ben admin", "vendor dismiss @anna"):
        told = await hall.answers(line, "anna", SEALED, on="p1")
        assert told.startswith("A reaction is not encrypted and can be forged")


async def test_codes_of_two_starts_have_nothing_in_common(hall: Bot) -> None:
    hall.app.appointments.rng = random.Random(7)  # noqa: S311 - a test's
    codes = {await code_of(hall) for _ in range(20)}
    assert len(codes) == 20
    assert all(re.fullmatch("([2-9a-hjkmnp-z]{4}-){3}[2-9a-hjkmnp-z]{4}", each) for each in codes)


@pytest.fixture
async def led(hall: Bot) -> Bot:
    """Let anna be the admin by the code."""
    await hall.answers(f"vendor claim {await code_of(hall)}", "anna")
    return hall


async def test_roles_are_told_with_who_gave_them_and_when(led: Bot) -> None:
    led.platform.rule = "Owners are admins here."
    led.app.appointments.roles = Roles.of([], ["fake:cora", "other:G2"])
    led.app.rights.roles = led.app.appointments.roles
    await led.answers("vendor appoint @ben curator", "anna")
    led.clock.pass_(days=1)
    await led.answers("vendor appoint @carl admin", "anna")
    assert (await led.answers("vendor roles", "ben")).splitlines() == [
        "Who may change what",
        "cora: curator, by the configuration",
        "other:G2: curator, by the configuration",
        "anna: admin, by the code in the bot's log, 1 Apr 2024",
        "ben: curator, appointed by anna, 1 Apr 2024",
        "carl: admin, appointed by anna, 2 Apr 2024",
        "Owners are admins here.",
        "An admin types vendor appoint <person> <role> or vendor dismiss <person>.",
    ]


async def test_a_role_that_is_given_or_taken_holds_at_once(led: Bot) -> None:
    assert (await led.answers("vendor roles", "ben")).startswith("Only curators")
    await led.answers("vendor appoint @ben curator", "anna")
    assert "ben: curator" in await led.answers("vendor roles", "ben")
    told = await led.answers("vendor dismiss @ben", "anna")
    assert told == "ben holds no role by chat any more."
    assert (await led.answers("vendor roles", "ben")).startswith("Only curators")


async def test_what_another_process_takes_is_lost_within_a_minute(led: Bot) -> None:
    await led.answers("vendor appoint @ben curator", "anna")
    assert "ben: curator" in await led.answers("vendor roles", "ben")
    ben, people = Person("fake", "ben"), led.app.store.people
    await people.dismiss("default", ben, "fake:anna", led.clock(), keep_one=True)
    led.clock.pass_(seconds=KEPT.total_seconds() - 1)
    assert (await led.answers("vendor roles", "ben")).startswith("Who may change what")
    led.clock.pass_(seconds=1)
    assert (await led.answers("vendor roles", "ben")).startswith("Only curators")


async def test_the_last_admin_stays_where_the_configuration_names_none(led: Bot) -> None:
    for line in ("vendor dismiss @anna", "vendor appoint @anna curator"):
        assert await led.answers(line, "anna") == LAST
    await led.answers("vendor appoint @ben admin", "anna")
    told = await led.answers("vendor dismiss @anna", "anna")
    assert told == "anna holds no role by chat any more."
    assert (await led.answers("vendor dismiss @ben", "anna")).startswith("Only admins")
    assert await led.answers("vendor dismiss @ben", "ben") == LAST


async def test_the_last_admin_may_go_where_the_configuration_names_one(led: Bot) -> None:
    led.app.appointments.roles = Roles.of(["fake:ada"], [])
    assert await led.answers("vendor appoint @anna curator", "anna") == "anna is a curator now."


async def test_who_is_named_by_the_configuration_is_not_dismissed_by_chat(led: Bot) -> None:
    led.app.appointments.roles = Roles.of(["fake:ada"], [])
    assert await led.answers("vendor dismiss @ada", "anna") == (
        "ada holds no role by chat; nothing was done. The configuration names them, and only "
        "whoever runs the bot changes that."
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("vendor appoint ben curator", "'ben' names nobody here. Mention the person as this chat"),
        ("vendor appoint @ben king", "'king' is neither curator nor admin. Type vendor appoint"),
        ("vendor appoint @ben reader", "'reader' is neither curator nor admin."),
        ("vendor appoint @ben", "That needs a role. Type vendor appoint <person> <role>."),
        ("vendor dismiss @nobody", "nobody holds no role by chat; nothing was done."),
        ("vendor appoint @anna admin", "anna is an admin already."),
        ("vendor claim", "That needs a code. Type vendor claim <code>."),
    ],
)
async def test_what_cannot_be_done_says_what_to_type(led: Bot, line: str, told: str) -> None:
    assert (await led.answers(line, "anna")).startswith(told)


async def test_where_nobody_is_named_roles_say_how_somebody_gets_to_be(hall: Bot) -> None:
    hall.platform.roles["otto"] = Role.CURATOR
    told = await hall.answers("vendor roles", "otto")
    assert told == (
        "Nobody is named here. Whoever runs this bot finds a code in its log at the start: "
        "vendor claim <code>."
    )
