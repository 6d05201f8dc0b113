"""manifest.json: what a release is, with a hash of every byte of it, its own included."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from annotator import __version__
from annotator.services.release.folder import digest, files_in
from annotator.services.release.plan import Plan
from annotator.services.release.survey import Survey

MANIFEST: Final = "manifest.json"
TOOL: Final = {"name": "mm-annotator", "version": __version__}


def manifest_of(
    plan: Plan,
    folder: Path,
    losses: Mapping[str, list[str]],
    survey: Survey | None,
    guidelines: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The manifest of everything in a folder.

    Args:
        guidelines: what annotators went by (annotator.services.release.guidance).
    """
    files = {
        name: {"sha256": digest(file), "bytes": file.stat().st_size}
        for name, file in files_in(folder).items()
    }
    values = {
        "dataset": plan.dataset.name,
        "release": plan.options.name,
        "format": plan.options.formats[0],
        "formats": list(plan.options.formats),
        "tool": TOOL,
        "created_at": plan.moment.at.replace(microsecond=0).isoformat(),
        "last_event": plan.moment.id,
        "created_by": plan.actor.name,
        "people": plan.people,
        "guidelines": guidelines,
        "source": {
            "file": plan.source.name,
            "sha256": plan.source.sha256,
            "format": plan.source.format,
            "records": plan.source.records,
        },
        "previous": plan.previous_facts(),
        "options": plan.options.as_dict(),
        "include": list(plan.options.rules.verdicts),
        "counts": plan.counts(),
        "rules": plan.told_rules(),
        "disputed": list(plan.admission.disputed),
        "waiting": plan.told_waiting(),
        "splits": plan.table(),
        "figures": survey.as_dict() if survey else None,
        "not_carried": sorted({loss for each in losses.values() for loss in each}),
        "not_carried_by_format": {name: each for name, each in losses.items() if each},
        "files": files,
        "content_sha256": content_hash(files),
    }
    return {**values, "manifest_sha256": self_hash(values)}


def content_hash(files: Mapping[str, Mapping[str, Any]]) -> str:
    """One hash over the names and hashes of all files."""
    lines = "".join(f"{facts['sha256']}  {name}\n" for name, facts in sorted(files.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def as_text(values: Mapping[str, Any]) -> str:
    """The one way in which a manifest is written."""
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def self_hash(values: Mapping[str, Any]) -> str:
    """The hash of a manifest but for this hash."""
    rest = {name: value for name, value in values.items() if name != "manifest_sha256"}
    return hashlib.sha256(as_text(rest).encode()).hexdigest()
