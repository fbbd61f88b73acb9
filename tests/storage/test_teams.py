"""A team that takes the bot out: silence at once, and nothing is left of it after a month."""

from dataclasses import replace
from datetime import timedelta

from bot.core.choices import Mute, Report
from bot.core.commands import Answer, Role
from bot.core.editing.change import Change
from bot.core.feed import Route
from bot.core.mention import Channel, Invocation, Receipt
from bot.core.places import Listening
from bot.core.settings import Mode, Settings
from bot.core.status import State
from bot.core.stories import Fingerprint
from bot.storage.appointments import Person
from bot.storage.backsearches import Search
from bot.storage.revisions import Wanted
from bot.storage.rows import Asked, Retention
from bot.storage.store import Store
from bot.storage.tables import metadata
from tests.storage.conftest import Behind
from tests.storage.sample import LEASE, NOW, Policy, document, mention, mention_in_entry

DAY = timedelta(days=1)
KEEP = Retention()
SHARED = {"feed", "listing", "entry", "page", "paragraph"}
OWNED = [table.name for table in metadata.sorted_tables if table.name not in SHARED]


def channel(team: str, platform: str = "fake", name: str = "#hall") -> Channel:
    return Channel(platform, f"{team}-{name}", team=team)


async def live(store: Store, behind: Behind, team: str, platform: str = "fake") -> None:
    """Let a team do everything that leaves something behind."""
    here, quiet = channel(team, platform), channel(team, platform, "#quiet")
    event = f"{team} {platform}"
    await store.feeds.subscribe(team, "chat", [Route(f"https://{team}.example/", here)], "bea", NOW)
    await store.resume(NOW, team)
    for each in await store.mutes(NOW, team):
        await store.unmute(each.id, "bea", NOW, team)
    behind(
        "INSERT INTO installation (platform, workspace, team, data, installed_at) "  # noqa: S608 - ours
        f"VALUES ('{platform}', 'W-{team}', '{team}', 'secret', '2024-04-01 12:00:00')"
    )
    await store.join(here, "carl", event, [(here, document("hello"))], NOW)
    await store.listen(here, Listening.ON, "ada", NOW)
    news = Policy(prints={event: Fingerprint(f"https://news.example/{team}", "news")})
    await store.record([mention(channel=here, cause_id="m1")], Policy().hearing(team))
    await store.record(
        [mention_in_entry(event, channel=here, vendor="road-runner")], news.hearing(team)
    )
    digest = Policy(settings=Settings(mode=Mode.DIGEST))
    await store.record([mention("lens-co", "m2", quiet)], digest.hearing(team))
    while claimed := await store.claim(NOW, LEASE, 10):
        for out in claimed:
            if out.team == team and out.channel.platform == platform:
                await store.sent(out.id, Receipt(f"p{out.id}"), NOW)
    (message,) = behind(
        "SELECT message_id FROM outbox WHERE vendor = 'acme-cam' AND "  # noqa: S608 - ours
        f"team = '{team}' AND platform = '{platform}'"
    )
    await store.wrong_match(Report(here, str(message[0]), "bea"), NOW, team)
    for where in (here.key, None):
        new = Mute(0, "acme-cam", where, None, "", "bea", NOW)
        await store.mute(new, team)
    await store.choose(here.key, {"mode": "off"}, "bea", NOW, team)
    await store.pause("bea", NOW, team)
    behind(
        "INSERT INTO trouble (team, lane, reason, since) VALUES "  # noqa: S608 - ours
        f"('{team}', '{here.key}', 'archived', '2024-04-01 12:00:00')"
    )
    behind(
        "INSERT INTO oauth_state (state, team, expires_at) VALUES "  # noqa: S608 - ours
        f"('{event}', '{team}', '2024-04-01 12:00:00')"
    )
    behind(
        "INSERT INTO cursor (platform, account, team, value, at) VALUES "  # noqa: S608 - ours
        f"('{platform}', '@{team}', '{team}', 's1', '2024-04-01 12:00:00')"
    )
    behind(
        "INSERT INTO sealed_event (team, platform, account, channel, event, session, data, "  # noqa: S608 - ours
        f"kept_at) VALUES ('{team}', '{platform}', '@{team}', '!r', '$1', 'k1', '{{}}', "
        "'2024-04-01 12:00:00')"
    )
    change = Change(("policy",), None, "Ask procurement")
    search = Search(Invocation(here, event, "anna", ""), ("acme-cam",), NOW - DAY, NOW)
    wanted = Wanted(event, here, "", "bea", NOW, (change,), search=search)
    assert await store.revisions.write(wanted, (await store.revisions.heads()).get(team, 0))
    behind(
        "INSERT INTO audit (team, at, actor, channel, private, command, outcome) VALUES "  # noqa: S608 - ours
        f"('{team}', '2024-04-01 12:00:00', 'anna', '{here.key}', false, 'vendor pause', 'done')"
    )
    ben = Person(platform, "ben")
    await store.people.appoint(team, ben, Role.CURATOR, here.key, NOW, keep_one=True)
    await store.people.offer(team, "digest", NOW)
    await store.receive(Invocation(here, event, "anna", "vendor acme-cam"), NOW)
    await store.ask(here, Asked("anna", "vendor watch off", NOW + DAY), event, [event])


def rows(behind: Behind, team: str) -> dict[str, int]:
    """Count what each table has of a team, of those that have any."""
    counts = {
        table: behind(f"SELECT count(*) FROM {table} WHERE team = '{team}'")[0][0]  # noqa: S608 - ours
        for table in OWNED
    }
    return {table: int(str(count)) for table, count in counts.items() if count}


async def forget(store: Store, days: float) -> None:
    while await store.purge(NOW + days * DAY, KEEP):
        pass


async def test_everything_that_a_team_can_leave_behind_is_tried_here(
    store: Store, behind: Behind
) -> None:
    await live(store, behind, "blue")
    assert sorted(rows(behind, "blue")) == sorted(OWNED)


async def test_removing_stops_everything_at_once_and_forgets_the_keys(
    store: Store, behind: Behind
) -> None:
    await live(store, behind, "blue")
    await store.resume(NOW, "blue")
    await store.say("blue", channel("blue"), document("late"), "k1", NOW)
    (taken,) = await store.claim(NOW, LEASE, 1)
    await store.say("blue", channel("blue", name="#yard"), document("later"), "k2", NOW)
    await store.remove("fake", "blue", NOW)
    assert await store.claim(NOW + DAY, LEASE, 10) == ()
    assert await store.take_command(NOW + DAY, LEASE) is None
    assert await store.backsearches.lease(NOW + DAY, LEASE) is None
    assert await store.release_digests(NOW + 9 * DAY, lambda *_: document("digest")) == 0
    assert (await store.depth("blue"))[State.PENDING] == 0
    assert behind("SELECT workspace, data FROM installation") == [("W-blue", "")]
    assert (await store.overview(NOW, "blue")).channels == ()
    # What was on its way is noted, and comes no second time.
    await store.sent(taken.id, Receipt("p99"), NOW)
    assert await store.claim(NOW + DAY, LEASE, 10) == ()


async def test_removing_one_leaves_the_others_at_work(store: Store, behind: Behind) -> None:
    for team, platform in (("blue", "fake"), ("red", "fake"), ("blue", "other")):
        await live(store, behind, team, platform)
    before = rows(behind, "red")
    await store.remove("fake", "blue", NOW)
    assert rows(behind, "red") == before
    answered = []
    while command := await store.take_command(NOW, LEASE):
        answered.append((command.team, command.channel.platform))
        await store.answer(command, Answer(None), NOW)
    assert answered == [("red", "fake"), ("blue", "other")]


async def test_erasing_leaves_nothing_of_that_team_and_everything_of_others(
    store: Store, behind: Behind
) -> None:
    await live(store, behind, "blue")
    await live(store, behind, "red")
    before = rows(behind, "red")
    assert await store.erase("fake", "blue") >= len(OWNED)
    assert rows(behind, "blue") == {}
    assert rows(behind, "red") == before
    assert await store.erase("fake", "blue") == 0


async def test_erasing_on_one_platform_leaves_what_a_team_has_on_another(
    store: Store, behind: Behind
) -> None:
    await live(store, behind, "blue")
    await live(store, behind, "blue", "other")
    await store.erase("fake", "blue")
    left = rows(behind, "blue")
    assert sorted(left) == sorted(OWNED)
    assert await store.paused("blue") is not None
    assert None in [each.channel for each in await store.mutes(NOW, "blue")]
    for table in ("inbox", "outbox", "held", "place", "backsearch"):
        assert behind(f"SELECT DISTINCT platform FROM {table}") == [("other",)]  # noqa: S608 - ours
    await store.erase("other", "blue")
    assert rows(behind, "blue") == {}


async def test_a_platform_whose_name_begins_alike_is_another(store: Store, behind: Behind) -> None:
    await live(store, behind, "blue")
    await live(store, behind, "blue", "fake_2")
    counts = rows(behind, "blue")
    await store.erase("fak", "blue")
    await store.erase("fake_", "blue")
    assert rows(behind, "blue") == counts


async def test_after_thirty_days_and_not_before_a_removed_team_is_erased(
    store: Store, behind: Behind
) -> None:
    await live(store, behind, "blue")
    await live(store, behind, "red")
    await store.remove("fake", "blue", NOW)
    await forget(store, 30)
    assert "place" in rows(behind, "blue")
    await forget(store, 30.01)
    assert rows(behind, "blue") == {}
    assert "place" in rows(behind, "red")


async def test_removing_twice_counts_from_the_first_time(store: Store, behind: Behind) -> None:
    await live(store, behind, "blue")
    await store.remove("fake", "blue", NOW)
    await store.remove("fake", "blue", NOW + 20 * DAY)
    await forget(store, 31)
    assert rows(behind, "blue") == {}


async def test_a_team_that_installed_again_is_not_erased(store: Store, behind: Behind) -> None:
    await live(store, behind, "blue")
    await store.remove("fake", "blue", NOW)
    behind("UPDATE installation SET removed_at = NULL, data = 'new'")
    await forget(store, 40)
    assert {"place", "mute", "installation"} <= rows(behind, "blue").keys()


async def test_a_team_that_installed_again_in_another_workspace_is_not_erased(
    store: Store, behind: Behind
) -> None:
    await live(store, behind, "blue")
    await store.remove("fake", "blue", NOW)
    behind(
        "INSERT INTO installation (platform, workspace, team, data, installed_at) "
        "VALUES ('fake', 'W-2', 'blue', 'new', '2024-04-09 12:00:00')"
    )
    await forget(store, 40)
    assert {"place", "mute", "installation"} <= rows(behind, "blue").keys()


async def test_a_team_of_the_configuration_that_is_invited_again_is_not_erased(
    store: Store, behind: Behind
) -> None:
    here = Channel("fake", "#hall")
    await store.join(here, "carl", "e1", [(here, document("hello"))], NOW)
    await store.choose(here.key, {"mode": "off"}, "bea", NOW)
    await store.remove("fake", "default", NOW)
    assert behind("SELECT team FROM installation") == [("default",)]
    await store.join(here, "carl", "e2", [(here, document("hello"))], NOW + DAY)
    await forget(store, 40)
    assert await store.chosen(here.key) == {"mode": "off"}


async def test_of_the_default_team_what_holds_everywhere_stays_for_its_other_platforms(
    store: Store,
) -> None:
    await store.mute(Mute(0, "acme-cam", None, None, "", "bea", NOW))
    await store.mute(Mute(0, "acme-cam", "fake:#hall", None, "", "bea", NOW))
    await store.erase("fake", "default")
    assert [each.channel for each in await store.mutes(NOW)] == [None]


async def test_an_answer_to_what_was_taken_before_the_removal_goes_nowhere(store: Store) -> None:
    here = replace(channel("blue"), private=True)
    await store.receive(Invocation(here, "x1", "anna", "vendor acme-cam"), NOW)
    command = await store.take_command(NOW, LEASE)
    assert command is not None
    await store.remove("fake", "blue", NOW)
    assert not await store.answer(command, Answer(document("late")), NOW)
    assert await store.claim(NOW, LEASE, 10) == ()
