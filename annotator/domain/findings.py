"""What an automatic check says about an item: a value, with its evidence and proposed mends."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from annotator.domain.items import JSON

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Mend:
    """A proposed repair: edits in the form ``annotator.domain.edits.apply_edit`` takes."""

    label: str
    edits: tuple[Mapping[str, JSON], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's word on one item.

    ``kind`` is a stable code (``weights.sum``); ``component_keys`` are the components it speaks
    of; ``message`` one sentence for people; ``evidence`` JSON that backs it; ``mends`` are
    ordered, the likeliest first.
    """

    kind: str
    severity: Severity
    component_keys: tuple[str, ...]
    message: str
    evidence: Mapping[str, JSON] = field(default_factory=dict)
    mends: tuple[Mend, ...] = ()

    @property
    def fingerprint(self) -> str:
        """16 hex digits that stay the same as long as the finding says the same."""
        said = json.dumps([self.kind, list(self.component_keys), self.message], ensure_ascii=True)
        return hashlib.sha256(said.encode()).hexdigest()[:16]
