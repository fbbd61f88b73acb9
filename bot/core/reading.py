"""Reading what a line gives to a command: where each argument ends, and what it means. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from rapidfuzz import fuzz

from bot.core.arguments import STRANGER, Kind, Known, Parameter, Url, WhichVendorError
from bot.core.candidates import candidates_document
from bot.core.clean import shortened
from bot.core.dates import PartialDate
from bot.core.document import is_web_address, quoted
from bot.core.duration import parse_duration
from bot.core.line import Word, block_of, fields_of, first_word, first_words, plain_line, rest_of
from bot.core.mention import Channel
from bot.core.spelling import suggestion
from bot.core.vendor import Vendor
from bot.core.watchlist import Exactly, Nearest, fold_name
from bot.errors import UsageError

MOST_WORDS = 10
"""Words of a vendor's name without quotation marks around it."""
PAIR = 2
MOST_PARTS = 6
"""Words of a duration or a choice."""
LONGEST_NAME = 300
LONGEST_AGAIN = 1_000
"""Characters of a command that a button gives; longer ones no platform takes."""
LONGEST_SHOWN = 80
"""Characters of what was typed wrong that are said back."""
_HOST = re.compile(r"[^\s/:@?#]+\.[^\s/:@?#.]{2,}(?:[:/?#].*)?")
_WEB = re.compile("https?://", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_NUMBER = re.compile("#?([0-9]{1,18})")
_SLACK = re.compile(r"<#([A-Za-z0-9]+)(?:\|[^<>]*)?>")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"))


@dataclass(frozen=True, slots=True)
class Given:
    """What a line has for a parameter: line[start:end], read as `text`."""

    text: str
    start: int
    end: int


def shared_out(
    parameters: tuple[Parameter, ...], line: str, at: int, known: Known = STRANGER
) -> tuple[dict[str, Given], int]:
    """Share an even line's words from a place on out among parameters; say where they end.

    Raise UsageError for a block that cannot be told from the rest.
    """
    found: dict[str, Given] = {}
    for parameter in parameters:
        part = _given(parameter, line, at, known, last=parameter is parameters[-1])
        if part is None:
            break
        found[parameter.name], at = part, part.end
    return found, at


def arguments(  # noqa: PLR0913 - a line, its place and what reads it
    parameters: tuple[Parameter, ...],
    usage: str,
    line: str,
    at: int,
    known: Known,
    *,
    partly: bool = False,
) -> dict[str, object]:
    """Read what an even line has from a place on for parameters, by name; all unless `partly`.

    Raise UsageError that says what to type instead, a WhichVendorError for a vendor's name that is
    unknown or that of several.
    """
    read: dict[str, object] = {}
    found, at = shared_out(parameters, line, at, known)
    for parameter in parameters:
        part = found.get(parameter.name)
        if part is None and (partly or not parameter.required):
            break
        if part is None or not part.text:
            typed = f"{plain_line(line)} {parameter.example}".replace("`", "'")
            shown = f", for example `{typed}`" if parameter.kind is Kind.FIELDS else ""
            raise UsageError(f"That needs {_a(parameter.label)}. Type `{usage}`{shown}.")
        if parameter.kind is Kind.VENDOR:
            pasted = parameters[-1].kind is Kind.BLOCK and part.end < len(line)
            read[parameter.name] = _vendor(parameter, part, known, "" if pasted else line)
            continue
        try:
            read[parameter.name] = _READERS[parameter.kind](parameter, part.text, known)
        except ValueError as error:
            # It repeats what was typed, of which nothing is to be typed again.
            told = str(error).replace("`", "'")
            end = "" if told.endswith("?") else "."
            raise UsageError(f"{told}{end} Type `{usage}`.") from None
    if line[at:].strip():
        more = quoted(shortened(plain_line(line[at:]), LONGEST_SHOWN))
        raise UsageError(f"{more} is more than it takes. Type `{usage}`.")
    return read


def fault(parameter: Parameter, text: str) -> str:
    """Say what is wrong with what somebody wrote for a parameter; empty if nothing is.

    Whether there is such a vendor or channel only whoever knows them can say.
    """
    if parameter.kind in {Kind.VENDOR, Kind.CHANNEL}:
        return ""
    try:
        _READERS[parameter.kind](parameter, text, STRANGER)
    except ValueError as error:
        return f"{error}."
    return ""


# Where an argument ends


def _given(parameter: Parameter, line: str, at: int, known: Known, *, last: bool) -> Given | None:
    """Find what is given for a parameter; None if nothing is left. `last`: no other follows."""
    first = first_word(line, at)
    if first is None:
        return None
    kind = parameter.kind
    if parameter.takes_rest or (kind is Kind.VENDOR and last):
        return Given(_rest(kind, line, at), first.start, len(line))
    if not first.quoted and kind is Kind.VENDOR:
        return _named(line, _runs(line, at, MOST_WORDS), known)
    if not first.quoted and kind in {Kind.DURATION, Kind.CHOICE}:
        return _longest(_runs(line, at, MOST_PARTS), parameter)
    return Given(first.text, first.start, first.end)


def _rest(kind: Kind, line: str, at: int) -> str:
    if kind is Kind.FIELDS:
        return fields_of(line, at)
    if kind is not Kind.BLOCK:
        return rest_of(line, at)
    try:
        return block_of(line, at)
    except ValueError as error:
        raise UsageError(f"That cannot be read: {error}.") from None


def _runs(line: str, at: int, most: int) -> tuple[Word, ...]:
    """Give the first words alone, the first two, and so on, each as one; none in marks."""
    runs: list[Word] = []
    for word in first_words(line, at, most):
        if word.quoted or (runs and word.end - runs[0].start > LONGEST_NAME):
            break
        start = runs[0].start if runs else word.start
        runs.append(Word(plain_line(line[start : word.end]), start, word.end))
    return tuple(runs)


def _named(line: str, runs: tuple[Word, ...], known: Known) -> Given:
    """Take the longest run that some vendor is called; else what comes nearest to a name."""
    best, likest = runs[0], 0.0
    for run, before in zip(reversed(runs), (*reversed(runs[:-1]), None), strict=True):
        if before is not None and not fold_name(line[before.end : run.end]):
            continue  # a dash, or another sign between the name and what follows
        found = known.find(run.text)
        if not isinstance(found, Nearest):
            return Given(run.text, run.start, run.end)
        alike = max((_likeness(run.text, each) for each in found.vendors), default=0.0)
        if alike > likest:
            best, likest = run, alike
    return Given(best.text, best.start, best.end)


def _likeness(text: str, vendor: Vendor) -> float:
    asked = fold_name(text)
    names = (vendor.id, vendor.name, *(each.value for each in vendor.names))
    return max(fuzz.ratio(asked, fold_name(each)) for each in names)


def _longest(runs: tuple[Word, ...], parameter: Parameter) -> Given:
    """Take the longest run that reads as what a parameter is; the first word if none does."""
    for run in reversed(runs):
        try:
            _READERS[parameter.kind](parameter, run.text, STRANGER)
        except ValueError:
            continue
        return Given(run.text, run.start, run.end)
    return Given(runs[0].text, runs[0].start, runs[0].end)


# What an argument means


def _a(noun: str) -> str:
    if noun == "url":
        return "a web address"
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def _no(parameter: Parameter, text: str, noun: str, instead: str) -> str:
    what = noun if parameter.label.casefold() == noun else f"{noun} for {parameter.label}"
    return f"{quoted(shortened(text, LONGEST_SHOWN))} is no {what}: {instead}"


def _vendor(parameter: Parameter, part: Given, known: Known, line: str) -> Vendor | Exactly:
    """Find a vendor; else ask which is meant, where the same line can be a button's."""
    found = known.find(part.text) if len(part.text) <= LONGEST_NAME else Nearest(())
    if isinstance(found, Exactly):
        return found if parameter.of is Exactly else found.vendor
    again = None
    if 0 < len(line) <= LONGEST_AGAIN:
        around = (line[: part.start], line[part.end :])
        again = "{}".join(each.replace("{", "{{").replace("}", "}}") for each in around)
    raise WhichVendorError(candidates_document(part.text, found.vendors, again))


def _as_it_is(_parameter: Parameter, text: str, _known: Known) -> str:
    return text


def _number(parameter: Parameter, text: str, _known: Known) -> int:
    number = _NUMBER.fullmatch(text)
    if number is None:
        raise ValueError(_no(parameter, text, "number", "write for example 12"))
    return int(number[1])


def _duration(parameter: Parameter, text: str, _known: Known) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError:
        instead = "write 7d, 12h or 2 weeks, ten years at most"
        raise ValueError(_no(parameter, text, "duration", instead)) from None


def _date(parameter: Parameter, text: str, known: Known) -> PartialDate:
    if text.casefold() == "today":
        return PartialDate.of(known.today)
    try:
        return PartialDate.parse(text.translate(_DASHES))
    except ValueError:
        instead = "write 2019-10-09, 2019-10, 2019 or today, with ~ where it is inferred"
        raise ValueError(_no(parameter, text, "date", instead)) from None


def _url(parameter: Parameter, text: str, _known: Known) -> Url:
    address = text[1:-1] if text.startswith("<") and text.endswith(">") else text
    if not _WEB.match(address) and (not _SCHEME.match(address) or _HOST.fullmatch(address)):
        address = f"https://{address}" if _HOST.fullmatch(address) else ""
    if not is_web_address(address):
        instead = "it starts with http:// or https://"
        raise ValueError(_no(parameter, text, "web address", instead))
    return Url(address)


def _choice(parameter: Parameter, text: str, _known: Known) -> object:
    of = parameter.of
    if not issubclass(of, StrEnum):
        raise TypeError(f"{parameter.name} is no choice")
    asked = _spelt(text)
    spelt = {_spelt(each.value): each for each in of}
    if asked in spelt:
        return spelt[asked]
    names = [each.value for each in of]
    what = quoted(shortened(text, LONGEST_SHOWN))
    if len(names) == PAIR:
        raise ValueError(f"{what} is neither {names[0]} nor {names[1]}")
    near = suggestion(asked, names) or "."
    raise ValueError(f"{what} is no {parameter.label}{near} Choose {_either(names)}")


def _spelt(text: str) -> str:
    return "-".join(text.translate(_DASHES).casefold().replace("_", " ").replace("-", " ").split())


def _either(names: list[str]) -> str:
    return " or ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)


def _channel(_parameter: Parameter, text: str, known: Known) -> Channel:
    """Read a channel as somebody names it; of another platform or of nothing at all is refused."""
    here = known.here
    if text.casefold() == "here":
        return here
    slack = _SLACK.fullmatch(text)
    key = slack[1] if slack is not None else text
    platform, colon, id_ = key.partition(":")
    if not colon or not platform.isalpha():  # a room's id on Matrix has a colon of its own
        platform, id_ = here.platform, key
    shown = quoted(shortened(key, LONGEST_SHOWN))
    if not id_ or platform != here.platform:
        raise UsageError(f"{shown} is no channel of this chat; write {here.platform}:ID")
    if id_ == here.id:
        return here
    # A name, where channels are not known by their names: nothing would ever come from it.
    if id_.startswith("#") and not here.id.startswith("#"):
        how = f"write {here.platform}:ID, or type this in that channel"
        raise UsageError(f"{shown} is a name; {how}")
    return known.at(Channel(here.platform, id_, private=True, team=here.team))


_READERS: dict[Kind, Callable[[Parameter, str, Known], object]] = {
    Kind.WORD: _as_it_is,
    Kind.NUMBER: _number,
    Kind.CHOICE: _choice,
    Kind.CHANNEL: _channel,
    Kind.DURATION: _duration,
    Kind.DATE: _date,
    Kind.URL: _url,
    Kind.FIELDS: _as_it_is,
    Kind.BLOCK: _as_it_is,
    Kind.REST: _as_it_is,
}
