"""What a sync leaves out of a room where much was said: fetched page by page."""

import structlog

from bot.platforms.matrix import wanted
from bot.platforms.matrix.account import Account
from bot.platforms.matrix.api import path
from bot.platforms.matrix.errors import MatrixError
from bot.platforms.matrix.events import comes_in
from bot.platforms.matrix.values import Json, mappings

log = structlog.get_logger()
PAGE = 100
"""Events that are asked for at a time."""
MOST_BACK, MOST_PAGES = 2_000, 40
"""Events of one room that are fetched after a long absence, and in how many pages at most."""


async def left_out(
    account: Account, room_id: str, start: str, since: str, *, fresh: bool
) -> list[Json]:
    """Fetch what was said between two places, oldest first; of a `fresh` room since the join.

    `start` is the later place. Raise MatrixError.
    https://spec.matrix.org/v1.18/client-server-api/#get_matrixclientv3roomsroomidmessages
    """
    found: list[Json] = []
    at, homeserver = start, account.now().homeserver
    where, pages = path("rooms", room_id, "messages"), 0
    asked = {"dir": "b", "to": since, "limit": str(PAGE), "filter": wanted.said(members=fresh)}
    while len(found) < MOST_BACK and pages < MOST_PAGES:
        try:
            told = await homeserver.call("GET", where, query={**asked, "from": at})
        except MatrixError as error:
            if not error.permanent:
                raise
            log.warning("matrix: what was said in between cannot be had", reason=str(error))
            break
        page, pages = list(mappings(told, "chunk")), pages + 1
        found += page
        end = told.get("end")
        ours = fresh and any(comes_in(each, account.user_id) for each in page)
        # A page may be empty and more may follow, as long as it says where.
        if ours or not isinstance(end, str) or end == at:
            break
        at = end
    else:
        log.warning("matrix: more was said than is read again", events=len(found))
    return found[::-1]
