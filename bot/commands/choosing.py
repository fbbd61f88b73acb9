"""Vendors and tags as people name them in a filter: with commas between, or spaces alone."""

from collections.abc import Callable

from bot.core.document import quoted
from bot.core.spelling import suggestion
from bot.core.watchlist import Exactly, Watchlist
from bot.errors import UsageError


def as_told(error: ValueError) -> str:
    """Give what is wrong with what was typed as a sentence, of which nothing is to be typed."""
    line = str(error).replace("`", "'")
    end = "" if line.endswith("?") else "."
    return f"{line[:1].upper()}{line[1:]}{end}"


def vendor_ids(watchlist: Watchlist, text: str) -> list[str]:
    """Give the ids of vendors that are called by any of their names. Raise UsageError."""
    return _found(text, watchlist, _vendor, _no_vendor)


def tag_names(watchlist: Watchlist, text: str) -> list[str]:
    """Give tags of watched vendors as the records spell them. Raise UsageError."""
    return _found(text, watchlist, _tag, _no_tag)


def _found(
    text: str,
    watchlist: Watchlist,
    find: Callable[[Watchlist, str], str | None],
    unknown: Callable[[Watchlist, str], str],
) -> list[str]:
    """Find what is named, with commas between or spaces alone. Raise UsageError."""
    found: set[str] = set()
    for part in filter(None, (each.strip(" '\"") for each in text.split(","))):
        # A name may be of several words.
        named = (part,) if find(watchlist, part) else part.split()
        for each in named:
            id_ = find(watchlist, each)
            if id_ is None:
                some = any(find(watchlist, other) for other in named)
                raise UsageError(unknown(watchlist, each if some else part))
            found.add(id_)
    return sorted(found)


def _vendor(watchlist: Watchlist, name: str) -> str | None:
    found = watchlist.find(name)
    return found.vendor.id if isinstance(found, Exactly) else None


def _no_vendor(watchlist: Watchlist, name: str) -> str:
    found = watchlist.find(name)
    near = () if isinstance(found, Exactly) else found.vendors
    meant = f" Did you mean {' or '.join(each.name for each in near)}?" if near else ""
    return f"No watched vendor is called {quoted(name)}.{meant} Nothing was changed."


def _tags(watchlist: Watchlist) -> list[str]:
    return sorted({tag for each in watchlist.vendors.values() for tag in each.tags})


def _tag(watchlist: Watchlist, name: str) -> str | None:
    return next((tag for tag in _tags(watchlist) if tag.casefold() == name.casefold()), None)


def _no_tag(watchlist: Watchlist, name: str) -> str:
    tags = _tags(watchlist)
    near = suggestion(name, tags) or f". Tags: {', '.join(tags) or 'none'}."
    return f"No watched vendor has the tag {quoted(name)}{near} Nothing was changed."
