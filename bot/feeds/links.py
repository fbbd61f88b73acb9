"""Addresses as feeds and servers give them: made absolute, freed of tracking, shown safely."""

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urljoin, urlsplit

from bot.core.addresses import tracks

_LONGEST = 4_096
"""Longer links are refused, in characters."""

_TRACKING_FRAGMENT = re.compile(r"(?:xtor|utm_\w+|at_medium)=|:~:")
_DEFAULT_PORTS = {"http": 80, "https": 443}

_RELATIONS = ("alternate", "related", "via")
_SCHEME = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*:")
_WEB = re.compile(r"\s*https?:", re.IGNORECASE)
_NO_HOST = re.compile(r"https?:/*", re.IGNORECASE)
# An address as nearly all are, which cannot but stay as it is, except for its parameters.
_PLAIN = re.compile(
    r"(https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::(?!0|80\b|443\b)\d{2,4})?"
    r"(?:/[!$&-.0-:=@-Z_a-z~%/]*)?)(?:\?([!$&-;=?@-Z_a-z~%/]+))?"
)


def clean_link(link: str, base: str = "") -> str | None:
    """Give the absolute http(s) address a link means, or None if it means none.

    Tracking parameters, credentials and default ports are cut, the host is in lower case, and
    everything else stays byte for byte, so that the result may serve as an identity.
    """
    plainly = _PLAIN.fullmatch(link)
    if plainly and len(link) <= _LONGEST:
        address, query = plainly.groups()
        return f"{address}?{kept}" if query and (kept := _untracked(query)) else address
    text = re.sub(r"[\t\r\n]", "", link.strip()).replace(" ", "%20")
    # urljoin takes a scheme without a host for the base itself.
    if not text or len(text) > _LONGEST or _NO_HOST.fullmatch(text):
        return None
    try:
        parts = urlsplit(urljoin(base, text))
        host = _host(parts)
    except ValueError:
        return None
    if not host or not host.isprintable():
        return None
    fragment = "" if _TRACKING_FRAGMENT.match(parts.fragment) else parts.fragment
    query = _untracked(parts.query)
    return parts._replace(netloc=host, query=query, fragment=fragment).geturl()


def _untracked(query: str) -> str:
    return "&".join(each for each in query.split("&") if not tracks(each))


def best_link(link: str, others: Iterable[tuple[str, str]]) -> str:
    """Give an item's link, or where that is no web address, the best of (relation, address).

    An alternate of another type than HTML is better than what an item is about or came from.
    """
    if link and (_WEB.match(link) or not _SCHEME.match(link)):
        return link
    found: dict[str, str] = {}
    for rel, address in others:
        if address.strip():
            found.setdefault(rel, address)
    return next((found[rel] for rel in _RELATIONS if rel in found), link)


def origin_host(url: str) -> str:
    """Give the host of an address in lower case, or an empty text."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _host(parts: SplitResult) -> str:
    """Give host and port of an http(s) address; empty for other schemes. Raise ValueError."""
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return ""
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if parts.port in (None, _DEFAULT_PORTS[parts.scheme]):
        return name
    return f"{name}:{parts.port}"
