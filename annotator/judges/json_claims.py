"""The scores that JSON in a reply claims."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import Final

from annotator.domain.regex import regex
from annotator.judges.json_nodes import Digits, Fields, Node, find_nodes
from annotator.judges.keys import MAXIMUM, NAMES, SCORE, WEIGHT, in_order, key_of, with_maximum
from annotator.judges.labels import Claim
from annotator.judges.text import plain
from annotator.judges.values import Trouble, Value, value_at

_FOREIGN: Final = regex(
    r"example|previous|other|reference|draft|initial|expected|max|weight|possible|confidence",
    re.IGNORECASE,
)
_FINAL: Final = regex(r"final|correct|revis|updat", re.IGNORECASE)
_WHOLE: Final = regex(r"\s*(?:```\w*\s*)?\Z")


def json_claims(text: str, names: tuple[str, ...]) -> tuple[list[Claim], list[tuple[int, int]]]:
    """Claims of the JSON in a reply as it was written, and the places where JSON claims stand.

    JSON without scores of its own is left to whoever reads the running text.
    """
    claims: list[Claim] = []
    places: list[tuple[int, int]] = []
    for node in find_nodes(text):
        found = _of_node(node, names, f"json {node.start}")
        if isinstance(node.value, tuple) and not _list_counts(text, node):
            continue
        if found:
            claims += found
            places.append((node.start, node.end))
    return claims, places


def _list_counts(text: str, node: Node) -> bool:
    """A list of bare numbers counts only where it is the whole reply, for "[3]" cites a source."""
    if isinstance(node.value, tuple) and all(isinstance(x.value, Fields) for x in node.value):
        return True
    before, after = text[: node.start], text[node.end :]
    return bool(_WHOLE.fullmatch(before)) and bool(_WHOLE.fullmatch(after))


def _of_node(node: Node, names: tuple[str, ...], source: str) -> list[Claim]:
    if isinstance(node.value, Fields):
        return _of_fields(node.value, names, source)
    if isinstance(node.value, tuple):
        return _of_list(node.value, names, source)
    return []


def _of_fields(fields: Fields, names: tuple[str, ...], source: str) -> list[Claim]:
    claims: list[Claim] = []
    for name, node in fields.pairs:
        written = str(name.value)
        key = key_of(plain(written), names)
        value = _value(node) if key is not None else None
        if key is not None and value is not None:
            claims.append(Claim(key, value, name.start, node.end, source))
        elif not _FOREIGN.search(written):
            inner = f"{source} final" if _FINAL.search(written) else f"{source}.{written}"
            nested = isinstance(node.value, Fields | tuple)
            claims += _of_node(node, names, inner) if nested else []
    return claims


def _of_list(nodes: tuple[Node, ...], names: tuple[str, ...], source: str) -> list[Claim]:
    if nodes and all(isinstance(node.value, Fields) for node in nodes):
        found = [_of_record(node, names, source) for node in nodes]
        if all(claim is not None and claim.key == "" for claim in found):
            return in_order([c for c in found if c is not None], "list order")
        if any(claim is not None and claim.key == "" for claim in found):
            return []
        if any(found):
            return [claim for claim in found if claim is not None]
        return [c for node in nodes for c in _of_node(node, names, source)]
    values = [_value(node) for node in nodes]
    plain_claims = [
        Claim("", value, node.start, node.end, source)
        for node, value in zip(nodes, values, strict=True)
        if value is not None
    ]
    return in_order(plain_claims, "list order") if len(plain_claims) == len(nodes) else []


def _of_record(node: Node, names: tuple[str, ...], source: str) -> Claim | None:
    """One object of a list: its component by number or name, or with the key "" where unnamed."""
    value = _value(node)
    if value is None or not isinstance(node.value, Fields):
        return None
    key: int | str = ""
    for name, field in node.value.pairs:
        if isinstance(name.value, str) and NAMES.fullmatch(name.value.strip()):
            said = field.value.text if isinstance(field.value, Digits) else field.value
            found = key_of(plain(said), names) if isinstance(said, str) else None
            if found is not None and (key == "" or isinstance(found, int)):
                key = found
    return Claim(key, value, node.start, node.end, source)


def _value(node: Node) -> Value | Trouble | None:
    """The score a JSON value holds; None for a list or an object without one."""
    match node.value:
        case Fields():
            return _value_of_fields(node.value)
        case Digits(text):
            if text.startswith("-"):
                return Trouble(f"{text} is below 0", node.start, node.end)
            return Value("bare", Fraction(text), None, node.start, node.end)
        case bool():
            shown = str(node.value).lower()
            return Trouble(f"{shown} is not a number", node.start, node.end)
        case str(text):
            return _value_of_text(text, node)
        case None:
            return Trouble("no score is given: null", node.start, node.end)
        case _:
            return None


def _value_of_text(text: str, node: Node) -> Value | Trouble:
    said = plain(text).strip()
    found = value_at(said, 0)
    if isinstance(found, Value) and not said[found.end :].strip(" ."):
        return replace(found, start=node.start, end=node.end)
    reason = found.reason if isinstance(found, Trouble) else f"{text[:40]!r} is not a score"
    return Trouble(reason, node.start, node.end)


def _value_of_fields(fields: Fields) -> Value | Trouble | None:
    scores = [n for k, n in fields.pairs if SCORE.fullmatch(str(k.value).strip())]
    maxima = [n for k, n in fields.pairs if MAXIMUM.fullmatch(str(k.value).strip())]
    scores = [n for n in scores if not isinstance(n.value, Fields | tuple)]
    if not scores:
        return None
    values = [_value(n) for n in scores]
    found = values[0]
    if found is None:
        return None
    if len(values) > 1 and any(_differ(found, other) for other in values[1:]):
        return Trouble("two different scores are given", scores[0].start, scores[-1].end)
    weights = [n for k, n in fields.pairs if WEIGHT.fullmatch(str(k.value).strip())]
    beside = [*maxima, *weights]
    maximum = _value(beside[0]) if beside else None
    return with_maximum(found, maximum, weight=not maxima)


def _differ(one: Value | Trouble, other: Value | Trouble | None) -> bool:
    if isinstance(one, Trouble) or not isinstance(other, Value):
        return True
    return (one.kind, one.awarded, one.possible) != (other.kind, other.awarded, other.possible)
