"""How a channel wants its alerts, as people type it and as they are told. Pure.

`digest cooldown=12h quiet=22:00-07:00 Europe/Berlin`: a mode, and pairs whose values may hold
spaces. `default` takes a choice back, `none` empties it.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from bot.core.about import MODES
from bot.core.document import Inlines, quoted, strong, words
from bot.core.duration import write_duration
from bot.core.mention import MatchKind
from bot.core.settings import DEFAULTS, SETTINGS, Mode, Settings
from bot.core.spelling import suggestion

TAKEN_BACK = "default"
EMPTY = ("none", "all")
"""What empties a filter or the quiet hours."""
LONGEST_VALUE = 500
VENDORS = ("vendors", "not_vendors")
TAGS = ("tags", "not_tags")
EXAMPLES: Mapping[str, str] = {
    "mode": "mode=digest",
    "minimum": "min=exact",
    "cooldown": "cooldown=12h",
    "repeat_card": "repeat_card=30d",
    "vendors": "vendors=hikvision, dahua",
    "not_vendors": "not_vendors=huawei",
    "tags": "tags=cameras",
    "not_tags": "not_tags=cameras",
    "quiet": "quiet=22:00-07:00 Europe/Berlin",
    "digest": "digest=daily 9 Europe/Berlin",
    "withdraw": "withdraw=yes",
}
"""How each setting is typed, in the order in which they are told."""
_MINIMUM = {
    MatchKind.EXACT: "names as they are listed, in no other spelling",
    MatchKind.VARIANT: "other spellings of a name too",
    MatchKind.POSSIBLE: "guesses too, which ask whether the vendor was meant",
}
_AROUND = re.compile(r"\s*=\s*")


def typed(key: str) -> str:
    """Give the word that people type for a setting."""
    return EXAMPLES[key].partition("=")[0]


_KEYS = {typed(key): key for key in EXAMPLES} | {key: key for key in EXAMPLES}


def read_wish(text: str) -> dict[str, str | None]:
    """Read which settings are to change, None: taken back; names in filters stay as written.

    Raises ValueError, in a line for a person, for what nobody can read.
    """
    said = _AROUND.sub("=", text.strip()).split()
    if [word.casefold() for word in said] == [TAKEN_BACK]:
        return dict.fromkeys(sorted(SETTINGS))
    read: dict[str, str] = {}
    current: str | None = None
    for word in said:
        name, pair, value = word.partition("=")
        if pair:
            current = _key(name)
            _put(read, current, value)
        elif word.casefold() in set(Mode):
            current = None
            _put(read, "mode", word)
        elif current is not None:
            read[current] += f" {word}"
        else:
            raise ValueError(_unknown(word))
    return {key: _value(key, value) for key, value in read.items()}


def _key(name: str) -> str:
    key = _KEYS.get(name.strip("'\"").casefold())
    if key is None:
        raise ValueError(f"there is no setting {quoted(name)}{suggestion(name.casefold(), _KEYS)}")
    return key


def _put(read: dict[str, str], key: str, value: str) -> None:
    if key in read:
        raise ValueError(f"{typed(key)} is given twice")
    read[key] = value


def _unknown(word: str) -> str:
    key = _KEYS.get(word.casefold())
    if key is not None:
        return f"{typed(key)} needs a value after a sign of equality, as in {EXAMPLES[key]}"
    near = suggestion(word.casefold(), [*map(str, Mode), *_KEYS, TAKEN_BACK])
    return f"{quoted(word)} is neither a mode ({', '.join(Mode)}) nor a setting{near}"


def _value(key: str, text: str) -> str | None:
    """Give what is to be kept for a setting; raise ValueError if it cannot be read."""
    value = text.strip(" '\"")
    if not value:
        raise ValueError(f"{typed(key)} needs a value, as in {EXAMPLES[key]}")
    if len(value) > LONGEST_VALUE:
        raise ValueError(f"what follows {typed(key)}= has at most {LONGEST_VALUE} characters")
    if value.casefold() == TAKEN_BACK:
        return None
    if key in VENDORS or key in TAGS:
        return "" if value.casefold() in EMPTY else value
    if key in {"mode", "minimum", "withdraw"} or value.casefold() in EMPTY:
        value = value.casefold()
    return written(DEFAULTS.changed({key: value}), key)


def written(settings: Settings, key: str) -> str:
    """Write a setting as `Settings.changed` reads it; an empty filter is empty."""
    value = getattr(settings, key)
    match key:
        case "mode" | "minimum" | "digest":
            return str(value)
        case "cooldown" | "repeat_card":
            return write_duration(value)
        case "quiet":
            return "none" if value is None else str(value)
        case "withdraw":
            return TAKEN_BACK if value is None else "yes" if value else "no"
        case _:
            return ",".join(sorted(value))


def again(choices: Mapping[str, str | None]) -> str:
    """Write changes as they are typed, so that `read_wish` gives them back."""
    pairs = []
    for key, value in choices.items():
        text = TAKEN_BACK if value is None else value or EMPTY[0]
        pairs.append(f"{typed(key)}={text}")
    return " ".join(pairs)


def shown(settings: Settings, key: str, name: Callable[[str], str]) -> str:
    """Write a setting for people: `min=exact`. `name` gives a vendor's name by its id."""
    value = getattr(settings, key)
    if key in VENDORS:
        text = ", ".join(sorted(map(name, value)))
    elif key in TAGS:
        text = ", ".join(sorted(value))
    else:
        text = written(settings, key)
    if not text:
        text = "none" if key.startswith("not_") else "all"
    return f"{typed(key)}={text}"


def told(
    settings: Settings, defaults: Settings, chosen: Iterable[str], name: Callable[[str], str]
) -> tuple[Inlines, ...]:
    """Say how alerts come, a setting a line: what it means, and what was chosen there."""
    lines = []
    picked = frozenset(chosen)
    for key in EXAMPLES:
        empty = getattr(settings, key) in (frozenset(), None)
        if empty and key not in picked and key not in {"vendors", "quiet"}:
            continue  # it says nothing
        why = "the default"
        if key in picked:
            was = shown(defaults, key, name).partition("=")[2]
            why = f"chosen here; the default is {was}"
        means = _meaning(settings, key)
        lines.append(words(strong(shown(settings, key, name)), f": {means} ({why})"))
    return tuple(lines)


def _meaning(settings: Settings, key: str) -> str:
    both = bool(settings.vendors) and bool(settings.tags)
    meanings = {
        "mode": f"a match is told {MODES[settings.mode]}",
        "minimum": _MINIMUM[settings.minimum],
        "cooldown": "the same vendor again after that at the earliest; news always",
        "repeat_card": "an unchanged card again after that; until then a line stands for it",
        "vendors": "only these" + (", and those with the tags" if both else ""),
        "not_vendors": "these never",
        "tags": "only vendors with one of these tags" + (", and those named" if both else ""),
        "not_tags": "vendors with one of these tags never",
        "quiet": "alerts wait then, and come together afterwards",
        "digest": "when a digest comes, where alerts are collected",
        "withdraw": "whether a card goes when the message that brought it is deleted",
    }
    if key == "vendors" and not settings.vendors:
        return "as the tags say" if settings.tags else "every watched vendor"
    if key == "quiet" and settings.quiet is None:
        return "alerts come at any hour"
    return meanings[key]
