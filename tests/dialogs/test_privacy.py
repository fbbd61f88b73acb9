"""What is private stays where it is, and what people say is kept nowhere."""

import logging
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot import log
from bot.commands import table
from bot.core.mention import Channel, Invocation
from bot.core.places import Listening
from bot.core.settings import Settings
from bot.core.status import State
from bot.errors import DeliveryError
from tests.build import name, vendor
from tests.dialogs.conftest import ACME, FEED, ROAD, Bot, a_bot
from tests.fakes import Clock

HUSH = vendor("hush-hush", names=[name("Hush Hush"), name("Hushh")])
HALL = Channel("fake", "#hall")
ADMINS = Channel("fake", "#ops")
ZEPHYR = Channel("fake", "#zephyr", private=True)
QUARTZ = Channel("fake", "!quartz", private=True, encrypted=True)
PRIVATE = (ZEPHYR, QUARTZ)
CLUB = "https://club.example/feed.xml"
NEWS = "https://gazette.example/a"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot in a public channel, two private ones and one for admins."""
    routes = {FEED: (HALL,), CLUB: PRIVATE}
    vendors = [ACME, ROAD, HUSH]
    async with a_bot(tmp_path, vendors, Settings(), Clock(), routes, (ADMINS,)) as made:
        await made.app.store.listen(QUARTZ, Listening.ON, "ada", made.clock())
        yield made


def files_in(folder: Path) -> bytes:
    """Read the database and what SQLite keeps beside it."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("bot.db*")))


def elsewhere(bot: Bot) -> str:
    """Give everything that channels which are not private were ever shown."""
    private = {each.id for each in PRIVATE}
    return repr([each for each in bot.platform.posted if each.channel not in private])


def links_of(bot: Bot) -> list[str]:
    """Give the links of the messages in private channels."""
    private = {each.id for each in PRIVATE}
    return [
        f'chat.example/{id_}"'
        for id_, each in bot.platform.shown.items()
        if each.channel in private
    ]


async def every_answer(bot: Bot) -> str:
    """Give what every command says in the public channel."""
    asked = [
        " ".join((*command.path, rest))
        for command in table
        for rest in ("", "hush-hush", "acme-cam", "cameras")
    ]
    before = len(bot.platform.replies)
    for number, line in enumerate(asked):
        # Somebody else each time: nobody may ask everything at once.
        given = Invocation(HALL, f"every-{number}", f"asker-{number}", line.strip())
        await bot.app.on_command(given)
    await bot.settle()
    answers = [text for _, text in bot.platform.replies[before:]]
    assert len(answers) > len(asked) - 5, "some say nothing, not many"
    return "\n".join(answers)


async def a_busy_day(bot: Bot) -> None:
    """Let all sorts of things happen in private channels, and a little in the public one."""
    for number, channel in enumerate(PRIVATE):
        await bot.hears(channel, "Hush Hush", message_id=f"secret-{number}-1")
        await bot.hears(channel, "Acme Cam or Road Runner", message_id=f"secret-{number}-2")
        await bot.edits(channel, f"secret-{number}-1", "Hush Hush and acme.example")
        await bot.calls_wrong(channel, bot.last_id(), "road-runner")
        await bot.mutes("road-runner", channel, reason="the zephyr affair")
        await bot.hears(channel, "Road Runner", message_id=f"secret-{number}-3")
        await bot.deletes(channel, f"secret-{number}-1")
    await bot.reads(("For the club", "", "Acme Cam, Hush Hush"), feed=CLUB, url=NEWS)
    await bot.reads(("For all", "", "Acme Cam"), url=NEWS)
    await bot.reads(("For all, mended", "", "Acme Cam"), url=NEWS)
    await bot.hears(HALL, f"Road Runner, see {NEWS}", message_id="public-1")
    await bot.alerts(ZEPHYR, mode="digest")
    await bot.answers("vendor pause", "mallory", QUARTZ)
    bot.clock.pass_(days=2)
    await bot.hears(ZEPHYR, "Hush Hush, Acme Cam", message_id="secret-7")
    bot.clock.pass_(days=1)
    await bot.settle()
    bot.platform.refuses.add(QUARTZ.id)
    await bot.hears(QUARTZ, "Hush Hush", message_id="secret-8")
    await bot.hears(HALL, "Acme Cam", message_id="public-2")


async def test_nothing_of_a_private_channel_shows_anywhere_else(place: Bot) -> None:
    with capture_logs() as logs:
        await a_busy_day(place)
        answers = await every_answer(place)
    store = place.app.store
    shown_to_all = elsewhere(place)
    assert "Acme" in shown_to_all, "nothing would be found in nothing"
    lists = [await store.last_alerts(each, None, 99) for each in ("acme-cam", "hush-hush")]
    status = await store.status(place.clock())
    surfaces = {
        "posts, edits, digests and notices": shown_to_all,
        "answers": answers,
        "logs": repr(logs),
        "history": repr(lists),
        "status": repr(status),
        "given up": repr(await store.parked(99)),
        "what was attempted": repr(await store.people.attempts(99)),
        "the last days": repr(await store.people.past("hush-hush", place.clock()))
        + repr(await store.people.past("acme-cam", place.clock())),
        "precision": repr(await store.precision()),
        "choices of the public channel": repr(await store.mutes(place.clock()))
        + repr(await store.chosen(HALL.key)),
    }
    secrets = ["zephyr", "quartz", "secret-", "For the club", "club.example", *links_of(place)]
    found = [
        (surface, secret)
        for surface, text in surfaces.items()
        for secret in secrets
        if secret in text
    ]
    assert found == []
    assert lists[1] == ()


async def test_a_vendor_that_only_private_channels_name_is_named_nowhere_else(
    place: Bot,
) -> None:
    with capture_logs() as logs:
        await a_busy_day(place)
    assert "acme-cam" in repr(logs), "nothing would be found in nothing"
    assert "hush" not in repr(logs).lower()
    assert "hush" not in elsewhere(place).lower()
    await place.answers("vendor status")
    assert "hush" not in repr(place.platform.replies[-1]).lower()
    assert "hush" not in repr(await place.app.store.status(place.clock()))


async def test_precision_counts_no_private_alerts(place: Bot) -> None:
    await a_busy_day(place)
    counted = {(each.vendor, each.name): each.alerts for each in await place.app.store.precision()}
    assert ("hush-hush", "Hush Hush") not in counted


async def test_the_counts_of_status_are_the_same_whatever_private_channels_do(
    place: Bot,
) -> None:
    before = await place.answers("vendor status")
    place.platform.refuses.add(QUARTZ.id)
    await place.alerts(ZEPHYR, mode="digest")
    await place.hears(ZEPHYR, "Hush Hush")
    await place.mutes("acme-cam", ZEPHYR)
    await place.hears(QUARTZ, "Hush Hush")
    assert (await place.app.store.depth())[State.FAILED] == 1
    assert await place.answers("vendor status") == before


async def test_admins_hear_of_a_private_channels_trouble_without_its_name(place: Bot) -> None:
    place.platform.failing.append(DeliveryError("#zephyr is archived", permanent=True))
    with capture_logs() as logs:
        await place.hears(ZEPHYR, "Hush Hush")
    (notice,) = place.shown(ADMINS.id)
    assert "a private channel on fake cannot be posted" in notice
    assert "zephyr" not in notice
    assert "zephyr" not in repr(logs)
    assert "zephyr" not in await place.answers("vendor status")


async def test_what_is_muted_or_wrong_in_private_is_not_so_elsewhere(place: Bot) -> None:
    await place.hears(ZEPHYR, "Hush Hush")
    await place.calls_wrong(ZEPHYR, place.last_id())
    await place.mutes("acme-cam", ZEPHYR)
    await place.hears(HALL, "Hush Hush")
    await place.hears(HALL, "Acme Cam")
    assert len(place.shown(HALL.id)) == 2


async def test_a_story_told_in_private_is_news_elsewhere(place: Bot) -> None:
    await place.reads(("For the club", "", "Acme Cam"), feed=CLUB, url=NEWS)
    await place.hears(HALL, f"Acme Cam, see {NEWS}")
    (card,) = place.shown(HALL.id)
    assert "For the club" not in card


async def test_an_encrypted_rooms_words_are_not_in_the_database(place: Bot, tmp_path: Path) -> None:
    await place.alerts(QUARTZ, cooldown="1h")
    place.platform.failing.append(DeliveryError("busy", retry_after=30))
    await place.hears(QUARTZ, "from aCmE cAm", message_id="1")
    await place.hears(QUARTZ, "HuShH and rOaD rUnNeR", message_id="2")
    kept = files_in(tmp_path)
    assert b"acme-cam" in kept
    assert [each for each in (b"aCmE cAm", b"HuShH", b"rOaD rUnNeR") if each in kept] == []
    place.clock.pass_(minutes=1)
    await place.settle()
    assert await place.calls_wrong(QUARTZ, place.last_id()) == 1
    assert [each for each in (b"aCmE", b"acme cam", b"hushh") if each in files_in(tmp_path)] == []


async def test_what_people_say_is_nowhere(place: Bot, tmp_path: Path) -> None:
    out = StringIO()
    log.configure("debug", "json", out)
    for library in ("aiosqlite", "sqlalchemy"):
        logging.getLogger(library).setLevel(logging.WARNING)
    secrets = ["xyzzy", "plugh", "frobozz", "quux-link", "mallory"]
    for number, channel in enumerate((HALL, *PRIVATE)):
        id_ = f"t{number}"
        said = "xyzzy Acme Cam plugh https://hidden.example/quux-link"
        await place.hears(channel, said, message_id=id_, author="mallory")
        await place.hears(channel, "xyzzy only", author="mallory")
        await place.edits(channel, id_, "frobozz Acme Cam and Road Runner")
        await place.calls_wrong(channel, place.last_id())
        await place.deletes(channel, id_)
    await place.alerts(HALL, mode="digest")
    place.platform.failing.append(DeliveryError("busy", retry_after=60))
    await place.hears(HALL, "xyzzy Hush Hush plugh", author="mallory")
    place.clock.pass_(days=1)
    await place.settle()
    kept = files_in(tmp_path)
    assert b"Hush Hush" in kept
    assert [each for each in secrets if each.encode() in kept] == []
    assert "alert recorded" in out.getvalue()
    assert [each for each in secrets if each in out.getvalue()] == []
    assert [each for each in secrets if each in repr(place.platform.posted)] == []


async def test_an_adapter_that_fails_with_a_messages_words_does_not_bring_them_into_the_log(
    place: Bot, tmp_path: Path
) -> None:
    # An SDK's error may quote what it could not post: the bot's own words, never a person's.
    place.platform.failing.append(ValueError("Here because of “Acme Cam”"))
    with capture_logs() as logs:
        await place.hears(HALL, "xyzzy Acme Cam")
    assert "xyzzy" not in repr(logs)
    assert b"xyzzy" not in files_in(tmp_path)
