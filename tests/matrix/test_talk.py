"""Talking with the real bot in plain and encrypted rooms: what is asked, and what is named."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.matrix.bot import Bot, running
from tests.matrix.far import Far, Program
from tests.matrix.hall import hall
from tests.matrix.homeserver import Homeserver

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


@both
async def test_a_command_is_answered_in_its_thread(
    bot: Bot, others: Far, synapse: Homeserver, encrypted: bool
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    here = await hall(anna, bot, encrypted=encrypted)
    asked = await anna.send(here.room, "!vendor hikvision")
    seen = await here.answer(asked)
    assert "Hikvision" in seen.body
    assert "<strong>" in str(seen.content["formatted_body"])
    assert seen.relates_to["m.in_reply_to"] == {"event_id": asked}
    assert seen.relates_to["is_falling_back"] is True
    assert len(await here.said(after=asked)) == 1
    await here.closed()


@both
async def test_however_the_bot_is_spoken_to_it_answers_once_and_in_order(
    bot: Bot, others: Far, synapse: Homeserver, encrypted: bool
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    here = await hall(anna, bot, encrypted=encrypted)
    name = bot.account.localpart
    pill = f'<a href="https://matrix.to/#/{bot.user_id}">{name}</a>: dahua'
    asked = [
        await anna.send(here.room, "!vendor hikvision"),
        await anna.send(here.room, f"@{name}: hikvision"),
        await anna.send(here.room, f"{bot.user_id} hikvision"),
        await anna.send(here.room, f"{name}: dahua", formatted=pill, mentions=[bot.user_id]),
        await anna.send(here.room, f"{name} vendor list", mentions=[bot.user_id]),
        await anna.send(here.room, "/vendor hikvision"),
        await anna.send(here.room, "//vendor hikvision"),
        await anna.send(here.room, "!VENDOR Hikvision"),
        await anna.send(here.room, "!vendor watch"),
        await anna.send(here.room, "!vendor no such company at all"),
    ]
    await here.answer(asked[-1])
    said = await here.said(after=asked[0])
    assert [each.relates_to["event_id"] for each in said] == asked
    bodies = [each.body for each in said]
    assert all("Hikvision" in bodies[at] for at in (0, 1, 2, 5, 6, 7))
    assert "Dahua" in bodies[3]
    assert "watched vendors" in bodies[4]
    assert "vendor watch <state>" in bodies[8]
    assert "No watched vendor is called" in bodies[9]
    await here.closed()


@both
async def test_whoever_is_alone_with_the_bot_needs_no_prefix(
    bot: Bot, others: Far, synapse: Homeserver, encrypted: bool
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    room = await anna.create_room(encrypted=encrypted, invite=[bot.user_id], is_direct=True)
    await anna.wait_member(room, bot.user_id)
    asked = await anna.send(room, "hikvision")
    seen = await anna.wait_event(room, sender=bot.user_id, body="Sanctions status", after=asked)
    assert "rel_type" not in seen.relates_to
    assert seen.encrypted is encrypted
    listed = await anna.send(room, "vendor list")
    await anna.wait_event(room, sender=bot.user_id, body="watched vendors", after=listed)


@both
async def test_what_is_no_command_of_a_person_is_passed_by(
    bot: Bot, others: Far, synapse: Homeserver, encrypted: bool
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    here = await hall(anna, bot, encrypted=encrypted, listening=True)
    first = await anna.send(here.room, "!vendor hikvision", msgtype="m.notice")
    await anna.send(here.room, "We looked at hikvision", msgtype="m.notice")
    await anna.send(here.room, "!vendor dji", msgtype="m.file")
    await anna.send(here.room, "!vendor dji", msgtype="m.image")
    await anna.send(here.room, "the vendor told me so")
    await anna.send(here.room, f"{bot.account.localpart} is down")
    named = await anna.send(here.room, "dahua technology is named last")
    await here.answer(named, body="Dahua")
    fence = await here.fence()
    about = [each.relates_to["event_id"] for each in await here.said(after=first)]
    assert about == [named, fence]
    await here.closed()


async def test_a_message_that_names_a_vendor_brings_its_card_into_a_thread(
    bot: Bot, others: Far, synapse: Homeserver
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    here = await hall(anna, bot, encrypted=False)
    named = await anna.send(here.room, "They want cameras of Hikvision in the town hall.")
    seen = await here.answer(named)
    assert "Here because of “Hikvision”" in seen.body
    again = await anna.send(here.room, "Hikvision, I say.")
    await here.fence()
    said = await here.said(after=named)
    about = [each.relates_to["event_id"] for each in said]
    assert said[0].event_id == seen.event_id
    assert about.count(named) == 1
    assert again not in about


async def test_an_encrypted_room_is_read_only_once_a_moderator_wants_that(
    bot: Bot, others: Far, synapse: Homeserver
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    bert = await others.login(synapse, synapse.newcomer("bert"))
    here = await hall(anna, bot, encrypted=True)
    await anna.invite(here.room, bert.user_id)
    await bert.join(here.room)
    await anna.wait_member(here.room, bert.user_id)
    early = await bert.send(here.room, "Hikvision before anybody agreed")
    refused = await here.answer(await bert.send(here.room, "!vendor watch on"))
    assert "nothing was done" in refused.body
    still = await bert.send(here.room, "Hikvision after nobody agreed")
    agreed = await anna.send(here.room, "!vendor watch on")
    assert "listens" in (await here.answer(agreed)).body
    named = await bert.send(here.room, "Hikvision now")
    card = await here.answer(named)
    assert "Hikvision" in card.body
    assert "“Hikvision”" not in card.body  # the words of such a room are kept nowhere
    await bert.wait_event(here.room, event_id=card.event_id)
    about = [each.relates_to.get("event_id") for each in await here.said()]
    assert not {early, still} & set(about)
    await here.closed()


@both
async def test_an_edit_tells_of_the_vendor_that_it_adds_and_of_no_other(
    bot: Bot, others: Far, synapse: Homeserver, encrypted: bool
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    here = await hall(anna, bot, encrypted=encrypted, listening=True)
    named = await anna.send(here.room, "Cameras by Hikvision")
    await here.answer(named, body="Hikvision")
    await anna.edit(here.room, named, "Cameras by Hikvision and Dahua")
    await here.answer(named, body="Dahua")
    await here.fence()
    said = [each for each in await here.said() if each.relates_to.get("event_id") == named]
    assert ["Hikvision" in said[0].body, "Dahua" in said[1].body] == [True, True]
    assert len(said) == 2
    await here.closed()


@both
async def test_a_card_goes_with_the_message_that_brought_it(
    bot: Bot, others: Far, synapse: Homeserver, encrypted: bool
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    here = await hall(anna, bot, encrypted=encrypted, listening=True)
    named = await anna.send(here.room, "Cameras by Hikvision")
    card = await here.answer(named)
    await anna.redact(here.room, named)
    await anna.wait_event(here.room, event_id=card.event_id, redacted=True)


@both
async def test_what_a_reply_quotes_names_nobody(
    bot: Bot, others: Far, synapse: Homeserver, encrypted: bool
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    here = await hall(anna, bot, encrypted=encrypted, listening=True)
    first = await anna.send(here.room, "What do you think?")
    quoting = await anna.send(
        here.room,
        f"> <{anna.user_id}> Cameras by Hikvision\n\nNo, by Dahua Technology.",
        formatted="<mx-reply>Cameras by Hikvision</mx-reply>No, by Dahua Technology.",
        reply_to=first,
    )
    assert "Dahua" in (await here.answer(quoting)).body
    asked = await anna.send(
        here.room, f"> <{anna.user_id}> Hikvision\n\n!vendor huawei", reply_to=first
    )
    assert "Huawei" in (await here.answer(asked)).body
    assert not any("Hikvision" in each for each in await here.bodies(after=quoting))
    await here.closed()


@both
async def test_what_is_said_in_a_thread_is_told_of_in_that_thread(
    bot: Bot, others: Far, synapse: Homeserver, encrypted: bool
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    here = await hall(anna, bot, encrypted=encrypted, listening=True)
    root = await anna.send(here.room, "Let us talk of cameras")
    await anna.send(here.room, "Those by Hikvision?", thread=root)
    assert "Hikvision" in (await here.answer(root)).body
    changing = await anna.send(here.room, "Or others?", thread=root)
    await anna.edit(here.room, changing, "Or by Dahua Technology?")
    assert "Dahua" in (await here.answer(root, body="Dahua")).body
    asked = await anna.send(here.room, "!vendor huawei", thread=root)
    assert "Huawei" in (await here.answer(root, body="Huawei")).body
    said = await here.said(after=root)
    assert {each.relates_to["event_id"] for each in said} == {root}
    assert len(said) == 3
    # And the answer to a command there is changed with it.
    await anna.edit(here.room, asked, "!vendor zte")
    assert "ZTE" in await here.changed(said[-1].event_id)
    await here.closed()


@both
async def test_a_command_that_a_message_in_a_thread_is_edited_to_is_answered_there(
    bot: Bot, others: Far, synapse: Homeserver, encrypted: bool
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    here = await hall(anna, bot, encrypted=encrypted)
    root = await anna.send(here.room, "Let us talk of cameras")
    asked = await anna.send(here.room, "vendor hikvision", thread=root)
    await anna.edit(here.room, asked, "!vendor hikvision")
    assert "Hikvision" in (await here.answer(root)).body
    assert len(await here.said(after=root)) == 1


@both
async def test_captions_names_of_files_and_formatted_text_are_read(
    bot: Bot, others: Far, synapse: Homeserver, encrypted: bool
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    here = await hall(anna, bot, encrypted=encrypted, listening=True)
    named = {
        "Hikvision": await anna.send_file(here.room, "offer of Hikvision.pdf"),
        "Dahua": await anna.send_file(
            here.room, "offer.pdf", caption="What Dahua Technology offers"
        ),
        "Huawei": await anna.send(
            here.room, "see here", formatted='see <a href="https://x.example">what Huawei says</a>'
        ),
        "ZTE": await anna.send(here.room, "says that ZTE is fine", msgtype="m.emote"),
    }
    for vendor, event in named.items():
        assert vendor in (await here.answer(event)).body
    await here.closed()


@both
async def test_a_command_that_is_edited_has_one_answer_in_the_end(
    bot: Bot, others: Far, synapse: Homeserver, encrypted: bool
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    here = await hall(anna, bot, encrypted=encrypted)
    asked = await anna.send(here.room, "!vendor hikvison")
    first = await here.answer(asked, body="Did you mean")
    once = await anna.edit(here.room, asked, "!vendor hikvision")
    assert "Sanctions status" in await here.changed(first.event_id, after=once)
    twice = await anna.edit(here.room, asked, "!vendor dahua")
    assert "Dahua" in await here.changed(first.event_id, after=twice)
    said = await here.said(after=asked)
    assert [each.event_id for each in said] == [first.event_id]
    await anna.redact(here.room, asked)
    await anna.wait_event(here.room, event_id=first.event_id, redacted=True)
    await here.closed()


@pytest.mark.long
@both
async def test_a_long_record_comes_in_pages_and_goes_with_its_command(
    bot: Bot, others: Far, synapse: Homeserver, encrypted: bool
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    here = await hall(anna, bot, encrypted=encrypted)
    asked = await anna.send(here.room, "!vendor record huawei")
    await here.fence()
    pages = [each for each in await here.said() if each.relates_to.get("event_id") == asked]
    assert len(pages) > 1
    assert all(f"(part {at})" in page.body for at, page in enumerate(pages[1:], 2))
    # As a short card it takes one message, so the others go.
    after = await anna.edit(here.room, asked, "!vendor huawei")
    assert "Sanctions status" in await here.changed(pages[0].event_id, after=after)
    for page in pages[1:]:
        await anna.wait_event(here.room, event_id=page.event_id, redacted=True)
    # And long again, the first stays and others come anew.
    after = await anna.edit(here.room, asked, "!vendor record huawei")
    await here.changed(pages[0].event_id, after=after)
    await here.fence()
    now = [each for each in await here.said() if each.relates_to.get("event_id") == asked]
    assert len(now) == len(pages)
    await anna.redact(here.room, asked)
    for page in now:
        await anna.wait_event(here.room, event_id=page.event_id, redacted=True)
    await here.closed()


async def test_nobody_edits_what_somebody_else_asked(
    bot: Bot, others: Far, synapse: Homeserver
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    bert = await others.login(synapse, synapse.newcomer("bert"))
    here = await hall(anna, bot, encrypted=False)
    await anna.invite(here.room, bert.user_id)
    await bert.join(here.room)
    asked = await anna.send(here.room, "!vendor hikvision")
    first = await here.answer(asked)
    await bert.edit(here.room, asked, "!vendor dahua")
    await here.fence()
    events = await anna.events(here.room)
    edits = [each for each in events if each.relates_to.get("event_id") == first.event_id]
    assert not [each for each in edits if each.type == "m.room.message"]
    assert [each for each in await here.bodies(after=asked) if "Dahua" in each] == []


@pytest.mark.long
async def test_nobody_is_pinged_whatever_they_are_called(
    bot: Bot, others: Far, synapse: Homeserver
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    here = await hall(anna, bot, encrypted=False)
    for name in (
        "Hikvision",
        "<b>@room</b> & <script>alert(1)</script>",
        "\u202egnp.exe\u2066",
        "!vendor hikvision",
        "x" * 250,
    ):
        await anna.set_displayname(name)
        asked = await anna.send(here.room, "!vendor hikvision")
        seen = await here.answer(asked)
        assert "Sanctions status" in seen.body
        wrong = await here.answer(await anna.send(here.room, f"!vendor {name}"))
        drawn = str(wrong.content["formatted_body"])
        assert "<script>" not in drawn
        assert "<b>" not in drawn
        assert "@room" not in drawn + wrong.body
        assert "\u202e" not in drawn + wrong.body
    await here.said()


DEEP: dict[str, object] = {}
for _ in range(90):
    DEEP = {"nested": DEEP}

HOSTILE: tuple[dict[str, object], ...] = (
    {"msgtype": "m.text", "body": None},
    {"msgtype": None, "body": "!vendor hikvision"},
    {"msgtype": "m.text"},
    {},
    {"msgtype": "m.text", "body": ["!vendor hikvision"]},
    {"msgtype": "m.text", "body": {"body": "!vendor hikvision"}},
    {"msgtype": "m.text", "body": "x " * 20_000},
    {"msgtype": "m.text", "body": "!" * 40_000},
    {"msgtype": "m.text", "body": "deep", "formatted_body": DEEP, "m.new_content": DEEP},
    {"msgtype": "m.text", "body": "x", "m.mentions": {"user_ids": {"a": 1}}},
    {
        "msgtype": "m.text", "body": "x", "format": "org.matrix.custom.html",
        "formatted_body": "<blockquote>" * 3_000,
    },
)  # fmt: skip
RELATIONS: tuple[object, ...] = (
    DEEP,
    {"rel_type": "m.replace"},
    {"rel_type": "m.thread"},
    {"rel_type": ["m.thread"], "event_id": None},
    {"m.in_reply_to": "$nothing"},
)
"""Not encrypted, and not by a client, which is broken by some of them itself."""
ODD = (
    "<b>@room</b> <img src=x onerror=alert(1)> &amp;",
    "\u202e\u2066noisivkih\u2069\u202c",
    "\x00\x07\ufeff\u200b",
    "`code` [pill](https://matrix.to/#/@root:hall.example) @root:hall.example",
    "line one\nline two\r\nline three",
    "🇩🇪" * 500,
    "a" * 40_000,
    '"unclosed',
)


@both
async def test_what_is_meant_to_break_the_bot_gets_one_answer_or_none(
    bot: Bot, others: Far, synapse: Homeserver, encrypted: bool
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    here = await hall(anna, bot, encrypted=encrypted, listening=True)
    for content in HOSTILE:
        # Servers look into what is not encrypted, and do not take all of it.
        proper = all(isinstance(content.get(key), str) for key in ("msgtype", "body"))
        if not encrypted and (not proper or "m.mentions" in content):
            continue
        await anna.send_raw(here.room, "m.room.message", content)
    for number, relation in enumerate(RELATIONS):
        content = {"msgtype": "m.text", "body": "!vendors", "m.relates_to": relation}
        more = {"m.new_content": ["!vendor hikvision"]}
        await anna.send_clear(here.room, "m.room.message", {**content, **more}, f"r{number}")
    asked = [await anna.send(here.room, f"!vendor {each}") for each in ODD]
    asked.append(await anna.send(here.room, "!vendor hikvision"))
    await here.answer(asked[-1])
    said = await here.said(after=asked[0])
    assert [each.relates_to["event_id"] for each in said] == asked
    assert "Sanctions status" in said[-1].body
    for each in said[:-1]:
        drawn = str(each.content["formatted_body"]) + each.body
        assert "<img" not in str(each.content["formatted_body"])
        assert "@room" not in drawn
        assert "matrix.to/#/@" not in drawn
        assert "\u202e" not in drawn
        assert "Sanctions status" not in drawn
    assert not [each for each in bot.lines if each.get("level") == "error"]
    await here.closed()
