"""What a command may see: never the bot, only what it needs to answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bot.core.cards import Desk
from bot.core.matcher import Matcher
from bot.core.mention import Invocation
from bot.core.settings import Settings
from bot.core.status import Status
from bot.core.watchlist import Watchlist


@dataclass(frozen=True, slots=True)
class Context:
    """One command's surroundings, as they were when it was given."""

    invocation: Invocation
    watchlist: Watchlist
    matcher: Matcher
    desk: Desk
    settings: Settings
    status: Callable[[], Awaitable[Status]]
    now: datetime
