"""The files that platforms are told of the bot by, as text."""

from collections.abc import Iterable

from bot.core.commands import Command
from bot.platforms.slack.manifest import manifest
from bot.yamlwriter import write

_HEAD = (
    "# Made by `make manifest` from the command table. At api.slack.com/apps: Create New App,\n"
    "# From a manifest, and paste it.\n"
)
_LOOKUP = (
    "# For a bot that is only asked: it reads no messages, so it alerts to none.\n"
    "# slack-manifest.yml is the one for a bot that watches channels.\n"
)


def slack_manifest(commands: Iterable[Command], *, watching: bool = True) -> str:
    """Write the manifest that a Slack app is made from; not `watching`, it reads no messages."""
    text = write(manifest(commands, watching=watching))
    # The writer quotes what other readers take for a switch; here it is meant as one.
    plain = text.replace('"true"', "true").replace('"false"', "false")
    return _HEAD + ("" if watching else _LOOKUP) + plain
