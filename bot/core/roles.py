"""Who may do what by the configuration: people and groups, by their key across platforms. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.core.commands import Role


@dataclass(frozen=True, slots=True)
class Roles:
    """Roles given to keys such as `slack:U012` (a person) or `slack:S012` (a user group)."""

    given: Mapping[str, Role] = field(default_factory=dict)

    @classmethod
    def of(cls, admins: Iterable[str], curators: Iterable[str]) -> "Roles":
        """Give roles by two lists of keys; whoever is in both is an admin."""
        lower = dict.fromkeys(curators, Role.CURATOR)
        return cls(lower | dict.fromkeys(admins, Role.ADMIN))

    def role(self, platform: str, actor: str) -> Role:
        """Give the role that a person was given by name; a reader's if none."""
        return self.given.get(f"{platform}:{actor}", Role.READER)

    @property
    def names_admin(self) -> bool:
        """Whether anybody is named as an admin, a person or a group."""
        return Role.ADMIN in self.given.values()

    def on(self, platform: str) -> dict[str, Role]:
        """Give all that is given on a platform, by the platform's own id."""
        keys = ((key.partition(":"), role) for key, role in self.given.items())
        return {id_: role for (there, _, id_), role in keys if there == platform}
