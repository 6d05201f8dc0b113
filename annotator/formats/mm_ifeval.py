"""MM-IFEval's constraints, and the table of it that VLMEvalKit loads (arXiv 2504.07957).

A constraint is ``{"key", "value", "judge": {"method", "verify_funcs"}}``; ``verify_funcs`` are kept
whole. The table has a row per answer to be produced: ``index, id, image, question, tag, infer_type,
constraints, answer, del_cons``. A row whose ``infer_type`` is not ``main`` is the prompt without
one constraint; it belongs to the item of the same ``id`` and goes out with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from annotator.domain.items import Component, ContentRules, ItemContent
from annotator.domain.vocabulary import JUDGE_METHODS
from annotator.errors import InputError
from annotator.formats.base import Holds, Outgoing, Target
from annotator.formats.containers import Container, Fields
from annotator.formats.fields import NO_TEXT, ORIGIN_FIELDS, Row, shown, storable
from annotator.formats.form import as_json
from annotator.formats.kit_tables import KitTable
from annotator.formats.literals import list_in
from annotator.formats.tables import Table

METHODS: Final = {"direct_gpt": "direct", "rule_based": "rule", "cmp_gpt": "compare"}
PUBLISHED: Final = {ours: theirs for theirs, ours in METHODS.items()}
assert set(PUBLISHED) == set(JUDGE_METHODS)
C_LEVEL, P_LEVEL = "C-Level", "P-Level"
RULES: Final = ContentRules(types=(), levels=(C_LEVEL, P_LEVEL), target=None)
MAIN, COMPARISON = "main", "aux_cmp_gpt"


def constraints_of(row: Row, found: Sequence[Any]) -> Iterator[Component]:
    """Constraints as components; raises InputError for what is none."""
    for index, one in enumerate(found):
        if not isinstance(one, Mapping) or not isinstance(one.get("value"), str):
            raise row.fault(
                "constraints",
                f"constraint {index} is {shown(one)}; it must be an object with a text “value”.",
            )
        judge = one.get("judge")
        judge = judge if isinstance(judge, Mapping) else {}
        kind = one.get("key")
        texts = [one["value"], kind if isinstance(kind, str) else ""]
        if not all(map(storable, texts)):
            raise row.fault("constraints", f"constraint {index} holds what is not text.")
        yield Component(
            key=f"c{index + 1}",
            text=texts[0],
            type=texts[1],
            judge_method=METHODS.get(str(judge.get("method")), "direct"),
            verifier_calls=calls_of(row, index, judge.get("verify_funcs")),
        )


def calls_of(row: Row, index: int, found: object) -> tuple[Mapping[str, Any], ...]:
    """Verifier calls, whole; raises InputError for what is none."""
    if found is None:
        return ()
    calls = found if isinstance(found, list) else None
    if calls is None or not all(
        isinstance(c, dict) and isinstance(c.get("func"), str) for c in calls
    ):
        raise row.fault(
            "constraints",
            f"verify_funcs of constraint {index} is {shown(found)}; "
            'it must be a list of {"func": name, "params": [...]}.',
        )
    check_calls(row, "constraints", calls)
    return tuple(calls)


def check_calls(row: Row, field: str, calls: object) -> None:
    """Refuse values in verifier calls that no database keeps as JSON; raises InputError."""
    try:
        text = json.dumps(calls, ensure_ascii=False, allow_nan=False)
    except ValueError as fault:
        raise row.fault(field, "a verifier call holds a number that JSON does not have.") from fault
    if "\\u0000" in text or not storable(text):
        raise row.fault(field, f"a verifier call {NO_TEXT}")


def constraint_values(content: ItemContent, before: Sequence[Any]) -> list[dict[str, Any]]:
    """Components as constraints; what a constraint had beside our values stays in it."""
    return [constraint(part, former(part, before)) for part in content.components]


def former(part: Component, before: Sequence[Any]) -> Mapping[str, Any]:
    """The constraint that a component came from."""
    number = part.key[1:]
    place = int(number) - 1 if part.key.startswith("c") and number.isdecimal() else -1
    found = before[place] if 0 <= place < len(before) else None
    return found if isinstance(found, Mapping) else {}


def constraint(part: Component, before: Mapping[str, Any]) -> dict[str, Any]:
    """One component as a constraint."""
    judge = dict(before.get("judge") or {}) if isinstance(before.get("judge"), Mapping) else {}
    if METHODS.get(str(judge.get("method")), "direct") != part.judge_method or not judge:
        judge["method"] = PUBLISHED[part.judge_method]
    calls = [dict(call) for call in part.verifier_calls]
    if calls or "verify_funcs" in judge:
        judge["verify_funcs"] = calls
    return {**before, "key": part.type, "value": part.text, "judge": judge}


def key_problems(content: ItemContent) -> Iterator[str]:
    """The kits keep scores by a constraint's key."""
    keys = [part.type for part in content.components]
    for name in sorted({key for key in keys if keys.count(key) > 1}):
        yield f"VLMEvalKit keeps scores by key: of the constraints {name!r} only one counts."
    if any(not key for key in keys):
        yield "A constraint has no key; VLMEvalKit keeps scores by it."


class MmIfEvalTsv(KitTable):
    """The table's reader and writer."""

    name = "mm-ifeval-tsv"
    title = "VLMEvalKit table of MM-IFEval"
    example = (
        "index\tid\timage\tquestion\ttag\tinfer_type\tconstraints\tanswer\tdel_cons\n"
        '0\t7\t/9j/4AAQ…\tDescribe …\tC-Level\tmain\t"[{""key"": ""…"", ""value"": ""…"", '
        '""judge"": {""method"": ""direct_gpt""}}]"\t\t'
    )
    rules = RULES
    holds = Holds(images="bytes", weights=False, judging=True, answers=True, comparisons=True)
    own = frozenset(
        {"index", "id", "image", "image_path", "image_url", "question", "tag", "infer_type"}
        | {"constraints", "answer", "del_cons", *ORIGIN_FIELDS}
    )
    table = Table("\t")

    def fits(self, fields: Fields) -> bool:
        """Constraints and the kind of inference."""
        return "constraints" in fields and "question" in fields and "infer_type" in fields

    def content(self, row: Row) -> ItemContent:
        """A main row's content; a comparison row says nothing of its own."""
        answers = list_in(row, "answer") or []
        if not all(isinstance(answer, str) and storable(answer) for answer in answers):
            raise row.fault("answer", f"is {shown(answers)}; it must be a list of texts.")
        return ItemContent(
            instruction=row.text("question"),
            level=row.maybe("tag") or None,
            components=tuple(constraints_of(row, list_in(row, "constraints") or [])),
            answers=tuple(answers),
        )

    def about(self, row: Row) -> dict[str, Any]:
        """The id; whether the row is a comparison."""
        name = row.label("id", "index")
        joins = None if row.values.get("infer_type") in (None, "", MAIN) else name
        return {"source_id": name, "origin": row.origin(), "joins": joins}

    def joined(self, text: str, further: str) -> str:
        """The rows of one item below one header."""
        head, rows = self.table.parts(further)
        if self.table.parts(text)[0] != head:
            raise InputError("has another header than its item.")
        return "\n".join([text, *rows])

    def identity(self, item: Outgoing) -> dict[str, Any]:
        """Index and id."""
        return {"index": item.key, "id": item.key}

    def fields_of(self, content: ItemContent, before: Fields) -> dict[str, Any]:
        """The row's cells."""
        old = json_list(before.get("constraints"))
        parts = constraint_values(content, old)
        return {
            "question": content.instruction,
            "tag": content.level or (C_LEVEL if content.components else P_LEVEL),
            "infer_type": before.get("infer_type", MAIN),
            "constraints": as_json(parts),
            "answer": as_json(list(content.answers)) if content.answers else "",
            "del_cons": before.get("del_cons", ""),
        }

    def text_of(
        self, item: Outgoing, container: Container, layout: Mapping[str, Any], target: Target
    ) -> str:
        """The main row, and a comparison row for each constraint that is judged by one."""
        text = super().text_of(item, container, layout, target)
        if item.content is None:
            return text
        if item.text is None and not compared(item.content):
            return text
        head, rows = self.table.parts(text)
        if item.text is not None:
            before = self.content(Row(self.table.fields(item.text), "stored record", ""))
            if before == item.content:
                return text
        names = self.table.names(head)
        main, *others = self.table.rows(text)[1]
        row = dict(zip(names, main, strict=True))
        known = [dict(zip(names, cells, strict=True)) for cells in others]
        made = comparisons(item.content, row, known)
        lines = [self.table.line([cells.get(name, "") for name in names]) for cells in made]
        return "\n".join([self.table.name, head, rows[0], *lines])

    def problems(self, item: Outgoing) -> Iterator[str]:
        """What VLMEvalKit's scorer makes of the item."""
        yield from super().problems(item)
        if item.content is not None:
            yield from key_problems(item.content)
            if not item.content.components and not item.content.answers:
                yield "It has neither constraints nor an answer, so it has no score."


def comparisons(
    content: ItemContent, main: Mapping[str, str], known: Sequence[dict[str, str]]
) -> Iterator[dict[str, str]]:
    """The rows for prompts without one constraint, as they were where they still fit."""
    by_key: dict[str | None, list[dict[str, str]]] = {}
    for cells in known:
        by_key.setdefault(cells.get("del_cons"), []).append(cells)
    for number, part in enumerate(compared(content), 1):
        question = without_part(content.instruction, part.text)
        same = by_key.get(part.type)
        found = same.pop(0) if same else None
        fresh = {"index": f"{main.get('index', '')}-{number}"} if found is None else {}
        yield {
            **main,
            **(found or {}),
            **fresh,
            "question": question,
            "infer_type": COMPARISON,
            "constraints": main["constraints"],
            "del_cons": part.type,
        }


def compared(content: ItemContent) -> list[Component]:
    """The components that are judged by comparing with an answer to the prompt without them."""
    return [part for part in content.components if part.judge_method == "compare"]


def without_part(instruction: str, text: str) -> str:
    """An instruction without one of its constraints, which stands behind the others' texts."""
    at = instruction.rfind(text)
    if at < 0:
        return instruction
    return " ".join(
        f"{instruction[:at].rstrip()} {instruction[at + len(text) :].lstrip()}".split(" ")
    ).strip()


def json_list(text: object) -> list[Any]:
    """A list out of JSON text, empty where there is none."""
    if isinstance(text, list):
        return text
    try:
        found = json.loads(text) if isinstance(text, str) and text else []
    except ValueError:
        return []
    return found if isinstance(found, list) else []
