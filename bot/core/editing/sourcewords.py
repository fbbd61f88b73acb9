"""A source as it is typed in one value: `Example Times, 2023-11, press, https://…`. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.core.clean import shortened
from bot.core.dates import PartialDate
from bot.core.document import quoted
from bot.core.editing.tree import Tree, Value
from bot.core.spelling import suggestion
from bot.core.template import SLUG_LENGTH, slug
from bot.core.vendor import Tier
from bot.errors import UsageError

EXAMPLE = 'source="Example Times, 2023-11, press, https://example.org/article"'
"""An address of nobody's, which no record may cite: who copies the example has it refused."""
TIERS = "official, court, research, press or subject"
LONGEST_SHOWN = 80
_ADDRESS = re.compile(r"<?(https?://[^\s<>|]+)(?:\|[^<>]*)?>?", re.IGNORECASE)
# RFC 2606, section 3.
_EXAMPLES = re.compile(
    r"https?://(?:[^/@]*[.@])?example\.(?:com|net|org)(?:[/:?#]|$)", re.IGNORECASE
)
_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_DATED = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"))


@dataclass(frozen=True, slots=True)
class Cited:
    """A source by its key. `new` is what it says, if the record does not have it yet."""

    key: str
    new: Tree | None = None


def cited(text: str, there: Mapping[str, Value]) -> Cited:
    """Read a source: the key or the address of one that is there, or all that a new one needs.

    Its parts stand between commas, in any order. Nothing of it is guessed: raise UsageError with
    what is missing, and an example.
    """
    text = text.strip()
    if text.casefold() in there:
        return Cited(text.casefold())
    rest, url = _address(text)
    known = _of_address(url, there)
    if known is not None:
        return Cited(known)
    if _EXAMPLES.match(url):
        raise UsageError("That is the address of the example; give the source's own.")
    plain = _parts(rest)
    if url:
        plain["url"] = url
    missing = [
        told
        for key, told in (("publisher", "who publishes it"), ("tier", f"whose word it is: {TIERS}"))
        if key not in plain
    ]
    if missing:
        raise UsageError(_incomplete(text, missing, there))
    return Cited(source_key(plain, there), plain)


def _address(text: str) -> tuple[str, str]:
    """Part the address of a source from the rest of its words."""
    found = _ADDRESS.search(text)
    if found is None:
        return text, ""
    return f"{text[: found.start()]},{text[found.end() :]}", found[1].rstrip(",;.")


def _of_address(url: str, there: Mapping[str, Value]) -> str | None:
    for key, source in there.items():
        known = source.get("url") if isinstance(source, dict) else None
        if url and isinstance(known, str) and known.rstrip("/") == url.rstrip("/"):
            return key
    return None


def _parts(text: str) -> Tree:
    """Tell by its form what each part of a source is; what is left is its publisher."""
    plain: Tree = {}
    left: list[str] = []
    for part in filter(None, (each.strip() for each in re.split(r"[,;]", text))):
        if part.casefold() in tuple(Tier) and "tier" not in plain:
            plain["tier"] = part.casefold()
        elif (when := _date(part)) is None:
            left.append(part)
        elif "date" in plain:
            raise UsageError(f"A source has one date: {plain['date']} or {when}? Nothing was done.")
        else:
            plain["date"] = when
    unread = [each for each in left if _DATED.search(each)]
    if unread and len(left) > 1:
        shown = quoted(shortened(unread[0], LONGEST_SHOWN))
        told = f"{shown} is no date: write 2023-11-28, 2023-11 or 2023, with ~ where inferred."
        raise UsageError(f"{told} Nothing was done.")
    if left:
        plain["publisher"] = ", ".join(left)
    return plain


def _date(part: str) -> str | None:
    try:
        return str(PartialDate.parse(part.translate(_DASHES)))
    except ValueError:
        return None


def _incomplete(text: str, missing: Iterable[str], there: Mapping[str, Value]) -> str:
    shown = quoted(shortened(text, LONGEST_SHOWN))
    new = f"A new one needs {' and '.join(missing)}. For example {EXAMPLE}. Nothing was done."
    if _KEY.fullmatch(text.casefold()):
        meant = suggestion(text.casefold(), there)
        end = "" if meant else "."
        return f"The record has no source {shown}{meant}{end} {new}"
    return f"{shown} is no source of the record yet. {new}"


def source_key(source: Tree, taken: Iterable[str]) -> str:
    """Make a source's key: its publisher and year, with the month or a letter if that is taken."""
    date = str(source.get("date", "")).rstrip("~")
    named = slug(str(source.get("publisher", ""))) or "source"
    year, month = date[:4], date[:7]
    used = set(taken)
    wanted = [_joined(named, when) for when in dict.fromkeys((year, month))]
    wanted += [_joined(named, f"{month}-{letter}") for letter in "bcdefghijklmnopqrstuvwxyz"]
    wanted += [_joined(named, f"{month}-{number}") for number in range(100, 100 + len(used) + 1)]
    return next(each for each in wanted if each not in used)


def _joined(named: str, when: str) -> str:
    when = when.strip("-")
    return f"{named[: SLUG_LENGTH - len(when) - 1].strip('-')}-{when}" if when else named
