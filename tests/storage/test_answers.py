"""Answers of several messages, and such as change or go when their command does."""

from datetime import timedelta

import pytest

from bot.core.commands import Answer
from bot.core.document import Actions, Button, Document, Paragraph, words
from bot.core.mention import Channel, Invocation, Receipt
from bot.storage.rows import Command, Kind, Outgoing, Retention
from bot.storage.store import Store
from tests.storage.conftest import Behind
from tests.storage.sample import HALL, LEASE, NOW, Policy, document, mention

OWN = "!own"
MINUTES = timedelta(minutes=1)


async def take(store: Store) -> Command:
    command = await store.take_command(NOW, LEASE)
    assert command is not None
    return command


async def answered(
    store: Store,
    id: str = "c1",  # noqa: A002 - the field's name
    *pages: str,
    revises: str | None = None,
    reply_to: str | None = None,
    actor: str = "anna",
    shared: bool = False,
    after: timedelta = timedelta(0),
) -> bool:
    """Give a command and let it be answered; say whether it was kept."""
    given = Invocation(HALL, id, actor, "vendor acme", None, reply_to, revises=revises)
    if not await store.receive(given, NOW + after):
        return False
    made = Answer(document(pages[0]), shared=shared)
    return await store.answer(
        await take(store), made, NOW + after, tuple(document(each) for each in pages)
    )


async def deliver(store: Store, channel: str | None = None) -> list[tuple[str, str | None, str]]:
    """Deliver all there is, each answer as a message of its own; give what was done."""
    done = []
    while claimed := await store.claim(NOW, LEASE, 10):
        for out in claimed:
            done.append((out.kind.value, _on(out), out.document.summary))
            made = out.kind in {Kind.REPLY, Kind.SHARE}
            receipt = Receipt(f"m-{out.key.rpartition('#hall ')[2]}", channel=channel)
            await store.sent(out.id, receipt if made else Receipt(out.message or ""), NOW)
    return done


def _on(out: Outgoing) -> str | None:
    return None if out.kind in {Kind.REPLY, Kind.SHARE} else out.message


async def test_the_pages_of_an_answer_are_messages_in_order(store: Store) -> None:
    assert await answered(store, "c1", "one", "two", "three")
    assert await deliver(store) == [
        ("reply", None, "one"),
        ("reply", None, "two"),
        ("reply", None, "three"),
    ]
    assert not await answered(store, "c1", "one")


async def test_the_edit_of_a_command_changes_what_it_was_answered_with(store: Store) -> None:
    await answered(store, "c1", "one", "two")
    await deliver(store)
    assert await answered(store, "e1", "uno", "due", revises="c1")
    assert await deliver(store) == [("revise", "m-c1", "uno"), ("revise", "m-c1 page 2", "due")]


async def test_pages_too_many_are_taken_back_and_pages_too_few_are_added(store: Store) -> None:
    await answered(store, "c1", "one", "two", "three")
    await deliver(store)
    await answered(store, "e1", "uno", revises="c1")
    assert sorted(await deliver(store)) == [
        ("revise", "m-c1", "uno"),
        ("withdraw", "m-c1 page 2", ""),
        ("withdraw", "m-c1 page 3", ""),
    ]
    await answered(store, "e2", "un", "deux", revises="c1")
    assert await deliver(store) == [("revise", "m-c1", "un"), ("reply", None, "deux")]
    await answered(store, "e3", "eins", "zwei", revises="c1")
    assert await deliver(store) == [
        ("revise", "m-c1", "eins"),
        ("revise", "m-e2 page 2", "zwei"),
    ]


async def test_an_answer_that_is_not_out_yet_goes_out_as_the_edit_wants_it(
    store: Store, behind: Behind
) -> None:
    await answered(store, "c1", "xyzzy", "two")
    await answered(store, "e1", "uno", revises="c1")
    assert "xyzzy" not in repr(behind("SELECT document FROM outbox"))
    assert await deliver(store) == [("reply", None, "uno")]
    assert not await answered(store, "e1", "uno", revises="c1")


async def test_an_edit_of_a_command_that_waits_is_answered_after_it(store: Store) -> None:
    await store.receive(Invocation(HALL, "c1", "anna", "vendor acme"), NOW)
    await store.receive(Invocation(HALL, "e1", "anna", "vendor road", revises="c1"), NOW)
    await store.answer(await take(store), Answer(document("one")), NOW)
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.answer(await take(store), Answer(document("uno")), NOW)
    await store.sent(out.id, Receipt("m1"), NOW)
    assert await deliver(store) == [("revise", "m1", "uno")]


async def test_of_two_edits_that_wait_the_newer_one_is_shown(store: Store) -> None:
    await answered(store, "c1", "one")
    await deliver(store)
    await answered(store, "e1", "uno", revises="c1")
    await answered(store, "e2", "due", revises="c1")
    assert await deliver(store) == [("revise", "m-c1", "due")]
    assert not await answered(store, "e1", "uno", revises="c1")


async def test_an_edit_that_is_told_twice_is_answered_once(store: Store) -> None:
    await answered(store, "c1", "one")
    await deliver(store)
    assert await answered(store, "e1", "uno", revises="c1")
    assert not await answered(store, "e1", "uno", revises="c1")
    await deliver(store)
    assert not await answered(store, "e1", "uno", revises="c1")


async def test_an_edit_after_ten_minutes_changes_nothing(store: Store) -> None:
    await answered(store, "c1", "one")
    await deliver(store)
    assert await answered(store, "e1", "uno", revises="c1", after=10 * MINUTES)
    assert not await answered(store, "e2", "due", revises="c1", after=11 * MINUTES)


async def test_nobody_edits_another_persons_command(store: Store) -> None:
    await store.receive(Invocation(HALL, "c1", "anna", "vendor acme"), NOW)
    edit = Invocation(HALL, "e1", "bea", "vendor road", revises="c1")
    assert not await store.receive(edit, NOW)
    await store.answer(await take(store), Answer(document("one")), NOW)
    assert not await store.receive(edit, NOW)


async def test_what_becomes_a_command_by_an_edit_is_answered_as_new_and_edited_later(
    store: Store,
) -> None:
    assert await answered(store, "e1", "one", revises="m1")
    (out,) = await store.claim(NOW, LEASE, 1)
    assert (out.kind, out.message) == (Kind.REPLY, "m1")
    await store.sent(out.id, Receipt("p1"), NOW)
    assert await answered(store, "e2", "two", revises="m1")
    assert await deliver(store) == [("revise", "p1", "two")]


async def test_an_answer_that_is_for_other_eyes_than_before_is_a_new_one(store: Store) -> None:
    await answered(store, "c1", "for all", shared=True)
    await deliver(store)
    await answered(store, "e1", "for anna", revises="c1", reply_to="direct")
    assert sorted(await deliver(store)) == [("reply", None, "for anna"), ("withdraw", "m-c1", "")]


async def test_where_answers_cannot_be_changed_an_edit_is_answered_anew(store: Store) -> None:
    await answered(store, "c1", "one")
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.sent(out.id, Receipt(""), NOW)
    await answered(store, "e1", "uno", revises="c1")
    assert await deliver(store) == [("reply", None, "uno")]


async def test_an_answer_is_changed_where_it_stands(store: Store) -> None:
    await answered(store, "c1", "one", reply_to="direct")
    await deliver(store, OWN)
    await answered(store, "e1", "uno", revises="c1", reply_to="direct")
    (out,) = await store.claim(NOW, LEASE, 1)
    assert (out.channel.id, out.channel.private, out.message) == (OWN, True, "m-c1")


async def test_an_edit_goes_out_while_posting_is_stopped(store: Store) -> None:
    await answered(store, "c1", "one")
    await deliver(store)
    await store.pause("bea", NOW)
    await answered(store, "e1", "uno", revises="c1")
    assert await deliver(store) == [("revise", "m-c1", "uno")]


async def test_no_word_of_an_edited_answer_is_kept(store: Store, behind: Behind) -> None:
    await answered(store, "c1", "one")
    await deliver(store)
    await answered(store, "e1", "xyzzy", revises="c1")
    await answered(store, "e2", "xyzzy", revises="c1")
    await deliver(store)
    await answered(store, "e3", "xyzzy", revises="c1")
    await store.withdraw_for(HALL, "c1", Policy().hearing())
    await deliver(store)
    assert "xyzzy" not in repr(behind("SELECT document FROM outbox"))


# Deleting


async def test_a_deleted_command_takes_its_answer_with_it_wherever_it_stands(store: Store) -> None:
    await answered(store, "c1", "one", "two")
    await deliver(store, OWN)
    assert await store.withdraw_for(HALL, "c1", Policy().hearing()) == 2
    claimed = [*await store.claim(NOW, LEASE, 1)]
    assert [(out.kind, out.channel.id, out.message) for out in claimed] == [
        (Kind.WITHDRAW, OWN, "m-c1")
    ]
    await store.sent(claimed[0].id, Receipt("m-c1"), NOW)
    assert await deliver(store) == [("withdraw", "m-c1 page 2", "")]
    assert await store.withdraw_for(HALL, "c1", Policy().hearing()) == 0


async def test_a_deleted_command_that_waits_is_not_carried_out(store: Store) -> None:
    await store.receive(Invocation(HALL, "c1", "anna", "vendor acme"), NOW)
    await store.receive(Invocation(HALL, "c2", "anna", "vendor road"), NOW)
    await store.withdraw_for(HALL, "c1", Policy().hearing())
    assert (await take(store)).message == "c2"


async def test_a_persons_message_is_not_taken_for_the_answer_to_it(store: Store) -> None:
    await answered(store, "c1", "one")
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.sent(out.id, Receipt(""), NOW)
    assert await store.withdraw_for(HALL, "c1", Policy().hearing()) == 0
    assert await deliver(store) == []
    assert await store.shown(HALL, "c1") is None
    assert await store.shown(HALL, "") is None


# What is shown

BUTTONS = Actions((Button("Full record", "vendor record acme-cam"),))


async def test_of_a_card_everything_is_known_that_it_shows(store: Store) -> None:
    await store.record([mention()], Policy().hearing())
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.sent(out.id, Receipt("p1"), NOW)
    shown = await store.shown(HALL, "p1")
    assert shown is not None
    assert (shown.document, shown.channel, shown.thread) == (out.document, HALL, "p1")
    assert await store.shown(Channel("fake", "#yard"), "p1") is None


async def test_of_an_answer_only_what_can_be_pressed_is_known_and_not_for_long(
    store: Store, behind: Behind
) -> None:
    said = Document("xyzzy", (Paragraph(words("xyzzy")), BUTTONS))
    given = Invocation(HALL, "c1", "anna", "vendor acme", reply_to="direct")
    await store.receive(given, NOW)
    await store.answer(await take(store), Answer(said), NOW)
    await deliver(store, OWN)
    assert "xyzzy" not in repr(behind("SELECT document FROM outbox"))
    shown = await store.shown(Channel("fake", OWN), "m-c1")
    assert shown is not None
    assert shown.document.blocks == (BUTTONS,)
    # A command that is given there is one of the channel that was asked in.
    assert (shown.channel, shown.thread, shown.reply_to) == (HALL, "c1", "direct")
    assert await store.shown(HALL, "m-c1") is None
    while await store.purge(NOW + timedelta(days=1, seconds=1), Retention()):
        pass
    assert await store.shown(Channel("fake", OWN), "m-c1") is None


async def test_an_edited_answer_shows_what_it_says_now(store: Store) -> None:
    await answered(store, "c1", "one")
    await deliver(store)
    assert await store.shown(HALL, "m-c1") is None  # nothing can be pressed there
    await store.receive(Invocation(HALL, "e1", "anna", "vendor", revises="c1"), NOW)
    await store.answer(await take(store), Answer(Document("", (BUTTONS,))), NOW)
    assert await deliver(store) == [("revise", "m-c1", "")]
    shown = await store.shown(HALL, "m-c1")
    assert shown is not None
    assert shown.document.blocks == (BUTTONS,)


@pytest.mark.parametrize("delivered", [False, True])
async def test_what_is_taken_back_shows_nothing(store: Store, *, delivered: bool) -> None:
    await store.record([mention()], Policy().hearing())
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.sent(out.id, Receipt("p1"), NOW)
    await store.withdraw_for(HALL, "m1", Policy().hearing())
    if delivered:
        await deliver(store)
    assert await store.shown(HALL, "p1") is None


async def test_a_doubt_reaches_whoever_answers(store: Store) -> None:
    doubted = Invocation(HALL, "c1", "anna", "vendor acme", revises="c0", doubt="Unsigned.")
    await store.receive(doubted, NOW)
    command = await take(store)
    assert (command.revises, command.doubt) == ("c0", "Unsigned.")
