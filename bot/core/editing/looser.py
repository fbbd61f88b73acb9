"""Whether an edit makes the matcher find what it did not find before. Pure."""

from bot.core.vendor import MatchMode, Name, NameRole, Vendor

_REACHES = {
    MatchMode.EXACT: {MatchMode.EXACT},
    MatchMode.WORD: {MatchMode.EXACT, MatchMode.WORD, MatchMode.CONTEXT},
    MatchMode.FUZZY: {MatchMode.EXACT, MatchMode.WORD, MatchMode.CONTEXT, MatchMode.FUZZY},
    MatchMode.SUBSTRING: set(MatchMode),
    MatchMode.CONTEXT: {MatchMode.CONTEXT},
}
"""What else a name finds that is looked for so."""


def looser(before: Vendor | None, after: Vendor | None) -> bool:
    """Say whether a record may match more than it did: new, with a new name, or less bounded."""
    if after is None:
        return False
    names = _sought(after)
    if before is None:
        return bool(names)
    had = _sought(before)
    if not all(any(_covers(old, new) for old in had) for new in names):
        return True
    kept_out = {each.phrase for each in after.not_this}
    return any(each.phrase not in kept_out for each in before.not_this)


def _sought(vendor: Vendor) -> list[Name]:
    """Give the names by which a vendor is looked for."""
    return [
        each
        for each in vendor.names
        if each.match is not MatchMode.NEVER and each.role is not NameRole.OEM
    ]


def _covers(old: Name, new: Name) -> bool:
    """Say whether a name found all that another one finds."""
    if old.value != new.value or new.match not in _REACHES[old.match]:
        return False
    return old.match is not MatchMode.CONTEXT or set(new.requires) <= set(old.requires)
