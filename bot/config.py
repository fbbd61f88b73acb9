"""The configuration: one YAML file, and the environment, which wins.

`VENDORWATCH_ALERTS__COOLDOWN=12h` sets `cooldown` in the section `alerts`; a list is written as in
YAML, `[10.0.0.0/8]`; an empty variable sets nothing. A setting whose name ends in `_file` names a
file that holds the secret. deploy/config.example.yml shows every setting.

The overlay of the environment is written here rather than left to a library, so that a wrong
value is blamed on the variable or on the line of the file that it came from.
"""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, get_origin

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator, WithJsonSchema
from pydantic import StringConstraints as Constraints

from bot import yamlfile
from bot.core.duration import DurationField, parse_duration
from bot.core.hours import DigestPlan, QuietHours
from bot.core.mention import MatchKind
from bot.core.places import Watch
from bot.core.settings import MORNINGS, Mode
from bot.core.spelling import nearest
from bot.core.vendor import Line, Slug, WebAddress
from bot.core.web import Listen
from bot.errors import InvalidFileError, Problem
from bot.pack import shipped
from bot.plainwords import Loc, annotation_at, keys_of
from bot.yamlfile import Loaded, Place, Plain

PREFIX = "VENDORWATCH_"
FILE_VARIABLE = "VENDORWATCH_CONFIG"
"""Where the file is, unless the command line says it."""

# Kubernetes tells every pod of the services around it. A service called vendorwatch, or one whose
# name starts so, yields VENDORWATCH_PORT_8080_TCP and the like, which nobody meant as settings.
_KUBERNETES = re.compile(r"_SERVICE_HOST|_SERVICE_PORT(_\w+)?|_PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?")
_MAX_SECRET = 64 * 1024


def _network(value: Any) -> IPv4Network | IPv6Network:
    text = str(value)
    try:
        return ip_network(text)
    except ValueError:
        pass
    try:
        hint = f"; did you mean {ip_network(text, strict=False)}?"
    except ValueError:
        hint = ""
    raise ValueError(f"{text!r} is no network such as 10.0.0.0/8{hint}")


Network = Annotated[
    IPv4Network | IPv6Network,
    PlainValidator(_network),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "description": "A network: 10.0.0.0/8, fd00::/8."}),
]
ChannelKey = Annotated[str, Constraints(pattern=r"^(console|matrix|slack):\S+$", max_length=300)]


def _quiet(value: Any) -> QuietHours:
    return value if isinstance(value, QuietHours) else QuietHours.parse(str(value))


def _digest(value: Any) -> DigestPlan:
    return value if isinstance(value, DigestPlan) else DigestPlan.parse(str(value))


def _listen(value: Any) -> Listen:
    return value if isinstance(value, Listen) else Listen.parse(str(value))


QuietField = Annotated[QuietHours, PlainValidator(_quiet), PlainSerializer(str, return_type=str)]
DigestField = Annotated[DigestPlan, PlainValidator(_digest), PlainSerializer(str, return_type=str)]
ListenField = Annotated[Listen, PlainValidator(_listen), PlainSerializer(str, return_type=str)]


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a log line looks. `auto` is text on a terminal, JSON elsewhere."""

    AUTO = "auto"
    JSON = "json"
    TEXT = "text"


class Section(BaseModel):
    """Frozen, and strict about keys: a misspelt setting is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Database(Section):
    """Where everything is kept that must survive a restart. The URL may hold a password."""

    url: Line = Field("sqlite+aiosqlite:///vendorwatch.db", repr=False)
    url_file: Path | None = None


class Alerts(Section):
    """How channels want their alerts, unless they say otherwise."""

    mode: Mode = Mode.THREAD
    minimum: MatchKind = MatchKind.VARIANT
    cooldown: DurationField = parse_duration("24h")
    repeat_card: DurationField = parse_duration("30d")
    quiet: QuietField | None = None
    digest: DigestField = MORNINGS
    withdraw: bool | None = None


class FeedRoute(Section):
    """A feed and the channels that its alerts go to.

    With `backfill`, the first poll also alerts for entries no older than that.
    """

    url: WebAddress
    channels: tuple[ChannelKey, ...] = Field(min_length=1)
    backfill: DurationField | None = None


class Feeds(Section):
    """What is polled, how often, and who can be asked about it."""

    contact: Line | None = None
    allow_networks: tuple[Network, ...] = ()
    interval: DurationField = parse_duration("15m")
    list: tuple[FeedRoute, ...] = ()


class Console(Section):
    """The conversation in the terminal."""

    enabled: bool = True
    channel: Line = "#general"
    name: Line = "you"


class Web(Section):
    """The bot's web server; without an address there is none. `url` is where the world finds it."""

    listen: ListenField | None = None
    url: WebAddress | None = None


class SlackMode(StrEnum):
    """How Slack's events come in: over a connection of the bot's own, or as requests to it."""

    SOCKET = "socket"
    HTTP = "http"


class Slack(Section):
    """A workspace, by its bot token, or several, which install the bot by OAuth; or both.

    Over Socket Mode an app token is needed, over HTTP the signing secret.
    """

    mode: SlackMode = SlackMode.SOCKET
    bot_token: Line | None = Field(None, repr=False)
    bot_token_file: Path | None = None
    app_token: Line | None = Field(None, repr=False)
    app_token_file: Path | None = None
    signing_secret: Line | None = Field(None, repr=False)
    signing_secret_file: Path | None = None
    client_id: Line | None = None
    client_secret: Line | None = Field(None, repr=False)
    client_secret_file: Path | None = None
    token_key: Line | None = Field(None, repr=False)
    token_key_file: Path | None = None
    api_url: WebAddress = "https://slack.com/api/"
    allowed_bots: tuple[Line, ...] = ()
    watch: Watch = Watch.ON_INVITE

    def given(self, setting: str) -> bool:
        """Say whether a setting is there, or the file that holds it."""
        return bool(getattr(self, setting) or getattr(self, f"{setting}_file", None))

    def wanting(self, web: Web) -> Iterator[str]:
        """Say what Slack needs and does not have."""
        several = [each for each in _SEVERAL if self.given(each)]
        for each, where in _SEVERAL.items() if several else ():
            if not self.given(each):
                yield f"slack in several workspaces needs {each} ({where})"
        if several and web.listen is None:
            yield (
                "slack in several workspaces needs the web server for /slack/install: set "
                "web.listen, such as 127.0.0.1:8080"
            )
        bot, app = self.given("bot_token") or bool(several), self.given("app_token")
        if self.mode is SlackMode.SOCKET:
            if bot != app:
                missing = "app_token (xapp-...)" if bot else "bot_token (xoxb-...)"
                yield f"slack needs both tokens; {missing} is missing"
            return
        if not bot:
            yield "slack over HTTP needs a bot_token (xoxb-...)"
        if not self.given("signing_secret"):
            yield (
                "slack over HTTP needs the signing_secret of the app "
                "(Basic Information, App Credentials)"
            )
        if web.listen is None and not several:
            yield "slack over HTTP needs the web server: set web.listen, such as 127.0.0.1:8080"


_SEVERAL = {
    "client_id": "Basic Information, App Credentials",
    "client_secret": "Basic Information, App Credentials",
    "token_key": "it seals the tokens; deploy/README.md says how to make one",
}


class Admins(Section):
    """Who is told when something needs a person."""

    channels: tuple[ChannelKey, ...] = ()


class Roles(Section):
    """Who may change what: people, and groups of a platform."""

    admins: tuple[ChannelKey, ...] = ()
    curators: tuple[ChannelKey, ...] = ()


class Keep(Section):
    """How long what is kept; of documents and entries, their words."""

    mentions: DurationField = parse_duration("365d")
    encrypted_mentions: DurationField = parse_duration("7d")
    documents: DurationField = parse_duration("30d")
    entries: DurationField = parse_duration("30d")
    removed: DurationField = parse_duration("30d")


class Log(Section):
    """What the bot tells its operator."""

    level: LogLevel = LogLevel.INFO
    format: LogFormat = LogFormat.AUTO


class Config(Section):
    """All settings. `watchlists` are pack folders, later ones overriding earlier ones."""

    team: Slug = "default"
    database: Database = Database()
    watchlists: tuple[Path, ...] = ()
    shipped_watchlist: bool = True
    alerts: Alerts = Alerts()
    feeds: Feeds = Feeds()
    console: Console = Console()
    slack: Slack = Slack()
    web: Web = Web()
    admins: Admins = Admins()
    roles: Roles = Roles()
    keep: Keep = Keep()
    corrections_contact: Line | None = None
    log: Log = Log()

    def pack_folders(self) -> list[Path]:
        """Give the pack folders in use, in the order in which they override each other."""
        return ([shipped()] if self.shipped_watchlist else []) + list(self.watchlists)


SECRETS = (
    ("database", "url"),
    ("slack", "bot_token"),
    ("slack", "app_token"),
    ("slack", "signing_secret"),
    ("slack", "client_secret"),
    ("slack", "token_key"),
)
"""Settings that a file may hold, by section; the file's setting ends in `_file`."""


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """Read the configuration; raise InvalidFileError with every problem of file and variables.

    Paths in the file start from the file's folder, paths in variables from the working directory.
    Without `path` the variable VENDORWATCH_CONFIG may name the file. On return, secrets given as
    files have been read.
    """
    if path is None and environ.get(FILE_VARIABLE):
        path = Path(environ[FILE_VARIABLE])
    file = Loaded("configuration", {}) if path is None else _without_empty(yamlfile.read(path))
    problems: list[Problem] = []
    for variable, loc in _variables(environ):
        try:
            file = _overlay(file, _from_variable(variable, environ[variable], loc), loc)
        except InvalidFileError as error:
            problems += error.problems
    try:
        config = yamlfile.validate(Config, file)
    except InvalidFileError as error:
        raise InvalidFileError([*problems, *error.problems]) from None
    config, found = _resolve(config, file, path)
    problems += found
    if problems:
        raise InvalidFileError(problems)
    return config


def _without_empty(loaded: Loaded) -> Loaded:
    """Drop settings without a value: a section with every line commented out is the default."""
    return Loaded(loaded.file, _prune(loaded.data) or {}, loaded.values, loaded.keys)


def _prune(data: Plain) -> Plain:
    if isinstance(data, dict):
        return {key: _prune(value) for key, value in data.items() if value is not None}
    if isinstance(data, list):
        return [_prune(item) for item in data]
    return data


def _variables(environ: Mapping[str, str]) -> Iterator[tuple[str, Loc]]:
    """Give the variables that are meant for the bot and the settings they name."""
    for variable in sorted(environ):
        if (
            not variable.startswith(PREFIX)
            or variable == FILE_VARIABLE
            or not environ[variable].strip()
        ):
            continue
        name = variable.removeprefix(PREFIX)
        if "__" not in name and _KUBERNETES.search(f"_{name}"):
            continue
        yield variable, tuple(name.lower().split("__"))


def variables(model: type[BaseModel] = Config, loc: Loc = ()) -> Iterator[tuple[str, Loc]]:
    """Give the name of the variable and the path in the file of every setting and section."""
    for key in keys_of(model):
        there = (*loc, key)
        yield PREFIX + "__".join(map(str, there)).upper(), there
        inner = annotation_at(model, (key,))
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from variables(inner, there)


def _from_variable(variable: str, value: str, loc: Loc) -> Loaded:
    """Read one variable: text for a plain setting, YAML for a list or a section."""
    known = dict(variables())
    if known.get(variable) != loc:
        meant = nearest(
            variable.removeprefix(PREFIX), (each.removeprefix(PREFIX) for each in known)
        )
        message = (
            f"unknown setting; did you mean '{PREFIX}{meant}'?" if meant else "unknown setting"
        )
        raise InvalidFileError([Problem(variable, 0, 0, message)])
    wanted = annotation_at(Config, loc)
    if keys_of(wanted) or get_origin(wanted) is tuple:
        return yamlfile.parse(value.encode("utf-8", "replace"), variable)
    return Loaded(variable, value, {(): Place(variable)})


def _overlay(below: Loaded, above: Loaded, loc: Loc) -> Loaded:
    """Put a variable's value over what the file says at `loc`."""
    data = dict(below.data) if isinstance(below.data, dict) else {}
    inner = data
    for part in map(str, loc[:-1]):
        there = inner.get(part)
        inner[part] = deeper = dict(there) if isinstance(there, dict) else {}
        inner = deeper
    key = str(loc[-1])
    # A secret and the file that holds it are one setting: either replaces the file's other one.
    for twin in {f"{key}_file", key.removesuffix("_file")} - {key}:
        if below.place((*loc[:-1], twin)).file == below.file:
            inner.pop(twin, None)
    inner[key] = above.data
    kept = {there: place for there, place in below.values.items() if there[: len(loc)] != loc}
    values = kept | {(*loc, *there): place for there, place in above.values.items()}
    keys = dict(below.keys) | {(*loc, *there): place for there, place in above.keys.items()}
    return Loaded(below.file, data, values, keys)


def _resolve(config: Config, loaded: Loaded, path: Path | None) -> tuple[Config, list[Problem]]:
    """Read secrets, make paths start where they should, and find what only all of it shows."""
    problems = list(_contradictions(config, loaded))

    def based(name: Path, loc: Loc) -> Path:
        if path is None or loaded.place(loc).file != str(path):
            return name
        return path.parent / name

    folders = tuple(
        based(folder, ("watchlists", index)) for index, folder in enumerate(config.watchlists)
    )
    read: dict[str, BaseModel] = {}
    for section, setting in SECRETS:
        given = read.get(section, getattr(config, section))
        file = getattr(given, f"{setting}_file")
        if file is None:
            continue
        loc: Loc = (section, f"{setting}_file")
        try:
            secret = _secret(based(file, loc))
            read[section] = given.model_copy(update={setting: secret})
        except ValueError as error:
            told = f"the secret in '{file}' cannot be read: {error}"
            problems.append(loaded.place(loc).problem(told))
    return config.model_copy(update={**read, "watchlists": folders}), problems


def _contradictions(config: Config, loaded: Loaded) -> Iterator[Problem]:
    for section, setting in SECRETS:
        given = {setting, f"{setting}_file"}
        if given <= getattr(config, section).model_fields_set:
            place = loaded.place((section, f"{setting}_file"), of_key=True)
            yield place.problem(f"give either '{setting}' or '{setting}_file', not both")
    for wanting in config.slack.wanting(config.web):
        yield loaded.place(("slack",), of_key=True).problem(wanting)
    if config.feeds.interval < parse_duration("1m"):
        place = loaded.place(("feeds", "interval"))
        yield place.problem("feeds may be polled every 1m at most")
    seen: dict[str, int] = {}
    for index, feed in enumerate(config.feeds.list):
        place = loaded.place(("feeds", "list", index, "url"))
        if feed.url in seen:
            yield place.problem("this feed is already listed; give it all its channels there")
        seen[feed.url] = index


def _secret(path: Path) -> str:
    """Read the secret that a file holds; raise ValueError saying why it cannot be had."""
    try:
        with path.open("rb") as stream:
            text = stream.read(_MAX_SECRET + 1).decode().strip()
    except OSError as error:
        raise ValueError(error.strerror) from None
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    if not text or len(text) > _MAX_SECRET:
        raise ValueError("it is too long" if text else "it is empty")
    return text
