"""A channel says how it wants its alerts, in the words of its people."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.commands import Role
from bot.core.document import Paragraph, Typed
from bot.core.mention import Channel
from bot.core.settings import Mode, Settings
from tests.dialogs.conftest import ACME, ROAD, Bot, a_bot, buttons, make, place
from tests.fakes import Clock, FakePlatform

BOARD = Channel("fake", "#board", private=True)
REFUSAL = (
    "Only curators and admins, and moderators here, may change that; nothing was done. "
    "vendor alerts shows it."
)


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot with an admin, a curator and a moderator of #hall."""
    roles = {"ada": Role.ADMIN, "cora": Role.CURATOR}
    platform = FakePlatform(roles=roles, moderators={("#hall", "mona")})
    async for made in make(tmp_path, [ACME, ROAD], Settings(), Clock(), platform=platform):
        yield made


async def chosen(bot: Bot, channel: str | Channel = "#hall") -> dict[str, str]:
    """Give what is kept for a channel."""
    return await bot.app.store.chosen(place(channel).key)


async def test_anybody_is_told_how_alerts_come_what_is_the_default_and_how_to_change_it(
    hall: Bot,
) -> None:
    await hall.answers("vendor alerts cooldown=12h", "cora")
    hall.posted()
    told = (await hall.answers("vendor alerts", "anna")).splitlines()
    assert told[0] == "How alerts come in #hall"
    assert "mode=thread: a match is told in a thread under it (the default)" in told
    assert (
        "cooldown=12h: the same vendor again after that at the earliest; news always "
        "(chosen here; the default is 1d)"
    ) in told
    assert "vendors=all: every watched vendor (the default)" in told
    assert "quiet=none: alerts come at any hour (the default)" in told
    assert told[-1].startswith("Curators, admins and whoever moderates this channel change it")
    assert "vendor alerts quiet=22:00-07:00 Europe/Berlin" in told[-1]
    assert hall.posted() == []


@pytest.mark.parametrize("actor", ["ada", "cora", "mona"])
async def test_those_who_see_after_a_channel_change_it_and_all_are_told(
    hall: Bot, actor: str
) -> None:
    told = await hall.answers("vendor alerts channel cooldown=1h", actor)
    said = [
        f"How alerts come here was changed by {actor}:",
        "mode=channel (was thread)",
        "cooldown=1h (was 1d)",
        "Undo this change",
    ]
    assert told.splitlines() == said
    assert [(where, text.splitlines()) for where, _, text in hall.posted()] == [("#hall", said)]
    await hall.hears("#hall", "Acme Cam", message_id="1")
    hall.clock.pass_(minutes=61)
    await hall.hears("#hall", "Acme Cam", message_id="2")
    assert [(where, thread) for where, thread, _ in hall.posted()] == [("#hall", None)] * 2


@pytest.mark.parametrize(("actor", "channel"), [("anna", "#hall"), ("mona", "#yard")])
async def test_others_change_nothing_and_are_told_so_in_private(
    hall: Bot, actor: str, channel: str
) -> None:
    for line in ("off", "default", "cooldown=1h", "nonsense"):
        assert await hall.answers(f"vendor alerts {line}", actor, channel) == REFUSAL
        assert hall.platform.replies[-1][0] == actor
    assert await chosen(hall, channel) == {}
    assert hall.posted() == []


WAYS = [
    ("quiet=22:00-07:00 Europe/Berlin min=exact", "22:00-07:00 Europe/Berlin"),
    ("min=exact quiet=22:00-07:00 Europe/Berlin", "22:00-07:00 Europe/Berlin"),
    ("quiet=“22:00-07:00 Europe/Berlin” min=exact", "22:00-07:00 Europe/Berlin"),
    ("“quiet=22:00-07:00 Europe/Berlin” min=exact", "22:00-07:00 Europe/Berlin"),
    ("QUIET=‘22:00–07:00\u00a0Europe/Berlin’ MIN=Exact", "22:00-07:00 Europe/Berlin"),
    ('quiet = "22:00-07:00 Europe/Berlin" min = exact', "22:00-07:00 Europe/Berlin"),
    ('quiet="22:00-07:00 Europe/Berlin min=exact', "22:00-07:00 Europe/Berlin"),
    ("quiet=9:05 - 17:00 UTC minimum=exact", "09:05-17:00 UTC"),
]


@pytest.mark.parametrize(("line", "quiet"), WAYS)
async def test_values_with_spaces_are_read_in_and_without_any_quotation_marks(
    hall: Bot, line: str, quiet: str
) -> None:
    await hall.answers(f"vendor alerts {line}", "cora")
    assert await chosen(hall) == {"quiet": quiet, "minimum": "exact"}


async def test_vendors_are_given_by_any_of_their_names(hall: Bot) -> None:
    for line, kept in (
        ("vendors=“acme cam”, Road Runner", "acme-cam,road-runner"),
        ("vendors=acme-cam road-runner", "acme-cam,road-runner"),
        ("vendors=阿珂美", "acme-cam"),
        ("vendors=all", ""),
    ):
        await hall.answers(f"vendor alerts {line}", "cora")
        assert (await chosen(hall))["vendors"] == kept


WRONG = [
    ("threed", f"'threed' is neither a mode ({', '.join(Mode)}) nor a setting; did you mean 'thr"),
    ("coldown=1h", "There is no setting 'coldown'; did you mean 'cooldown'?"),
    ("cooldown", "Cooldown needs a value after a sign of equality, as in cooldown=12h."),
    ("cooldown=", "Cooldown needs a value, as in cooldown=12h."),
    ("cooldown=soon", "'soon' is no duration; write for example 30m, 24h, 7d or 1d 12h."),
    ("cooldown=1h cooldown=2h", "Cooldown is given twice."),
    ("thread digest", "Mode is given twice."),
    ("min=exakt", "'exakt' is not one of exact, variant, possible; did you mean 'exact'?"),
    ("quiet=22:00-07:00", "'22:00-07:00' are no quiet hours; write for example 22:00-07:00 Euro"),
    ("quiet=22:00-07:00 Mars", "'Mars' is no time zone; write for example Europe/Berlin or UTC."),
    ("digest=hourly", "'hourly' is no plan for a digest; write for example daily 9 Europe/Ber"),
    ("vendors=acme cma", "No watched vendor is called 'acme cma'. Did you mean Acme Cam? Nothing"),
    ("vendors=acme-cam, zzz", "No watched vendor is called 'zzz'. Nothing was changed."),
    ("tags=camera", "No watched vendor has the tag 'camera'; did you mean 'cameras'?"),
    ("tags=zzz", "No watched vendor has the tag 'zzz'. Tags: cameras. Nothing was changed."),
    ("vendors=" + "x" * 501, "What follows vendors= has at most 500 characters."),
    ("`vendor watch off`", "\"'vendor\" is neither a mode"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "told"), WRONG)
async def test_what_nobody_can_read_is_one_line_and_changes_nothing(
    hall: Bot, line: str, told: str
) -> None:
    answer = await hall.answers(f"vendor alerts {line}", "cora")
    assert answer.startswith(told)
    assert len(answer.splitlines()) == 1
    (block,) = hall.platform.answered[-1].blocks
    assert isinstance(block, Paragraph)
    typed = [each for each in block.text if isinstance(each, Typed)]
    assert [each.value for each in typed] in ([], ["vendor alerts"])
    assert await chosen(hall) == {}
    assert hall.posted() == []


LOUDER = ["channel", "react", "digest", "trial", "not_tags=none", "min=possible", "tags=all"]
QUIETER = [
    ("off", "That would turn alerts off here"),
    ("tags=cameras", "That would end the alerts here about Road Runner."),
    ("not_vendors=acme-cam", "That would end the alerts here about Acme Cam."),
    ("vendors=road-runner min=exact", "That would end the alerts here about Acme Cam."),
    ("not_vendors=acme-cam,road-runner", "That would leave no watched vendor that alerts here."),
]


@pytest.mark.parametrize(("line", "told"), QUIETER)
async def test_what_ends_alerts_is_confirmed_first(hall: Bot, line: str, told: str) -> None:
    answer = await hall.answers(f"vendor alerts {line}", "cora", confirm=False)
    assert answer.startswith(told)
    assert [each.sign for each in buttons(hall.platform.answered[-1])] == ["✅", "❎"]
    assert await chosen(hall) == {}
    assert "was changed by cora" in await hall.presses("Confirm", "cora")
    assert len(hall.posted()) == 1
    await hall.hears("#hall", "Acme Cam")
    await hall.hears("#hall", "Road Runner")
    assert len(hall.posted()) < 2


@pytest.mark.parametrize("line", LOUDER)
async def test_what_ends_none_is_done_at_once(hall: Bot, line: str) -> None:
    answer = await hall.answers(f"vendor alerts {line}", "cora", confirm=False)
    assert "was changed by cora" in answer


async def test_nobody_confirms_for_a_channel_that_they_do_not_see_after(hall: Bot) -> None:
    await hall.answers("vendor alerts off", "mona", confirm=False)
    confirm = buttons(hall.platform.answered[-1])[0].line
    assert "Only whoever gave that command" in await hall.answers(confirm, "anna")
    assert await chosen(hall) == {}
    assert "mode=off" in await hall.answers(confirm, "mona")


async def test_default_takes_all_back_and_a_single_one_can_be_taken_back(tmp_path: Path) -> None:
    async with a_bot(tmp_path, [ACME], Settings(mode=Mode.CHANNEL), Clock()) as bot:
        bot.platform.roles["cora"] = Role.CURATOR
        await bot.answers("vendor alerts digest cooldown=1h min=exact", "cora")
        assert "mode=channel (was digest)" in await bot.answers(
            "vendor alerts mode=default", "cora"
        )
        assert await chosen(bot) == {"cooldown": "1h", "minimum": "exact"}
        await bot.answers("vendor alerts default", "cora")
        assert await chosen(bot) == {}
        told = await bot.answers("vendor alerts default", "cora")
        assert told == "That is how it is already; nothing was changed."


async def test_default_is_confirmed_where_the_default_is_quieter(tmp_path: Path) -> None:
    async with a_bot(tmp_path, [ACME], Settings(mode=Mode.OFF), Clock()) as bot:
        bot.platform.roles["cora"] = Role.CURATOR
        await bot.answers("vendor alerts thread", "cora")
        told = await bot.answers("vendor alerts default", "cora", confirm=False)
        assert told.startswith("That would turn alerts off here")


async def test_a_change_is_undone_by_its_button_by_those_alone_who_may(hall: Bot) -> None:
    await hall.answers("vendor alerts quiet=22:00-07:00 Europe/Berlin tags=cameras", "cora")
    before = await chosen(hall)
    await hall.answers("vendor alerts digest quiet=none tags=all", "cora")
    assert await hall.presses("Undo this change", "anna") == REFUSAL
    await hall.answers("vendor alerts mode=default quiet=22:00-07:00 Europe/Berlin tags=cameras",
                       "cora")  # fmt: skip
    assert await chosen(hall) == before


async def test_the_button_gives_back_exactly_what_was_chosen(hall: Bot) -> None:
    await hall.answers("vendor alerts quiet=22:00-07:00 Europe/Berlin not_tags=cameras", "cora")
    before = await chosen(hall)
    await hall.answers("vendor alerts digest quiet=none not_tags=none withdraw=no", "cora")
    await hall.presses("Undo this change", "cora")
    assert await chosen(hall) == before


async def test_where_all_see_the_answer_it_is_said_once(hall: Bot) -> None:
    hall.platform.private_answers = False
    await hall.answers("vendor alerts digest", "cora")
    assert hall.posted() == []


async def test_a_direct_conversation_is_a_channel_of_its_own(hall: Bot) -> None:
    hall.platform.direct.add("#cora")
    direct = Channel("fake", "#cora", private=True)
    assert "mode=digest" in await hall.answers("vendor alerts digest", "cora", direct)
    assert hall.posted() == []
    assert await chosen(hall, direct) == {"mode": "digest"}
    assert await chosen(hall) == {}
    assert "mode=thread" in await hall.answers("vendor alerts", "cora")


async def test_what_a_private_channel_chose_is_told_in_it_alone(hall: Bot) -> None:
    await hall.answers("vendor alerts tags=cameras", "cora", BOARD)
    assert [channel for channel, _, _ in hall.posted()] == ["#board"]
    for line in ("vendor alerts", "vendor overview", "vendor status"):
        assert "#board" not in await hall.answers(line, "anna"), line
    assert "tags=cameras" in await hall.answers("vendor alerts", "anna", BOARD)


async def test_a_channel_that_is_off_is_changed_without_any_warning(hall: Bot) -> None:
    await hall.answers("vendor alerts off", "cora")
    answer = await hall.answers("vendor alerts thread vendors=acme-cam", "cora", confirm=False)
    assert "mode=thread (was off)" in answer


async def test_what_a_newer_program_chose_is_left_and_shown_as_the_default(hall: Bot) -> None:
    await hall.alerts("#hall", mode="telepathy")
    assert "mode=thread" in await hall.answers("vendor alerts")
    assert "was changed" in await hall.answers("vendor alerts mode=digest", "cora")


async def test_a_reaction_in_an_encrypted_room_changes_nothing(hall: Bot) -> None:
    vault = Channel("fake", "#vault", private=True, encrypted=True)
    told = await hall.answers("vendor alerts digest", "cora", vault, on="m1")
    assert told.startswith("A reaction is not encrypted and can be forged")
    assert await chosen(hall, vault) == {}
