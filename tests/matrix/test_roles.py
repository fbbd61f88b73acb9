"""Who may do what: by power in a room, by management rooms, by the configuration."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.matrix.bot import Bot, running
from tests.matrix.far import Far, Program
from tests.matrix.homeserver import Account, Homeserver
from tests.matrix.hosts import FOLLOWED, V3, answer, answered, ask, invited, said
from tests.matrix.person import Person

pytestmark = [pytest.mark.matrix, pytest.mark.asyncio(loop_scope="module")]

EVERYWHERE = "!vendor mute dahua for 30d everywhere"


@dataclass(frozen=True, slots=True)
class Office:
    """A bot with a management room, which `warden` made, and a curator by the configuration."""

    bot: Bot
    warden: Account
    curator: Account
    room: str


@asynccontextmanager
async def opened(folder: Path, synapse: Homeserver) -> AsyncIterator[Office]:
    """Run a bot with a management room to which it is invited."""
    warden, curator = synapse.newcomer("warden"), synapse.newcomer("curator")
    options = {"preset": "private_chat", "room_version": "11"}
    made = await ask(synapse, warden, "POST", f"{V3}/createRoom", options)
    room = str(made["room_id"])
    more: dict[str, object] = {"roles": {"curators": [f"matrix:{curator.user_id}"]}}
    matrix: dict[str, object] = {"management": [room]}
    async with running(folder, synapse, more=more, matrix=matrix) as bot:
        body = {"user_id": bot.user_id}
        await ask(synapse, warden, "POST", f"{V3}/rooms/{room}/invite", body)
        yield Office(bot, warden, curator, room)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(
    tmp_path_factory: pytest.TempPathFactory, synapse: Homeserver
) -> AsyncIterator[Office]:
    async with opened(tmp_path_factory.mktemp("bot"), synapse) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def others(far_program: Program) -> AsyncIterator[Far]:
    async with far_program.connect() as connection:
        yield connection


async def joined(host: Person, guest: Person, room: str) -> None:
    """Bring somebody into a room."""
    await host.invite(room, guest.user_id)
    await guest.wait_room(by=host.user_id)
    await guest.join(room)
    await host.wait_member(room, guest.user_id)


async def may_moderate(who: Person, bot: Bot, room: str) -> bool:
    """Try what only moderators may in an encrypted room, and see whether it is done."""
    told = await answer(who, bot, room, "!vendor watch on")
    assert ("listens" in told) != ("admins" in told), told
    return "listens" in told


@pytest.mark.parametrize("version", ["12", "11", "9", "1"])
async def test_whoever_made_a_room_or_moderates_it_decides_there_and_others_do_not(
    office: Office, others: Far, synapse: Homeserver, version: str
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    ben = await others.login(synapse, synapse.newcomer("ben"))
    carl = await others.login(synapse, synapse.newcomer("carl"))
    content: Mapping[str, object] = {}
    if version == "12":  # who made it with others is as mighty as they
        content = {"creation_content": {"additional_creators": [carl.user_id]}}
    room = await invited(anna, office.bot, encrypted=True, version=version, content=content)
    await joined(anna, ben, room)
    await joined(anna, carl, room)
    if version != "12":
        await anna.set_power(room, carl.user_id, 50)
        await ben.wait_event(room, type="m.room.power_levels", sender=anna.user_id)
    assert not await may_moderate(ben, office.bot, room)
    assert await may_moderate(anna, office.bot, room)
    assert await may_moderate(carl, office.bot, room)


async def test_who_is_in_the_management_room_is_a_curator_and_who_runs_it_an_admin(
    office: Office, others: Far, synapse: Homeserver
) -> None:
    bot = office.bot
    warden = await others.login(synapse, office.warden)
    await warden.wait_member(office.room, bot.user_id)
    anna = await others.login(synapse, synapse.newcomer("anna"))
    ben = await others.login(synapse, synapse.newcomer("ben"))
    hall = await invited(anna, bot)
    await joined(anna, ben, hall)
    await joined(warden, ben, office.room)
    # Whoever made the hall decides for it alone.
    assert "Only curators" in await answer(anna, bot, hall, EVERYWHERE)
    shown = await answered(ben, bot, hall, EVERYWHERE)
    assert "would mute" in shown.body
    # Only an admin decides for another room; this one made it no room of theirs.
    other = f"!vendor watch off matrix:{hall}"
    assert "admins" in await answer(ben, bot, office.room, other)
    assert "would listen no more" in await answer(warden, bot, office.room, other)


async def test_who_left_the_management_room_is_nobody_special_any_more(
    office: Office, others: Far, synapse: Homeserver
) -> None:
    bot = office.bot
    warden = await others.login(synapse, office.warden)
    ben = await others.login(synapse, synapse.newcomer("ben"))
    await joined(warden, ben, office.room)
    await warden.request("POST", f"{V3}/rooms/{office.room}/kick", {"user_id": ben.user_id})
    # The bot has heard of it once it answers what came after.
    await answered(warden, bot, office.room, "!vendor list")
    hall = await invited(ben, bot)
    assert "Only curators" in await answer(ben, bot, hall, EVERYWHERE)


async def test_a_refusal_is_for_the_asker_alone_where_they_talk_with_the_bot_already(
    office: Office, others: Far, synapse: Homeserver
) -> None:
    bot = office.bot
    anna = await others.login(synapse, synapse.newcomer("anna"))
    ben = await others.login(synapse, synapse.newcomer("ben"))
    hall = await invited(anna, bot)
    await joined(anna, ben, hall)
    assert "Only curators" in await answer(anna, bot, hall, EVERYWHERE)
    direct = await invited(anna, bot, is_direct=True, encrypted=True)
    await anna.send(hall, EVERYWHERE)
    refused = await anna.wait_event(direct, sender=bot.user_id, body="Only curators")
    assert refused.encrypted
    assert len(await said(anna, bot, hall, "Only curators")) == 1


async def test_who_may_do_what_is_told_to_the_asker_alone_in_a_room_made_for_it(
    office: Office, others: Far, synapse: Homeserver
) -> None:
    bot = office.bot
    warden = await others.login(synapse, office.warden)
    await warden.wait_member(office.room, bot.user_id)
    ben = await others.login(synapse, synapse.newcomer("ben"))
    hall = await invited(warden, bot)
    await joined(warden, ben, hall)
    await warden.send(hall, "!vendor roles")
    direct = (await warden.wait_room(by=bot.user_id)).room_id
    await warden.join(direct)
    told = await warden.wait_event(direct, sender=bot.user_id, body="Who may change what")
    assert told.encrypted
    assert not await said(warden, bot, hall, "Who may change what")


async def test_the_configuration_makes_curators(
    office: Office, others: Far, synapse: Homeserver
) -> None:
    curator = await others.login(synapse, office.curator)
    hall = await invited(curator, office.bot)
    assert "would mute" in await answer(curator, office.bot, hall, EVERYWHERE)


async def test_the_management_room_is_told_where_nothing_can_be_posted_and_no_names(
    office: Office, others: Far, synapse: Homeserver
) -> None:
    bot = office.bot
    warden = await others.login(synapse, office.warden)
    await warden.wait_member(office.room, bot.user_id)
    anna = await others.login(synapse, synapse.newcomer("anna"))
    state = [
        {
            "type": "m.room.power_levels",
            "state_key": "",
            "content": {"users": {anna.user_id: 100}, "events_default": 50},
        }
    ]
    known = [each.event_id for each in await warden.events(office.room)][-1]
    room = await anna.create_room(
        "hush", version="11", invite=[bot.user_id], content={"initial_state": state}
    )
    notice = await warden.wait_event(
        office.room, sender=bot.user_id, body="cannot be posted", after=known
    )
    assert room not in str(notice.content)
    assert "a private channel on matrix" in notice.body


@pytest.mark.long
async def test_the_matters_of_private_rooms_are_told_nowhere_else(
    office: Office, others: Far, synapse: Homeserver
) -> None:
    bot = office.bot
    anna = await others.login(synapse, synapse.newcomer("anna"))
    ben = await others.login(synapse, synapse.newcomer("ben"))
    secret = await invited(anna, bot)
    await anna.send(secret, "!vendor mute nuctech for 2d because of the secret deal")
    await anna.wait_event(secret, sender=bot.user_id, body="muted")
    hall = await invited(anna, bot, public=True)
    await joined(anna, ben, hall)
    direct = await invited(anna, bot, is_direct=True)
    bens = await invited(ben, bot, is_direct=True)

    async def told(who: Person, room: str) -> str:
        asked = await who.send(room, "!vendor overview")
        seen = await who.wait_event(room, sender=bot.user_id, body="Last alerts", after=asked)
        return str(seen.content)

    for who, room in ((anna, hall), (ben, hall), (ben, bens), (anna, direct)):
        shown = await told(who, room)
        assert secret not in shown
        assert "secret deal" not in shown
    assert "secret deal" in await told(anna, secret)
    await bot.stop()
    await bot.start()
    assert "secret deal" not in await told(anna, hall)
    assert "secret deal" not in await told(ben, bens)


@pytest.mark.long
async def test_a_management_room_that_goes_on_elsewhere_takes_its_rights_and_notices_along(
    tmp_path: Path, others: Far, synapse: Homeserver
) -> None:
    async with opened(tmp_path, synapse) as office:
        await goes_on(office, others, synapse)


async def goes_on(office: Office, others: Far, synapse: Homeserver) -> None:
    bot = office.bot
    warden = await others.login(synapse, office.warden)
    await warden.wait_member(office.room, bot.user_id)
    anna = await others.login(synapse, synapse.newcomer("anna"))
    ben = await others.login(synapse, synapse.newcomer("ben"))
    await joined(warden, ben, office.room)
    new = await warden.upgrade_room(office.room, "12")
    await warden.invite(new, bot.user_id)
    await warden.wait_event(new, sender=bot.user_id, body=FOLLOWED)
    hall = await invited(ben, bot)
    # He is still in the old room, as everybody stays in one, and was not invited to the new.
    assert "Only curators" in await answer(ben, bot, hall, EVERYWHERE)
    await joined(warden, anna, new)
    other = await invited(anna, bot)
    assert "would mute" in await answer(anna, bot, other, EVERYWHERE)
    silent = {"users": {anna.user_id: 100}, "events_default": 50}
    state = [{"type": "m.room.power_levels", "state_key": "", "content": silent}]
    await anna.create_room(
        "hush", version="11", invite=[bot.user_id], content={"initial_state": state}
    )
    await warden.wait_event(new, sender=bot.user_id, body="cannot be posted")
    assert await said(warden, bot, new, FOLLOWED)
