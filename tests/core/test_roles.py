"""Who may do what by the configuration."""

import pytest

from bot.core.commands import Role
from bot.core.roles import Roles

ROLES = Roles.of(["slack:U1", "matrix:@ada:chat.example"], ["slack:U1", "slack:S2", "matrix:U3"])


@pytest.mark.parametrize(
    ("platform", "actor", "role"),
    [
        ("slack", "U1", Role.ADMIN),
        ("slack", "S2", Role.CURATOR),
        ("matrix", "@ada:chat.example", Role.ADMIN),
        ("slack", "U3", Role.READER),
        ("matrix", "U1", Role.READER),
        ("slack", "u1", Role.READER),
        ("slack", "", Role.READER),
    ],
)
def test_a_role_is_given_to_a_person_of_a_platform(platform: str, actor: str, role: Role) -> None:
    assert ROLES.role(platform, actor) is role


def test_a_platform_hears_of_its_own_people_and_groups_by_its_own_ids() -> None:
    assert ROLES.on("slack") == {"U1": Role.ADMIN, "S2": Role.CURATOR}
    assert ROLES.on("matrix") == {"@ada:chat.example": Role.ADMIN, "U3": Role.CURATOR}
    assert ROLES.on("console") == {}


def test_each_role_may_do_what_the_lesser_ones_may() -> None:
    order = [Role.READER, Role.CURATOR, Role.ADMIN]
    assert [[has.reaches(needed) for needed in order] for has in order] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]
