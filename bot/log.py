"""Logging: one line an event on stderr, JSON for machines and text for people; no secrets in it.

Everything goes through the standard library's logging, so that libraries' lines look the same and
are redacted the same. Libraries speak from `warning` on; the bot itself from the level configured.
"""

import logging
import re
import sys
from collections.abc import Mapping
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor

REDACTED = "[redacted]"

_SECRET_WORD = r"(?:password|passwd|passphrase|token|secret|api_?key|pickle_?key|recovery_?key)"  # noqa: S105 - no secret
_SECRET_KEY = re.compile(rf"(?:^|.*[_.-])(?:{_SECRET_WORD}|authorization|cookie)", re.IGNORECASE)
_SECRET_VALUES = (
    # Slack: bot, user, app, refresh and configuration tokens; incoming webhooks.
    re.compile(r"\bxox[a-z](?:\.xox[a-z])?-[\w-]+|\bxapp-[\w-]+"),
    re.compile(r"(?<=hooks\.slack\.com/)[\w/-]+"),
    # Matrix: tokens of Synapse and of the Matrix Authentication Service.
    re.compile(r"\b(?:syt|syr|mat|mcr|mct)_[\w=-]{8,}"),
    re.compile(r"(?<=\bBearer )[^\s'\"]+", re.IGNORECASE),
    # User and password of a URL, those with a stray @ or / in the password as well; a port
    # with a path after it is no password.
    re.compile(r"(?<=://)(?:[^\s/?#]*|[^\s@/:]*:(?!\d{1,5}/)[^\s@]*)(?=@)"),
)
# name=value and 'name': value, as in query strings, headers and printed mappings.
_SECRET_PAIR = re.compile(
    rf"""\b(\w*{_SECRET_WORD})(["']?\s?[=:]\s?["']?)[^\s&"',;)}}\]]+""", re.IGNORECASE
)
# What a log line must not do to the terminal that shows it.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def configure(level: str, format_: str, stream: TextIO | None = None) -> None:
    """Set up logging for the process, to `stream` or stderr; again replaces what was set up.

    `level` is debug, info, warning or error. `format_` is json, text, or auto: text if the stream
    is a terminal, else json.
    """
    stream = stream or sys.stderr
    readable = format_ == "text" or (format_ == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.set_name("vendorwatch")
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
                redact,
                _renderer(readable, colors=stream.isatty()),
            ],
        )
    )
    root = logging.getLogger()
    for old in [old for old in root.handlers if old.get_name() == handler.get_name()]:
        root.removeHandler(old)
    root.addHandler(handler)
    threshold = getattr(logging, level.upper())
    root.setLevel(max(threshold, logging.WARNING))
    logging.getLogger("bot").setLevel(threshold)
    # It warns of devices by the names of their owners; what matters of that is told by us.
    logging.getLogger("nio").setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def _renderer(readable: bool, *, colors: bool) -> Processor:
    if not readable:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(
        colors=colors,
        # Rich tracebacks show local variables, and those may hold what was said in a channel.
        exception_formatter=structlog.dev.plain_traceback,
        repr_native_str=True,
    )


def redact(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Take secrets out of an event: by the name of the key, and by the look of the value."""
    return {key: _redacted(value, key) for key, value in event.items()}


def redact_text(text: str) -> str:
    """Take out of a text whatever looks like a secret, and what would act on a terminal."""
    for secret in _SECRET_VALUES:
        text = secret.sub(REDACTED, text)
    text = _SECRET_PAIR.sub(rf"\1\2{REDACTED}", text)
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def _redacted(value: object, key: str = "") -> object:
    if _SECRET_KEY.fullmatch(key) and value is not None:
        return REDACTED
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(inner): _redacted(value[inner], str(inner)) for inner in value}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(item) for item in value]
    return redact_text(str(value))
