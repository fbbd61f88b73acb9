"""All that people chose about some mentions, read in the caller's transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from bot.core.mention import Mention
from bot.core.settings import Settings
from bot.storage import mutes, pauses, settings, wrong_matches


@dataclass(slots=True)
class Choices:
    """All choices that bear on some mentions, read once for all of them."""

    defaults: Settings
    by_channel: Mapping[str, Mapping[str, str]]
    mutes: mutes.Muted
    wrong_words: wrong_matches.Wrong
    paused: bool
    _made: dict[str, Settings] = field(default_factory=dict)

    @classmethod
    def read(
        cls,
        connection: Connection,
        team: str,
        mentions: Iterable[Mention],
        defaults: Settings,
        now: datetime,
    ) -> "Choices":
        """Read what was chosen for the mentions' channels and vendors, and holds at `now`."""
        channels = sorted({each.channel.key for each in mentions})
        vendors = sorted({each.vendor for each in mentions})
        return cls(
            defaults,
            settings.chosen_by(connection, team, channels),
            mutes.active(connection, team, now),
            wrong_matches.about(connection, team, vendors),
            pauses.paused(connection, team) is not None,
        )

    def settings(self, channel: str) -> Settings:
        """Give a channel's settings."""
        if channel not in self._made:
            self._made[channel] = settings.readable(self.defaults, self.by_channel.get(channel, {}))
        return self._made[channel]

    def muted(self, channel: str, vendor: str, now: datetime) -> bool:
        """Say whether somebody muted the vendor there."""
        return self.mutes.covers(channel, vendor, now)

    def wrong(self, mention: Mention) -> bool:
        """Say whether somebody marked these words as a wrong match, there or anywhere."""
        match = mention.match
        return self.wrong_words.covers(
            mention.channel.key, mention.vendor, match.matched, match.name
        )
