"""Models' answers as they are published: what a row says, by the names the field goes by.

MIA-Bench         JSONL: question_id or url (the image's address), prompt, text ("error")
VLMEvalKit        TSV, XLSX, JSONL: index, question, prediction; model in the file's name
MM-IFEval         the same with id, infer_type (main, aux_cmp_gpt) and del_cons
anything else     JSONL, JSON, CSV, TSV, XLSX with a mapping of our fields to its columns
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from annotator.domain.items import MAX_TEXT, is_number
from annotator.domain.judging import RUN_MARK
from annotator.errors import InputError
from annotator.formats.rows import TableRow, read_rows
from annotator.formats.source import Source

FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "id": ("id", "item", "item_id", "source_id"),
    "index": ("index", "position"),
    "image": ("question_id", "url", "image", "image_path", "image_url"),
    "prompt": ("prompt", "question", "instruction"),
    "model": ("model", "model_name", "model_id"),
    "text": ("prediction", "text", "response", "answer", "output"),
    "error": ("error",),
    "variant": ("del_cons", "variant"),
    "run": ("run", "repeat"),
    "tokens": ("tokens", "completion_tokens", "output_tokens"),
}
"""Our fields and the columns they are looked for in, the first that is there."""

FAILED: Final = ("error", "Failed to obtain answer via API.")
"""Texts that MIA-Bench and VLMEvalKit write where the model gave no answer."""

LONGEST_CLUE: Final = 2_000
AUXILIARY: Final = "aux_cmp_gpt"
_NAMED: Final = re.compile(
    r"(?P<model>.+)_(?:MIA-?Bench|MM-?IFEval)(?:_(?P<judge>.+))?\.\w+\Z", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Clues:
    """What a row says about which item it is about; None where it says nothing."""

    id: str | None = None
    index: str | None = None
    image: str | None = None
    prompt: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of a file of answers; either ``text`` or ``error`` is there."""

    position: int
    place: str
    clues: Clues
    model: str
    variant: str
    text: str | None
    error: str | None
    tokens: int | None


def read_answers(
    source: Source,
    *,
    mapping: Mapping[str, str] | None = None,
    model: str | None = None,
    run: int | None = None,
) -> tuple[str, list[Answer]]:
    """The answers of a file, and the name of the form it has.

    Args:
        mapping: our field to the file's column, over the usual names.
        model: the model's name, over what the file says.
        run: which of the model's answers to each prompt these are, likewise.

    Raises:
        InputError: the file is broken, a row has no answer, or no model is named.
    """
    columns = columns_of(mapping or {}, source.name)
    rows = read_rows(source)
    named = model or named_in(source.name, "model")
    found = [answer(r, columns, named, run, source.name) for r in rows]
    return form_of(rows[0].values, mapping), found


def columns_of(
    mapping: Mapping[str, str], file: str, fields: Mapping[str, tuple[str, ...]] = FIELDS
) -> dict[str, tuple[str, ...]]:
    """The usual columns of each field, with what the mapping names put in their place."""
    unknown = sorted(mapping.keys() - fields.keys())
    if unknown:
        raise InputError(
            f"there is no field {unknown[0]!r} to map.",
            file=file,
            mend=f"The fields are {', '.join(fields)}.",
        )
    return {**fields, **{field: (column,) for field, column in mapping.items()}}


def form_of(values: Mapping[str, Any], mapping: Mapping[str, str] | None) -> str:
    """What to call a file's form."""
    if mapping:
        return "mapped"
    if "infer_type" in values or "del_cons" in values:
        return "mm-ifeval"
    if "prediction" in values:
        return "vlmevalkit"
    return "mia-bench" if "question_id" in values or "url" in values else "generic"


def named_in(file: str, what: str) -> str | None:
    """The ``model`` or ``judge`` that VLMEvalKit's name of a file says, if it is one."""
    found = _NAMED.match(file.rpartition("/")[2])
    return found[what] if found else None


def first(values: Mapping[str, Any], names: Iterable[str]) -> Any:
    """The first of these columns that holds something."""
    return next((values[name] for name in names if values.get(name) is not None), None)


def word(value: Any) -> str | None:
    """A text or number as text; a whole number has no decimals (spreadsheets write 3.0)."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if is_number(value) or (isinstance(value, str) and value.strip()):
        return str(value).strip()
    return None


def clues_of(values: Mapping[str, Any], columns: Mapping[str, tuple[str, ...]]) -> Clues:
    """What a row says about its item; an image that stands there whole is no clue."""
    image = word(first(values, columns["image"]))
    if image is not None and len(image) > LONGEST_CLUE:
        image = None
    return Clues(
        id=word(first(values, columns["id"])),
        index=word(first(values, columns["index"])),
        image=image,
        prompt=word(first(values, columns["prompt"])),
    )


def answer(
    row: TableRow,
    columns: Mapping[str, tuple[str, ...]],
    model: str | None,
    run: int | None,
    file: str,
) -> Answer:
    """One row as an answer; raises InputError."""
    values = row.values
    named = who_answered(row, columns, model, run, file)
    text, error = said(row, columns, file)
    auxiliary = values.get("infer_type") == AUXILIARY or "infer_type" not in values
    variant = word(first(values, columns["variant"])) if auxiliary else None
    tokens = first(values, columns["tokens"])
    return Answer(
        position=row.position,
        place=row.place,
        clues=clues_of(values, columns),
        model=named,
        variant=variant or "",
        text=text,
        error=error,
        tokens=int(tokens) if is_number(tokens) else None,
    )


def who_answered(
    row: TableRow,
    columns: Mapping[str, tuple[str, ...]],
    model: str | None,
    run: int | None,
    file: str,
) -> str:
    """The model's name, with the number of its run where a model answers a prompt several times."""
    named = model or word(first(row.values, columns["model"]))
    if named is None:
        raise InputError(
            "does not say which model answered.", file=file, row=row.place, mend="Give --model."
        )
    number = word(first(row.values, columns["run"])) if run is None else str(run)
    if number is not None and not (number.isdecimal() and len(number) < 7):
        raise InputError("is no whole number.", file=file, row=row.place, field="run")
    named = named if number is None else f"{named}{RUN_MARK}{number}"
    if len(named) > 200 or not named.isprintable():
        raise InputError("is no name of a model.", file=file, row=row.place, field="model")
    return named


def said(
    row: TableRow, columns: Mapping[str, tuple[str, ...]], file: str
) -> tuple[str | None, str | None]:
    """A row's text and error, of which exactly one is there."""
    text = first(row.values, columns["text"])
    error = word(first(row.values, columns["error"]))
    if is_number(text):
        text = str(text)
    if text is not None and not isinstance(text, str):
        raise InputError("must be text.", file=file, row=row.place, field=columns["text"][0])
    if error is not None and not text:
        return None, error
    if text is None and not any(name in row.values for name in columns["text"]):
        if file.lower().endswith((".jsonl", ".json")):
            raise InputError(
                f"has none of the fields {', '.join(columns['text'])}.",
                file=file,
                row=row.place,
                mend="Map one with --map text=COLUMN.",
            )
        return None, "The answer is empty."
    if text is None or not text.strip():
        return None, "The answer is empty."
    if len(text) > MAX_TEXT:
        raise InputError(f"is longer than {MAX_TEXT:,} characters.", file=file, row=row.place)
    if "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise InputError("holds half an emoji or a NUL.", file=file, row=row.place)
    return (None, text) if text.strip() in FAILED else (text, None)
