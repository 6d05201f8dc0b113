"""What an import did."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(slots=True)
class Report:
    """What an import did, in numbers of items."""

    dataset: str
    dataset_id: int = 0
    records: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    waiting: int = 0
    withdrawn: int = 0
    images: int = 0
    without_image: int = 0
    errors: int = 0
    renamed: int = 0
    repeated: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The numbers as JSON."""
        return asdict(self)

    def count(self, outcome: str) -> None:
        """Count an item as ``new``, ``updated``, ``unchanged`` or ``waiting``."""
        setattr(self, outcome, getattr(self, outcome) + 1)
