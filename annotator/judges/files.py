"""JSON lines of replies in, JSON lines of readings out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from annotator.domain.items import is_number
from annotator.errors import InputError, InvalidValue
from annotator.judges.kits import kits
from annotator.judges.reading import read_reply
from annotator.judges.result import FORMS, Ask, Form, Read, Reading

_EXAMPLE: Final = '{"id": 1, "form": "mia", "weights": [4, 3, 3], "reply": "…"}'


def read_lines(lines: Iterable[str] | str, *, file: str | None = None) -> Iterator[dict[str, Any]]:
    """Read the judge replies of a JSONL file.

    Args:
        lines: ``{"id", "form", "weights", "types"?, "reply"}`` per line, as lines or as one text,
            which is split at ``\\n`` only; blank lines are skipped. ``form`` is mia, direct,
            compare, perception or auto (also where it is missing). ``weights`` are the possible
            points of the components; a compare or perception reply may leave them out (1).
        file: its name, for messages.

    Yields:
        ``{"id", "components": [{"awarded", "possible"} or {"unparsed": reason}], "total",
        "total_agrees", "kits": {"vlmevalkit": …, "lmms-eval": …}}``. ``total`` is the number the
        reply states, None where it states none; see Reading and KitReading for the rest.

    Raises:
        InputError: a line is no JSON object, or a field is missing, of a wrong type or out of
            range.
    """
    for row, record in _records(lines, file):
        form, ask, reply = (
            _form(record, row, file),
            _ask(record, row, file),
            _reply(record, row, file),
        )
        try:
            reading = read_reply(reply, ask, form)
        except InvalidValue as error:
            raise _refuse(error.problem, error.field, row, file, "Mend this line.") from error
        yield _result(record.get("id"), reading, reply, ask)


def _result(identifier: object, reading: Reading, reply: str, ask: Ask) -> dict[str, Any]:
    return {
        "id": identifier,
        "components": [
            {"awarded": part.awarded, "possible": part.possible}
            if isinstance(part, Read)
            else {"unparsed": part.reason}
            for part in reading.components
        ],
        "total": reading.total.awarded if reading.total else None,
        "total_agrees": reading.total_agrees,
        "kits": {name: kit.to_json() for name, kit in kits(reply, ask, reading.form).items()},
    }


def _records(
    lines: Iterable[str] | str, file: str | None
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    parts = lines.split("\n") if isinstance(lines, str) else lines
    for number, line in enumerate(parts, start=1):
        if not line.strip():
            continue
        row = f"line {number}"
        try:
            value = json.loads(line.removeprefix("\ufeff"))
        except (ValueError, RecursionError) as error:
            mend = "Write one JSON object per line."
            raise _refuse("It is not JSON.", None, row, file, mend) from error
        if not isinstance(value, dict):
            problem = f"A line must be a JSON object, not {type(value).__name__}."
            raise _refuse(problem, None, row, file, f"Write, for example, {_EXAMPLE}.")
        yield row, value


def _form(record: Mapping[str, Any], row: str, file: str | None) -> Form:
    given = record.get("form", "auto")
    for form in FORMS:
        if given == form:
            return form
    problem = f"There is no form {given!r}."
    raise _refuse(problem, "form", row, file, f"Give one of {', '.join(FORMS)}.")


def _ask(record: Mapping[str, Any], row: str, file: str | None) -> Ask:
    weights = record.get("weights")
    if weights is None and record.get("form") in ("compare", "perception"):
        weights = [1]
    if not isinstance(weights, list) or not all(map(is_number, weights)):
        problem = "It is missing or no list of numbers."
        raise _refuse(problem, "weights", row, file, "Give the possible points of each component.")
    types = record.get("types")
    if types is None:
        return Ask(tuple(weights))
    if not isinstance(types, list) or not all(isinstance(name, str) for name in types):
        problem = "It must be a list of strings."
        raise _refuse(problem, "types", row, file, "Give one type per weight, or leave it out.")
    return Ask(tuple(weights), tuple(types))


def _reply(record: Mapping[str, Any], row: str, file: str | None) -> str:
    reply = record.get("reply")
    if not isinstance(reply, str):
        problem = "It is missing or no string."
        raise _refuse(problem, "reply", row, file, "Give the judge's words as a string.")
    return reply


def _refuse(problem: str, field: str | None, row: str, file: str | None, mend: str) -> InputError:
    return InputError(problem, file=file, row=row, field=field, mend=mend)
