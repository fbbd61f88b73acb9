"""The bot's buttons, which people press by reacting, and what is asked to be confirmed."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.matrix.bot import Bot, running
from tests.matrix.far import Far, Program
from tests.matrix.hall import Hall, hall
from tests.matrix.homeserver import Homeserver
from tests.matrix.person import Person
from tests.matrix.seen import Seen

pytestmark = [pytest.mark.matrix, pytest.mark.asyncio(loop_scope="module")]
both = pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(tmp_path_factory: pytest.TempPathFactory, synapse: Homeserver) -> AsyncIterator[Bot]:
    async with running(tmp_path_factory.mktemp("bot"), synapse) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def others(far_program: Program) -> AsyncIterator[Far]:
    async with far_program.connect() as connection:
        yield connection


async def told(here: Hall) -> tuple[str, Seen]:
    """Name a vendor; give that message and the card with its reactions to press."""
    named = await here.host.send(here.room, "Cameras by Hikvision")
    card = await here.answer(named)
    await here.seeded(card.event_id, "📄", "🔇", "❌")
    return named, card


async def joined_by(here: Hall, other: Person) -> None:
    """Bring somebody in who moderates nothing."""
    await here.host.invite(here.room, other.user_id)
    await other.join(here.room)
    await here.host.wait_member(here.room, other.user_id)


def code_in(preview: Seen) -> str:
    """Read the code off a preview."""
    return preview.body.partition("vendor confirm ")[2][:4]


@both
async def test_a_card_lists_each_of_its_reactions_with_what_to_type_instead(
    bot: Bot, others: Far, synapse: Homeserver, encrypted: bool
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    here = await hall(anna, bot, encrypted=encrypted, listening=True)
    _, card = await told(here)
    for drawn in (card.body, str(card.content["formatted_body"])):
        for sign, line in [
            ("📄", "!vendor record hikvision"),
            ("🔇", "!vendor mute hikvision"),
            ("❌", "!vendor wrong hikvision"),
        ]:
            assert sign in drawn
            assert line in drawn
    reactions = [
        each.relates_to["key"]
        for each in await anna.events(here.room)
        if each.type == "m.reaction" and each.relates_to["event_id"] == card.event_id
    ]
    assert reactions == ["📄", "🔇", "❌", "✉️"][: len(reactions)]
    await here.closed()


@pytest.mark.long
@both
async def test_the_full_record_opens_in_the_thread(
    bot: Bot, others: Far, synapse: Homeserver, encrypted: bool
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    here = await hall(anna, bot, encrypted=encrypted, listening=True)
    named, card = await told(here)
    await anna.react(here.room, card.event_id, "📄")
    await here.answer(named, body="full record", after=card.event_id)
    await here.fence()
    pages = [
        each
        for each in await here.said(after=card.event_id)
        if each.relates_to["event_id"] == named
    ]
    assert "Hikvision: full record" in pages[0].body
    assert all(f"(part {at})" in page.body for at, page in enumerate(pages[1:], 2))
    await here.closed()


@both
async def test_a_reaction_mutes_here_and_another_undoes_that(
    bot: Bot, others: Far, synapse: Homeserver, encrypted: bool
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    here = await hall(anna, bot, encrypted=encrypted, listening=True)
    named, card = await told(here)
    await anna.react(here.room, card.event_id, "🔇")
    asked = await here.answer(named, body="For how long", after=card.event_id)
    await here.seeded(asked.event_id, "1️⃣", "2️⃣", "3️⃣")
    assert "!vendor mute hikvision for 1d here" in asked.body
    await anna.react(here.room, asked.event_id, "2⃣")  # as some clients write it
    muted = await here.answer(named, body="Muted", after=asked.event_id)
    assert bot.user_id not in muted.body
    quiet = await anna.send(here.room, "Hikvision, and cameras of Dahua")
    assert "Dahua" in (await here.answer(quiet)).body
    listed = await here.answer(await anna.send(here.room, "!vendor mutes"))
    assert "1 mute in force" in listed.body
    await here.seeded(muted.event_id, "1️⃣")
    await anna.react(here.room, muted.event_id, "1️⃣")
    await anna.wait_event(here.room, sender=bot.user_id, body="Undone by", after=quiet)
    listed = await here.answer(await anna.send(here.room, "!vendor mutes"))
    assert "Nothing is muted" in listed.body
    await here.closed()


@both
async def test_a_wrong_match_is_taken_back_and_stays_quiet(
    bot: Bot, others: Far, synapse: Homeserver, encrypted: bool
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    here = await hall(anna, bot, encrypted=encrypted, listening=True)
    named, card = await told(here)
    await anna.react(here.room, card.event_id, "❌")
    await anna.wait_event(here.room, event_id=card.event_id, redacted=True)
    await here.answer(named, body="Thank you")
    again = await anna.send(here.room, "Hikvision, and cameras of Dahua")
    assert "Dahua" in (await here.answer(again)).body
    await here.fence()
    assert not any("“Hikvision”" in each for each in await here.bodies(after=again))
    about = [each.relates_to["event_id"] for each in await here.said(after=again)]
    assert about.count(again) == 1
    await here.closed()


async def test_a_reaction_that_is_taken_back_takes_its_answer_along(
    bot: Bot, others: Far, synapse: Homeserver
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    here = await hall(anna, bot, encrypted=False)
    named, card = await told(here)
    pressed = await anna.react(here.room, card.event_id, "🔇")
    asked = await here.answer(named, body="For how long")
    await anna.redact(here.room, pressed)
    await anna.wait_event(here.room, event_id=asked.event_id, redacted=True)
    # And what is pressed once more is answered once more.
    await anna.react(here.room, card.event_id, "🔇")
    await here.answer(named, body="For how long", after=asked.event_id)


async def test_what_is_no_button_is_passed_by(bot: Bot, others: Far, synapse: Homeserver) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    here = await hall(anna, bot, encrypted=False)
    named, card = await told(here)
    for key in ("👍", "👀", "", "x" * 300, "<b>📄</b>"):
        await anna.send_raw(
            here.room,
            "m.reaction",
            {"m.relates_to": {"rel_type": "m.annotation", "event_id": card.event_id, "key": key}},
        )
    await anna.react(here.room, named, "📄")
    await anna.react(here.room, (await here.said())[0].event_id, "📄")
    await here.fence()
    assert len(await here.said(after=card.event_id)) == 1


@pytest.mark.parametrize("sign", ["✅", "❎"])
async def test_what_cannot_be_undone_is_confirmed_by_a_reaction(
    bot: Bot, others: Far, synapse: Homeserver, sign: str
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    here = await hall(anna, bot, encrypted=False)
    asked = await anna.send(here.room, "!vendor watch off")
    preview = await here.answer(asked)
    assert "Nothing is done yet" in preview.body
    await here.seeded(preview.event_id, "✅", "❎")
    before = await anna.send(here.room, "Cameras by Hikvision")
    assert "Hikvision" in (await here.answer(before)).body
    await anna.react(here.room, preview.event_id, sign)
    if sign == "✅":
        await here.answer(asked, body="does not listen any more")
    else:
        await here.answer(asked, body="Cancelled")
    after = await anna.send(here.room, "Cameras by Dahua")
    if sign == "✅":
        await here.fence()
        assert after not in [each.relates_to.get("event_id") for each in await here.said()]
    else:
        assert "Dahua" in (await here.answer(after)).body
    await anna.react(here.room, preview.event_id, "✅" if sign == "❎" else "❎")
    again = await here.answer(asked, body="already")
    assert "nothing was done" in again.body


@both
async def test_what_cannot_be_undone_is_confirmed_by_its_code(
    bot: Bot, others: Far, synapse: Homeserver, encrypted: bool
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    here = await hall(anna, bot, encrypted=encrypted, listening=True)
    preview = await here.answer(await anna.send(here.room, "!vendor watch off"))
    wrong = await here.answer(await anna.send(here.room, "!vendor confirm zzzz"))
    assert "Nothing waits here" in wrong.body
    typed = await anna.send(here.room, f"!vendor confirm {code_in(preview)}")
    await here.answer(typed, body="does not listen any more")
    named = await anna.send(here.room, "Cameras by Hikvision")
    await here.fence()
    about = [each.relates_to.get("event_id") for each in await here.said(after=named)]
    assert named not in about
    await here.closed()


async def test_in_an_encrypted_room_a_reaction_confirms_nothing_and_says_what_does(
    bot: Bot, others: Far, synapse: Homeserver
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    here = await hall(anna, bot, encrypted=True, listening=True)
    asked = await anna.send(here.room, "!vendor watch off")
    preview = await here.answer(asked)
    await here.seeded(preview.event_id, "✅")
    await anna.react(here.room, preview.event_id, "✅")
    refused = await here.answer(asked, body="not encrypted")
    line = f"!vendor confirm {code_in(preview)}"
    assert line in refused.body
    named = await anna.send(here.room, "Cameras by Hikvision")
    assert "Hikvision" in (await here.answer(named)).body
    await here.answer(await anna.send(here.room, line), body="does not listen any more")
    await here.closed()


async def test_what_somebody_asked_nobody_else_confirms_but_a_moderator(
    bot: Bot, others: Far, synapse: Homeserver
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    bert = await others.login(synapse, synapse.newcomer("bert"))
    carl = await others.login(synapse, synapse.newcomer("carl"))
    here = await hall(anna, bot, encrypted=False)
    await joined_by(here, bert)
    await joined_by(here, carl)
    refused = await here.answer(await bert.send(here.room, "!vendor watch off"))
    assert "nothing was done" in refused.body
    await anna.set_power(here.room, carl.user_id, 50)
    asked = await anna.send(here.room, "!vendor watch off")
    preview = await here.answer(asked)
    await here.seeded(preview.event_id, "✅")
    await bert.react(here.room, preview.event_id, "✅")
    await here.answer(asked, body="Only whoever gave that command")
    await bert.react(here.room, preview.event_id, "❎")
    await here.fence()
    named = await bert.send(here.room, "Cameras by Hikvision")
    assert "Hikvision" in (await here.answer(named)).body
    await carl.react(here.room, preview.event_id, "✅")
    await here.answer(asked, body="does not listen any more")
