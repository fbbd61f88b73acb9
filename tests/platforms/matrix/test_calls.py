"""Whom a word of a command names on Matrix: only a whole id says."""

import pytest

from bot.platforms.matrix.calls import mentioned


@pytest.mark.parametrize(
    ("word", "person"),
    [
        ("@ada:chat.example", "@ada:chat.example"),
        ("@Ada=2:chat.example:8448", "@Ada=2:chat.example:8448"),
        ("[Ada](https://matrix.to/#/@ada:chat.example)", "@ada:chat.example"),
        ("https://matrix.to/#/%40ada%3Achat.example", "@ada:chat.example"),
        ("[@bob:chat.example](https://matrix.to/#/@ada:chat.example)", "@ada:chat.example"),
        ("[Ada](https://evil.example/#/@ada:chat.example)", None),
        ("Ada", None),
        ("@ada", None),
        ("ada:chat.example", None),
        ("", None),
    ],
)
def test_only_a_whole_id_names_a_person(word: str, person: str | None) -> None:
    assert mentioned(word) == person
