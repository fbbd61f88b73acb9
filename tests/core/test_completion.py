"""What a line may become while it is being typed."""

import pytest

from bot.commands import table as every_command
from bot.core.completion import completions
from bot.core.watchlist import Watchlist
from tests.build import name, vendor
from tests.core.test_arguments import table

WATCHLIST = Watchlist.of(
    [
        vendor("acme-cam", name="Acme Cam", names=[name("Acme Cam")]),
        vendor("road-runner", name="Road Runner", names=[name("Road Runner")]),
    ]
)

END = "watchlist measure end"


@pytest.mark.parametrize(
    ("typed", "may_be"),
    [
        ("v", ["vendor "]),
        ("Watch", ["watchlist "]),
        ("watchlist ", [f"watchlist {each} " for each in ("edit", "feed", "measure", "set")]),
        ("watchlist fe", ["watchlist feed "]),
        ("vendor r", ["vendor report ", "vendor road-runner", "vendor Road Runner"]),
        ("vendor report ", ["vendor report acme-cam ", "vendor report road-runner "]),
        ("vendor report acme ", ["vendor report Acme Cam "]),
        ("vendor report Acme C", ["vendor report Acme Cam "]),
        ("vendor report acme-cam ", []),
        (f"{END} Acme Cam 3 un", [f"{END} Acme Cam 3 under_investigation "]),
        (f"{END} acme-cam 3 removed t", [f"{END} acme-cam 3 removed today"]),
        ("vendor watch h", ["vendor watch here"]),
        ("vendor nosuch", []),
        ("hello", []),
        ('vendor "', []),
    ],
)
def test_a_line_goes_on_as_its_command_wants(typed: str, may_be: list[str]) -> None:
    assert sorted(completions(table, WATCHLIST, typed)) == sorted(may_be)


def test_an_empty_line_begins_with_a_commands_word() -> None:
    assert completions(every_command, WATCHLIST, "") == ("vendor ", "watchlist ")


def test_keys_of_settings_are_offered_wherever_they_may_stand() -> None:
    assert completions(every_command, WATCHLIST, "vendor alerts digest co") == (
        "vendor alerts digest cooldown=",
    )
    assert "vendor mute acme-cam for" in completions(
        every_command, WATCHLIST, "vendor mute acme-cam "
    )


def test_every_line_that_is_offered_begins_as_what_was_typed() -> None:
    for command in every_command:
        line = " ".join(command.path)
        for end in range(len(line) + 1):
            for each in completions(every_command, WATCHLIST, line[:end]):
                assert each.casefold().startswith(line[:end].casefold())
                assert each != line[:end]
