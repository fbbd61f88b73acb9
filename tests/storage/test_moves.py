"""A channel goes on as another one, with all that was chosen for it and waits for it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.choices import Mute
from bot.core.mention import Channel, Receipt
from bot.core.places import Listening
from bot.storage.store import Store
from tests.storage.conftest import Behind
from tests.storage.sample import LEASE, NOW, Policy, document, mention

OLD, NEW = Channel("fake", "!old", private=True), Channel("fake", "!new", private=True)
HELLO = document("This room follows an older one.")


async def posted(store: Store) -> list[tuple[str, str | None, str]]:
    """Deliver all there is."""
    done = []
    while claimed := await store.claim(NOW + timedelta(hours=1), LEASE, 10):
        for out in claimed:
            done.append((out.channel.id, out.thread, out.document.summary))
            await store.sent(out.id, Receipt(f"p{out.id}"), NOW)
    return done


async def test_everything_goes_along_once(store: Store, behind: Behind) -> None:
    await store.listen(OLD, Listening.OFF, "ada", NOW)
    await store.choose(OLD.key, {"cooldown": "1h"}, "bea", NOW)
    await store.record([replace(mention(channel=OLD), thread="t1")], Policy().hearing())
    await store.mute(Mute(0, "acme-cam", OLD.key, None, "", "bea", NOW, private=True))
    for _ in range(2):
        await store.move(OLD, NEW, "t1", HELLO, NOW)
    assert await store.listening(NEW) is Listening.OFF
    assert await store.chosen(NEW.key) == {"cooldown": "1h"}
    assert [each.channel for each in await store.mutes(NOW, private=frozenset({NEW.key}))] == [
        NEW.key
    ]
    assert behind("SELECT channel FROM vendor_state") == [(NEW.key,)]
    assert (await store.places())["default", OLD.key].moved_to == NEW.key
    assert [(where, thread) for where, thread, _ in await posted(store)] == [("!new", None)] * 2
    assert not await store.move(OLD, NEW, "t1", HELLO, NOW)
    assert not await store.move(OLD, OLD, "t2", HELLO, NOW)


async def test_what_the_new_one_has_chosen_itself_stays(store: Store) -> None:
    await store.listen(OLD, Listening.OFF, "ada", NOW)
    await store.listen(NEW, Listening.ON, "ada", NOW)
    await store.choose(OLD.key, {"mode": "off"}, "bea", NOW)
    await store.choose(NEW.key, {"mode": "digest"}, "bea", NOW)
    await store.record([mention(channel=OLD)], Policy().hearing())
    await store.record([mention(channel=NEW)], Policy().hearing())
    assert await store.move(OLD, NEW, "t1", HELLO, NOW)
    assert await store.listening(NEW) is Listening.ON
    assert await store.chosen(NEW.key) == {"mode": "digest"}


@pytest.mark.parametrize("new", [Channel("fake", "!new"), NEW])
async def test_what_waits_in_a_closed_channel_goes_into_no_opener_one(
    store: Store, new: Channel
) -> None:
    old = replace(OLD, encrypted=not new.encrypted)
    await store.record([mention(channel=old)], Policy().hearing())
    await store.move(old, new, "t1", HELLO, NOW)
    assert [said for _, _, said in await posted(store)] == [HELLO.summary]


async def test_what_is_on_its_way_arrives_where_it_was_sent(store: Store) -> None:
    await store.record([mention(channel=OLD)], Policy().hearing())
    (out,) = await store.claim(NOW, LEASE, 1)
    await store.move(OLD, NEW, "t1", HELLO, NOW)
    await store.sent(out.id, Receipt("p1"), NOW)
    assert await posted(store) == [("!new", None, HELLO.summary)]
