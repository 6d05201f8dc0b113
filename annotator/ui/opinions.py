"""Opinions side by side: a line per part that anybody changed, a column per annotator."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import chain, repeat
from typing import Any, Final

import streamlit as st

from annotator.domain.consensus import Part
from annotator.domain.items import JSON, same
from annotator.domain.merging import united_names
from annotator.services.settling import Case
from annotator.ui.shell import literal

LONGEST: Final = 140
TAKE_KEYS: Final = ("4", "5", "6", "7", "8", "9")
"""Take all of the first annotator, of the second, …; 1 to 3 are the verdicts."""


def show_opinions(
    case: Case, *, take_one: Callable[[int], None], take: Callable[[str, int], None]
) -> None:
    """The table of parts; each cell is a button that takes it into the draft."""
    widths = [2, 3, *[3] * len(case.opinions)]
    heads = st.columns(widths, gap="small", vertical_alignment="center")
    heads[0].caption("part")
    heads[1].caption("before")
    keys = chain(TAKE_KEYS, repeat(None))
    for column, opinion, shortcut in zip(heads[2:], case.opinions, keys, strict=False):
        column.button(
            f"All of {literal(opinion.person)}",
            shortcut=shortcut,
            key=f"all-{case.item.id}-{opinion.person_id}-{case.draft.version}",
            on_click=take_one,
            args=(opinion.person_id,),
            width="stretch",
        )
    numbers = united_names(case.item.content, *(one.content for one in case.opinions))
    for part in case.parts:
        show_part(case, part, numbers, widths, take)
    if not case.parts:
        st.caption("Everybody keeps it as it stands.")
    for opinion in case.opinions:
        if opinion.note.strip():
            st.text(f"{opinion.person}: “{opinion.note}”")
    went_by = [f"{one.person} version {one.guidelines}" for one in case.opinions if one.guidelines]
    if went_by:
        st.caption(literal(f"Guidelines they went by: {', '.join(went_by)}"))


def show_part(
    case: Case,
    part: Part,
    numbers: dict[str, int],
    widths: list[int],
    take: Callable[[str, int], None],
) -> None:
    """One part: what stood before, and each annotator's value as a button."""
    key = f"part-{case.item.id}-{part.path.replace('/', '-')}"
    mark = "≠ " if part.differs else "= "
    standing = drafted(case, part.path)
    with st.container(key=key):
        columns = st.columns(widths, gap="small", vertical_alignment="center")
        columns[0].text(mark + label(part.path, numbers))
        with columns[1]:
            cell(key, 0, part, part.base, standing, take)
        for column, opinion, value in zip(columns[2:], case.opinions, part.values, strict=True):
            with column:
                cell(key, opinion.person_id, part, value, standing, take)


def cell(
    key: str,
    person_id: int,
    part: Part,
    value: JSON,
    standing: JSON,
    take: Callable[[str, int], None],
) -> None:
    """One value; the one that the draft holds is marked."""
    chosen = same(value, standing)
    if part.path == "verdict" and person_id == 0:
        st.caption("–")
        return
    st.button(
        ("✓ " if chosen else "") + literal(said(value, numbers_of_order=part.path == "order")),
        key=f"{key}-{person_id}",
        type="primary" if chosen else "tertiary",
        on_click=take,
        args=(part.path, person_id),
        width="stretch",
    )


def drafted(case: Case, path: str) -> Any:
    """What the draft holds of a part."""
    content = case.draft.content
    if path == "verdict":
        return case.draft.verdict
    if path == "order":
        return [component.key for component in content.components]
    if not path.startswith("c/"):
        value = getattr(content, path)
        return list(value) if isinstance(value, tuple) else value
    _, key, *name = path.split("/")
    component = next((c for c in content.components if c.key == key), None)
    if component is None:
        return None
    value = getattr(component, name[0] if name else "text")
    return [dict(call) for call in value] if isinstance(value, tuple) else value


def label(path: str, numbers: dict[str, int]) -> str:
    """A part's name for people."""
    if not path.startswith("c/"):
        return "order of components" if path == "order" else path
    _, key, *name = path.split("/")
    number = numbers.get(key, "?")
    return f"{number}: {name[0].replace('_', ' ')}" if name else f"{number}: there or not"


def said(value: JSON, *, numbers_of_order: bool = False) -> str:
    """A value as one line."""
    if value is None or value == "":
        return "none"
    if numbers_of_order:
        text = " ".join(str(key) for key in value)
    elif isinstance(value, str):
        text = " ".join(value.split())
    elif isinstance(value, list):
        text = json.dumps(value, ensure_ascii=False) if value else "none"
    else:
        text = str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
