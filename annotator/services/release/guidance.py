"""The guidelines that a release's annotations were made under: their texts, and how many each.

Only what was handed in on settled items counts: what goes on at an open one is its annotators' own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from annotator.domain.counting import counted
from annotator.services.release.markdown import escape
from annotator.services.release.plan import Plan
from db import guidelines, opinions
from db.engine import Session

FOLDER: Final = "guidelines"


def write_guidelines(session: Session, plan: Plan, folder: Path) -> dict[str, Any] | None:
    """Write the versions that were used, and the one in force, as a file each.

    Returns:
        For the manifest: the number ``in_force``, per version its file and how many annotations
        were made under it, and how many ``without`` any; None where there are no guidelines.
    """
    versions = guidelines.versions(session, dataset_id=plan.dataset.id)
    if not versions:
        return None
    going = {entry.head.id for entry in plan.entries if entry.head.verdict is not None}
    used = Counter(
        number
        for item_id, number in opinions.made_under(session, dataset_id=plan.dataset.id)
        if item_id in going
    )
    in_force = versions[0].number
    (folder / FOLDER).mkdir()
    told = []
    for one in reversed(versions):
        if one.number != in_force and not used[one.number]:
            continue
        file = f"{FOLDER}/v{one.number}.md"
        (folder / file).write_bytes(one.text.encode())
        told.append(
            {
                "version": one.number,
                "file": file,
                "annotations": used[one.number],
                "written_by": one.author,
                "changed": one.note,
            }
        )
    return {"in_force": in_force, "versions": told, "without": used[None]}


def guidelines_lines(told: Mapping[str, Any] | None) -> list[str]:
    """Lines of the card on what annotators went by."""
    if told is None:
        return ["", "Annotators had no written guidelines."]
    lines = ["", "What annotators went by:", ""]
    for one in told["versions"]:
        made = f"{counted(one['annotations'], 'annotation')} made under it"
        changed = f"; changed: {escape(one['changed'])}" if one["changed"] else ""
        force = ", in force" if one["version"] == told["in_force"] else ""
        lines.append(f"- [version {one['version']}]({one['file']}){force}: {made}{changed}")
    if told["without"]:
        lines.append(
            f"- {counted(told['without'], 'annotation')} made before there were guidelines"
        )
    return lines
