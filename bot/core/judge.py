"""The judge that knows the watchlist: policy for the decisions, cards for the words. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.cards import Desk, card
from bot.core.compact import line, mark, several
from bot.core.document import Document
from bot.core.mention import Mention
from bot.core.policy import Decision, Form, Situation, Telling, decide
from bot.core.vendor import Vendor
from bot.core.watchlist import Watchlist


@dataclass(frozen=True, slots=True)
class WatchlistJudge:
    """Judges by a watchlist as it is at `now`. `revise` names the state of a vendor's record."""

    watchlist: Watchlist
    desk: Desk
    revise: Callable[[Vendor], str]
    now: datetime

    def decide(self, mention: Mention, situation: Situation) -> Decision:
        """Say what becomes of a mention."""
        vendor = self.watchlist.get(mention.vendor)
        tags: frozenset[str] = frozenset(vendor.tags)
        return decide(mention, situation, self.revise(vendor), tags, self.now)

    def compose(self, tellings: Sequence[Telling]) -> Document:
        """Word what is posted: a card or a line about one vendor, one message about several."""
        told = [(self.watchlist.get(each.mention.vendor), each.mention) for each in tellings]
        (vendor, mention), telling = told[0], tellings[0]
        if telling.post.form is Form.MARK:
            return mark(told)
        if len(told) > 1:
            return several(told, self.desk)
        if telling.post.form is Form.CARD:
            return card(vendor, self.desk, mention)
        return line(vendor, self.desk, mention, telling.history, self.revise(vendor))

    def revision(self, vendor: str) -> str:
        """Name the present state of a vendor's record."""
        return self.revise(self.watchlist.get(vendor))
