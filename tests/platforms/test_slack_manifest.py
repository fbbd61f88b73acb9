"""The shipped manifest is the command table's, and asks for no scope that nothing needs."""

import re
from pathlib import Path

import pytest

from bot.commands import table
from bot.core.commands import CommandTable
from bot.core.document import Document
from bot.manifests import slack_manifest
from bot.platforms.slack.events import READERS
from bot.platforms.slack.manifest import EVENTS, LOOKUP_EVENTS, METHODS, manifest, scopes

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy"


@pytest.mark.parametrize(
    ("name", "watching"), [("slack-manifest.yml", True), ("slack-manifest-lookup.yml", False)]
)
def test_the_shipped_manifests_are_fresh(
    request: pytest.FixtureRequest, name: str, *, watching: bool
) -> None:
    text, file = slack_manifest(table, watching=watching), DEPLOY / name
    if request.config.getoption("--golden"):
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text, "run: make manifest"


def test_every_method_that_the_adapter_calls_has_its_scope() -> None:
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "bot/platforms/slack").glob("*.py")
        if path.name != "manifest.py"
    )
    called = set(re.findall(r'"([a-z]+\.[a-z]+[A-Za-z.]*)"', code))
    assert called - {"apps.connections.open"} == set(METHODS)


def test_no_scope_is_asked_for_that_nothing_needs() -> None:
    needed = {scope for each in (*METHODS.values(), *EVENTS.values()) for scope in each}
    assert set(scopes()) == needed | {"commands"}
    assert not {"chat:write.public", "channels:join", "files:read", "users:read.email"} & needed


def test_the_app_subscribes_to_exactly_what_is_read() -> None:
    assert {event.partition(".")[0] for event in EVENTS} == set(READERS)


def test_an_app_for_looking_up_reads_no_messages() -> None:
    asked = scopes(watching=False)
    assert not [scope for scope in asked if scope.endswith(":history") or "reactions" in scope]
    settings = manifest(table, watching=False)["settings"]
    assert isinstance(settings, dict)
    assert settings["event_subscriptions"] == {"bot_events": sorted(LOOKUP_EVENTS)}
    assert not [event for event in LOOKUP_EVENTS if event.startswith("message")]
    assert set(asked) < set(scopes())


def test_every_first_word_is_a_slash_command_that_keeps_names_of_people_apart() -> None:
    features = manifest(table)["features"]
    assert isinstance(features, dict)
    commands = features["slash_commands"]
    assert isinstance(commands, list)
    assert {each["command"] for each in commands if isinstance(each, dict)} == {
        f"/{word}" for word in table.first_words
    }
    assert all(each["should_escape"] == "true" for each in commands if isinstance(each, dict))


def test_a_hint_that_is_too_long_for_slack_ends_with_a_whole_command() -> None:
    many = CommandTable()
    for number in range(100):

        @many.command(f"watchlist way{number}")
        async def way(_context: object, name: str) -> Document:
            """Go some way."""
            raise AssertionError(name)

    features = manifest(many)["features"]
    assert isinstance(features, dict)
    commands = features["slash_commands"]
    assert isinstance(commands, list)
    (command,) = commands
    assert isinstance(command, dict)
    assert command["description"] == "Type /vendor help watchlist to see what it does."
    hint = str(command["usage_hint"])
    assert 950 < len(hint) <= 1000
    *ways, more = hint.split(" | ")
    assert more == "…"
    assert ways == [f"way{number} <name>" for number in range(len(ways))]
