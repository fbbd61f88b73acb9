"""Where the bot listens: it is invited, approved, switched off, thrown out and taken out."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.core.document import said
from bot.core.mention import Channel
from bot.core.places import Listening, Watch
from bot.core.roles import Roles
from bot.core.settings import Settings
from bot.storage.store import Store
from tests.dialogs.conftest import ACME, FEED, ROAD, Bot, a_bot, buttons, place
from tests.fakes import NOON, Clock

OPS = Channel("fake", "#ops", private=True)
BOARD = Channel("fake", "#board", private=True)
ROOM = Channel("fake", "!room:chat.example", encrypted=True)
ROLES = Roles.of(["fake:ada"], ["fake:cora"])
LISTENS = "What I read: every message here, in memory, for vendors' names. "
ASK = "An admin types vendor watch on."


@pytest.fixture
async def invited(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot that listens where it is invited."""
    async with a_bot(
        tmp_path, [ACME, ROAD], Settings(), Clock(), {FEED: (place("#news"),)}, (OPS,), roles=ROLES
    ) as made:
        yield made


@pytest.fixture
async def approved(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot that listens where an admin has approved."""
    async with a_bot(
        tmp_path,
        [ACME, ROAD],
        Settings(),
        Clock(),
        {FEED: (place("#news"),)},
        (OPS,),
        roles=ROLES,
        watch=Watch.ON_APPROVAL,
    ) as made:
        yield made


async def test_a_bot_that_is_invited_says_what_it_reads_keeps_and_answers(invited: Bot) -> None:
    await invited.joins("#hall")
    [(channel, thread, text)] = invited.posted()
    assert (channel, thread) == ("#hall", None)
    assert text.splitlines() == [
        (
            "VendorWatch: I watch for 2 vendors on a watchlist and post what is on record about "
            "them, with sources and the vendors' own answers."
        ),
        (
            f"{LISTENS}A match is told in a thread under it; the same vendor again after 1d at the "
            "earliest."
        ),
        (
            "What I keep: no messages. Of one that names a vendor: its id, the time, the vendor "
            "and the words that matched."
        ),
        (
            "Ask me: vendor list says who is watched, vendor <name> shows a card, vendor "
            "help the rest."
        ),
        (
            "Too much? vendor mute <name> quiets a vendor here; “Wrong match” under a card takes "
            "it back. An admin ends the listening with vendor watch off."
        ),
        "Cards are no legal advice, and absence from a list is not clearance.",
    ]
    assert invited.platform.posted[0].document.summary == "VendorWatch is here. It listens."
    await invited.hears("#hall", "Acme Cam")
    assert len(invited.posted()) == 1


async def test_an_event_that_is_told_again_brings_no_second_introduction(invited: Bot) -> None:
    for _ in range(3):
        await invited.joins("#hall", event="e1")
    await invited.joins("#yard", event="e1")
    assert [channel for channel, _, _ in invited.posted()] == ["#hall", "#yard"]


async def test_of_an_encrypted_room_it_says_that_no_word_is_kept(invited: Bot) -> None:
    await invited.joins(ROOM)
    [(_, _, text)] = invited.posted()
    assert "Of one that names a vendor: its id, the time and the vendor.\n" in text


async def test_about_says_what_holds_in_this_channel(invited: Bot) -> None:
    assert "told in a thread under it; the same vendor again after 1d" in await invited.answers(
        "vendor about"
    )
    await invited.alerts("#hall", mode="digest", cooldown="12h", sound="loud")
    assert "told collected, in a digest; the same vendor again after 12h at the earliest." in (
        await invited.answers("vendor about")
    )
    await invited.alerts("#hall", mode="off")
    assert "A match is told not at all.\n" in await invited.answers("vendor about")


async def test_of_one_vendor_it_speaks_in_the_singular(tmp_path: Path) -> None:
    async with a_bot(tmp_path, [ACME], Settings(), Clock()) as bot:
        assert "I watch for 1 vendor on a watchlist and post" in await bot.answers("vendor about")


async def test_before_an_admin_approves_nothing_is_matched_or_kept(approved: Bot) -> None:
    await approved.joins("#hall")
    (intro, notice) = approved.posted()
    assert f"What I read: nothing, since an admin has to approve it. {ASK}" in intro[2]
    assert notice[0] == "#ops"
    assert notice[2].splitlines() == [
        (
            "The bot was invited to #hall by carl. No message there is looked at until an admin "
            "approves."
        ),
        "Approve this channel",
    ]
    await approved.hears("#hall", "Acme Cam", message_id="early")
    await approved.edits("#hall", "early", "Acme Cam, Road Runner")
    assert approved.posted() == []
    assert not await approved.app.store.named_before(place("#hall"), "early")
    assert "“Acme Cam”, exact" in await approved.answers("vendor check Acme Cam")
    await approved.decides("vendor watch on", "#hall")
    [(channel, _, told)] = approved.posted()
    assert (channel, told) == (
        "#hall",
        "The bot listens here. Type vendor about to see what that means.",
    )
    await approved.hears("#hall", "Acme Cam")
    assert len(approved.posted()) == 1
    await approved.hears("#yard", "Acme Cam")
    assert approved.posted() == []
    assert LISTENS in await approved.answers("vendor about")


async def test_the_button_of_the_notice_approves_and_the_channel_is_told(approved: Bot) -> None:
    await approved.joins("#hall")
    approved.posted()
    refused = await approved.presses("Approve this channel", "cora", OPS)
    assert refused == "Only admins may use vendor watch; nothing was done."
    assert approved.platform.replies[-1][0] == "cora"
    assert approved.posted() == []
    notice = approved.platform.shown["p2"].document
    line = buttons(notice)[0].line
    assert await approved.decides(line, OPS) == "The bot listens in #hall."
    assert [(channel, text.split(".")[0]) for channel, _, text in approved.posted()] == [
        ("#hall", "The bot listens here")
    ]
    await approved.hears("#hall", "Acme Cam")
    assert len(approved.posted()) == 1


async def test_a_private_channel_is_named_to_no_admin(approved: Bot) -> None:
    await approved.joins(BOARD)
    [(channel, _, text)] = approved.posted()
    assert channel == "#board"
    assert ASK in text


async def test_without_an_inviter_the_notice_names_nobody(approved: Bot) -> None:
    await approved.joins("#hall", by=None)
    assert "invited to #hall. No message" in approved.posted()[1][2]


async def test_admins_hear_nothing_of_channels_that_need_no_approval(invited: Bot) -> None:
    await invited.joins("#hall")
    assert [channel for channel, _, _ in invited.posted()] == ["#hall"]


async def test_what_is_switched_off_is_silent_and_answers_all_the_same(invited: Bot) -> None:
    assert await invited.decides("vendor watch off", "#hall") == (
        "The bot does not listen any more in #hall."
    )
    [(channel, _, told)] = invited.posted()
    assert (channel, told.split(".")[0]) == ("#hall", "The bot does not listen any more here")
    await invited.hears("#hall", "Acme Cam")
    assert invited.posted() == []
    assert (await invited.answers("vendor acme-cam")).startswith("Acme Cam")
    assert f"nothing, since listening is switched off here. {ASK}" in await invited.answers(
        "vendor about"
    )
    await invited.hears("#yard", "Acme Cam")
    assert len(invited.posted()) == 1
    await invited.decides("vendor watch on", "#hall")
    invited.posted()
    await invited.hears("#hall", "Acme Cam")
    assert len(invited.posted()) == 1


async def test_where_it_is_switched_off_feeds_go_on(invited: Bot) -> None:
    await invited.decides("vendor watch off", "#news")
    invited.posted()
    await invited.reads(("Cameras bought", "", "Acme Cam"))
    assert len(invited.posted()) == 1


async def test_a_channel_that_another_organisation_shares_is_not_read_unless_switched_on(
    invited: Bot,
) -> None:
    shared = replace(place("#fair"), external=True)
    await invited.joins("#fair", external=True)
    (intro, notice) = invited.posted()
    assert f"nothing, since another organisation shares this channel. {ASK}" in intro[2]
    assert "watch off" not in intro[2]
    assert notice[0] == "#ops"
    await invited.hears(shared, "Acme Cam")
    assert invited.posted() == []
    await invited.decides("vendor watch on", "#fair")
    invited.posted()
    await invited.hears(shared, "Acme Cam")
    assert len(invited.posted()) == 1


async def test_a_channel_once_known_to_be_shared_stays_unread_though_a_message_does_not_say_so(
    invited: Bot,
) -> None:
    await invited.joins("#fair", external=True)
    invited.posted()
    await invited.hears("#fair", "Acme Cam")
    assert invited.posted() == []
    assert "nothing, since another organisation shares" in await invited.answers(
        "vendor about", channel="#fair"
    )
    await invited.decides("vendor watch on", "#fair")
    invited.posted()
    await invited.hears("#fair", "Acme Cam")
    assert len(invited.posted()) == 1
    assert "every message here" in await invited.answers("vendor about", channel="#fair")


async def test_a_channel_is_named_by_its_id_or_by_its_key(invited: Bot) -> None:
    for named in ("#yard", "fake:#yard", "!room:chat.example", "fake:!room:chat.example"):
        id_ = named.removeprefix("fake:")
        told = await invited.decides(f"vendor watch off {named}", OPS)
        assert told == f"The bot does not listen any more in {id_}."
        assert invited.posted()[-1][0] == id_
        await invited.hears(Channel("fake", id_), "Acme Cam")
        assert invited.posted() == []
    told = await invited.answers("vendor watch off other:#yard", "ada")
    assert told == "'other:#yard' is no channel of this chat; write fake:ID"
    assert (await invited.answers("vendor watch off fake:", "ada")).startswith("'fake:' is no")


async def test_a_name_is_refused_where_channels_go_by_other_ids(invited: Bot) -> None:
    here = Channel("fake", "C01")
    told = await invited.answers("vendor watch off #yard", "ada", here)
    assert told == "'#yard' is a name; write fake:ID, or type this in that channel"
    assert invited.posted() == []


async def test_a_state_that_is_neither_on_nor_off_is_said(invited: Bot) -> None:
    told = await invited.answers("vendor watch maybe", "ada")
    assert told == "'maybe' is neither on nor off. Type vendor watch <state> [channel]."
    assert await invited.answers("vendor watch", "ada") == (
        "That needs a state. Type vendor watch <state> [channel]."
    )


async def test_thrown_out_it_gives_up_what_waited_and_is_welcome_again(invited: Bot) -> None:
    await invited.joins("#hall")
    await invited.alerts("#hall", mode="digest")
    await invited.hears("#hall", "Acme Cam")
    invited.platform.refuses.add("#hall")
    await invited.leaves("#hall")
    invited.posted()
    invited.clock.pass_(days=1)
    await invited.settle()
    assert invited.posted() == []
    assert "Waiting for a digest or the end of quiet hours: 0" in await invited.answers(
        "vendor status", channel="#yard"
    )
    invited.platform.refuses.clear()
    await invited.joins("#hall")
    [(channel, _, text)] = invited.posted()
    assert channel == "#hall"
    assert LISTENS in text
    await invited.alerts("#hall", mode=None)
    await invited.hears("#hall", "Acme Cam and Road Runner")
    assert len(invited.posted()) == 1


async def test_what_was_decided_holds_when_it_is_invited_again(invited: Bot) -> None:
    await invited.joins("#hall")
    await invited.decides("vendor watch off", "#hall")
    await invited.leaves("#hall")
    invited.posted()
    await invited.joins("#hall")
    assert "listening is switched off here" in invited.posted()[0][2]
    await invited.hears("#hall", "Acme Cam")
    assert invited.posted() == []


async def test_after_it_was_taken_out_nothing_goes_there(invited: Bot) -> None:
    await invited.alerts("#yard", mode="digest")
    await invited.hears("#yard", "Acme Cam")
    # Said and asked, and not yet answered or posted.
    store = invited.app.store
    await store.say("default", place("#hall"), said("Acme Cam"), "k1", NOON)
    await invited.app.on_removed("fake", "default")
    invited.clock.pass_(days=2)
    await invited.settle()
    assert invited.posted() == []
    assert invited.platform.replies == []


async def test_a_team_that_has_it_again_keeps_what_it_chose(invited: Bot) -> None:
    await invited.joins("#hall")
    await invited.decides("vendor watch off", "#hall")
    await invited.app.on_removed("fake", "default")
    invited.clock.pass_(days=3)
    await invited.joins("#hall")
    invited.clock.pass_(days=40)
    await invited.settle()
    assert "listening is switched off here" in await invited.answers("vendor about")


async def test_of_a_team_that_has_it_no_more_nothing_is_left_after_a_month(invited: Bot) -> None:
    await invited.joins("#hall")
    await invited.decides("vendor watch off", "#hall")
    await invited.app.on_removed("fake", "default")
    invited.clock.pass_(days=30)
    await invited.settle()
    assert await invited.app.store.places()
    invited.clock.pass_(hours=1)
    await invited.settle()
    assert not await invited.app.store.places()


async def test_what_an_admin_decides_holds_at_once(invited: Bot) -> None:
    await invited.hears("#hall", "nobody")
    await invited.answers("vendor watch off", "ada")
    invited.posted()
    await invited.hears("#hall", "Acme Cam")
    assert invited.posted() == []
    await invited.answers("vendor watch on", "ada")
    invited.posted()
    await invited.hears("#hall", "Acme Cam")
    assert len(invited.posted()) == 1


async def test_about_says_of_a_shared_channel_that_it_is_not_read(invited: Bot) -> None:
    await invited.joins("#fair", external=True)
    told = await invited.answers("vendor about", channel="#fair")
    assert f"nothing, since another organisation shares this channel. {ASK}" in told


async def test_admins_of_another_chat_or_team_are_asked_for_no_approval(tmp_path: Path) -> None:
    others = (Channel("other", "#ops"), Channel("fake", "#blue", team="blue"))
    async with a_bot(
        tmp_path, [ACME], Settings(), Clock(), None, others, watch=Watch.ON_APPROVAL
    ) as bot:
        await bot.joins("#hall")
        assert [channel for channel, _, _ in bot.posted()] == ["#hall"]


async def test_what_is_decided_while_the_bot_is_just_looking_is_not_missed(
    invited: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    places, looking, go_on = Store.places, asyncio.Event(), asyncio.Event()

    async def slow(store: Store) -> Any:
        found = await places(store)
        looking.set()
        await go_on.wait()
        return found

    await invited.joins("#hall")
    invited.app.places.forget()
    with monkeypatch.context() as patch:
        patch.setattr(Store, "places", slow)
        async with asyncio.TaskGroup() as group:
            group.create_task(invited.app.places.look())
            await looking.wait()
            hall = Channel("fake", "#hall")
            await invited.app.store.listen(hall, Listening.OFF, "ada", invited.clock())
            invited.app.places.forget()
            go_on.set()
    assert not await invited.app.places.listens(hall)
