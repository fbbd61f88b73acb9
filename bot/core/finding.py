"""What a check of a vendor's record finds."""

from dataclasses import dataclass
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not meet the standard; `path` leads to it in the vendor's record.

    What is no error is a warning: worth a look, and no reason to refuse the record.
    """

    vendor: str
    path: Path
    message: str
    is_error: bool = True
