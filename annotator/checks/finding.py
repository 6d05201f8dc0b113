"""What the checks look at, and the order of what they find."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from annotator.domain.findings import Finding, Mend, Severity
from annotator.domain.vocabulary import SEVERITIES

__all__ = ["Component", "Finding", "Item", "Mend", "Severity", "ranked"]


class Component(Protocol):
    """One part of an instruction that is scored."""

    @property
    def key(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def weight(self) -> int | float | None: ...


class Item(Protocol):
    """One instruction and its components, in order."""

    @property
    def instruction(self) -> str: ...
    @property
    def components(self) -> Sequence[Component]: ...


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Findings with the gravest first, and within one severity the surest first."""

    def order(finding: Finding) -> tuple[int, float, str, tuple[str, ...]]:
        score = finding.evidence.get("score")
        sure = float(score) if isinstance(score, int | float) else 0.0
        return -SEVERITIES.index(finding.severity), -sure, finding.kind, finding.component_keys

    return sorted(findings, key=order)
