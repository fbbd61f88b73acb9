"""Roles, attempts and a vendor's past, as both databases keep them."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.core.commands import Role
from bot.core.mention import Channel, Receipt
from bot.core.past import DAYS, Fate
from bot.core.people import Appointment, Change
from bot.core.settings import Mode, Settings
from bot.storage.appointments import Person
from bot.storage.store import Store
from tests.storage.sample import HALL, LEASE, NOW, Policy, document, mention

ANNA, BEN, CARL = (Person("fake", each) for each in ("anna", "ben", "carl"))
BOARD = Channel("fake", "#board", private=True)
SEALED = Channel("fake", "!sealed", encrypted=True)
TEAM = "default"


async def appoint(store: Store, person: Person, role: Role, *, keep_one: bool = True) -> Change:
    return await store.people.appoint(TEAM, person, role, "fake:ada", NOW, keep_one=keep_one)


async def dismiss(store: Store, person: Person, *, keep_one: bool = True) -> Change:
    return await store.people.dismiss(TEAM, person, "fake:ada", NOW, keep_one=keep_one)


async def held(store: Store) -> dict[str, Role]:
    return {each.actor: each.role for each in await store.people.appointments()}


async def test_somebody_holds_one_role_and_the_later_one_counts(store: Store) -> None:
    assert await appoint(store, ANNA, Role.CURATOR) is Change.DONE
    assert await appoint(store, ANNA, Role.CURATOR) is Change.NO_CHANGE
    assert await appoint(store, ANNA, Role.ADMIN) is Change.DONE
    assert await store.people.appointments() == (
        Appointment("fake", "anna", Role.ADMIN, "fake:ada", NOW),
    )
    assert await store.people.appointments("blue") == ()


async def test_somebody_of_the_same_name_elsewhere_is_another(store: Store) -> None:
    await appoint(store, ANNA, Role.CURATOR)
    assert await dismiss(store, Person("other", "anna")) is Change.NO_CHANGE
    assert await store.people.dismiss("blue", ANNA, "x", NOW, keep_one=True) is Change.NO_CHANGE
    assert await held(store) == {"anna": Role.CURATOR}


async def test_the_last_admin_is_kept_if_asked(store: Store) -> None:
    await appoint(store, ANNA, Role.ADMIN)
    await appoint(store, BEN, Role.CURATOR)
    assert await dismiss(store, ANNA) is Change.LAST
    assert await appoint(store, ANNA, Role.CURATOR) is Change.LAST
    assert await dismiss(store, BEN) is Change.DONE
    assert await held(store) == {"anna": Role.ADMIN}
    assert await dismiss(store, ANNA, keep_one=False) is Change.DONE
    assert await held(store) == {}


async def test_two_admins_who_dismiss_each_other_at_once_leave_one(
    store: Store, other: Store
) -> None:
    for _ in range(5):
        await appoint(store, ANNA, Role.ADMIN)
        await appoint(store, BEN, Role.ADMIN)
        done = await asyncio.gather(dismiss(store, ANNA), dismiss(other, BEN))
        assert sorted(done) == [Change.DONE, Change.LAST]
        assert len(await held(store)) == 1


async def test_a_code_is_good_once_and_again_for_whoever_used_it(store: Store) -> None:
    redeem = store.people.redeem
    assert not await redeem(TEAM, ANNA, "d1", NOW)
    assert await store.people.offer(TEAM, "d1", NOW)
    assert not await redeem(TEAM, ANNA, "", NOW)
    assert not await redeem("blue", ANNA, "d1", NOW)
    assert await redeem(TEAM, ANNA, "d1", NOW)
    assert await redeem(TEAM, ANNA, "d1", NOW)  # the answer was lost in a crash
    assert not await redeem(TEAM, BEN, "d1", NOW)
    assert await store.people.appointments() == (
        Appointment("fake", "anna", Role.ADMIN, None, NOW),
    )


async def test_of_two_who_type_a_code_at_once_one_becomes_admin(store: Store, other: Store) -> None:
    await store.people.offer(TEAM, "d1", NOW)
    done = await asyncio.gather(
        store.people.redeem(TEAM, ANNA, "d1", NOW), other.people.redeem(TEAM, BEN, "d1", NOW)
    )
    assert sorted(done) == [False, True]
    assert len(await held(store)) == 1


async def test_an_admin_who_is_appointed_ends_the_code(store: Store) -> None:
    await store.people.offer(TEAM, "d1", NOW)
    await appoint(store, ANNA, Role.CURATOR)
    assert await store.people.redeem(TEAM, BEN, "d1", NOW)
    await dismiss(store, BEN, keep_one=False)
    assert await store.people.offer(TEAM, "d2", NOW)
    await appoint(store, CARL, Role.ADMIN)
    assert not await store.people.redeem(TEAM, BEN, "d2", NOW)
    assert not await store.people.offer(TEAM, "d3", NOW)
    assert not await store.people.redeem(TEAM, BEN, "d3", NOW)


async def named(
    store: Store, ago: timedelta, channel: Channel = HALL, settings: Settings | None = None
) -> None:
    """Let a vendor be named some time ago, and what that brings be posted."""
    policy = Policy(now=NOW - ago, settings=settings or Settings())
    heard = replace(mention(cause_id=f"m{ago}{channel.id}", channel=channel), at=NOW - ago)
    await store.record([heard], replace(policy.hearing(), now=NOW - ago))
    for out in await store.claim(NOW, LEASE, 10):
        await store.sent(out.id, Receipt(f"p{out.id}", f"https://chat.example/{out.id}"), NOW)


async def test_mentions_are_counted_by_day_and_by_what_became_of_them(store: Store) -> None:
    first = timedelta(days=29, hours=12)
    for ago in (timedelta(0), timedelta(minutes=1), timedelta(days=2), first):
        await named(store, ago)
    await named(store, first + timedelta(seconds=1))  # the day before
    past = await store.people.past("acme-cam", NOW)
    assert len(past.days) == DAYS
    found = {
        day.day.isoformat(): {str(fate): count for fate, count in day.mentions.items() if count}
        for day in past.days
        if day.count
    }
    assert found == {
        "2024-03-03": {"posted": 1},
        "2024-03-30": {"posted": 1},
        "2024-04-01": {"posted": 1, "judged quiet": 1},
    }
    assert past.reasons == (("inside the cooldown", 1),)
    assert sum(day.count for day in past.days) == 4


async def test_the_day_is_that_of_utc(store: Store) -> None:
    late = datetime(2024, 3, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    await named(store, NOW - late)
    await named(store, NOW - (late + timedelta(microseconds=1)), Channel("fake", "#yard"))
    days = (await store.people.past("acme-cam", NOW)).days
    assert [(day.day.isoformat(), day.count) for day in days if day.count] == [
        ("2024-03-31", 1),
        ("2024-04-01", 1),
    ]


async def test_what_waits_and_what_a_digest_told_are_told_apart(store: Store) -> None:
    daily = Settings(mode=Mode.DIGEST)
    await named(store, timedelta(hours=1), settings=daily)
    (day,) = [each for each in (await store.people.past("acme-cam", NOW)).days if each.count]
    assert day.mentions[Fate.WAITING] == 1
    await store.release_digests(NOW + timedelta(days=8), lambda *_: document("digest"), daily)
    (day,) = [each for each in (await store.people.past("acme-cam", NOW)).days if each.count]
    assert day.mentions[Fate.DIGEST] == 1


async def test_the_last_ten_alerts_are_given_newest_first_with_their_links(store: Store) -> None:
    for number in range(12):
        await named(store, timedelta(hours=12 - number), Channel("fake", f"#c{number}"))
    alerts = (await store.people.past("acme-cam", NOW)).alerts
    assert [each.channel.id for each in alerts] == [f"#c{number}" for number in range(11, 1, -1)]
    assert all(each.link and each.link.startswith("https://chat.example/") for each in alerts)


async def test_of_private_channels_and_encrypted_rooms_only_what_may_be_seen(store: Store) -> None:
    for channel in (HALL, BOARD, SEALED):
        await named(store, timedelta(hours=1), channel)

    async def seen(*keys: str) -> tuple[int, list[str]]:
        past = await store.people.past("acme-cam", NOW, private=frozenset(keys))
        return sum(day.count for day in past.days), [each.channel.id for each in past.alerts][::-1]

    assert await seen() == (1, ["#hall"])
    assert await seen(BOARD.key) == (2, ["#hall", "#board"])
    assert await seen(SEALED.key) == (2, ["#hall", "!sealed"])


async def test_another_vendors_and_another_teams_past_is_not_counted(store: Store) -> None:
    await named(store, timedelta(hours=1))
    for vendor, team in (("lens-co", TEAM), ("acme-cam", "blue")):
        past = await store.people.past(vendor, NOW, team)
        assert (sum(day.count for day in past.days), past.alerts, past.reasons) == (0, (), ())
