"""What is taken back, out of what is taken back, and how things stand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.choices import Report
from bot.core.commands import Answer
from bot.core.document import Actions, Bullets, Button, Document, Item, Paragraph, Text, words
from bot.core.mention import Channel, Invocation, Mention, Receipt
from bot.core.policy import Telling
from bot.core.settings import Mode, Settings
from bot.core.status import State
from bot.storage.rows import Kind, Outgoing
from bot.storage.store import Store
from tests.storage.sample import HALL, LEASE, NOW, Policy, after, document, mention

LAB = Channel("fake", "#lab")
BOARD = Channel("fake", "#board", private=True)


class Plain(Policy):
    """The policy, whose messages about several vendors have a line and a button for each."""

    def compose(self, tellings: Sequence[Telling]) -> Document:
        """Say a vendor a line."""
        named = [each.mention.vendor for each in tellings]
        if len(named) < 2:
            return document(named[0])
        return Document(
            "several",
            (
                Paragraph(words("Several")),
                Bullets(tuple(Item(words(each)) for each in named)),
                Actions(tuple(Button(each, f"vendor {each}") for each in named)),
            ),
        )


async def deliver(store: Store) -> list[Outgoing]:
    done: list[Outgoing] = []
    while claimed := await store.claim(NOW, LEASE, 10):
        for out in claimed:
            await store.sent(out.id, Receipt(out.message or f"p{out.id}"), NOW)
            done.append(out)
    return done


def vendors(text: Document) -> list[str]:
    """Give the vendors that a message has a line for."""
    (bullets,) = (each for each in text.blocks if isinstance(each, Bullets))
    return [part.value for each in bullets.items for part in each.text if isinstance(part, Text)]


async def heard(store: Store, *named: str, cause_id: str = "m1") -> str:
    """Let a message that names vendors be answered; give the id of what was posted."""
    await store.record([mention(each, cause_id) for each in named], Plain().hearing())
    (out,) = await deliver(store)
    return f"p{out.id}"


async def wrong(store: Store, message: str, vendor: str | None = None) -> int:
    return await store.wrong_match(Report(HALL, message, "bea", vendor), NOW)


# Deleting what brought a card


async def test_a_deleted_message_takes_its_card_with_it_in_threads(store: Store) -> None:
    message = await heard(store, "a")
    assert await store.withdraw_for(HALL, "m1", Plain().hearing()) == 1
    (out,) = await deliver(store)
    assert (out.kind, out.message) == (Kind.WITHDRAW, message)
    assert (await store.depth())[State.WITHDRAWN] == 1


@pytest.mark.parametrize(
    ("mode", "chosen", "gone"),
    [
        (Mode.THREAD, None, 1),
        (Mode.THREAD, "no", 0),
        (Mode.CHANNEL, None, 0),
        (Mode.CHANNEL, "yes", 1),
        (Mode.CHANNEL, "default", 0),
    ],
)
async def test_the_channel_decides_whether_a_card_goes(
    store: Store, mode: Mode, chosen: str | None, gone: int
) -> None:
    policy = Plain(settings=Settings(mode=mode))
    await store.choose(HALL.key, {"withdraw": chosen}, "bea", NOW)
    await store.record([mention()], policy.hearing())
    await deliver(store)
    assert await store.withdraw_for(HALL, "m1", policy.hearing()) == gone
    assert len(await deliver(store)) == gone


async def test_deleted_before_it_is_delivered_nothing_is_posted(store: Store) -> None:
    await store.record([mention()], Plain().hearing())
    assert await store.withdraw_for(HALL, "m1", Plain().hearing()) == 1
    assert await deliver(store) == []


async def test_deleted_while_the_platform_was_busy_nothing_is_posted(store: Store) -> None:
    await store.record([mention()], Plain().hearing())
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.put_back(out.id, "busy", NOW)
    await store.withdraw_for(HALL, "m1", Plain().hearing())
    assert await deliver(store) == []


async def test_deleted_while_the_card_is_on_its_way_it_is_taken_back(store: Store) -> None:
    await store.record([mention()], Plain().hearing())
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.withdraw_for(HALL, "m1", Plain().hearing())
    await store.sent(out.id, Receipt("p9"), NOW)
    assert [(each.kind, each.message) for each in await deliver(store)] == [(Kind.WITHDRAW, "p9")]


async def test_deleted_while_nobody_knows_whether_it_was_posted_it_is_taken_back(
    store: Store,
) -> None:
    await store.record([mention()], Plain().hearing())
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.doubt(out.id, "no answer", NOW)
    await store.withdraw_for(HALL, "m1", Plain().hearing())
    assert [each.kind for each in await deliver(store)] == [Kind.POST, Kind.WITHDRAW]


async def test_what_may_be_there_is_taken_back_though_it_was_given_up_in_between(
    store: Store,
) -> None:
    await store.record([mention()], Plain().hearing())
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.doubt(out.id, "no answer", NOW)
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.park(out.id, "refused", NOW)
    await store.retry(None, NOW)
    await store.withdraw_for(HALL, "m1", Plain().hearing())
    assert [each.kind for each in await deliver(store)] == [Kind.POST, Kind.WITHDRAW]


async def test_a_card_whose_message_was_deleted_is_not_posted_by_another_try(
    store: Store,
) -> None:
    await store.record([mention()], Plain().hearing())
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.park(out.id, "not in that channel", NOW)
    await store.withdraw_for(HALL, "m1", Plain().hearing())
    await store.retry(None, NOW)
    assert await deliver(store) == []


async def test_deleted_twice_it_is_taken_back_once(store: Store) -> None:
    await heard(store, "a")
    assert await store.withdraw_for(HALL, "m1", Plain().hearing()) == 1
    assert await store.withdraw_for(HALL, "m1", Plain().hearing()) == 0
    assert [each.kind for each in await deliver(store)] == [Kind.WITHDRAW]
    assert await store.withdraw_for(HALL, "m1", Plain().hearing()) == 0


async def test_another_channels_message_of_the_same_id_stays(store: Store) -> None:
    await store.record([mention(), mention(channel=LAB)], Plain().hearing())
    await deliver(store)
    await store.withdraw_for(HALL, "m1", Plain().hearing())
    assert [each.channel for each in await deliver(store)] == [HALL]


async def test_everything_that_a_message_brought_goes_with_it(store: Store) -> None:
    await heard(store, "a", "b")
    await heard(store, "c")
    assert await store.withdraw_for(HALL, "m1", Plain().hearing()) == 2


async def test_a_mark_is_never_taken_for_a_message_of_our_own(store: Store) -> None:
    # It stands on somebody's message, and to take that back would delete what a person wrote.
    policy = Plain(settings=Settings(mode=Mode.REACT, withdraw=True))
    await store.record([mention()], policy.hearing())
    (mark,) = await deliver(store)
    assert mark.kind is Kind.MARK
    await store.withdraw_for(HALL, "m1", policy.hearing())
    assert [each.kind for each in await deliver(store) if each.kind is Kind.WITHDRAW] == []


async def test_a_message_that_is_deleted_and_said_again_brings_its_card_again(
    store: Store,
) -> None:
    await heard(store, "a")
    await store.withdraw_for(HALL, "m1", Plain().hearing())
    await deliver(store)
    await heard(store, "a", cause_id="m2")


async def test_a_card_that_was_never_posted_starts_no_cooldown(store: Store) -> None:
    await store.record([mention()], Plain().hearing())
    await store.withdraw_for(HALL, "m1", Plain().hearing())
    policy = Plain()
    await store.record([mention(cause_id="m2")], policy.hearing())
    assert (policy.seen[0].alerted_at, policy.seen[0].card_at) == (None, None)


async def test_a_card_that_was_taken_back_is_not_referred_to(store: Store) -> None:
    await store.record([mention(cause_id="m1")], Plain().hearing())
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.sent(out.id, Receipt("p1", "https://chat.example/p1"), NOW)
    await store.withdraw_for(HALL, "m1", Plain().hearing())
    await deliver(store)
    later = after(days=2)
    await store.record([mention(cause_id="m2")], later.hearing())
    assert (later.seen[0].card_at, later.seen[0].card_link) == (None, None)


async def test_nothing_that_was_taken_back_is_edited_afterwards(store: Store) -> None:
    message = await heard(store, "a", "b")
    await store.withdraw_for(HALL, "m1", Plain().hearing())
    assert await wrong(store, message, "a") == 0
    assert [each.kind for each in await deliver(store)] == [Kind.WITHDRAW]


async def test_taking_back_does_not_wait_for_the_end_of_a_pause(store: Store) -> None:
    await heard(store, "a")
    await store.record([mention("b", "m2")], Plain().hearing())
    await store.pause("bea", NOW)
    await store.withdraw_for(HALL, "m1", Plain().hearing())
    assert [each.kind for each in await deliver(store)] == [Kind.WITHDRAW]


# Wrong matches


async def test_of_several_vendors_only_the_wrong_ones_line_goes(store: Store) -> None:
    message = await heard(store, "a", "b", "c")
    assert await wrong(store, message, "b") == 1
    (edit,) = await deliver(store)
    assert (edit.kind, edit.message, vendors(edit.document)) == (Kind.EDIT, message, ["a", "c"])


async def test_when_all_lines_are_wrong_the_message_goes(store: Store) -> None:
    message = await heard(store, "a", "b", "c")
    kinds = []
    for vendor in ("b", "a", "c"):
        assert await wrong(store, message, vendor) == 1
        kinds += [each.kind for each in await deliver(store)]
    assert kinds == [Kind.EDIT, Kind.EDIT, Kind.WITHDRAW]
    assert await wrong(store, message, "c") == 0


async def test_a_report_of_every_vendor_takes_the_message_back(store: Store) -> None:
    message = await heard(store, "a", "b")
    assert await wrong(store, message) == 1
    assert [each.kind for each in await deliver(store)] == [Kind.WITHDRAW]
    assert sorted(each.vendor for each in await store.wrong_matches(HALL)) == ["a", "b"]


async def test_two_who_call_one_vendor_wrong_do_not_take_the_others_away(store: Store) -> None:
    message = await heard(store, "a", "b", "c")
    await wrong(store, message, "a")
    await wrong(store, message, "a")
    done = await deliver(store)
    assert [each.kind for each in done] == [Kind.EDIT] * len(done)
    assert vendors(done[-1].document) == ["b", "c"]


async def test_a_vendor_that_a_message_is_not_about_changes_nothing(store: Store) -> None:
    message = await heard(store, "a", "b")
    assert await wrong(store, message, "z") == 0
    assert await wrong(store, "p999", "a") == 0
    assert await store.wrong_match(Report(LAB, message, "bea"), NOW) == 0
    assert await store.wrong_matches(HALL) == ()
    assert await deliver(store) == []


# How things stand


async def test_status_counts_what_waits_and_what_was_given_up(store: Store) -> None:
    await store.say("default", HALL, document("a"), "k1", NOW)
    await store.say("default", LAB, document("b"), "k2", NOW + timedelta(minutes=1))
    held: Mention = replace(mention("v"), channel=Channel("fake", "#digest"))
    await store.record([held], Policy(settings=Settings(mode=Mode.DIGEST)).hearing())
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.park(out.id, "not in that channel", NOW)
    status = await store.status(NOW)
    assert status.outbox[State.PENDING] == 1
    assert status.outbox[State.FAILED] == 1
    assert (status.waiting, status.troubles, status.mutes, status.paused) == (1, 1, 0, None)
    assert status.oldest_open == NOW + timedelta(minutes=1)
    assert [(each.place, each.reason) for each in status.parked] == [
        ("fake:#hall", "not in that channel")
    ]
    other = await store.status(NOW, team="blue")
    assert (sum(other.outbox.values()), other.waiting, other.parked) == (0, 0, ())


async def test_an_answer_that_was_given_up_names_nobody(store: Store) -> None:
    await store.receive(Invocation(HALL, "c1", "anna", "vendor a"), NOW)
    command = await store.take_command(NOW, LEASE)
    assert command is not None
    await store.answer(command, Answer(document("Yes")), NOW)
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.park(out.id, "no", NOW)
    assert [each.place for each in await store.parked(10)] == ["fake:#hall"]


async def test_a_reason_that_names_a_private_channel_is_not_repeated(store: Store) -> None:
    await store.say("default", BOARD, document("a"), "k1", NOW)
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.park(out.id, "#board is archived", NOW)
    assert "board" not in repr(await store.parked(10))


async def test_an_older_edit_that_goes_again_does_not_undo_a_newer_one(store: Store) -> None:
    message = await heard(store, "a", "b", "c")
    await wrong(store, message, "a")
    (edit,) = await store.claim(NOW, LEASE, 1)
    await store.park(edit.id, "refused", NOW)
    await wrong(store, message, "b")
    done = await deliver(store)
    await store.retry(None, NOW)
    done += await deliver(store)
    assert vendors(done[-1].document) == ["c"]
