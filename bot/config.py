"""The configuration: every setting there is, with its default. configfile.py reads it.

A setting whose name ends in `_file` names a file that holds the secret. deploy/config.example.yml
shows every setting.
"""

from collections.abc import Iterator
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema

from bot.config_matrix import Matrix
from bot.core.duration import DurationField, parse_duration
from bot.core.hours import DigestPlan, QuietHours
from bot.core.mention import MatchKind
from bot.core.places import Watch
from bot.core.settings import MORNINGS, Mode
from bot.core.vendor import Line, Slug, WebAddress
from bot.core.web import Listen
from bot.pack import shipped
from bot.section import ChannelKey, Section


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


class FeedList(Section):
    """An OPML list of feeds that is followed: a file, or an address. Its feeds go to `channels`."""

    source: Line
    channels: tuple[ChannelKey, ...] = Field(min_length=1)

    @property
    def is_address(self) -> bool:
        """Whether it is fetched, rather than read from a file."""
        return self.source.startswith(("http://", "https://"))


class Feeds(Section):
    """What is polled, how often, and who can be asked about it.

    A feed is asked the more often the more it brings, between `fastest` and `slowest`.
    """

    contact: Line | None = None
    allow_networks: tuple[Network, ...] = ()
    fastest: DurationField = parse_duration("5m")
    slowest: DurationField = parse_duration("1h")
    list: tuple[FeedRoute, ...] = ()
    lists: tuple[FeedList, ...] = ()


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


class Approval(StrEnum):
    """Whether edits of the watchlist wait for a second person."""

    NONE = "none"
    REQUIRED = "required"


class Editing(Section):
    """How the watchlist is edited by chat."""

    approval: Approval = Approval.NONE


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
    watchlist: Editing = Editing()
    alerts: Alerts = Alerts()
    feeds: Feeds = Feeds()
    console: Console = Console()
    slack: Slack = Slack()
    matrix: Matrix = Matrix()
    web: Web = Web()
    admins: Admins = Admins()
    roles: Roles = Roles()
    keep: Keep = Keep()
    corrections_contact: Line | None = None
    log: Log = Log()

    def pack_folders(self) -> list[Path]:
        """Give the pack folders in use, in the order in which they override each other."""
        return ([shipped()] if self.shipped_watchlist else []) + list(self.watchlists)
