"""Addresses that are asked, and where an answer leads from one to the next. Pure."""

from yarl import URL

from bot.core.addresses import redact
from bot.errors import FeedError

REDIRECTS = frozenset((301, 302, 303, 307, 308))
PERMANENT = frozenset((301, 308))


def read_address(text: str, url: str) -> URL:
    """Read an http(s) address; `url` is the one that people know, for the FeedError's message."""
    try:
        address = URL(text)
        if address.scheme in ("http", "https") and address.host:
            return address
    except ValueError:
        pass
    way = "is" if text == url else "redirects to what is"
    raise FeedError(f"{redact(url)} {way} no address; it must start with http:// or https://")


def following(target: URL, location: str, url: str) -> URL:
    """Give the address a redirect leads to; credentials stay with their origin. Raise FeedError.

    From https to http is followed as well: some publishers do that on the way, what they publish
    is public, and an entry that is missed weighs more. No address is rewritten to it for good.
    """
    if not location:
        raise FeedError(f"{redact(url)} redirects without saying where to")
    try:
        joined = str(target.join(URL(location)))
    except ValueError:
        joined = ""
    found = read_address(joined, url).with_user(None)
    if found.origin() == target.origin() and target.user is not None:
        found = found.with_user(target.user).with_password(target.password)
    return found
