"""Models' answers and test material for judges: no items, but read and written like them.

MIA-Bench's answers are JSON lines with the image's address (``url``, or ``question_id``) and
``text``, which is ``error`` where the model gave none. FBI's perturbations (arXiv 2406.13439;
AI4Bharat/FBI) are a table with ``cdx``, ``question``, ``og`` (a sound answer) and columns
``perturbed_…`` that hold the answer with one kind of mistake each: a judge that does not score them
lower is blind to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from annotator.domain.items import ContentRules, ItemContent
from annotator.formats.base import Holds, Kind, Outgoing, Target
from annotator.formats.containers import Fields
from annotator.formats.fields import Row, shown
from annotator.formats.form import Form
from annotator.formats.json_lines import JsonLines
from annotator.formats.tables import Table

NO_ANSWER: Final = "error"
RULES: Final = ContentRules(types=(), levels=(), target=None)
HELD: Final = Holds(components=False, weights=False, levels=False, answers=True)


class MiaAnswers(Form):
    """A model's answers to MIA-Bench; the record's answers are the text, empty where it failed."""

    name = "mia-answers"
    title = "MIA-Bench answers (JSON lines)"
    example = '{"question_id": "https://…/7.jpg", "text": "The image shows …"}'
    kind: ClassVar[Kind] = "answers"
    containers = (JsonLines(),)
    rules = RULES
    holds = HELD
    own = frozenset({"question_id", "url", "text"})

    def fits(self, fields: Fields) -> bool:
        """A text and the address it is about, and no question."""
        named = "question_id" in fields or "url" in fields
        return named and "text" in fields and "instruction" not in fields

    def content(self, row: Row) -> ItemContent:
        """The answer."""
        text = row.text("text")
        return ItemContent("", (), answers=() if text == NO_ANSWER else (text,))

    def image(self, fields: Fields) -> str | None:
        """The address by which the item is known."""
        found = fields.get("url", fields.get("question_id"))
        return found if isinstance(found, str) else None

    def about(self, row: Row) -> dict[str, Any]:
        """The item's name, and whether there is an answer."""
        if row.label("question_id", "url") is None:
            found = next((n for n in ("question_id", "url") if n in row.values), None)
            problem = f"is {shown(row.values[found])}" if found else "is missing"
            raise row.fault(found or "question_id", f"{problem}; it must be text.")
        failed = row.values.get("text") == NO_ANSWER
        notes = ("the model gave no answer",) if failed else ()
        return {"source_id": row.label("question_id", "url"), "notes": notes}

    def with_image(self, fields: dict[str, Any], item: Outgoing, target: Target) -> None:
        """The address."""
        fields["question_id"] = (item.picture.ref if item.picture else None) or item.key

    def fields_of(self, content: ItemContent, before: Fields) -> dict[str, Any]:
        """The answer."""
        return {"text": content.answers[0] if content.answers else NO_ANSWER}


class FbiPerturbations(Form):
    """FBI's table; the record's answer is the sound one, the perturbed ones are unknown fields."""

    name = "fbi"
    title = "FBI perturbations (test material for judges)"
    example = "cdx\tquestion\tog\tperturbed_answer\n7\tWhat is …?\tIt is …\tIt is not …"
    kind: ClassVar[Kind] = "material"
    containers = (Table("\t"), Table(","))
    rules = RULES
    holds = HELD
    own = frozenset({"cdx", "question", "og"})

    def fits(self, fields: Fields) -> bool:
        """The sound answer and a perturbed one."""
        return "og" in fields and any(name.startswith("perturbed") for name in fields)

    def content(self, row: Row) -> ItemContent:
        """The question and the sound answer."""
        return ItemContent(row.text("question"), (), answers=(row.text("og"),))

    def about(self, row: Row) -> dict[str, Any]:
        """Its index."""
        return {"source_id": row.label("cdx")}

    def images(self, fields: Fields) -> Sequence[object]:
        """It has none."""
        return ()

    def identity(self, item: Outgoing) -> dict[str, Any]:
        """The index."""
        return {"cdx": item.key}

    def with_image(self, fields: dict[str, Any], item: Outgoing, target: Target) -> None:
        """It has none."""

    def fields_of(self, content: ItemContent, before: Fields) -> dict[str, Any]:
        """Question and sound answer."""
        return {
            "question": content.instruction,
            "og": content.answers[0] if content.answers else "",
        }
