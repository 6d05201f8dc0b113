"""Constraint values as JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from annotator.constraints import parsing  # noqa: F401 - registers every kind
from annotator.constraints.base import KINDS, Constraint, Scope, Step
from annotator.errors import InvalidValue


def to_json(constraint: Constraint) -> dict[str, Any]:
    """``{"kind": …, field: value, …}``; fields that hold their default are left out."""
    out: dict[str, Any] = {"kind": constraint.kind}
    for f in fields(constraint):
        value = getattr(constraint, f.name)
        if f.default is not MISSING and value == f.default:
            continue
        out[f.name] = _plain(value)
    return out


def _plain(value: object) -> object:
    if isinstance(value, Constraint):
        return to_json(value)
    if isinstance(value, Scope):
        return [
            {"unit": s.unit, "name": s.name}
            if s.unit == "key"
            else {"unit": s.unit, "index": s.index}
            for s in value.steps
        ]
    return list(value) if isinstance(value, tuple) else value


def from_json(value: Mapping[str, Any]) -> Constraint:
    """The constraint that `to_json` wrote.

    Raises:
        InvalidValue: the kind is unknown, or a field is missing, unknown or of a wrong type.
    """
    cls = KINDS.get(str(value.get("kind")))
    if cls is None:
        raise InvalidValue("kind", f"{value.get('kind')!r} is none of {', '.join(KINDS)}.")
    known = {f.name: f for f in fields(cls)}
    unknown = set(value) - set(known) - {"kind"}
    if unknown:
        raise InvalidValue(
            sorted(unknown)[0], f"A constraint of kind {cls.kind} has no such field."
        )
    given = {n: _read(n, value[n], str(f.type)) for n, f in known.items() if n in value}
    missing = [n for n, f in known.items() if n not in given and f.default is MISSING]
    if missing:
        raise InvalidValue(missing[0], f"A constraint of kind {cls.kind} needs it.")
    return cls(**given)


_CHECKS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "int | None": (int, type(None)),
}


def _read(name: str, value: Any, annotation: str) -> object:
    if annotation == "Constraint":
        return from_json(value if isinstance(value, Mapping) else {})
    if annotation == "Scope":
        return _scope(name, value)
    if annotation.startswith("tuple"):
        item = int if "int" in annotation else str
        if not isinstance(value, list) or not all(isinstance(v, item) for v in value):
            raise InvalidValue(name, f"It must be a list of {item.__name__} values.")
        return tuple(value)
    wrong_bool = isinstance(value, bool) and annotation != "bool"
    if not isinstance(value, _CHECKS[annotation]) or wrong_bool:
        raise InvalidValue(name, f"{value!r} is not of type {annotation}.")
    return value


def _scope(name: str, value: Any) -> Scope:
    if not isinstance(value, list) or not all(
        isinstance(v, Mapping) and "unit" in v for v in value
    ):
        raise InvalidValue(name, "It must be a list of steps, each with a unit.")
    steps = (Step(str(v["unit"]), int(v.get("index", 0)), str(v.get("name", ""))) for v in value)
    return Scope(tuple(steps))
