"""What the checks found in a dataset, as a list for scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotator.domain.records import Item, StoredFinding
from annotator.domain.vocabulary import SEVERITIES
from annotator.services.workspace import Workspace
from db import findings, items


def report(workspace: Workspace, *, dataset_id: int) -> list[dict[str, Any]]:
    """The open findings of a dataset, the gravest first, then in order of the items.

    Each is ``{"check", "severity", "source_id", "components", "message", "evidence", "mend",
    "related"}``: ``components`` are 0-based positions, ``mend`` is the likeliest one or None,
    ``related`` are the source ids of other items it speaks of.
    """
    with workspace.database.reading() as session:
        found = findings.open_of_dataset(session, dataset_id=dataset_id)
        ids = list(dict.fromkeys(finding.item_id for finding, _, _ in found))
        places = {item.id: places_of(item) for item in items.get_many(session, item_ids=ids)}
    return [as_dict(finding, source_id, places[finding.item_id]) for finding, _, source_id in found]


def places_of(item: Item) -> dict[str, int]:
    """The 0-based position of each component by its key."""
    return {component.key: place for place, component in enumerate(item.content.components)}


def as_dict(finding: StoredFinding, source_id: str, places: Mapping[str, int]) -> dict[str, Any]:
    """A finding as JSON."""
    evidence = dict(finding.evidence)
    related = evidence.pop("related", [])
    return {
        "check": finding.kind,
        "severity": SEVERITIES[finding.severity],
        "source_id": source_id,
        "components": [places[key] for key in finding.component_keys if key in places],
        "message": finding.message,
        "evidence": evidence,
        "mend": dict(finding.mends[0]) if finding.mends else None,
        "related": related,
    }


def at_least(severity: str, least: str) -> bool:
    """Whether a severity is this grave or graver."""
    return SEVERITIES.index(severity) >= SEVERITIES.index(least)
