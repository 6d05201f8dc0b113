"""Annotate's two columns: the data of picture and board, and what their operations do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from annotator.domain.changes import describe, difference, sentences
from annotator.domain.edits import apply_edits
from annotator.domain.findings import Finding
from annotator.domain.items import JSON, flatten
from annotator.domain.merging import united_names
from annotator.domain.records import Item
from annotator.domain.spans import locate
from annotator.errors import AnnotatorError
from annotator.services import annotate
from annotator.services.annotate import Desk
from annotator.services.saving import Shown
from annotator.ui import state
from annotator.ui.components import board, picture

Edits = Sequence[Mapping[str, JSON]]

ENVELOPE = ("item_id", "version", "save_id", "tab")
"""What comes with an operation of the board beside the edit itself."""

PICTURE_HEIGHT = "var(--picture-height, calc(100vh - 150px))"


def shown_now(desk: Desk, save_id: str | None = None) -> Shown:
    """What this run shows, as a save has to name it."""
    return Shown(desk.version, desk.item.revision, state.tab(), save_id)


def locked(item_id: int) -> list[str]:
    """Keys of the components whose weight the person has locked on this item."""
    return [key for item, key in state.kept("locked", []) if item == item_id]


def selected(desk: Desk) -> str | None:
    """The component that is chosen on this item."""
    item_id, key = state.kept("selected", (0, None))
    here = item_id == desk.item.id and any(c.key == key for c in desk.content.components)
    return key if here else None


def show_picture(
    item: Item, next_image: str | None = None, *, key: str = "picture", height: str = PICTURE_HEIGHT
) -> None:
    """The item's image, or why there is none, with its credit."""
    image = item.image
    picture(
        key=key,
        data={
            "src": f"/image/{image.sha256}?size=display" if image else None,
            "full": f"/image/{image.sha256}?size=full" if image else None,
            "alt": f"Image of item {item.source_id}",
            "width": image.width if image else None,
            "height": image.height if image else None,
            "problem": None if image else item.image_problem or "This item has no image.",
            "max_height": height,
            "next": [f"/image/{next_image}?size=display"] if next_image else [],
            "credit": " · ".join(filter(None, (image.credit, image.licence))) if image else "",
        },
    )


def show_board(desk: Desk, on_details: Callable[[], None]) -> None:
    """Instruction, findings, components and weights."""

    def on_op(op: dict[str, Any]) -> int | None:
        return handle(desk, op, on_details)

    board(data=board_data(desk), on_op=on_op)


def board_data(desk: Desk) -> dict[str, Any]:
    """A desk as the board's data."""
    keys = locked(desk.item.id)
    components = [
        {
            "key": component.key,
            "number": number,
            "text": component.text,
            "type": component.type,
            "weight": component.weight,
            "method": component.judge_method,
            "locked": component.key in keys,
            **occurrence(component.text, desk.content.instruction),
        }
        for number, component in enumerate(desk.content.components, 1)
    ]
    return {
        "item_id": desk.item.id,
        "tab": state.tab(),
        "version": desk.version,
        "person": state.actor().name,
        "save_url": "/api/draft",
        "readonly": False,
        "target": desk.dataset.target,
        "instruction": desk.content.instruction,
        "types": type_choices(desk),
        "components": components,
        "findings": [finding_data(finding) for finding in desk.findings],
        "selected": selected(desk),
    }


def occurrence(text: str, instruction: str) -> dict[str, Any]:
    """Where a component stands in the instruction, and a note where it does not."""
    located = locate(text, instruction)
    notes = {"absent": ["not in text"], "reworded": ["reworded"], "verbatim": []}
    return {"spans": [list(span) for span in located.spans], "notes": notes[located.match]}


def type_choices(desk: Desk) -> list[str]:
    """The types a component may have, those that only the source knows last."""
    rules = desk.dataset.rules
    return [*rules.types, *sorted(rules.extra_types - set(rules.types))]


def finding_data(finding: Finding) -> dict[str, Any]:
    """A finding as the board shows it."""
    return {
        "id": finding.fingerprint,
        "severity": finding.severity,
        "message": finding.message,
        "keys": list(finding.component_keys),
        "mend": finding.mends[0].label if finding.mends else None,
    }


def handle(desk: Desk, op: dict[str, Any], on_details: Callable[[], None]) -> int | None:
    """Do what the board asks; returns the draft's new version where it was saved."""
    item_id = int(op["item_id"])
    if op["op"] == "refresh":
        return None
    if op["op"] in ("select", "details"):
        state.keep("selected", (item_id, op.get("key")))
        if op["op"] == "details":
            on_details()
        return None
    if op["op"] == "lock":
        others = [pair for pair in state.kept("locked", []) if pair != (item_id, op["key"])]
        state.keep("locked", [*others, (item_id, op["key"])] if op["locked"] else others)
        return None
    if op["op"] in ("mend", "dismiss"):
        return settle_finding(desk, op)
    edit = {k: v for k, v in op.items() if k not in ENVELOPE}
    if edit["op"] == "add_component" and edit.get("text") == "":
        edit["text"] = "new component"
    shown = Shown(int(op["version"]), desk.item.revision, state.tab(), str(op["save_id"]))
    return save_edits(item_id, shown, [edit], desk)


def settle_finding(desk: Desk, op: Mapping[str, Any]) -> int | None:
    """Apply a finding's first mend, or ask for the reason to dismiss it."""
    finding = next((f for f in desk.findings if f.fingerprint == op["finding"]), None)
    if finding is None or desk.item.id != op["item_id"]:
        return None
    if op["op"] == "dismiss":
        state.keep("dismissing", (desk.item.id, finding.fingerprint))
        return None
    shown = Shown(int(op["version"]), desk.item.revision, state.tab(), str(op["save_id"]))
    return save_edits(desk.item.id, shown, finding.mends[0].edits, desk, reason=finding.message)


def save_edits(
    item_id: int, shown: Shown, edits: Edits, desk: Desk, *, reason: str | None = None
) -> int | None:
    """Save edits of the draft; where they come too late they wait for a choice."""

    def save(at: Shown) -> int:
        workspace, actor = state.workspace(), state.actor()
        saved = annotate.edit(
            workspace, actor=actor, item_id=item_id, shown=at, edits=edits, reason=reason
        )
        return saved.version

    def again() -> int:
        workspace, actor = state.workspace(), state.actor()
        return save(shown_now(annotate.open_item(workspace, actor=actor, item_id=item_id)))

    found = state.attempt(
        lambda: save(shown),
        item_id=item_id,
        mine=said(desk, edits),
        again=again,
    )
    return found if isinstance(found, int) else None


def said(desk: Desk, edits: Edits) -> str:
    """What edits would have done, in words."""
    try:
        after = apply_edits(desk.content, edits)
    except AnnotatorError as fault:
        return str(fault)
    patch = difference(flatten(desk.content), flatten(after))
    return sentences(describe(patch, united_names(desk.content, after)))


def remember_shown(desk: Desk) -> None:
    """Keep what this run shows, so that a refused save can say what changed since."""
    st.session_state["shown"] = (desk.item.id, desk.content, desk.verdict)


def what_changed(desk: Desk) -> str:
    """What changed between what was shown before and what stands now, in words."""
    item_id, content, verdict = st.session_state.get("shown", (0, None, None))
    if item_id != desk.item.id or content is None:
        return ""
    before = flatten(content) | {"verdict": verdict}
    after = flatten(desk.content) | {"verdict": desk.verdict}
    return sentences(describe(difference(before, after), united_names(content, desk.content)))
