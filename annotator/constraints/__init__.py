"""The constraint language: read constraints, check answers against them, prove them at odds.

    parse(text)                  English → constraints; empty where nothing can be read for sure
    parse_verifier_call(call)    MM-IFEval's {"func", "params"}
    parse_ifeval(id, arguments)  IFEval's instruction ids and kwargs
    verify(constraint, answer)   pass, fail or undecided, with evidence
    find_contradictions(many)    the minimal sets that cannot hold together, and why
    say(constraint)              back into English
    split_instruction(text)      an instruction in parts, with their places
    to_json, from_json           constraints as JSON values
    mia_type, mm_ifeval_type     their published types

A kind of constraint is one class in one module here; `KINDS` lists them.
"""

from __future__ import annotations

from annotator.constraints.base import (
    KINDS,
    Clash,
    Constraint,
    Fact,
    Scope,
    Step,
    Verdict,
    kind,
)
from annotator.constraints.contradict import Contradiction, find_contradictions
from annotator.constraints.files import contradict_lines, verify_lines
from annotator.constraints.ifeval import parse_ifeval
from annotator.constraints.jsonable import from_json, to_json
from annotator.constraints.mm_ifeval import VERIFIERS, parse_verifier_call
from annotator.constraints.parsing import parse
from annotator.constraints.segment import Response, Span
from annotator.constraints.splitting import split_instruction
from annotator.constraints.taxonomy import MIA_TYPES, MM_IFEVAL, mia_type, mm_ifeval_type
from annotator.constraints.witness import witness


def verify(constraint: Constraint, response: str | Response) -> Verdict:
    """Whether ``response`` satisfies ``constraint``: pass, fail or undecided, with evidence."""
    return constraint.verify(response if isinstance(response, Response) else Response(response))


def say(constraint: Constraint) -> str:
    """``constraint`` in plain English that `parse` reads back as the same value."""
    return constraint.say()


__all__ = [
    "KINDS",
    "MIA_TYPES",
    "MM_IFEVAL",
    "VERIFIERS",
    "Clash",
    "Constraint",
    "Contradiction",
    "Fact",
    "Response",
    "Scope",
    "Span",
    "Step",
    "Verdict",
    "contradict_lines",
    "find_contradictions",
    "from_json",
    "kind",
    "mia_type",
    "mm_ifeval_type",
    "parse",
    "parse_ifeval",
    "parse_verifier_call",
    "say",
    "split_instruction",
    "to_json",
    "verify",
    "verify_lines",
    "witness",
]
