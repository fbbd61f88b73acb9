"""Words of the bot's that ping nobody and pose as nobody, whatever stands in them. Pure."""

import re
from urllib.parse import unquote, urlsplit

from bot.core.clean import clean_run
from bot.core.document import Inlines, Link, Text

_GAP = "\u200b"
# `@room`, and the id or alias of a user or room; an e-mail address stays whole. What reaches the
# end of a run may go on in the next one, which is drawn right behind it.
_MENTION = re.compile(
    r"@(?=room(?![a-z0-9_])|(?:r|ro|roo)$)"
    r"|[@#!](?=[^\s@#!:]+:\S|$)"
    r"|(?<![\w.+-])[@#!](?=[^\s@#!:]+:?$)",
    re.IGNORECASE,
)
_PERMALINK = re.compile(r"\bmatrix(?:\.(?=to/)|:(?=(?:u|r|roomid)/))", re.IGNORECASE)
# The same inside an address, where the sign may be written as %40.
_AT = re.compile(r"@(?=room(?![a-z0-9_])|[^\s@#!:]+:\S|$)", re.IGNORECASE)
_PILL = re.compile(r"#/.*[@#!+][^/]*:")
# A message, by its room's id: what the bot itself links to. Nothing in it is encoded, so that no
# client finds anybody in it.
_EVENT = re.compile(
    r"https://matrix\.to/#/![\w.~:-]{1,255}/\$[\w.~:+-]{1,255}(?:\?via=[\w.:-]{1,255})?", re.ASCII
)


def inert(text: str) -> str:
    """Break what would ping or become a pill; the reader sees the same."""
    text = _MENTION.sub(lambda found: found.group() + _GAP, text)
    return _PERMALINK.sub(lambda found: found.group() + _GAP, text)


def inert_address(url: str) -> str:
    """Write what would ping in an address as a code, which leads to the same place."""
    return _AT.sub("%40", url)


def unposed(text: Inlines) -> Inlines:
    """Turn the links that would pose as somebody into text, joined with the text beside it."""
    return clean_run(
        tuple(
            Text(part.label) if isinstance(part, Link) and _is_pill(part.url) else part
            for part in text
        )
    )


def _is_pill(url: str) -> bool:
    """Whether clients draw a link to it as a person or room: matrix.to, or a client's own page."""
    if _EVENT.fullmatch(url):
        return False
    host = urlsplit(url).hostname or ""
    return f".{host}".endswith(".matrix.to") or _PILL.search(unquote(url)) is not None
