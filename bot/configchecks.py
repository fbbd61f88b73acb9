"""What is wrong with a configuration although each setting by itself is right."""

from collections.abc import Collection, Iterator
from typing import Any

from pydantic import ValidationError

from bot.config import Config
from bot.core.duration import parse_duration
from bot.core.plainwords import Loc
from bot.core.spelling import nearest
from bot.errors import Problem
from bot.yamlfile import Loaded

_SECRETS = (
    ("database", "url"),
    ("slack", "bot_token"),
    ("slack", "app_token"),
    ("slack", "signing_secret"),
    ("slack", "client_secret"),
    ("slack", "token_key"),
)
_LISTS = {("feeds", "list"), ("feeds", "lists")}
_ACCOUNT_SECRETS = ("password", "access_token", "pickle_key", "recovery_key")


def secrets(config: Config) -> Iterator[tuple[Loc, str]]:
    """Give the settings that a file may hold; the file's setting ends in `_file`."""
    for section, setting in _SECRETS:
        yield (section,), setting
    for number, _ in enumerate(config.matrix.accounts):
        for setting in _ACCOUNT_SECRETS:
            yield ("matrix", "accounts", number), setting


def at(model: Any, loc: Loc) -> Any:
    """Give what stands at a path in a model."""
    for part in loc:
        model = model[part] if isinstance(part, int) else getattr(model, part)
    return model


def broken_in(loaded: Loaded) -> frozenset[Loc]:
    """Give the paths of what is wrong by itself: a section, or a setting with all that is in it."""
    try:
        Config.model_validate(loaded.data)
    except ValidationError as error:
        locs = [each["loc"] for each in error.errors(include_url=False)]
        # A number is that of a list's item, and without some of them it is another list.
        return frozenset(
            loc[:2] if all(isinstance(part, str) for part in loc[:2]) else loc[:1] for loc in locs
        )
    return frozenset()


def contradictions(
    config: Config, loaded: Loaded, broken: Collection[Loc] = ()
) -> Iterator[Problem]:
    """Find what is wrong with settings together; nothing is said of those beside `broken` ones."""
    for section, setting in secrets(config):
        given = {setting, f"{setting}_file"}
        if given <= at(config, section).model_fields_set:
            place = loaded.place((*section, f"{setting}_file"), of_key=True)
            yield place.problem(f"give either '{setting}' or '{setting}_file', not both")
    whole = not _is_broken(broken, "slack", "web")
    for wanting in config.slack.wanting(config.web) if whole else ():
        yield loaded.place(("slack",), of_key=True).problem(wanting)
    if not _is_broken([loc for loc in broken if loc not in _LISTS], "feeds"):
        yield from _of_pace(config, loaded)
    yield from _of_feeds(config, loaded)


def _is_broken(broken: Collection[Loc], *sections: str) -> bool:
    """Say whether something in these sections is broken, or a key that was meant for one."""
    keys = [nearest(str(loc[0]), Config.model_fields) if loc else None for loc in broken]
    return () in broken or any(key in sections for key in keys)


def _of_pace(config: Config, loaded: Loaded) -> Iterator[Problem]:
    feeds = config.feeds
    if feeds.fastest < parse_duration("1m"):
        place = loaded.place(("feeds", "fastest"))
        yield place.problem("feeds may be polled every 1m at most")
    if not feeds.fastest <= feeds.slowest <= parse_duration("24h"):
        place = loaded.place(("feeds", "slowest"))
        yield place.problem("give a time from `fastest` to 24h")


def _of_feeds(config: Config, loaded: Loaded) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for index, feed in enumerate(config.feeds.list):
        place = loaded.place(("feeds", "list", index, "url"))
        if feed.url in seen:
            yield place.problem("this feed is already listed; give it all its channels there")
        seen[feed.url] = index
    sources: set[str] = set()
    for index, followed in enumerate(config.feeds.lists):
        place = loaded.place(("feeds", "lists", index, "source"))
        if followed.source in sources:
            yield place.problem("this list is already followed; give it all its channels there")
        if "://" in followed.source and not followed.is_address:
            yield place.problem("give a file, or an address with http:// or https://")
        sources.add(followed.source)


def of_accounts(config: Config, loaded: Loaded) -> Iterator[Problem]:
    """Find what is wrong with accounts, once paths and secrets are known."""
    for number, setting, words in config.matrix.wanting():
        loc: Loc = ("matrix", "accounts", number)
        yield loaded.place((*loc, setting) if setting else loc).problem(words)
