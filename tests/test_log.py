import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot.log import REDACTED, configure, redact, redact_text

SAID = "the words of a person"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def fail_while_knowing(said_in_the_channel: str) -> None:
    raise RuntimeError(f"cannot open postgresql://bot:hunter{len(said_in_the_channel)}@db/vw")


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("bot")
    before = root.handlers[:], root.level, ours.level
    yield
    root.handlers[:], root.level, ours.level = before
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, str]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_off_a_terminal_each_event_is_a_line_of_json_with_the_time_in_utc() -> None:
    stream = io.StringIO()
    configure("info", "auto", stream)
    structlog.get_logger("bot.test").info("alert recorded", vendor="海康威视", count=2)
    (event,) = lines(stream)
    at = datetime.fromisoformat(event.pop("timestamp"))
    assert abs((datetime.now(UTC) - at).total_seconds()) < 60
    assert event == {
        "event": "alert recorded",
        "level": "info",
        "logger": "bot.test",
        "vendor": "海康威视",
        "count": 2,
    }
    assert "海康威视" in stream.getvalue()


def test_the_log_goes_to_stderr_and_leaves_stdout_to_results(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure("info", "json")
    structlog.get_logger("bot.test").info("hello")
    written = capsys.readouterr()
    assert written.out == ""
    assert json.loads(written.err)["event"] == "hello"


def test_on_a_terminal_an_event_is_readable_text() -> None:
    stream = Terminal()
    configure("info", "auto", stream)
    structlog.get_logger("bot.test").info("alert recorded", vendor="acme-cam")
    assert "alert recorded" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


def test_text_can_be_asked_for_off_a_terminal_and_has_no_colours_there() -> None:
    stream = io.StringIO()
    configure("info", "text", stream)
    structlog.get_logger("bot.test").info("alert recorded", vendor="acme-cam")
    assert "alert recorded" in stream.getvalue()
    assert "vendor='acme-cam'" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_json_can_be_asked_for_on_a_terminal() -> None:
    stream = Terminal()
    configure("info", "json", stream)
    structlog.get_logger("bot.test").info("alert recorded")
    assert lines(stream)[0]["event"] == "alert recorded"


def test_the_level_holds_for_the_bot_and_libraries_speak_from_warning_on() -> None:
    stream = io.StringIO()
    configure("debug", "json", stream)
    structlog.get_logger("bot.test").debug("heard")
    for library in ("aiohttp.access", "alembic.runtime.migration", "sqlalchemy.engine"):
        logging.getLogger(library).info("chatter")
        logging.getLogger(library).warning("trouble in %s", library)
    assert [event["event"] for event in lines(stream)] == [
        "heard",
        "trouble in aiohttp.access",
        "trouble in alembic.runtime.migration",
        "trouble in sqlalchemy.engine",
    ]


def test_below_the_level_nothing_is_said_by_anyone() -> None:
    stream = io.StringIO()
    configure("error", "json", stream)
    structlog.get_logger("bot.test").warning("quiet")
    logging.getLogger("aiohttp").warning("quiet")
    structlog.get_logger("bot.test").error("loud")
    assert [event["event"] for event in lines(stream)] == ["loud"]


def test_a_logger_without_a_name_is_called_after_its_module() -> None:
    stream = io.StringIO()
    configure("warning", "json", stream)
    structlog.get_logger().warning("hello")
    assert lines(stream)[0]["logger"] == __name__


def test_setting_up_again_does_not_say_everything_twice() -> None:
    first, second = io.StringIO(), io.StringIO()
    configure("info", "json", first)
    configure("info", "json", second)
    structlog.get_logger("bot.test").info("once")
    assert (first.getvalue(), len(lines(second))) == ("", 1)


def test_setting_up_leaves_the_handlers_of_others_alone() -> None:
    others = logging.NullHandler()
    logging.getLogger().addHandler(others)
    configure("info", "json", io.StringIO())
    configure("info", "json", io.StringIO())
    assert others in logging.getLogger().handlers


def test_a_line_of_a_library_is_redacted_like_our_own() -> None:
    stream = io.StringIO()
    configure("info", "json", stream)
    logging.getLogger("aiohttp").warning("GET %s failed", "https://me:hunter2@feeds.example/x")
    assert lines(stream)[0]["event"] == f"GET https://{REDACTED}@feeds.example/x failed"


@pytest.mark.parametrize("format_", ["json", "text"])
def test_a_traceback_is_kept_and_its_secrets_and_local_variables_are_not(format_: str) -> None:
    stream = io.StringIO()
    configure("info", format_, stream)
    try:
        fail_while_knowing(SAID)
    except RuntimeError:
        structlog.get_logger("bot.test").exception("command failed")
    written = stream.getvalue()
    assert "Traceback" in written
    assert f"cannot open postgresql://{REDACTED}@db/vw" in written
    assert "hunter21" not in written
    assert SAID not in written


@pytest.mark.parametrize(
    "key",
    ["password", "token", "access_token", "slack.bot_token", "SECRET", "signing_secret", "api_key",
     "apikey", "pickle_key", "Authorization", "cookie", "passphrase"],
)  # fmt: skip
def test_the_value_of_a_secret_key_is_never_shown(key: str) -> None:
    assert redact(None, "info", {key: "hunter2"}) == {key: REDACTED}
    assert redact(None, "info", {"config": {"x": [{key: "hunter2"}]}}) == {
        "config": {"x": [{key: REDACTED}]}
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("with xoxb-123-abc-DEF.", "with [redacted]."),
        ("xapp-1-A02-3-f00", "[redacted]"),
        ("xoxe.xoxp-1-Mi0y", "[redacted]"),
        ("https://hooks.slack.com/services/T0/B0/xyz", "https://hooks.slack.com/[redacted]"),
        ("syt_Ym90_abcdefgh_1aBcDe", "[redacted]"),
        ("Authorization: Bearer abc.def-1", "Authorization: Bearer [redacted]"),
        ("/sync?access_token=abc&since=s1", "/sync?access_token=[redacted]&since=s1"),
        ("{'password': 'hunter2', 'user': 'me'}", "{'password': '[redacted]', 'user': 'me'}"),
        ("postgresql+asyncpg://bot:hunter2@db/vw", "postgresql+asyncpg://[redacted]@db/vw"),
        ("postgresql://bot:hunt@er2@db/vw", "postgresql://[redacted]@db/vw"),
        ("postgresql://bot:hunt/er2@db/vw", "postgresql://[redacted]@db/vw"),
        ("redis://:hunter2@cache", "redis://[redacted]@cache"),
    ],
)
def test_what_looks_like_a_secret_is_taken_out_of_any_text(text: str, shown: str) -> None:
    assert redact_text(text) == shown
    assert redact(None, "info", {"event": text, "more": (text,)}) == {
        "event": shown,
        "more": [shown],
    }


@pytest.mark.parametrize(
    "text",
    [
        "sqlite+aiosqlite:///vendorwatch.db",
        "https://127.0.0.1:8000/@council/feed.xml",
        "https://town.example/@council mail@town.example",
        "5 tokens left; secretary: none",
        "password=",
        "two lines\n\tand a tab",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact_text(text) == text


def test_what_would_act_on_a_terminal_is_taken_out() -> None:
    assert redact_text("title \x1b[2Jof a feed\r") == "title �[2Jof a feed�"


def test_numbers_and_nothing_stay_what_they_are() -> None:
    event = {"count": 3, "seconds": 0.5, "private": True, "thread": None, "token": None}
    assert redact(None, "info", dict(event)) == event


@given(st.text(max_size=60), st.text("abc123", min_size=1, max_size=20))
def test_a_password_in_a_database_address_never_comes_through(before: str, password: str) -> None:
    secret = f"Zq{password}Zq"
    assert secret not in redact_text(f"{before} postgresql+asyncpg://bot:{secret}@db/vw")
