"""Roles on Slack: refusals are for the asker alone, and an id says who is meant, not a name."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.platforms.slack.values import person_of
from tests.platforms.slack.town import Town, json_of, running, settings
from tests.slackserver.server import slack


async def told(town: Town, user: str, text: str) -> str:
    """Give a command in the hall; give what its giver alone is shown."""
    before = len(town.server.ephemerals(user))
    assert await town.server.slash(user, town.hall, "/vendor", text).finished()
    await town.server.until(lambda: len(town.server.ephemerals(user)) > before, within=10)
    return json_of(town.server.ephemerals(user)[-1])


async def test_a_refusal_is_seen_by_the_asker_alone(town: Town) -> None:
    assert "Only admins may use" in await told(town, town.anna, "pause")
    assert town.server.posted(town.hall) == []


async def test_the_code_of_the_log_makes_an_admin_who_appoints_by_mention(town: Town) -> None:
    ben = town.server.add_user("ben")
    with capture_logs() as logs:
        await town.app.appointments.offer()
    (code,) = [str(each["event"]).split("`")[1].split(" ")[-1] for each in logs]
    assert "You are an admin now." in await told(town, town.anna, f"claim {code}")
    shown = await told(town, town.anna, "appoint @ben curator")
    assert "is a curator now." in shown
    assert ben in shown
    assert "Nothing that was called a wrong match" in await told(town, ben, "wrong list")
    assert "names nobody here" in await told(town, town.anna, "appoint @nobody curator")
    assert "owners of the Slack workspace are admins here" in await told(town, ben, "roles")


async def test_a_group_gives_its_role_beside_people_who_are_named_themselves(
    tmp_path: Path,
) -> None:
    """Slack is asked for the members of groups alone: of a person it knows none."""
    async with slack() as server:
        anna, ben = server.add_user("anna"), server.add_user("ben")
        hall = server.add_channel("hall", [anna, ben])
        group = server.add_usergroup([anna])
        roles = {"curators": [f"slack:{ben}", f"slack:{group}"]}
        async with running(settings(tmp_path, server, roles=roles)) as app:
            await server.until(lambda: server.socket.connections, within=10)
            town = Town(server, app, anna, hall)
            assert "Nothing that was called a wrong match" in await told(town, anna, "wrong list")
            assert "Nothing that was called a wrong match" in await told(town, ben, "wrong list")
        asked = [each.arguments["usergroup"] for each in server.calls_of("usergroups.users.list")]
        assert set(asked) == {group}


@pytest.mark.parametrize(
    ("word", "person"),
    [
        ("@U012AB3CD", "U012AB3CD"),
        ("W012AB3CD", "W012AB3CD"),
        ("@anna", None),
        ("@u012ab3cd", None),
        ("slack:C012AB3CD", None),
        ("@U012AB3CD!", None),
        ("", None),
    ],
)
def test_only_an_id_names_a_person(word: str, person: str | None) -> None:
    assert person_of(word) == person
