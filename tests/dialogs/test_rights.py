"""Who may do what, how often somebody may ask, and what whoever may not is told."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.core.commands import Role
from bot.core.mention import Channel, Invocation
from bot.core.roles import Roles
from bot.core.settings import Settings
from bot.errors import DeliveryError
from bot.rights import KEPT
from tests.dialogs.conftest import ACME, Bot, a_bot, place
from tests.fakes import Clock, FakePlatform

REFUSAL = "Only admins may use vendor watch; nothing was done."


@dataclass(slots=True)
class Asked(FakePlatform):
    """A platform that counts how often it is asked about people, and may not know."""

    questions: int = 0
    groups: Mapping[str, Role] = field(default_factory=dict)
    down: bool = False

    async def role(self, channel: Channel, actor: str, groups: Mapping[str, Role]) -> Role:
        """Say what a test said, or fail."""
        del channel
        self.questions += 1
        self.groups = groups
        if self.down:
            raise DeliveryError("down")
        return self.roles.get(actor, Role.READER)

    async def private_channels(self, actor: str, team: str) -> frozenset[str]:
        """Say what a test said, or fail."""
        del team
        if self.down:
            raise DeliveryError("down")
        return self.rooms.get(actor, frozenset())


@pytest.fixture
async def asked(tmp_path: Path) -> AsyncIterator[tuple[Bot, Asked]]:
    """Give a bot and its platform; the configuration names people and a group."""
    roles = Roles.of(["fake:ada"], ["fake:cora", "fake:G1", "other:G2"])
    platform = Asked()
    platform.roles |= {"paul": Role.CURATOR, "otto": Role.ADMIN, "cora": Role.READER}
    async with a_bot(tmp_path, [ACME], Settings(), Clock(), roles=roles, platform=platform) as bot:
        yield bot, platform


async def test_admins_are_those_of_the_configuration_and_of_the_platform(
    asked: tuple[Bot, Asked],
) -> None:
    bot, platform = asked
    for actor in ("ada", "otto"):
        assert "The bot listens in #hall." in await bot.answers("vendor watch on", actor)
    for actor in ("anna", "cora", "paul"):
        assert await bot.answers("vendor watch off", actor) == REFUSAL
        assert platform.replies[-1][0] == actor
    assert platform.groups == {"ada": Role.ADMIN, "cora": Role.CURATOR, "G1": Role.CURATOR}


@pytest.mark.parametrize("here", ["", " here", " #hall", " fake:#hall"])
async def test_who_moderates_a_channel_decides_for_it_however_it_is_named_and_for_no_other(
    asked: tuple[Bot, Asked], here: str
) -> None:
    bot, platform = asked
    platform.moderators.add(("#hall", "mona"))
    assert await bot.answers(f"vendor watch off{here}", "mona") == (
        "The bot does not listen any more in #hall."
    )
    assert await bot.answers("vendor watch off #yard", "mona") == REFUSAL


async def test_a_role_by_the_configuration_is_not_lost_by_the_platforms_answer(
    asked: tuple[Bot, Asked],
) -> None:
    bot, _ = asked
    assert "everywhere" in await bot.answers("vendor mute acme-cam everywhere for 30d", "cora")


async def test_the_platform_is_asked_once_a_minute_and_a_right_that_is_lost_goes_with_it(
    asked: tuple[Bot, Asked],
) -> None:
    bot, platform = asked
    for _ in range(3):
        await bot.answers("vendor watch on", "otto")
    assert platform.questions == 1
    platform.roles["otto"] = Role.READER
    bot.clock.pass_(seconds=KEPT.total_seconds())
    assert await bot.answers("vendor watch on", "otto") == REFUSAL


async def test_what_anyone_may_do_asks_nobody(asked: tuple[Bot, Asked]) -> None:
    bot, platform = asked
    for line in ("vendor acme-cam", "vendor mute acme-cam for 1h", "vendor mutes", "vendor help"):
        await bot.answers(line)
    assert platform.questions == 0


async def test_while_the_platform_fails_its_roles_are_unknown_and_the_configurations_hold(
    asked: tuple[Bot, Asked],
) -> None:
    bot, platform = asked
    platform.down = True
    with capture_logs() as logs:
        assert await bot.answers("vendor watch on", "otto") == REFUSAL
    assert "rights unknown" in [each["event"] for each in logs]
    assert "The bot listens" in await bot.answers("vendor watch on", "ada")
    assert "everywhere" in await bot.answers("vendor mute acme-cam everywhere for 30d", "cora")
    platform.down = False
    assert "The bot listens" in await bot.answers("vendor watch on", "otto")


async def test_while_the_platform_fails_private_channels_stay_untold(
    asked: tuple[Bot, Asked],
) -> None:
    bot, platform = asked
    board = Channel("fake", "#board", private=True)
    platform.rooms["anna"] = frozenset({"#board"})
    await bot.answers("vendor mute acme-cam for 1h", channel=board)
    assert "in #board" in await bot.answers("vendor mutes")
    platform.down = True
    assert await bot.answers("vendor mutes") == "Nothing is muted."
    assert "in #board" in await bot.answers("vendor mutes", channel=board)


async def asks(bot: Bot, times: int, actor: str = "anna") -> list[str]:
    """Let somebody ask so often at once; give the answers."""
    before = len(bot.platform.replies)
    for _ in range(times):
        number = next(bot._ids)
        await bot.app.on_command(Invocation(place("#hall"), f"c{number}", actor, "vendor wrong"))
    await bot.settle()
    return [text for _, text in bot.platform.replies[before:]]


async def test_the_twenty_first_question_at_once_is_refused_with_when_to_ask_again(
    bot: Bot,
) -> None:
    answers = await asks(bot, 21)
    assert all("Press" in each for each in answers[:20])
    assert answers[20].startswith("That is more than I can answer; try again in ")
    assert answers[20].endswith("try again in 3 s.")
    bot.clock.pass_(seconds=3)
    assert "Press" in (await asks(bot, 1))[0]
    assert "Press" in (await asks(bot, 1, "bea"))[0]


async def test_what_is_refused_does_nothing(bot: Bot) -> None:
    await asks(bot, 20)
    assert "more than I can answer" in await bot.answers("vendor mute acme-cam for 1h")
    assert bot.posted() == []
    assert await bot.answers("vendor mutes", "bea") == "Nothing is muted."


async def test_a_command_that_is_delivered_again_costs_nothing(bot: Bot) -> None:
    for _ in range(30):
        await bot.app.on_command(Invocation(place("#hall"), "x1", "anna", "vendor wrong"))
        await bot.settle()
    assert len(bot.platform.replies) == 1
    assert all("Press" in each for each in await asks(bot, 19))
    assert "more than I can answer" in (await asks(bot, 1))[0]
