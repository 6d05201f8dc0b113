"""A record's fields, asked for by name and type; refused with file, record, field and mend."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from annotator.domain.items import is_number
from annotator.domain.records import Origin
from annotator.errors import InputError
from annotator.formats.containers import Fields

UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
GENERATOR_FIELDS: Final = ("generator_model", "generator", "generated_by")
PROMPT_FIELDS: Final = ("prompt_version", "generator_prompt", "prompt_id")
BATCH_FIELDS: Final = ("batch", "batch_id", "generation_batch")
ORIGIN_FIELDS: Final = (*GENERATOR_FIELDS, *PROMPT_FIELDS, *BATCH_FIELDS)
MOST: Final = 1_000_000
NO_TEXT: Final = "holds half an emoji or a NUL, which is not text."
MEND: Final = "Mend this record and import the file again."
WORDS: Final = {str: "text", list: "a list", int: "a whole number", dict: "an object"}


def storable(text: str) -> bool:
    """Whether the text can be written as UTF-8 and kept by every database."""
    return UNSTORABLE.search(text) is None


def shown(value: object) -> str:
    """A value for a message, cut short."""
    return json.dumps(value, default=str)[:60]


@dataclass(frozen=True, slots=True)
class Row:
    """One record: its values and where it stands."""

    values: Fields
    file: str
    row: str

    def fault(self, field: str, problem: str, mend: str = MEND) -> InputError:
        """What is wrong with a field, and where."""
        return InputError(problem, file=self.file, row=self.row, field=field, mend=mend)

    def get(self, field: str, kind: type, *, required: bool = False) -> Any:
        """A field's value where it has the right type; None where it is not there.

        Raises:
            InputError: it has another type, cannot be stored, or is missing though required.
        """
        found = self.values.get(field)
        if found is None and not required:
            return None
        if isinstance(found, bool) or not isinstance(found, kind):
            problem = "is missing" if field not in self.values else f"is {shown(found)}"
            raise self.fault(field, f"{problem}; it must be {WORDS[kind]}.")
        if isinstance(found, str) and not storable(found):
            raise self.fault(field, NO_TEXT)
        if isinstance(found, int) and abs(found) > MOST:
            raise self.fault(field, "is no count.")
        return found

    def text(self, field: str) -> str:
        """A text that must be there."""
        found: str = self.get(field, str, required=True)
        return found

    def maybe(self, field: str) -> str | None:
        """A text, None where it is not there."""
        found: str | None = self.get(field, str)
        return found

    def label(self, *fields: str) -> str | None:
        """The first of these fields that holds a text or a number, as text."""
        return first_text(self.values, fields)

    def texts(self, field: str, *, required: bool = False) -> list[str]:
        """A list of texts; an empty one where it is not there."""
        found: list[Any] = self.get(field, list, required=required) or []
        for index, element in enumerate(found):
            if not isinstance(element, str) or not storable(element):
                problem = f"element {index} is {shown(element)}; it must be text."
                raise self.fault(field, problem)
        return found

    def origin(self) -> Origin:
        """Generator, prompt version and batch, where a record names them."""
        return Origin(
            generator=self.label(*GENERATOR_FIELDS),
            prompt_version=self.label(*PROMPT_FIELDS),
            batch=self.label(*BATCH_FIELDS),
        )


def first_text(values: Fields, names: Iterable[str]) -> str | None:
    """The first of these fields that holds a text or a number."""
    for name in names:
        found = values.get(name)
        if is_number(found) or (isinstance(found, str) and found and storable(found)):
            return str(found)
    return None
