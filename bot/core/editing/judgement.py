"""Whether an edited record may stand: the model's rules and the editorial standard, on every edit.

What was wrong before an edit is not held against it: a curator who mends one line of a record that
came with another fault is not stopped by that.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.core.editing.tree import Fault, Path, Tree, UnfitError, path_words, vendor_of
from bot.core.editorial import check, check_all
from bot.core.finding import Finding
from bot.core.vendor import Vendor
from bot.core.watchlist import Watchlist


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an edit comes to. With anything in `refused` it does not stand.

    `record` is the vendor's as it would be; None if it is gone or does not stand. `weak` is worth a
    look and no reason to refuse.
    """

    record: Vendor | None = None
    refused: tuple[Fault, ...] = ()
    weak: tuple[Fault, ...] = ()


def judged(watchlist: Watchlist, vendor: str, tree: Tree | None) -> Judgement:
    """Hold a vendor's record, as an edit would leave it (None: gone), to the standard."""
    vendors = dict(watchlist.vendors)
    before = vendors.pop(vendor, None)
    record: Vendor | None = None
    if tree is not None:
        try:
            record = vendor_of(tree)
        except UnfitError as error:
            return Judgement(refused=error.faults)
        if record.id != vendor:
            told = f"the id of a record stays: '{vendor}'; add the other as a vendor of its own"
            return Judgement(refused=(Fault(("id",), told),))
        vendors[vendor] = record
    after = Watchlist(vendors, watchlist.programs)
    known = {_told(watchlist, each) for each in _findings(watchlist, before)}
    new = [each for each in _findings(after, record) if _told(after, each) not in known]
    refused = tuple(_fault(after, vendor, each) for each in new if each.is_error)
    weak = tuple(_fault(after, vendor, each) for each in new if not each.is_error)
    return Judgement(None if refused else record, refused, weak)


def _findings(watchlist: Watchlist, vendor: Vendor | None) -> Iterator[Finding]:
    if vendor is not None:
        yield from check(vendor, watchlist.programs)
    yield from check_all(watchlist.vendors.values())


def _told(watchlist: Watchlist, finding: Finding) -> tuple[str, Path, str]:
    return finding.vendor, _words(watchlist, finding), finding.message


def _words(watchlist: Watchlist, finding: Finding) -> Path:
    return path_words(watchlist.vendors[finding.vendor], finding.path)


def _fault(watchlist: Watchlist, vendor: str, finding: Finding) -> Fault:
    path = _words(watchlist, finding)
    of = "" if finding.vendor == vendor else f"{watchlist.vendors[finding.vendor].name}: "
    return Fault(path, f"{of}{finding.message}")
