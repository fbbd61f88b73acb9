"""What the sections of the configuration share."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict
from pydantic import StringConstraints as Constraints

ChannelKey = Annotated[str, Constraints(pattern=r"^(console|matrix|slack):\S+$", max_length=300)]


class Section(BaseModel):
    """Frozen, and strict about keys: a misspelt setting is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    def given(self, setting: str) -> bool:
        """Say whether a setting is there, or the file that holds it."""
        return bool(getattr(self, setting) or getattr(self, f"{setting}_file", None))
