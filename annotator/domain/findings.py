"""What an automatic check says about an item: a value, with its evidence and proposed mends."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from annotator.domain.items import JSON

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Mend:
    """A proposed repair: edits in the form ``annotator.domain.edits.apply_edit`` takes."""

    label: str
    edits: tuple[Mapping[str, JSON], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's word on one item.

    ``kind`` is the check's id (``weights``); ``component_keys`` are the components it speaks of;
    ``message`` one sentence for people; ``evidence`` JSON that backs it; ``mends`` are ordered,
    the likeliest first. Other items that it speaks of stand in the evidence under ``related``, by
    their source ids. ``about`` is what it is about, the message where that says it all.
    """

    kind: str
    severity: Severity
    component_keys: tuple[str, ...]
    message: str
    evidence: Mapping[str, JSON] = field(default_factory=dict)
    mends: tuple[Mend, ...] = ()
    about: JSON = None

    @property
    def fingerprint(self) -> str:
        """16 hex digits that stay the same as long as what the finding is about does."""
        about = self.message if self.about is None else self.about
        said = [self.kind, self.severity, list(self.component_keys), about]
        return hashlib.sha256(json.dumps(said, ensure_ascii=True).encode()).hexdigest()[:16]
