"""The watchlist: all watched vendors, and finding one by whatever it is called."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from rapidfuzz import fuzz

from bot.core.vendor import Confidence, NameRole, Program, Vendor

MOST_SUGGESTIONS = 5
NEAR = 75.0
"""How alike (0 to 100) a name must be to what was asked to be suggested."""
_PARTIAL = 90.0

# What says which form a company has, not which company it is.
_FORMS = """
    ab ag aps as asa bhd bv co company corp corporation gmbh group holding holdings inc
    incorporated jsc kg kk limited llc llp lp ltd nv ojsc ooo oy oyj pao pjsc plc pt pte pty pvt
    sa sarl sas sdn se spa srl zao ао зао оао ооо пао
"""
_LEGAL_FORMS = frozenset(_FORMS.split())
_LEGAL_ENDINGS = (
    *("股份有限公司", "有限责任公司", "有限公司", "股份公司", "集团", "集團"),
    *("株式会社", "주식회사"),
)
_ABBREVIATING_DOT = re.compile(r"(?<=\b\w)\.")


@dataclass(frozen=True, slots=True)
class Exactly:
    """One vendor is called that; `name` is the one of its names that was meant.

    `sold_as` is that name where another seller uses it for the vendor's goods.
    """

    vendor: Vendor
    name: str
    sold_as: str | None = None


@dataclass(frozen=True, slots=True)
class Several:
    """More than one vendor is called that, in order of id."""

    vendors: tuple[Vendor, ...]


@dataclass(frozen=True, slots=True)
class Nearest:
    """Nobody is called that; these come nearest, the nearest first. Often there are none."""

    vendors: tuple[Vendor, ...]


Found: TypeAlias = Exactly | Several | Nearest


@dataclass(frozen=True, slots=True)
class Watchlist:
    """All watched vendors by id, in order of id, and the programmes that their measures name."""

    vendors: Mapping[str, Vendor]
    programs: Mapping[str, Program] = field(default_factory=dict)
    # For each folded name the vendors called so, each with the name as its record spells it.
    _called: Mapping[str, Mapping[str, str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ordered = MappingProxyType(dict(sorted(self.vendors.items())))
        called: dict[str, dict[str, str]] = {}
        for vendor in ordered.values():
            for name in _names(vendor):
                if folded := fold_name(name):
                    called.setdefault(folded, {}).setdefault(vendor.id, name)
        object.__setattr__(self, "vendors", ordered)
        object.__setattr__(self, "programs", MappingProxyType(dict(self.programs)))
        object.__setattr__(self, "_called", called)

    @classmethod
    def of(
        cls, vendors: Iterable[Vendor], programs: Mapping[str, Program] | None = None
    ) -> "Watchlist":
        """Make one of vendors in any order; of two with one id the later counts."""
        return cls({vendor.id: vendor for vendor in vendors}, programs or {})

    def get(self, id: str) -> Vendor:  # noqa: A002 - the field's own name
        """Give the vendor with this id; raise KeyError if there is none."""
        return self.vendors[id]

    def find(self, query: str) -> Found:
        """Find a vendor by its id or any of its names, those that never alert included.

        Case, width, punctuation, spaces and the words for a legal form do not count.
        """
        if vendor := self.vendors.get(query.strip().lower()):
            return Exactly(vendor, vendor.name)
        asked = fold_name(query)
        called = self._called.get(asked, {})
        match [*called.items()]:
            case []:
                return Nearest(self._nearest(asked))
            case [(vendor_id, name)]:
                vendor = self.vendors[vendor_id]
                return Exactly(vendor, name, name if _is_oem(vendor, name) else None)
            case _:
                return Several(tuple(self.vendors[vendor_id] for vendor_id in sorted(called)))

    def _nearest(self, asked: str) -> tuple[Vendor, ...]:
        best: dict[str, float] = {}
        for name, vendors in self._called.items():
            score = _likeness(asked, name)
            if score >= NEAR:
                for vendor_id in vendors:
                    if _is_look_alike(self.vendors[vendor_id], asked):
                        continue
                    best[vendor_id] = max(score, best.get(vendor_id, 0.0))
        ranked = sorted(best, key=lambda vendor_id: (-best[vendor_id], vendor_id))
        return tuple(self.vendors[vendor_id] for vendor_id in ranked[:MOST_SUGGESTIONS])

    def tagged(self, tag: str | None = None) -> tuple[Vendor, ...]:
        """Give the vendors with a tag, or all of them, in order of id."""
        return tuple(
            vendor for vendor in self.vendors.values() if tag is None or tag in vendor.tags
        )

    @staticmethod
    def revision(vendor: Vendor) -> str:
        """Name the state of a vendor's record: equal records have equal revisions."""
        # Without defaults, so that a new optional field does not make every record look changed.
        plain = vendor.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        canonical = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def fold_name(name: str) -> str:
    """Reduce a name to what tells it from others: letters and digits, without the legal form."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    plain = _ABBREVIATING_DOT.sub("", plain)
    words = "".join(ch if ch.isalnum() or _is_mark(ch) else " " for ch in plain).split()
    while len(words) > 1 and words[-1] in _LEGAL_FORMS:
        words.pop()
    while len(words) > 1 and words[0] in _LEGAL_FORMS:
        del words[0]
    return _without_ending("".join(words))


def _without_ending(folded: str) -> str:
    for ending in _LEGAL_ENDINGS:
        if folded.endswith(ending) and folded != ending:
            return _without_ending(folded.removesuffix(ending))
    return folded


def is_legal_form(name: str) -> bool:
    """Whether a name says nothing but a legal form: `Co., Ltd.`, `有限公司`."""
    folded = fold_name(name)
    return folded in _LEGAL_FORMS or folded in _LEGAL_ENDINGS


def _is_mark(character: str) -> bool:
    """Whether a character is part of the letter before it, as vowel signs in Devanagari are."""
    return unicodedata.category(character).startswith("M")


def _names(vendor: Vendor) -> Iterator[str]:
    """Give what a look-up answers to. That a seller's goods are the vendor's must be confirmed."""
    yield vendor.name
    if vendor.native_name is not None:
        yield vendor.native_name
    yield vendor.id
    for name in vendor.names:
        if name.role is not NameRole.OEM or name.confidence is Confidence.CONFIRMED:
            yield name.value


def _is_oem(vendor: Vendor, value: str) -> bool:
    return any(name.value == value and name.role is NameRole.OEM for name in vendor.names)


def _is_look_alike(vendor: Vendor, asked: str) -> bool:
    """Whether the record says that this name is somebody else's."""
    return any(fold_name(each.phrase) == asked for each in vendor.not_this)


def _likeness(asked: str, name: str) -> float:
    """Say from 0 to 100 how near a folded name is to what was asked."""
    score = fuzz.ratio(asked, name)
    shorter, longer = sorted((asked, name), key=len)
    telling = len(shorter) >= (4 if shorter.isascii() else 2)
    # `hangzhou hikvision` for the full legal name, `hikvision cameras` for Hikvision; a word that
    # many names end in, such as `technology`, suggests nothing.
    if telling and (longer.startswith(shorter) or (shorter == name and longer.endswith(shorter))):
        score = max(score, _PARTIAL)
    return score
