"""Which platforms a configuration makes, and what they are told."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.config import Config
from bot.errors import BotError
from bot.platforms.matrix.adapter import MatrixPlatform
from bot.talking import matrix, talking_on

ACCOUNT = {
    "homeserver": "https://matrix.example.org",
    "user": "@bot:example.org",
    "pickle_key": "a pickle key that only tests use",
}


def now() -> datetime:
    return datetime(2026, 11, 22, tzinfo=UTC)


def configured(folder: Path, **more: object) -> Config:
    account = {**ACCOUNT, "store": str(folder / "store")}
    return Config.model_validate({"matrix": {"accounts": [account]}, **more})


def test_matrix_answers_whatever_is_told_as_something_to_type(tmp_path: Path) -> None:
    made = matrix(configured(tmp_path), now)
    assert isinstance(made, MatrixPlatform)
    assert made.settings.command_words >= {"vendor", "watchlist"}


def test_without_an_account_there_is_no_matrix() -> None:
    assert matrix(Config(), now) is None


def test_nothing_to_talk_on_is_one_line_that_names_every_way() -> None:
    nothing = Config.model_validate({"console": {"enabled": False}})
    with pytest.raises(BotError, match=r"console\.enabled.*slack\.bot_token.*matrix\.accounts"):
        talking_on(nothing, now)
