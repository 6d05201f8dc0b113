"""Which constraints cannot hold together: the solver's proofs and the rules beside it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Literal

from annotator.constraints import solver
from annotator.constraints.base import Clash, Constraint
from annotator.constraints.context import (
    OfOnePart,
    in_context,
    loosened,
    named_whole,
    of_one_part,
)
from annotator.constraints.counts import Count
from annotator.constraints.mentions import Mention
from annotator.constraints.morphology import singular
from annotator.constraints.parsing import parse
from annotator.constraints.shares import Share, Some
from annotator.constraints.units import UNITS

Component = str | Constraint | Iterable[Constraint]
_SIZES = frozenset(
    ["words", "characters", "sentences", "paragraphs", "lines", "stanzas", "sections", "exchanges"]
)


@dataclass(frozen=True)
class Contradiction:
    """Components that cannot hold together; leave any one out, and this proof fails.

    Attributes:
        members: indexes of the components, ascending.
        kind: "length", "keyword", "phrase", "keyword-phrase", "format", "style" or "content".
        reason: one sentence; components in it are numbered from 1.
        proof: "solver" (arithmetic) or "rule".
    """

    members: tuple[int, ...]
    kind: str
    reason: str
    proof: Literal["solver", "rule"]


def find_contradictions(
    constraints: Sequence[Component], time_limit: float = 0.4
) -> list[Contradiction]:
    """The minimal contradicting sets among ``constraints``, ordered by their members.

    Args:
        constraints: per component its text, one constraint, or several.
        time_limit: seconds of processor time for the solver, and half as many for the rules beside
            it; what is not proved by then is not claimed.
    """
    texts = named_whole([c if isinstance(c, str) else None for c in constraints])
    read = [_component(t or c) for t, c in zip(texts, constraints, strict=True)]
    components = in_context(texts, read)
    until = time.thread_time() + time_limit
    found = {c.members: _by_solver(c) for c in _cores(texts, components, time_limit)}
    until = max(until, time.thread_time() + time_limit / 2)
    single = {unit for cs in components for c in cs if (unit := _single(c))}
    for i, j in combinations(range(len(components)), 2):
        if time.thread_time() > until:
            break
        clash = _clash(components[i], components[j])
        if clash is not None and clash.several in single:
            continue
        if clash is not None and (i, j) not in found:
            found[i, j] = Contradiction((i, j), clash.kind, clash.reason, "rule")
    for pair in of_one_part(texts):
        if pair.members not in found and time.thread_time() < until:
            found |= {c.members: c for c in _of_part(pair, time_limit)}
    minimal = [c for m, c in found.items() if not any(set(o) < set(m) for o in found)]
    return sorted(minimal, key=lambda c: c.members)


def _of_part(pair: OfOnePart, time_limit: float) -> Iterator[Contradiction]:
    """What cannot hold together of one part, as it could not of a whole response."""
    one, two = (parse(t) for t in pair.texts)
    i, j = pair.members
    for core in solver.cores([one, two], time_limit / 2):
        if len(core.members) == 2:
            said = tuple(((i, j)[n], c) for n, c in core.constraints)
            claim = _by_solver(replace(core, members=pair.members, constraints=said))
            yield replace(claim, reason=_of(pair.part, claim.reason))
            return
    clash = _clash(one, two)
    if clash is not None:
        yield Contradiction(pair.members, clash.kind, _of(pair.part, clash.reason), "rule")


def _of(part: str, reason: str) -> str:
    return f"Of the {part}: {reason[:1].lower()}{reason[1:]}"


def _single(constraint: Constraint) -> str:
    """The unit ("paragraph") of which the response is to have one at most; mostly ""."""
    if not isinstance(constraint, Count) or constraint.high != 1 or constraint.scope:
        return ""
    return constraint.unit.removesuffix("s")


def _cores(
    texts: Sequence[str | None], components: list[tuple[Constraint, ...]], time_limit: float
) -> list[solver.Core]:
    """The solver's claims; a text that contradicts itself was misread, so it is loosened."""
    found = solver.cores(components, time_limit)
    misread = [m[0] for m in (c.members for c in found) if len(m) == 1 and texts[m[0]] is not None]
    if not misread:
        return found
    for i in misread:
        components[i] = loosened(components[i])
    return [c for c in solver.cores(components, time_limit / 2) if len(c.members) > 1]


def _component(value: Component) -> tuple[Constraint, ...]:
    if isinstance(value, str):
        return parse(value)
    return (value,) if isinstance(value, Constraint) else tuple(value)


def _clash(one: Sequence[Constraint], two: Sequence[Constraint]) -> Clash | None:
    found = (a.clashes(b) or b.clashes(a) for a, b in product(one, two))
    return min((c for c in found if c), key=lambda c: (c.kind, c.reason), default=None)


def _by_solver(core: solver.Core) -> Contradiction:
    return Contradiction(core.members, _kind(core), _reason(core), "solver")


def _kind(core: solver.Core) -> str:
    found = [c.each if isinstance(c, Share | Some) else c for _, c in core.constraints]
    if all(isinstance(c, Count) and c.unit in _SIZES for c in found):
        return "length"
    if any(isinstance(c, Count) for c in found):
        return (
            "format"
            if all(
                isinstance(c, Count) or c.kind in ("case", "format", "sentence_type") for c in found
            )
            else "keyword"
        )
    words = {len(t.split()) > 1 for c in found for t in _terms(c)}
    if words == {True, False}:
        return "keyword-phrase"
    return "phrase" if words == {True} else "keyword"


def _terms(constraint: Constraint) -> tuple[str, ...]:
    if isinstance(constraint, Mention):
        return constraint.terms
    for name in ("term", "text"):
        value = getattr(constraint, name, None)
        if isinstance(value, str):
            return (value,)
    return ()


def _reason(core: solver.Core) -> str:
    """One sentence; what a component asks for is said once, the components in their order."""
    if core.unit and core.unit in UNITS and len(core.constraints) > 1:
        last = core.constraints[-1]
        others = core.constraints[:-1]
        joined = _asked(others)
        if len(others) > 1 or not _says_it(others[0][1], core.unit):
            bound = f"at most {core.high}" if core.high is not None else f"at least {core.low}"
            number = core.high if core.high is not None else core.low
            plural = UNITS[core.unit].plural
            joined += f", which makes {bound} {singular(plural) if number == 1 else plural}"
        return f"{_capital(joined)}; {_asked([last])}."
    if len({i for i, _ in core.constraints}) == 1:
        return f"{_capital(_asked(core.constraints))}, which cannot be met."
    first = core.constraints[0][0]
    one = [c for c in core.constraints if c[0] == first]
    rest = [c for c in core.constraints if c[0] != first]
    return f"{_capital(_asked(one))}; {_asked(rest)}."


def _says_it(constraint: Constraint, unit: str) -> bool:
    """Whether a constraint is itself a count of ``unit`` over the whole response."""
    return isinstance(constraint, Count) and constraint.unit == unit and not constraint.scope


def _asked(found: Sequence[tuple[int, Constraint]]) -> str:
    """ "component 1 asks for exactly 5 paragraphs and component 3 for at least 9 words"."""
    by_component: dict[int, list[str]] = {}
    for i, constraint in found:
        by_component.setdefault(i, []).append(_ask(constraint.say().rstrip(".")))
    said = [f"component {i + 1} {_joined(parts)}" for i, parts in by_component.items()]
    return " and ".join(said)


def _joined(parts: Sequence[str]) -> str:
    """Parts joined by "and", with a shared "asks for" said once."""
    verb = "asks for "
    if all(p.startswith(verb) for p in parts):
        return verb + " and ".join(p.removeprefix(verb) for p in parts)
    return " and ".join(parts)


def _ask(said: str) -> str:
    """What a constraint says ("Use no emojis") as a predicate ("asks for no emojis")."""
    for start, predicate in _PREDICATES:
        if said.startswith(start):
            return predicate + said.removeprefix(start)
    subject = said.startswith(_SUBJECTS)
    return f"{'says that' if subject else 'asks to'} {said[:1].lower()}{said[1:]}"


_SUBJECTS = (
    *("The ", "Each ", "All ", "If ", "Sentences "),
    *("At ", "Exactly ", "More ", "Less ", "Between ", "About "),
)
"""With what a sentence begins that names what it is about; the second row is of shares."""
_PREDICATES = (
    ("Use ", "asks for "),
    ("Include ", "asks for "),
    ("Do not use ", "rules out "),
    ("Do not include ", "rules out "),
    ("Do not ", "asks not to "),
)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
