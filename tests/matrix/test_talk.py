"""Talking with the real bot in plain and encrypted rooms."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.matrix.bot import Bot, running
from tests.matrix.far import Far
from tests.matrix.homeserver import Homeserver
from tests.matrix.person import Person

pytestmark = pytest.mark.matrix


@pytest.fixture
async def bot(tmp_path: Path, synapse: Homeserver) -> AsyncIterator[Bot]:
    async with running(tmp_path, synapse) as made:
        yield made


async def invited(host: Person, bot: Bot, *, encrypted: bool, **more: object) -> str:
    """Make a room, invite the bot and wait for its introduction."""
    room = await host.create_room("hall", encrypted=encrypted, invite=[bot.user_id], **more)  # type: ignore[arg-type]
    await host.wait_member(room, bot.user_id)
    await host.wait_event(room, sender=bot.user_id, body="VendorWatch")
    return room


@pytest.mark.parametrize("encrypted", [False, True])
async def test_a_command_is_answered_in_its_thread(
    bot: Bot, others: Far, synapse: Homeserver, encrypted: bool
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    room = await invited(anna, bot, encrypted=encrypted)
    asked = await anna.send(room, "!vendor hikvision")
    seen = await anna.wait_event(room, sender=bot.user_id, rel_type="m.thread", relates_to=asked)
    assert seen.content["msgtype"] == "m.notice"
    assert seen.encrypted is encrypted
    assert seen.shield == ("none" if encrypted else None)
    assert "Hikvision" in str(seen.body)
