"""Feeds that move: whether an address that was given is to be replaced by where it leads. Pure.

Three permanent redirects in a row to one address on the same site replace it. A move to another
site could be a sale or a break-in as well: it is followed, and a person is told.
"""

from dataclasses import replace
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from tld import get_fld

from bot.core.addresses import redact
from bot.core.feed import Feed, Notice, NoticeKind

IN_A_ROW = 3
"""Permanent redirects to one address before it is believed; errors before it no longer is."""


def prepare() -> None:
    """Read the list of public suffixes, which takes 80 ms; else the first that asks waits."""
    _site(urlsplit("https://www.example.com/"))


def moved(feed: Feed, moved_to: str | None) -> tuple[Feed, tuple[Notice, ...]]:
    """Take down where a good answer was permanently redirected to, None if it was not.

    Gives the feed's new state, and a notice once it keeps leading to another site. An https address
    is never replaced by an http one, nor one with credentials by another origin's.
    """
    if moved_to is None or moved_to == feed.at:
        if feed.moving_to is None and not feed.moves and NoticeKind.MOVED not in feed.told:
            return feed, ()  # as nearly always
        return replace(feed, moving_to=None, moves=0, told=feed.told - {NoticeKind.MOVED}), ()
    if moved_to != feed.moving_to:
        return replace(feed, moving_to=moved_to, moves=1, told=feed.told - {NoticeKind.MOVED}), ()
    counted = replace(feed, moves=min(feed.moves + 1, IN_A_ROW))
    return _believed(counted, moved_to) if counted.moves == IN_A_ROW else (counted, ())


def _believed(feed: Feed, moved_to: str) -> tuple[Feed, tuple[Notice, ...]]:
    try:
        here, there = urlsplit(feed.at), urlsplit(moved_to)
        same = here.hostname == there.hostname or _site(here) == _site(there)
    except ValueError:
        return feed, ()
    if not same:
        if NoticeKind.MOVED in feed.told:
            return feed, ()
        told = replace(feed, told=feed.told | {NoticeKind.MOVED})
        return told, (Notice(NoticeKind.MOVED, redact(moved_to)),)
    address = _with_credentials(here, there)
    if address is None or (here.scheme, there.scheme) == ("https", "http"):
        return feed, ()
    new = None if address == feed.url else address
    return replace(feed, address=new, moving_to=None, moves=0), ()


def fallen_back(feed: Feed) -> Feed:
    """Give the feed's state before one more error is counted, with its first address if that helps.

    The validators were the other address's, so that the next good answer is read whole.
    """
    if feed.address is None or feed.failures + 1 < IN_A_ROW:
        return feed
    return replace(feed, address=None, moving_to=None, moves=0, etag=None, last_modified=None)


def _site(parts: SplitResult) -> str:
    """Give the part of a host that somebody registers, or all of a host that has none."""
    host = (parts.hostname or "").rstrip(".")
    try:
        ip_address(host)
    except ValueError:
        pass
    else:
        return host
    name = host.encode("idna").decode() if not host.isascii() else host
    return get_fld(f"https://{name}/", fail_silently=True) or name


def _with_credentials(here: SplitResult, there: SplitResult) -> str | None:
    """Give the new address with the old one's credentials; None if they may not go there."""
    credentials, at, _ = here.netloc.rpartition("@")
    if not at:
        return there.geturl()
    if (here.scheme, here.hostname, here.port) != (there.scheme, there.hostname, there.port):
        return None
    return there._replace(netloc=f"{credentials}@{there.netloc}").geturl()
