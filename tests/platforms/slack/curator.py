"""A curator at work in Slack: types slash commands, presses buttons, reads what only they see."""

from dataclasses import dataclass

from tests.platforms.slack.town import Town
from tests.slackserver.state import Json


@dataclass(slots=True)
class Curator:
    """Somebody in the hall."""

    town: Town
    user: str

    def _seen(self) -> list[Json]:
        """Give what they alone were shown, and the windows that are open to them."""
        server = self.town.server
        ready = [each for each in server.modals_of(self.user) if "Fetching …" not in words(each)]
        return [*server.ephemerals(self.user), *ready]

    async def _shown(self, before: int) -> Json:
        server = self.town.server
        await server.until(lambda: len(self._seen()) > before, within=10)
        windows = list(server.modals_of(self.user))
        if windows:
            for each in reversed(windows):
                server.close_modal(each["id"])
            return windows[-1]
        return server.ephemerals(self.user)[-1]

    async def asks(self, line: str) -> Json:
        """Give a command; give the message or window that answers it."""
        before = len(self._seen())
        word, _, rest = line.partition(" ")
        slash = self.town.server.slash(self.user, self.town.hall, f"/{word}", rest)
        assert await slash.finished()
        return await self._shown(before)

    async def presses(self, shown: Json, label: str, place: str = "") -> Json:
        """Press a button of a message; give what answers that."""
        before = len(self._seen())
        server, there = self.town.server, place or self.town.hall
        assert await server.click(self.user, there, shown["ts"], label=label).finished()
        return await self._shown(before)

    async def says(self, line: str) -> str:
        """Give a command; give its answer's words."""
        return words(await self.asks(line))

    async def copies(self, line: str) -> str:
        """Give a command; give the lines that its answer has for copying."""
        blocks = _every(await self.asks(line), "rich_text_preformatted")
        return "".join(map(words, blocks))


def words(shown: Json) -> str:
    """Give what a message or window says, a line a block, without what its fallback repeats."""
    return "\n".join(_said(block) for block in shown.get("blocks", [shown]))


def _said(value: object) -> str:
    """Give the texts within something, in order."""
    if isinstance(value, list):
        return "".join(map(_said, value))
    if not isinstance(value, dict):
        return ""
    text = value.get("text", value.get("url", ""))
    inner = "".join(_said(each) for key, each in value.items() if key not in {"text", "value"})
    end = "\n" if value.get("type") == "rich_text_section" else ""
    return (text if isinstance(text, str) else _said(text)) + inner + end


def _every(value: object, kind: str) -> list[Json]:
    """Give all that is of a type within something."""
    if isinstance(value, list):
        return [found for each in value for found in _every(each, kind)]
    if not isinstance(value, dict):
        return []
    here = [value] if value.get("type") == kind else []
    return here + [found for each in value.values() for found in _every(each, kind)]
