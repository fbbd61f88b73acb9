"""Which names may alert: none that is a common word, a mere legal form or another vendor's."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from bot.core.finding import Finding, Path
from bot.core.text import fold
from bot.core.vendor import MatchMode, Name, NameRole, Vendor
from bot.core.watchlist import is_legal_form

_CAREFUL = {MatchMode.EXACT, MatchMode.CONTEXT, MatchMode.NEVER}
_SILENT = {MatchMode.CONTEXT, MatchMode.NEVER}
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)+(?:[^\W\d_]{{2,63}}|xn--[a-z0-9-]+)")


def check_names(vendor: Vendor) -> Iterator[Finding]:
    """Hold the names of one record to the standard."""
    seen: set[tuple[str, MatchMode]] = set()
    blocked = {_folded(look_alike.phrase) for look_alike in vendor.not_this}
    for index, name in enumerate(vendor.names):
        path: Path = ("names", index)
        for key, told in _check_name(name):
            yield Finding(vendor.id, (*path, key), told)
        same = (name.value if name.match is MatchMode.EXACT else _folded(name.value), name.match)
        if same in seen:
            told = f"the name '{name.value}' is already listed with match: {name.match}"
            yield Finding(vendor.id, (*path, "value"), told)
        seen.add(same)
        if _alerts(name) and _folded(name.value) in blocked:
            told = f"'not_this' blocks the name '{name.value}' itself"
            yield Finding(vendor.id, (*path, "value"), told)
    if _folded(vendor.name) not in {_folded(name.value) for name in vendor.names}:
        told = f"'{vendor.name}' is not among the names, so no text is searched for it"
        yield Finding(vendor.id, ("name",), told, is_error=False)


def shared_names(vendors: Iterable[Vendor]) -> Iterator[Finding]:
    """Find names that would alert for two vendors at once."""
    owners: dict[str, list[tuple[str, Name]]] = {}
    for vendor in vendors:
        for index, name in enumerate(vendor.names):
            if not _alerts(name):
                continue
            others = owners.setdefault(_folded(name.value), [])
            for owner, other in others:
                if owner != vendor.id and not _told_apart(name, other):
                    told = f"the name '{name.value}' also alerts for '{owner}'"
                    told += "; make it match: context in one of the two"
                    yield Finding(vendor.id, ("names", index, "value"), told)
                    break
            others.append((vendor.id, name))


def _check_name(name: Name) -> Iterator[tuple[str, str]]:
    """Give the key that is wrong and what is wrong with it."""
    if name.match is MatchMode.CONTEXT and not name.requires:
        yield "match", "a name with match: context needs words in 'requires'"
    if name.match is not MatchMode.CONTEXT and name.requires:
        yield "requires", f"'requires' counts only with match: context, not {name.match}"
    if name.role is NameRole.DOMAIN and _HOST.fullmatch(name.value) is None:
        yield "value", f"'{name.value}' is no domain such as acme.example"
    letters = [ch for ch in unicodedata.normalize("NFKC", name.value) if ch.isalpha()]
    foreign = [ch for ch in letters if not unicodedata.name(ch, "LATIN").startswith("LATIN")]
    if name.script == "Latn" and foreign:
        yield "value", f"'{foreign[0]}' is no Latin letter; give the name's script, such as Hans"
        return
    if name.role is NameRole.OEM or name.match in _CAREFUL:
        return
    if is_legal_form(name.value):
        yield "match", f"'{name.value}' only says a legal form; match: exact, context or never"
    elif sum(ch.isalnum() for ch in name.value) < (2 if foreign else 4):
        yield "match", f"'{name.value}' is too short for {name.match}; use exact, context or never"


def _alerts(name: Name) -> bool:
    return name.role is not NameRole.OEM and name.match not in _SILENT


def _told_apart(one: Name, other: Name) -> bool:
    """Whether case alone tells two names apart."""
    return one.match is other.match is MatchMode.EXACT and one.value != other.value


def _folded(value: str) -> str:
    return " ".join(fold(value).split())
