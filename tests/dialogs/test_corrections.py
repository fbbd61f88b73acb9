"""The record of a vendor is edited: whoever was told otherwise is told, where they were told."""

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bot.core.document import Actions, Document, Struck, plain, runs
from bot.core.editing.tree import Tree, tree_of
from bot.core.mention import Channel, Invocation, Message
from bot.core.roles import Roles
from bot.core.settings import Settings
from bot.core.vendor import Vendor
from tests.build import full_vendor, measure, name, response
from tests.dialogs.conftest import ROAD, Bot, a_bot, buttons, place
from tests.fakes import Clock, FakePlatform

CURATORS = Roles.of(["fake:ada"], ["fake:dana", "fake:eli"])
CLOSED = Channel("fake", "!closed", private=True)
ACME = full_vendor(names=[name("Acme Cam")])
_EVENTS = count()


def acme(**changes: Any) -> Vendor:
    """Give the record as somebody wants it."""
    return full_vendor(names=[name("Acme Cam")], **changes)


ENDED = acme(measures=[measure(status="removed", ended_on="2024-03-31")])
ANSWERED = acme(
    responses=[
        response(),
        response("suit", kind="legal_action", date="2024-03-30", text="It sued."),
    ]
)


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot with an admin and two curators."""
    async with a_bot(tmp_path, [ACME, ROAD], Settings(), Clock(), roles=CURATORS) as made:
        yield made


async def edit(
    bot: Bot, record: Vendor | None, reason: str = "read the gazette", by: str = "dana"
) -> Invocation:
    """Let somebody edit the record of Acme in the channel of the curators."""
    given = Invocation(place("#desk"), f"e{next(_EVENTS)}", by, "")
    await again(bot, given, record, reason)
    return given


async def again(bot: Bot, given: Invocation, record: Vendor | None, reason: str) -> None:
    """Carry an edit out, perhaps once more."""
    tree: Tree | None = None if record is None else tree_of(record)
    await bot.app.editing.by(given).make("acme-cam", tree, reason)
    await bot.settle()


def cards(bot: Bot, channel: str) -> list[Document]:
    """Give what a channel shows that is a card."""
    shown = [each.document for each in bot.platform.shown.values() if each.channel == channel]
    return [each for each in shown if any("Hats" in s or "hats" in s for s in words(each))]


def words(document: Document) -> list[str]:
    """Give what is said, a run each."""
    return [plain(run) for block in document.blocks for run in runs(block)]


def struck(document: Document) -> str:
    """Give what is struck through."""
    parts = (part for block in document.blocks for run in runs(block) for part in run)
    return " ".join(part.value for part in parts if isinstance(part, Struck))


async def test_every_card_is_corrected_where_it_stands(bot: Bot) -> None:
    """In the hall, in another channel and in a private one; an undo corrects all of them back."""
    for channel in ("#hall", "#yard", CLOSED):
        await bot.hears(channel, "They bought an Acme Cam")
    posted = len(bot.platform.posted)
    await edit(bot, ENDED)
    for channel in ("#hall", "#yard", "!closed"):
        (shown,) = cards(bot, channel)
        assert "Zedland Trade List, since 9 Oct 2019" in struck(shown)
        told = "\n".join(words(shown))
        assert "Corrected on 1 Apr 2024: No longer in force (export control)" in told
        assert "Team entry by dana, 1 Apr 2024" in told
        assert "Corrected on 1 Apr 2024: No government measure in force on record." in told
        assert "never counted hats" in told
        assert "never counted hats" not in struck(shown)
        assert shown.summary.startswith("Corrected on 1 Apr 2024. Acme Cam: No government")
    assert len(bot.platform.posted) == posted + 3  # and each channel hears of it
    await bot.answers("watchlist undo 1", "eli", confirm=False)
    for channel in ("#hall", "#yard", "!closed"):
        (shown,) = cards(bot, channel)
        assert "removed" in struck(shown)
        assert "since 9 Oct 2019" not in struck(shown)
        assert "Corrected on 1 Apr 2024: Export control" in "\n".join(words(shown))


async def test_a_new_answer_of_the_vendors_reaches_old_cards(bot: Bot) -> None:
    """As an update: what stood there was right. Nobody is disturbed for it."""
    await bot.hears("#hall", "They bought an Acme Cam")
    posted = len(bot.platform.posted)
    bot.clock.pass_(days=3)
    await edit(bot, ANSWERED)
    (shown,) = cards(bot, "#hall")
    told = "\n".join(words(shown))
    assert "Legal action, 30 Mar 2024: It sued." in told
    assert "Updated on 4 Apr 2024." in told
    assert "Corrected" not in told
    assert struck(shown) == ""
    assert len(bot.platform.posted) == posted


async def test_a_card_that_waits_is_right_when_it_goes(bot: Bot) -> None:
    """Nobody has read the old words, so none are struck."""
    await bot.app.on_message(Message(place("#hall"), "m1", "anna", "An Acme Cam", bot.clock()))
    given = Invocation(place("#desk"), "e-waits", "dana", "")
    await bot.app.editing.by(given).make("acme-cam", tree_of(ENDED), "why")
    await bot.settle()
    shown = cards(bot, "#hall")[0]
    assert "removed" in "\n".join(words(shown))
    assert struck(shown) == ""
    assert "Corrected" not in "\n".join(words(shown))


async def test_a_card_that_waits_goes_nowhere_once_the_vendor_is_off_the_list(bot: Bot) -> None:
    """What nobody was told need not be taken back."""
    await bot.app.on_message(Message(place("#hall"), "m1", "anna", "An Acme Cam", bot.clock()))
    given = Invocation(place("#desk"), "e-gone", "dana", "")
    await bot.app.editing.by(given).make("acme-cam", None, "why")
    await bot.settle()
    assert bot.posted() == []


async def test_cards_of_a_vendor_taken_off_are_struck_and_come_back(bot: Bot) -> None:
    """With the reason; whoever puts it back corrects them again."""
    await bot.hears("#hall", "They bought an Acme Cam")
    await edit(bot, None, "not ours to watch")
    (shown,) = cards(bot, "#hall")
    assert "Acme Cam was taken off the watchlist. Reason: not ours to watch." in str(words(shown))
    assert "never counted hats" in struck(shown)
    assert len(bot.platform.posted) == 1
    await bot.answers("watchlist restore acme-cam", "dana", confirm=False)
    (shown,) = cards(bot, "#hall")
    assert "↳ Denial, 1 Dec 2023" in "\n".join(words(shown))


async def test_channels_that_follow_the_vendor_hear_of_changed_measures(bot: Bot) -> None:
    """Those that were alerted and those that chose it by name; not who muted it, or wants none."""
    for channel in ("#hall", "#quiet", "#off", "#other", "#trial"):
        await bot.hears(channel, "They bought an Acme Cam")
    await bot.alerts("#chose", vendors="acme-cam")
    await bot.alerts("#off", mode="off")
    await bot.alerts("#trial", mode="trial")
    await bot.alerts("#other", not_vendors="acme-cam")
    await bot.mutes("acme-cam", "#quiet")
    bot.posted()
    await edit(bot, ENDED)
    told = {channel: text for channel, _, text in bot.posted()}
    assert sorted(told) == ["#chose", "#hall"]
    text = told["#hall"]
    assert text.startswith("Acme Cam: status changed.")
    assert "Zedland Trade List: Export control, since 9 Oct 2019 → No longer in force" in text
    assert "Team entry by dana: read the gazette." in text
    document = bot.platform.posted[-1].document
    assert [each.label for each in buttons(document)] == ["Full record", "Mute here"]
    assert "Export control, since 9 Oct 2019" in struck(document)
    await bot.mutes("acme-cam", None)
    await edit(bot, ACME)
    assert bot.posted() == []


async def test_where_all_saw_the_edit_it_is_not_announced(tmp_path: Path) -> None:
    """Its answer is read by all there; where answers are private the others have to be told."""
    for private_answers in (True, False):
        platform = FakePlatform(private_answers=private_answers)
        folder = tmp_path / str(private_answers)
        folder.mkdir()
        a = a_bot(folder, [ACME], Settings(), Clock(), roles=CURATORS, platform=platform)
        async with a as bot:
            await bot.hears("#desk", "They bought an Acme Cam")
            await edit(bot, ENDED)
            bot.posted()
            await bot.answers("watchlist undo 1", "eli", "#desk", confirm=False)
            assert len(bot.posted()) == int(private_answers)


async def test_what_is_worded_otherwise_is_no_news(bot: Bot) -> None:
    """The card is corrected; nobody is disturbed."""
    await bot.hears("#hall", "They bought an Acme Cam")
    bot.posted()
    await edit(bot, acme(measures=[measure(effect="A licence is needed.")]))
    assert bot.posted() == []
    assert "A licence is needed." in "\n".join(words(cards(bot, "#hall")[0]))


async def test_an_edit_and_its_undo_at_once_are_not_announced(bot: Bot) -> None:
    """Nobody was told yet, so nobody needs to know; told once, it is told back."""
    await bot.hears("#hall", "They bought an Acme Cam")
    bot.posted()
    for number, event in enumerate(("e-one", "e-two"), 1):
        edits = bot.app.editing.by(Invocation(place("#desk"), event, "dana", ""))
        if number == 1:
            await edits.make("acme-cam", tree_of(ENDED), "a slip")
        else:
            back = edits.edition.undone(await edits.find(1))
            assert isinstance(back, tuple)
            await edits.change("acme-cam", back, "undo of 1", undoes=1)
    await bot.settle()
    assert bot.posted() == []
    await bot.answers("watchlist undo 2", "dana", confirm=False)
    assert len(bot.posted()) == 1
    await bot.answers("watchlist undo 3", "dana", confirm=False)
    assert len(bot.posted()) == 1


async def test_a_command_that_is_carried_out_twice_tells_once(bot: Bot) -> None:
    """Its answer was lost, so it comes again."""
    await bot.hears("#hall", "They bought an Acme Cam")
    given = await edit(bot, ENDED)
    bot.posted()
    before = cards(bot, "#hall")
    await again(bot, given, ENDED, "read the gazette")
    assert bot.posted() == []
    assert cards(bot, "#hall") == before


async def test_a_shared_card_and_an_answer_that_all_see_are_corrected(tmp_path: Path) -> None:
    """They are messages as any."""
    platform = FakePlatform(private_answers=False, keeps_answers=True)
    async with a_bot(tmp_path, [ACME], Settings(), Clock(), roles=CURATORS, platform=platform) as b:
        await b.answers("vendor acme-cam")
        await b.answers("vendor share acme-cam")
        b.clock.pass_(days=2)
        await b.app.upkeep.once()
        await edit(b, ENDED)
        for id_ in ("a1", "a2"):
            assert "Zedland Trade List, since" in struck(platform.shown[id_].document)
            assert any(isinstance(x, Actions) for x in platform.shown[id_].document.blocks)


async def test_below_a_card_of_long_ago_a_note_says_what_changed(bot: Bot) -> None:
    """Its words are forgotten, so it cannot be changed where it stands."""
    await bot.hears("#hall", "They bought an Acme Cam", message_id="m1")
    bot.clock.pass_(days=60)
    await bot.app.upkeep.once()
    bot.posted()
    given = await edit(bot, ANSWERED)
    ((channel, thread, text),) = bot.posted()
    assert (channel, thread) == ("#hall", "m1")
    assert "what this card of Acme Cam said has changed" in text
    assert "Legal action, 30 Mar 2024: It sued." in text
    await again(bot, given, ANSWERED, "read the gazette")
    assert bot.posted() == []
    bot.clock.pass_(days=150)
    await edit(bot, ACME)
    assert bot.posted() == []


async def test_the_teams_policy_stands_on_its_cards(bot: Bot) -> None:
    """Word for word, above the small print; not where others than the team read along."""
    edits = bot.app.editing.by(Invocation(place("#desk"), "e-policy", "dana", ""))
    tree: Tree = {"policy": "Ask `legal` <first>."}
    await edits.change("", edits.edition.edited("", tree), "")
    await bot.hears("#hall", "They bought an Acme Cam")
    assert "Your team's policy: Ask `legal` <first>." in bot.shown("#hall")[-1]
    assert "Your team's policy" in await bot.answers("vendor acme-cam")
    await bot.joins("#shared", external=True)
    assert "Your team's policy" not in await bot.answers("vendor acme-cam", "anna", "#shared")
