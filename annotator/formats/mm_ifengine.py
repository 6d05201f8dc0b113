"""MM-IFEval as its own repository has it: JSON lines beside a folder of images.

Fields (SYuan03/MM-IFEngine): the image's file name under one of several names, ``instruction`` and
``constraints``; the prompt is the instruction followed by each constraint's value, joined by single
spaces. That prompt is our instruction, so that people see what models see; it is taken apart again
when it is written. A perception record has ``question`` and ``answer``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from annotator.domain.items import ItemContent
from annotator.formats.base import Holds, Outgoing, Target
from annotator.formats.containers import Fields
from annotator.formats.fields import ORIGIN_FIELDS, Row
from annotator.formats.form import Form, image_name
from annotator.formats.json_lines import JsonLines
from annotator.formats.json_list import JsonList
from annotator.formats.mm_ifeval import RULES, constraint_values, constraints_of, key_problems

IMAGE_FIELDS: Final = (
    *("image", "filename", "file_name", "img_name", "image_name", "image_path", "img_path"),
    *("img", "image_file"),
)


class MmIfEngine(Form):
    """The format's reader and writer."""

    name = "mm-ifengine"
    title = "MM-IFEngine JSON lines with a folder of images"
    example = (
        '{"id": "7", "image": "7.jpg", "instruction": "Describe …", "constraints": [{"key": "…", '
        '"value": "…", "judge": {"method": "rule_based", "verify_funcs": [{"func": "…", '
        '"params": [3, 5]}]}}]}'
    )
    containers = (JsonLines(), JsonList())
    rules = RULES
    holds = Holds(images="files", weights=False, judging=True, answers=True)
    own = frozenset(
        {"id", "instruction", "question", "constraints", "answer", "tag"}
        | {*IMAGE_FIELDS, *ORIGIN_FIELDS}
    )

    def fits(self, fields: Fields) -> bool:
        """An instruction with constraints, or a perception record."""
        if "constraints" in fields:
            return "instruction" in fields or "question" in fields
        return fields.get("tag") == "P-Level" and "answer" in fields

    def content(self, row: Row) -> ItemContent:
        """The prompt with its constraints, or the question with its answers."""
        found = row.get("constraints", list) or []
        parts = tuple(constraints_of(row, found))
        base = row.text(instruction_field(row.values))
        answer = row.values.get("answer")
        answers = [answer] if isinstance(answer, str) and answer else row.texts("answer")
        return ItemContent(
            instruction=assembled(base, [part.text for part in parts]),
            level=row.maybe("tag") or ("C-Level" if parts else "P-Level"),
            components=parts,
            answers=tuple(answers),
        )

    def image(self, fields: Fields) -> str | None:
        """The first of the names under which images were published."""
        [found] = self.images(fields)
        return found if isinstance(found, str) else None

    def images(self, fields: Fields) -> Sequence[object]:
        """The field of that name."""
        return (fields.get(image_field(fields) or ""),)

    def about(self, row: Row) -> dict[str, Any]:
        """The id, where there is one."""
        return {"source_id": row.label("id"), "origin": row.origin()}

    def identity(self, item: Outgoing) -> dict[str, Any]:
        """The id."""
        return {"id": item.key}

    def with_image(self, fields: dict[str, Any], item: Outgoing, target: Target) -> None:
        """Under the name that the record has."""
        name = image_field(fields) or "image"
        fields[name] = image_name(item.picture, target, self.image_folder)

    def fields_of(self, content: ItemContent, before: Fields) -> dict[str, Any]:
        """The instruction without its constraints, and the constraints."""
        texts = [part.text for part in content.components]
        name = instruction_field(before)
        found: dict[str, Any] = {name: taken_apart(content.instruction, texts)}
        if content.components or not before or "constraints" in before:
            known = before.get("constraints")
            old = known if isinstance(known, list) else []
            found["constraints"] = constraint_values(content, old)
        if content.answers or "answer" in before:
            alone = isinstance(before.get("answer"), str) and len(content.answers) == 1
            found["answer"] = content.answers[0] if alone else list(content.answers)
        implied = "C-Level" if content.components else "P-Level"
        if "tag" in before or (content.level and content.level != implied):
            found["tag"] = content.level
        return found

    def problems(self, item: Outgoing) -> Iterator[str]:
        """What the published scripts make of the item."""
        content = item.content
        if content is None:
            return
        yield from key_problems(content)
        texts = [part.text for part in content.components]
        if texts and taken_apart(content.instruction, texts) == content.instruction:
            yield (
                "The instruction does not end with its constraints; the scripts add them, so the "
                "model would be told them twice."
            )


def instruction_field(fields: Fields) -> str:
    """The field that holds the instruction without its constraints."""
    asks = "question" in fields and "instruction" not in fields
    return "question" if asks else "instruction"


def image_field(fields: Fields) -> str | None:
    """The field that names the image."""
    return next((name for name in IMAGE_FIELDS if name in fields), None)


def assembled(base: str, texts: list[str]) -> str:
    """The prompt: the instruction and its constraints, joined by single spaces."""
    return " ".join([base, *texts]) if texts else base


def taken_apart(prompt: str, texts: list[str]) -> str:
    """The instruction of a prompt; the whole prompt where it does not end with the constraints."""
    tail = "".join(f" {text}" for text in texts)
    return prompt[: -len(tail)] if tail and prompt.endswith(tail) else prompt
