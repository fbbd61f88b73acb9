"""The files that platforms are told of the bot by, as text."""

from collections.abc import Iterable

from bot.core.commands import Command
from bot.platforms.slack.manifest import manifest
from bot.yamlwriter import write

_HEAD = (
    "# Made by `make manifest` from the command table. At api.slack.com/apps: Create New App,\n"
    "# From a manifest, and paste it.\n"
)


def slack_manifest(commands: Iterable[Command]) -> str:
    """Write the manifest that a Slack app is made from."""
    text = write(manifest(commands))
    # The writer quotes what other readers take for a switch; here it is meant as one.
    return _HEAD + text.replace('"true"', "true").replace('"false"', "false")
