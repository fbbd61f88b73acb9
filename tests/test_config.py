import contextlib
import re
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from bot import pack, yamlfile
from bot.config import Config, FeedRoute, LogLevel
from bot.configfile import load, variables
from bot.core.mention import MatchKind
from bot.core.plainwords import annotation_at, keys_of
from bot.core.settings import Mode, Settings
from bot.errors import InvalidFileError

MODES = "thread, channel, react, digest, trial, off; did you mean 'thread'?"
EXAMPLE = Path(__file__).parent.parent / "deploy" / "config.example.yml"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.yml"


def said(path: Path | None, **environ: str) -> list[str]:
    """Load a configuration that is wrong; give what is said, files without their folders."""
    with pytest.raises(InvalidFileError) as caught:
        load(path, environ)
    text = str(caught.value)
    return (text.replace(f"{path.parent}/", "") if path else text).splitlines()


def test_without_file_and_environment_everything_has_its_default() -> None:
    config = load(None, {})
    assert config == Config()
    assert config.database.url == "sqlite+aiosqlite:///vendorwatch.db"
    assert (config.feeds.fastest, config.feeds.list) == (timedelta(minutes=5), ())
    alerts = config.alerts
    settings = Settings(alerts.mode, alerts.minimum, alerts.cooldown, alerts.repeat_card)
    assert settings == Settings(), "the policy's defaults and the configuration's have drifted"


def test_a_file_sets_what_it_names(path: Path) -> None:
    path.write_text(
        "team: newsroom\n"
        "alerts: {mode: off, minimum: possible, cooldown: 1d 12h}\n"
        "feeds:\n"
        "  allow_networks: [10.0.0.0/8, 'fd00::/8']\n"
        "  slowest: 30m\n"
        "  list:\n"
        "    - url: https://town.example/feed.xml\n"
        "      channels: ['console:#town-hall', slack:C0123]\n"
        "      backfill: 7d\n"
        "shipped_watchlist: no\n"
        "log: {level: debug}\n"
    )
    config = load(path, {})
    assert config.team == "newsroom"
    assert config.alerts.mode is Mode.OFF
    assert config.alerts.minimum is MatchKind.POSSIBLE
    assert config.alerts.cooldown == timedelta(hours=36)
    assert config.alerts.repeat_card == timedelta(days=30)
    assert config.feeds.allow_networks == (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    assert config.feeds.list == (
        FeedRoute(
            url="https://town.example/feed.xml",
            channels=("console:#town-hall", "slack:C0123"),
            backfill=timedelta(days=7),
        ),
    )
    assert config.shipped_watchlist is False
    assert config.log.level is LogLevel.DEBUG


def test_a_section_with_every_line_commented_out_is_the_default(path: Path) -> None:
    path.write_text("alerts:\n#  mode: off\nfeeds:\n  contact:\n  list:\nwatchlists: ~\n")
    assert load(path, {}) == Config()


def test_an_empty_file_is_the_default(path: Path) -> None:
    path.write_text("# nothing yet\n")
    assert load(path, {}) == Config()


def test_the_environment_wins_over_the_file(path: Path) -> None:
    path.write_text(
        "alerts:\n  cooldown: 1h\n  mode: off\nfeeds:\n  allow_networks: [10.0.0.0/8]\n"
    )
    config = load(
        path,
        {
            "VENDORWATCH_ALERTS__COOLDOWN": "12h",
            "VENDORWATCH_FEEDS__ALLOW_NETWORKS": "[192.168.0.0/16]",
            "VENDORWATCH_FEEDS__LIST": "[{url: 'https://a.example/f', channels: ['console:#a']}]",
            "VENDORWATCH_CONSOLE": "{name: someone}",
            "VENDORWATCH_CONSOLE__ENABLED": "false",
            "VENDORWATCH_CORRECTIONS_CONTACT": "desk@town.example",
            "VENDORWATCH_TEAM": "002415",
        },
    )
    assert config.alerts.cooldown == timedelta(hours=12)
    assert config.alerts.mode is Mode.OFF
    assert config.feeds.allow_networks == (ip_network("192.168.0.0/16"),)
    assert [feed.url for feed in config.feeds.list] == ["https://a.example/f"]
    assert (config.console.name, config.console.enabled) == ("someone", False)
    assert config.corrections_contact == "desk@town.example"
    assert config.team == "002415"


def test_a_plain_setting_is_taken_from_the_environment_letter_for_letter() -> None:
    contact = "Desk: [corrections] # desk@town.example"
    assert load(None, {"VENDORWATCH_CORRECTIONS_CONTACT": contact}).corrections_contact == contact


def test_variables_that_are_empty_or_not_ours_set_nothing() -> None:
    environ = {
        "VENDORWATCH_ALERTS__COOLDOWN": "",
        "VENDORWATCH_TEAM": "  ",
        "VENDORWATCH_CONFIG": "",
        "ALERTS__COOLDOWN": "1h",
        "PATH": "/bin",
        # Kubernetes sets these for a service called vendorwatch or vendorwatch-web.
        "VENDORWATCH_SERVICE_HOST": "10.0.0.1",
        "VENDORWATCH_SERVICE_PORT": "8080",
        "VENDORWATCH_SERVICE_PORT_HTTP": "8080",
        "VENDORWATCH_PORT": "tcp://10.0.0.1:8080",
        "VENDORWATCH_PORT_8080_TCP": "tcp://10.0.0.1:8080",
        "VENDORWATCH_PORT_8080_TCP_ADDR": "10.0.0.1",
        "VENDORWATCH_WEB_SERVICE_HOST": "10.0.0.1",
    }
    assert load(None, environ) == Config()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("alrts: {}", "1:1: unknown key 'alrts'; did you mean 'alerts'?"),
        ("alerts:\n  cooldwn: 1h", "2:3: unknown key 'cooldwn'; did you mean 'cooldown'?"),
        ("alerts:\n  mode: thred",
         f"2:9: 'thred' is not one of {MODES}"),
        ("alerts:\n  cooldown: 24",
         "2:13: '24' is no duration; write for example 30m, 24h, 7d or 1d 12h"),
        ("alerts: thread",
         "1:9: this must be keys and values: each in a line of its own as 'key: value'"),
        ("feeds:\n  fastest: 10s", "2:12: feeds may be polled every 1m at most"),
        ("feeds:\n  slowest: 2m", "2:12: give a time from `fastest` to 24h"),
        ("feeds:\n  slowest: 48h", "2:12: give a time from `fastest` to 24h"),
        (
            ("feeds:\n  lists:\n  - {source: a.opml, channels: ['console:#x']}\n"
            "  - {source: a.opml, channels: ['console:#y']}"),
            "4:14: this list is already followed; give it all its channels there",
        ),
        (
            "feeds:\n  lists:\n  - {source: 'ftp://a.example/x', channels: ['console:#x']}",
            "3:14: give a file, or an address with http:// or https://",
        ),
        ("feeds:\n  allow_networks: [10.0.0.1/8]",
         "2:20: '10.0.0.1/8' is no network such as 10.0.0.0/8; did you mean 10.0.0.0/8?"),
        ("feeds:\n  allow_networks: [intranet]",
         "2:20: 'intranet' is no network such as 10.0.0.0/8"),
        ("feeds:\n  list:\n    - url: https://a.example/f", "3:7: missing key 'channels'"),
        ("feeds:\n  list:\n    - url: https://a.example/f\n      channels:",
         "3:7: missing key 'channels'"),
        ("feeds:\n  list:\n    - url: https://a.example/f\n      channels: []",
         "4:17: there must be at least one item here"),
        ("feeds:\n  list:\n    - url: https://a.example/f\n      channels: [town-hall]",
         "4:18: 'town-hall' must be a channel such as console:#town-hall or slack:C0123ABCD"),
        ("feeds:\n  list:" + 2 * "\n    - {url: 'https://a.example', channels: ['console:#a']}",
         "4:13: this feed is already listed; give it all its channels there"),
        ("shipped_watchlist: perhaps", "1:20: this must be true or false"),
        ("team: The News", "1:7: 'The News' must be a lower-case slug such as acme-cam"),
        ("watchlists: mine",
         "1:13: this must be a list: each item in a line of its own after '- '"),
        ("log:\n  level: loud", "2:10: 'loud' is not one of debug, info, warning, error"),
        ("database:\n  url: sqlite+aiosqlite:///x.db\n  url_file: secret",
         "3:3: give either 'url' or 'url_file', not both"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_file_is_said_with_its_place(
    path: Path, text: str, problem: str
) -> None:
    path.write_text(text)
    (path.parent / "secret").write_text("sqlite+aiosqlite:///y.db")
    assert said(path) == [f"config.yml:{problem}"]


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("VENDORWATCH_ALERTS__MODE", "thred",
         f"'thred' is not one of {MODES}"),
        ("VENDORWATCH_ALRTS__MODE", "off",
         "unknown setting; did you mean 'VENDORWATCH_ALERTS__MODE'?"),
        ("VENDORWATCH_ALERTS_MODE", "off",
         "unknown setting; did you mean 'VENDORWATCH_ALERTS__MODE'?"),
        ("VENDORWATCH_FEEDS__LIST__1__URL", "https://a.example",
         "there is no item 0 before this one; items are counted from 0"),
        ("VENDORWATCH_FEEDS__LIST__0__ULR", "https://a.example",
         "unknown setting; did you mean 'VENDORWATCH_FEEDS__LIST__0__URL'?"),
        ("VENDORWATCH_MATRIX__ACCOUNTS__3__PASWORD", "x",
         "unknown setting; did you mean 'VENDORWATCH_MATRIX__ACCOUNTS__3__PASSWORD'?"),
        ("VENDORWATCH_WATCHLISTS__0", "mine",
         "unknown setting; did you mean 'VENDORWATCH_WATCHLISTS'?"),
        ("VENDORWATCH_CONSOLE__SERVICE_PORT", "1", "unknown setting"),
        ("VENDORWATCH_X", "y", "unknown setting"),
        ("VENDORWATCH_", "y", "unknown setting"),
        ("VENDORWATCH_ALERTS__COOLDOWN", "24",
         "'24' is no duration; write for example 30m, 24h, 7d or 1d 12h"),
        ("VENDORWATCH_FEEDS__FASTEST", "1s", "feeds may be polled every 1m at most"),
        ("VENDORWATCH_WATCHLISTS", "mine",
         "1:1: this must be a list: each item in a line of its own after '- '"),
        ("VENDORWATCH_WATCHLISTS", "[mine",
         "1:1: this [ is not closed, or a comma is missing in it"),
        ("VENDORWATCH_FEEDS__LIST", "[{ulr: 'https://a.example/f', channels: ['console:#a']}]",
         "1:3: unknown key 'ulr'; did you mean 'url'?"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_environment_names_the_variable(
    variable: str, value: str, problem: str
) -> None:
    (found,) = said(None, **{variable: value})
    assert found.removeprefix(variable).removeprefix(":").strip() == problem


def test_all_problems_of_file_and_environment_are_said_at_once(path: Path) -> None:
    path.write_text("team: The News\nalerts:\n  mode: thred\n")
    assert said(path, VENDORWATCH_LOG__LEVEL="loud", VENDORWATCH_NO__SUCH="x") == [
        "config.yml:1:7: 'The News' must be a lower-case slug such as acme-cam",
        f"config.yml:3:9: 'thred' is not one of {MODES}",
        "VENDORWATCH_LOG__LEVEL: 'loud' is not one of debug, info, warning, error",
        "VENDORWATCH_NO__SUCH: unknown setting",
    ]


def test_what_only_several_settings_show_is_said_with_what_one_does(path: Path) -> None:
    path.write_text(
        "alerts: {mode: tread}\n"
        "slack:\n  mode: http\n  bot_token: xoxb-1\n"
        "feeds:\n  fastest: 2h\n  list:\n"
        "  - {url: nowhere, channels: ['console:#x']}\n"
        "matrix:\n  accounts:\n  - {homeserver: a.example, user: '@b:a.example'}\n"
        "log: {levle: debug}\n"
    )
    lines = [line.split(": ", 1)[1] for line in said(path)]
    assert lines[0] == f"'tread' is not one of {MODES}"
    assert [line.split(" (")[0] for line in lines[1:]] == [
        "slack over HTTP needs the signing_secret of the app",
        "slack over HTTP needs the web server: set web.listen, such as 127.0.0.1:8080",
        "give a time from `fastest` to 24h",
        "'nowhere' must be a web address starting with http:// or https://",
        lines[5],
        "unknown key 'levle'; did you mean 'level'?",
    ]
    assert lines[5].startswith("this account needs a pickle_key")


@pytest.mark.parametrize(
    "text",
    [
        # What is needed may be there, and only misspelt or wrong.
        "slack: {mode: http, bot_token: x, signing_secret: y}\nweb: {listen: nowhere}",
        "slack: {mode: http, bot_token: x, signing_secret: y}\nwbe: {listen: '127.0.0.1:8080'}",
        "slack: {bot_token: x, ap_token: y}",
        "slack: {bot_token: x, app_token: [y]}",
        "feeds: {fastes: 1m, slowest: 2m}",
        "feeds: {fastest: soon, slowest: 2m}",
        "feed: {slowest: 1m}",
        "- feeds",
        "feeds: 1",
        "feeds: {list: [1]}",
        "watchlists: [[1]]",
        "matrix: {accounts: [{homeserver: a.example}]}",
    ],
)
def test_nothing_is_said_of_settings_beside_one_that_is_wrong(path: Path, text: str) -> None:
    path.write_text(text)
    assert len(said(path)) == 1


def test_the_environment_mends_a_wrong_value_of_the_file(path: Path) -> None:
    path.write_text("alerts:\n  mode: thred\nlog: 5\n")
    config = load(path, {"VENDORWATCH_ALERTS__MODE": "off", "VENDORWATCH_LOG__LEVEL": "error"})
    assert (config.alerts.mode, config.log.level) == (Mode.OFF, LogLevel.ERROR)


def test_a_missing_file_is_one_clear_problem(path: Path) -> None:
    assert said(path) == ["config.yml: there is no such file"]


def test_the_environment_may_say_where_the_file_is_unless_the_command_line_does(
    path: Path,
) -> None:
    path.write_text("team: newsroom\n")
    other = path.with_name("other.yml")
    other.write_text("team: council\n")
    assert load(None, {"VENDORWATCH_CONFIG": str(path)}).team == "newsroom"
    assert load(other, {"VENDORWATCH_CONFIG": str(path)}).team == "council"


def test_a_secret_is_read_from_its_file_beside_the_configuration(path: Path) -> None:
    (path.parent / "database-url").write_text("postgresql+asyncpg://bot:hunter2@db/vw\n")
    path.write_text("database:\n  url_file: database-url\n")
    config = load(path, {})
    assert config.database.url == "postgresql+asyncpg://bot:hunter2@db/vw"
    assert "hunter2" not in repr(config)


def test_a_secret_file_named_in_the_environment_is_looked_for_where_the_bot_runs(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = path.parent / "run"
    run.mkdir()
    (run / "url").write_text("sqlite+aiosqlite:///there.db")
    path.write_text("database:\n  url: sqlite+aiosqlite:///here.db\n")
    monkeypatch.chdir(run)
    config = load(path, {"VENDORWATCH_DATABASE__URL_FILE": "url"})
    assert config.database.url == "sqlite+aiosqlite:///there.db"


def test_a_secret_in_the_environment_replaces_the_file_of_the_configuration(path: Path) -> None:
    path.write_text("database:\n  url_file: gone\n")
    url = "sqlite+aiosqlite:///here.db"
    assert load(path, {"VENDORWATCH_DATABASE__URL": url}).database.url == url


def test_a_secret_is_not_given_twice_in_the_environment(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("sqlite+aiosqlite:///there.db")
    assert said(
        None,
        VENDORWATCH_DATABASE__URL="sqlite+aiosqlite:///here.db",
        VENDORWATCH_DATABASE__URL_FILE=str(tmp_path / "url"),
    ) == ["VENDORWATCH_DATABASE__URL_FILE: give either 'url' or 'url_file', not both"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "No such file or directory"),
        (b" \n", "it is empty"),
        (b"\xff\xfe", "it is not UTF-8 text"),
        (b"x" * 65_537, "it is too long"),
    ],
)
def test_a_secret_that_cannot_be_read_is_one_clear_problem(
    path: Path, content: bytes | None, problem: str
) -> None:
    path.write_text("database:\n  url_file: secret\n")
    if content is not None:
        (path.parent / "secret").write_bytes(content)
    assert said(path) == [f"config.yml:2:13: the secret in 'secret' cannot be read: {problem}"]


def test_pack_folders_start_from_the_files_folder_and_come_after_the_shipped_one(
    path: Path,
) -> None:
    path.write_text("watchlists: [mine, /srv/watchlist]\n")
    assert load(path, {}).pack_folders() == [
        pack.shipped(),
        path.parent / "mine",
        Path("/srv/watchlist"),
    ]
    config = load(path, {"VENDORWATCH_SHIPPED_WATCHLIST": "false"})
    assert config.pack_folders() == [path.parent / "mine", Path("/srv/watchlist")]


def test_pack_folders_in_the_environment_start_from_the_working_directory(path: Path) -> None:
    path.write_text("watchlists: [mine]\n")
    config = load(path, {"VENDORWATCH_WATCHLISTS": "[theirs]"})
    assert config.pack_folders() == [pack.shipped(), Path("theirs")]


def test_the_configuration_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Config().team = "other"  # type: ignore[misc] # it is the refusal that is tested


def all_keys(model: type[BaseModel], loc: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """Give the path of every setting that a model knows, list items' settings included."""
    found: set[tuple[str, ...]] = set()
    for key in keys_of(model):
        found.add((*loc, key))
        inner = annotation_at(model, (key,))
        item = annotation_at(model, (key, 0))
        for each in (inner, item):
            if isinstance(each, type) and issubclass(each, BaseModel):
                found |= all_keys(each, (*loc, key))
    return found


def keys_written(data: yamlfile.Plain, loc: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    if isinstance(data, dict):
        for key, value in data.items():
            found |= {(*loc, key)} | keys_written(value, (*loc, key))
    elif isinstance(data, list):
        for item in data:
            found |= keys_written(item, loc)
    return found


def example_in_full(path: Path) -> Path:
    """Write the example with the commented feed and account in it made live."""
    path.with_name("pickle-key").write_text("sixteen characters")
    text = re.sub(r"^ {4}#", "    ", EXAMPLE.read_text(), flags=re.MULTILINE)
    path.write_text(text)
    return path


def test_the_example_is_the_defaults() -> None:
    assert load(EXAMPLE, {}) == Config()


def test_the_example_names_every_setting_and_no_other(path: Path) -> None:
    assert keys_written(yamlfile.read(example_in_full(path)).data) == all_keys(Config)


def test_the_example_loads_with_its_commented_lines_made_live(path: Path) -> None:
    config = load(example_in_full(path), {})
    (feed,) = config.feeds.list
    assert feed.channels == ("console:#general",)
    assert feed.backfill == timedelta(days=7)
    (account,) = config.matrix.accounts
    assert account.user == "@vendorwatch:example.org"
    assert account.store == path.parent / "matrix-store"


def test_every_setting_has_a_variable() -> None:
    names = dict(variables())
    assert names["VENDORWATCH_DATABASE__URL_FILE"] == ("database", "url_file")
    assert names["VENDORWATCH_MATRIX__ACCOUNTS__0__PASSWORD"] == (
        "matrix", "accounts", 0, "password"
    )  # fmt: skip
    named = {tuple(part for part in loc if part != 0) for loc in names.values()}
    assert named == all_keys(Config)


@given(
    st.dictionaries(
        st.sampled_from(
            [*dict(variables()), "VENDORWATCH_FEEDS__X", "VENDORWATCH_MATRIX__ACCOUNTS__2__USER"]
        ),
        st.text(st.characters(exclude_characters="\0"), max_size=20),
        max_size=4,
    ),
)
def test_no_environment_makes_loading_fail_in_another_way(environ: dict[str, str]) -> None:
    with contextlib.suppress(InvalidFileError):
        load(None, environ)
