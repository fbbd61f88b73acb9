"""What the configuration of Slack over HTTP and of the web server may be."""

from pathlib import Path

import pytest

from bot.config import Config, SlackMode
from bot.configfile import load
from bot.core.web import Listen
from bot.errors import InvalidFileError

HTTP = {
    "VENDORWATCH_SLACK__MODE": "http",
    "VENDORWATCH_SLACK__BOT_TOKEN": "xoxb-1",
    "VENDORWATCH_SLACK__SIGNING_SECRET": "hunter2",
    "VENDORWATCH_WEB__LISTEN": "127.0.0.1:8080",
}


def said(**environ: str) -> list[str]:
    with pytest.raises(InvalidFileError) as caught:
        load(None, environ)
    return [str(problem).removeprefix("configuration: ") for problem in caught.value.problems]


def without(setting: str) -> dict[str, str]:
    return {key: value for key, value in HTTP.items() if not key.endswith(setting)}


def test_http_needs_no_app_token() -> None:
    config = load(None, HTTP)
    assert config.slack.mode is SlackMode.HTTP
    assert config.web.listen == Listen("127.0.0.1", 8080)
    assert "hunter2" not in repr(config)


@pytest.mark.parametrize(
    ("missing", "problem"),
    [
        ("BOT_TOKEN", "slack over HTTP needs a bot_token (xoxb-...)"),
        ("SIGNING_SECRET", "slack over HTTP needs the signing_secret of the app"),
        ("LISTEN", "slack over HTTP needs the web server: set web.listen"),
    ],
)
def test_what_http_needs_and_is_not_there_is_one_clear_line(missing: str, problem: str) -> None:
    (line,) = said(**without(missing))
    assert problem in line


def test_socket_mode_needs_both_tokens_as_before() -> None:
    given = {"VENDORWATCH_SLACK__BOT_TOKEN": "xoxb-1"}
    (line,) = said(**given)
    assert line.endswith("slack needs both tokens; app_token (xapp-...) is missing")


def test_what_is_missing_is_said_at_the_section_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config.yml"
    path.write_text("team: news\nslack:\n  mode: http\n  bot_token: xoxb-1\n  signing_secret: s\n")
    with pytest.raises(InvalidFileError, match=r"config\.yml:2:1: slack over HTTP needs the web"):
        load(path, {})


def test_the_signing_secret_may_be_in_a_file(tmp_path: Path) -> None:
    path, secret = tmp_path / "config.yml", tmp_path / "signing"
    secret.write_text("hunter2\n")
    path.write_text("slack:\n  signing_secret_file: signing\n")
    given = without("SIGNING_SECRET")
    assert (load(path, given).slack.signing_secret or "")[:3] == "hun"


def test_an_address_that_is_none_is_one_clear_line() -> None:
    (line,) = said(VENDORWATCH_WEB__LISTEN="8080")
    assert line.endswith("'8080' is no address to listen at, such as 127.0.0.1:8080")


def test_an_address_is_written_as_it_was_given() -> None:
    config = Config.model_validate({"web": {"listen": ":8080"}})
    assert config.model_dump(mode="json")["web"]["listen"] == ":8080"


SEVERAL = {
    "VENDORWATCH_SLACK__CLIENT_ID": "1.2",
    "VENDORWATCH_SLACK__CLIENT_SECRET": "hunter2",
    "VENDORWATCH_SLACK__TOKEN_KEY": "a key",
}


def test_with_a_client_id_no_bot_token_is_needed() -> None:
    config = load(None, without("BOT_TOKEN") | SEVERAL)
    assert config.slack.bot_token is None
    assert "hunter2" not in repr(config)
    assert "a key" not in repr(config)
    socket = {"VENDORWATCH_SLACK__APP_TOKEN": "xapp-1", "VENDORWATCH_WEB__LISTEN": ":8080"}
    assert load(None, SEVERAL | socket).slack.mode is SlackMode.SOCKET


@pytest.mark.parametrize(
    ("missing", "problem"),
    [
        ("CLIENT_ID", "slack in several workspaces needs client_id (Basic Information"),
        ("CLIENT_SECRET", "slack in several workspaces needs client_secret (Basic Information"),
        ("TOKEN_KEY", "slack in several workspaces needs token_key (it seals the tokens"),
        ("LISTEN", "slack in several workspaces needs the web server for /slack/install"),
    ],
)
def test_what_several_workspaces_need_and_is_not_there_is_one_clear_line(
    missing: str, problem: str
) -> None:
    given = without("BOT_TOKEN") | SEVERAL
    (line,) = said(**{key: value for key, value in given.items() if not key.endswith(missing)})
    assert problem in line


def test_the_keys_may_be_in_a_file_one_in_a_line(tmp_path: Path) -> None:
    path = tmp_path / "config.yml"
    (tmp_path / "keys").write_text("new\nold\n")
    path.write_text("slack:\n  token_key_file: keys\n")
    given = {key: value for key, value in SEVERAL.items() if not key.endswith("KEY")}
    config = load(path, without("BOT_TOKEN") | given)
    assert (config.slack.token_key or "").split() == ["new", "old"]
