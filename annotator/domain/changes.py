"""Differences between two states as patches: stored in events, undone, and said in English.

A patch maps a path (``annotator.domain.items.flatten``) to ``(before, after)``. A component that
comes or goes has its fields going from or to None and its key entering or leaving ``order``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from annotator.domain.items import COMPONENT_FIELDS, JSON, same

Patch = dict[str, tuple[JSON, JSON]]
State = Mapping[str, JSON]

SHORT = 80
"""How much of a text a sentence quotes, unless told otherwise."""

LEAD = 24
"""How much of what two texts share stands before the place where they part, at most."""


def difference(before: State, after: State) -> Patch:
    """What changed, path by path; 4 and 4.0 differ, as they print differently."""
    paths = [*before, *(path for path in after if path not in before)]
    return {
        path: (before.get(path), after.get(path))
        for path in paths
        if not same(before.get(path), after.get(path))
    }


def invert(patch: Patch) -> Patch:
    """The patch that takes it back."""
    return {path: (after, before) for path, (before, after) in patch.items()}


def apply(state: State, patch: Patch) -> dict[str, JSON]:
    """The state with the patch's ``after`` values; what is not named stays."""
    result = dict(state) | {path: after for path, (_, after) in patch.items()}
    if "order" not in result:
        return result
    gone = {path for path in result if path.startswith("c/")}
    gone -= {f"c/{key}/{name}" for key in result["order"] for name in COMPONENT_FIELDS}
    kept = {path: value for path, value in result.items() if path not in gone}
    return {f"c/{key}/weight": None for key in result["order"]} | kept


def clashes(state: State, patch: Patch) -> list[str]:
    """Paths whose value is no longer what the patch left there."""
    return [path for path, (_, after) in patch.items() if not same(state.get(path), after)]


@dataclass(frozen=True, slots=True)
class Change:
    """One readable difference: ``sentence`` without a subject, ``paths`` it speaks of."""

    sentence: str
    paths: tuple[str, ...]


def describe(
    patch: Patch, numbers: Mapping[str, int], *, limit: int | None = SHORT
) -> list[Change]:
    """The patch in English, one sentence per thing that changed.

    Args:
        numbers: the 1-based number of each component as people saw it then.
        limit: how much of a text is quoted, None for all of it.
    """
    added, removed = came_and_went(patch)
    changes = list(describe_components(patch, numbers, added, removed, limit))
    for path, (before, after) in patch.items():
        if path == "order" or path.startswith("c/"):
            continue
        sentence = field_sentence(path.replace("_", " "), before, after, limit)
        changes.append(Change(sentence, (path,)))
    order = patch.get("order")
    if order and not added and not removed:
        moved = ", ".join(str(numbers.get(key, "?")) for key in order[1])
        changes.append(Change(f"reordered the components to {moved}", ("order",)))
    return changes


def came_and_went(patch: Patch) -> tuple[list[str], list[str]]:
    """Keys of components that the patch adds and removes."""
    before, after = patch.get("order", ([], []))
    before, after = before or [], after or []
    return [k for k in after if k not in before], [k for k in before if k not in after]


def describe_components(
    patch: Patch,
    numbers: Mapping[str, int],
    added: list[str],
    removed: list[str],
    limit: int | None,
) -> Iterator[Change]:
    """Sentences on components: those that came, those that went, those that changed."""
    for key in added:
        text = quote(patch.get(f"c/{key}/text", (None, ""))[1], limit)
        yield Change(f"added component {text}", paths_of(patch, key))
    for key in removed:
        text = quote(patch.get(f"c/{key}/text", ("", None))[0], limit)
        yield Change(f"removed component {numbers.get(key, '?')} {text}", paths_of(patch, key))
    for path, (before, after) in patch.items():
        if not path.startswith("c/"):
            continue
        _, key, name = path.split("/")
        if key in added or key in removed:
            continue
        label = f"{name.replace('_', ' ')} of component {numbers.get(key, '?')}"
        yield Change(field_sentence(label, before, after, limit), (path,))


def paths_of(patch: Patch, key: str) -> tuple[str, ...]:
    """Every path of the patch that speaks of this component."""
    return tuple(p for p in patch if p.startswith(f"c/{key}/"))


def field_sentence(label: str, before: JSON, after: JSON, limit: int | None = SHORT) -> str:
    """``changed the weight of component 2 from 3 to 4`` and its kin."""
    if empty(before):
        return f"set the {label} to {quote(after, limit)}"
    if empty(after):
        return f"cleared the {label} (was {quote(before, limit)})"
    was, now = parting(before, after, limit)
    return f"changed the {label} from {quote(was, limit)} to {quote(now, limit)}"


def parting(before: JSON, after: JSON, limit: int | None) -> tuple[JSON, JSON]:
    """Two values to be quoted; texts whose cut would hide where they part begin shortly before."""
    if limit is None or not isinstance(before, str) or not isinstance(after, str):
        return before, after
    pairs = enumerate(zip(before, after, strict=False))
    shared = next((at for at, (one, other) in pairs if one != other), min(len(before), len(after)))
    if shared < limit - LEAD or max(len(before), len(after)) <= limit:
        return before, after
    start = shared - LEAD
    start = max(start, before.find(" ", start, shared) + 1)
    return f"…{before[start:]}", f"…{after[start:]}"


def empty(value: JSON) -> bool:
    """None, no text, no elements; 0 is a value."""
    return value is None or value == "" or value == []


def quote(value: JSON, limit: int | None = SHORT) -> str:
    """A value as it stands in a sentence: numbers and words bare, longer text quoted and cut."""
    if isinstance(value, str):
        short = value
        if limit is not None and len(value) > limit:
            short = value[: limit - 1].rstrip() + "…"
        return short if short.isidentifier() else f"“{short}”"
    if isinstance(value, list):
        return ", ".join(quote(v, limit) for v in value) or "nothing"
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def sentences(changes: Iterable[Change]) -> str:
    """Several changes as one clause: ``a, b and c``."""
    texts = [change.sentence for change in changes]
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} and {texts[-1]}"
