"""Judges' replies made elsewhere, as kits store them: what a row says.

VLMEvalKit, MIA-Bench    predictions with ``score_raw``, one reply a row; XLSX, TSV, JSONL
VLMEvalKit, MM-IFEval    JSONL with ``eval_score_dict``: ``gpt_resp_direct_gpt``,
                         ``gpt_resp_cmp_gpt_<key>``, or ``gpt_resp`` of a perception item
EvalScope                reviews, JSONL: ``sample_score`` with shares, and the judge's words
                         in ``explanation`` where a version keeps them
lmms-eval                samples, JSONL: ``gpt_eval_score`` with shares, no words
anything else            JSONL, CSV, … with ``reply``, or a mapping to its column
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from annotator.domain.items import is_number
from annotator.errors import InputError
from annotator.formats.answers import FIELDS as ANSWER_FIELDS
from annotator.formats.answers import Clues, clues_of, columns_of, first, named_in, word
from annotator.formats.rows import TableRow, read_rows
from annotator.formats.source import Source

FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "id": ANSWER_FIELDS["id"],
    "index": (*ANSWER_FIELDS["index"], "doc_id"),
    "image": ANSWER_FIELDS["image"],
    "prompt": ANSWER_FIELDS["prompt"],
    "model": ANSWER_FIELDS["model"],
    "judge": ("judge", "judge_model", "rater"),
    "version": ("prompt_version", "judge_prompt", "judge_prompt_version"),
    "reply": ("reply", "score_raw", "judge_reply", "judgement"),
    "form": ("form",),
    "repeat": ("repeat", "repetition"),
    "component": ("component", "component_key"),
    "answer": ("prediction",),
}
"""Our fields and the columns they are looked for in."""

DIRECT: Final = "gpt_resp_direct_gpt"
COMPARE: Final = "gpt_resp_cmp_gpt_"
PERCEPTION: Final = "gpt_resp"
ANSWERED: Final = ("prediction", "extracted_prediction")
"""What EvalScope's score repeats of the answer."""
ZEROS: Final = "lmms-eval writes 0 also where it could not read the judge."
LONGEST: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class StoredReply:
    """One reply of a file.

    ``form`` is of ``annotator.judges`` or "shares"; ``component`` the key of the one component it
    is about; ``answer`` the response that was judged, where the row has it.
    """

    position: int
    place: str
    clues: Clues
    judge: str
    version: str
    model: str
    text: str
    form: str
    repeat: int = 0
    component: str = ""
    answer: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """Who judged whom, over what the file says; ``form`` and ``repeat`` of rows that do not."""

    judge: str | None = None
    model: str | None = None
    version: str | None = None
    form: str | None = None
    repeat: int = 0


def read_replies(
    source: Source, *, mapping: Mapping[str, str] | None = None, names: Names | None = None
) -> tuple[str, list[StoredReply]]:
    """The replies of a file, and the name of the form it has.

    Raises:
        InputError: the file is broken, has no replies, or no judge or model is named.
    """
    columns = columns_of(mapping or {}, source.name, FIELDS)
    rows = read_rows(source)
    form = form_of(rows[0].values)
    found: list[StoredReply] = []
    for row in rows:
        who = Who(row, columns, names or Names(), source.name)
        found.extend(READERS[form](who))
    if not found:
        raise InputError(
            "has no replies of a judge.", file=source.name, mend="Map one with --map reply=COLUMN."
        )
    return form, found


def form_of(values: Mapping[str, Any]) -> str:
    """Whose storage a file is."""
    if "eval_score_dict" in values:
        return "vlmevalkit mm-ifeval"
    if "sample_score" in values:
        return "evalscope"
    if "gpt_eval_score" in values:
        return "lmms-eval"
    return "vlmevalkit" if "score_raw" in values else "generic"


@dataclass(frozen=True, slots=True)
class Who:
    """A row with the names that go for it."""

    row: TableRow
    columns: Mapping[str, tuple[str, ...]]
    names: Names
    file: str

    def name(self, field: str, given: str | None) -> str:
        """Judge or model of the row; raises InputError where nobody says."""
        found = given or word(first(self.row.values, self.columns[field]))
        found = found or named_in(self.file, field)
        if not found:
            raise self.fault(f"does not say which {field} it is of.", f"Give --{field}.")
        if len(found) > 200 or not found.isprintable():
            raise self.fault(f"has no name of a {field}.", f"Give --{field}.")
        return found

    def fault(self, problem: str, mend: str) -> InputError:
        """What is wrong with the row."""
        return InputError(problem, file=self.file, row=self.row.place, mend=mend)

    def reply(self, text: str, **more: Any) -> StoredReply:
        """A reply of this row."""
        values = self.row.values
        if len(text) > LONGEST:
            raise self.fault(f"has a reply longer than {LONGEST:,} characters.", "Shorten it.")
        repeat = first(values, self.columns["repeat"])
        known: dict[str, Any] = {
            "clues": clues_of(values, self.columns),
            "form": self.names.form or word(first(values, self.columns["form"])) or "auto",
            "repeat": int(repeat) if is_number(repeat) else self.names.repeat,
            "component": word(first(values, self.columns["component"])) or "",
            "answer": text_or_none(first(values, self.columns["answer"])),
        }
        return StoredReply(
            position=self.row.position,
            place=self.row.place,
            judge=self.name("judge", self.names.judge),
            version=self.names.version or word(first(values, self.columns["version"])) or "",
            model=self.name("model", self.names.model),
            text=text,
            **(known | more),
        )


def text_or_none(value: Any) -> str | None:
    """A text as it stands."""
    return value if isinstance(value, str) else None


def generic(who: Who) -> Iterator[StoredReply]:
    """A row with one reply; an empty one is an empty reply, not a missing one."""
    reply = first(who.row.values, who.columns["reply"])
    if reply is None and not any(name in who.row.values for name in who.columns["reply"]):
        if not who.file.lower().endswith((".xlsx", ".tsv", ".csv")):
            raise who.fault("has no reply.", "Map its column with --map reply=COLUMN.")
        reply = ""
    if isinstance(reply, dict | list):
        reply = json.dumps(reply, ensure_ascii=False)
    yield who.reply("" if reply is None else str(reply))


def mm_ifeval(who: Who) -> Iterator[StoredReply]:
    """The replies of one row of MM-IFEval's storage; a failed row has none."""
    scores = who.row.values.get("eval_score_dict")
    if not isinstance(scores, dict):
        raise who.fault("has an eval_score_dict that is no object.", "Mend this row.")
    for key, text in scores.items():
        if not isinstance(text, str):
            continue
        if key == DIRECT:
            yield who.reply(text, form="direct", component="")
        elif key == PERCEPTION:
            yield who.reply(text, form="perception", component="")
        elif key.startswith(COMPARE):
            yield who.reply(text, form="compare", component=key.removeprefix(COMPARE))


def evalscope(who: Who) -> Iterator[StoredReply]:
    """A review: the shares, with whatever else the log keeps of how they came about."""
    sample = who.row.values["sample_score"]
    score = sample.get("score") if isinstance(sample, dict) else None
    if not isinstance(score, dict) or not isinstance(score.get("value"), dict):
        raise who.fault("has a sample_score without values.", "Mend this row.")
    kept = {name: said for name, said in score.items() if said and name not in ANSWERED}
    yield who.reply(
        json.dumps(kept if len(kept) > 1 else score["value"], ensure_ascii=False),
        form="shares",
        answer=text_or_none(score.get("prediction")),
        clues=index_of(who, sample.get("sample_id")),
        notes=tuple(
            f"EvalScope's explanation: {text}"
            for text in [score.get("explanation")]
            if isinstance(text, str) and text.strip()
        ),
    )


def lmms_eval(who: Who) -> Iterator[StoredReply]:
    """A logged sample: the shares by component."""
    values = who.row.values
    shares = values["gpt_eval_score"]
    if not isinstance(shares, dict):
        raise who.fault("has a gpt_eval_score that is no object.", "Mend this row.")
    document = values.get("doc")
    clues = index_of(who, values.get("doc_id"))
    prompt = word(document.get("instruction")) if isinstance(document, dict) else None
    zero = any(share == 0 for share in shares.values() if is_number(share))
    answers = values.get("filtered_resps")
    yield who.reply(
        json.dumps(shares, ensure_ascii=False),
        form="shares",
        clues=Clues(index=clues.index, prompt=prompt),
        answer=answers[0]
        if isinstance(answers, list) and answers and isinstance(answers[0], str)
        else None,
        notes=(ZEROS,) if zero else (),
    )


def index_of(who: Who, value: Any) -> Clues:
    """The clue that a kit's number of a sample is."""
    found = word(first(who.row.values, who.columns["index"]))
    return Clues(index=found if found is not None else word(value))


READERS: Final = {
    "generic": generic,
    "vlmevalkit": generic,
    "vlmevalkit mm-ifeval": mm_ifeval,
    "evalscope": evalscope,
    "lmms-eval": lmms_eval,
}
