"""JSON lines in, JSON lines out: contradictions of constraint sets, verdicts on responses."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from annotator.constraints.base import Constraint, Verdict
from annotator.constraints.contradict import find_contradictions
from annotator.constraints.mm_ifeval import parse_verifier_call
from annotator.constraints.parsing import parse
from annotator.constraints.segment import Response
from annotator.constraints.splitting import split_instruction
from annotator.errors import InputError, InvalidValue


def contradict_lines(
    lines: Iterable[str], *, file: str | None = None, time_limit: float = 0.4
) -> Iterator[dict[str, Any]]:
    """Contradictions of each line of a JSONL file.

    Args:
        lines: ``{"id", "constraints": [text, …]}`` or ``{"id", "instruction": text}`` per line;
            blank lines are skipped.
        file: its name, for messages.
        time_limit: seconds for the solver, per line.

    Yields:
        ``{"id", "constraints": [{"text", "start", "end"}], "contradictions": [{"members", "kind",
        "reason", "proof"}], "unparsed": [index]}``. Members and unparsed are indexes into
        ``constraints``; start and end are code points of the instruction, None without one.

    Raises:
        InputError: a line is no JSON object or a field is missing or of a wrong type.
    """
    for row, record in _records(lines, file):
        pieces = _pieces(record, row, file)
        texts = [str(p["text"]) for p in pieces]
        found = find_contradictions(texts, time_limit)
        yield {
            "id": record.get("id"),
            "constraints": pieces,
            "contradictions": [
                {"members": list(c.members), "kind": c.kind, "reason": c.reason, "proof": c.proof}
                for c in found
            ],
            "unparsed": [i for i, text in enumerate(texts) if not parse(text)],
        }


def _records(lines: Iterable[str], file: str | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        row = f"line {number}"
        try:
            value = json.loads(line.removeprefix("\ufeff"))
        except (ValueError, RecursionError) as error:
            raise InputError(
                "It is not JSON.", file=file, row=row, mend="Write one JSON object per line."
            ) from error
        if not isinstance(value, dict):
            raise InputError(
                f"A line must be a JSON object, not {type(value).__name__}.",
                file=file,
                row=row,
                mend='Write, for example, {"id": 1, "constraints": ["…"]}.',
            )
        yield row, value


def _pieces(record: Mapping[str, Any], row: str, file: str | None) -> list[dict[str, Any]]:
    if "constraints" in record:
        found = record["constraints"]
        if not isinstance(found, list) or not all(isinstance(t, str) for t in found):
            raise InputError(
                "It must be a list of strings.",
                file=file,
                row=row,
                field="constraints",
                mend="Give each constraint as one string.",
            )
        return [{"text": t, "start": None, "end": None} for t in found]
    instruction = record.get("instruction")
    if not isinstance(instruction, str):
        raise InputError(
            "It is missing or no string."
            if instruction is not None or "instruction" in record
            else "There is neither of the fields 'constraints' and 'instruction'.",
            file=file,
            row=row,
            field="instruction",
            mend='Give "constraints" (a list of strings) or "instruction" (a string).',
        )
    return [{"text": t, "start": a, "end": b} for t, a, b in split_instruction(instruction)]


def verify_lines(lines: Iterable[str], *, file: str | None = None) -> Iterator[dict[str, Any]]:
    """Verdicts on responses, one per line of a JSONL file.

    Args:
        lines: ``{"id", "constraint": text or {"func", "params"}, "response"}`` per line.
        file: its name, for messages.

    Yields:
        ``{"id", "verdict": "pass"|"fail"|"undecided", "evidence": {"reasons", "spans", "count"}}``;
        spans are ``[start, end]`` in code points. A text that cannot be read is undecided.

    Raises:
        InputError: a line is no JSON object or a field is missing or of a wrong type.
    """
    for row, record in _records(lines, file):
        response = record.get("response")
        if not isinstance(response, str):
            raise InputError(
                "It is missing or no string.", file=file, row=row, field="response",
                mend="Give the answer to be checked as a string.",
            )  # fmt: skip
        verdicts = [c.verify(Response(response)) for c in _constraints(record, row, file)]
        yield {"id": record.get("id"), **_verdict(verdicts)}


def _constraints(record: Mapping[str, Any], row: str, file: str | None) -> tuple[Constraint, ...]:
    given = record.get("constraint")
    if isinstance(given, str):
        return parse(given)
    if isinstance(given, dict):
        try:
            return parse_verifier_call(given)
        except InvalidValue as error:
            raise InputError(
                error.problem,
                file=file,
                row=row,
                field=f"constraint.{error.field}",
                mend="The names and parameters are in VERIFIERS.md.",
            ) from error
    raise InputError(
        "It is missing or neither text nor a verifier call.",
        file=file,
        row=row,
        field="constraint",
        mend='Give a sentence, or {"func": NAME, "params": [...]}.',
    )


def _verdict(verdicts: list[Verdict]) -> dict[str, Any]:
    """All must pass; one failure decides."""
    outcomes = [v.outcome for v in verdicts]
    if "fail" in outcomes:
        verdict, shown = "fail", [v for v in verdicts if v.outcome == "fail"]
    elif not outcomes or "undecided" in outcomes:
        verdict, shown = "undecided", [v for v in verdicts if v.outcome == "undecided"]
    else:
        verdict, shown = "pass", verdicts
    return {
        "verdict": verdict,
        "evidence": {
            "reasons": [v.reason for v in shown] or ["The constraint could not be read."],
            "spans": [[s.start, s.end] for v in shown for s in v.spans],
            "count": shown[0].count if shown else None,
        },
    }
