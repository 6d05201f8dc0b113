"""What judging hands out: frozen values of responses, raters, replies, scores and decisions.

A case is one (response, component): the unit that is scored, drawn and adjudicated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from annotator.domain.items import JSON, Number

RATER_KINDS: Final = ("judge", "verifier", "annotator", "reviewer")
"""A model with a prompt version; code; people, who score as one or the other."""

PURPOSES: Final = ("judging", "audit")
"""Why a score was given. ``audit``: blind, of a randomly drawn case; only these correct means."""

CASE_STATES: Final = ("agreed", "open", "settled")
"""Nobody differs; raters differ or a score is unparsed; a person has decided."""

OUTCOMES: Final = ("score", "undecidable", "flagged")
"""What an adjudication says: a final score; that there is none; that the component is at fault."""

ACCEPTED: Final = ("own", "judge", "verifier", "other")
"""Whose score became final."""

RUN_STATES: Final = ("queued", "running", "paused", "stopped", "done", "failed")
CALL_STATES: Final = ("planned", "sent", "done", "failed")
FILE_KINDS: Final = ("responses", "replies")

RUN_MARK: Final = "#"
"""Between a model's name and the number of its run: ``model#2`` answered every prompt once more."""

WHOLE: Final = ""
"""The component key of the one case of an item without components (perception)."""


def hash_of_prompt(prompt: str | None) -> str | None:
    """What a prompt is known by, whatever its white space; None where there is none."""
    plain = " ".join((prompt or "").split())
    return hashlib.sha256(plain.encode()).hexdigest() if plain else None


@dataclass(frozen=True, slots=True)
class JudgingFile:
    """One imported file of responses or replies; ``kind`` says which."""

    id: int
    dataset_id: int
    kind: str
    name: str
    sha256: str
    format: str
    records: int
    imported_at: datetime


@dataclass(frozen=True, slots=True)
class Response:
    """One model's answer to one item; either ``text`` or ``error`` is there.

    ``variant`` is the key of the component left out of the prompt, empty for the whole prompt.
    ``standing`` is the share of the item's points it has now, from 0 to 1, None where unknown.
    ``prompt_sha256`` is ``hash_of_prompt`` of the prompt its file names, None where it names none.
    """

    id: int
    dataset_id: int
    item_id: int
    model: str
    variant: str
    text: str | None
    error: str | None
    tokens: int | None
    file_id: int | None
    row: int | None
    standing: float | None
    prompt_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Rater:
    """Who scores; ``version`` is a judge's prompt version or a verifier's version."""

    id: int
    kind: str
    name: str
    version: str = ""
    settings: Mapping[str, JSON] = field(default_factory=dict)
    person_id: int | None = None

    @property
    def label(self) -> str:
        """The name people see, with the version where there is one."""
        return f"{self.name} ({self.version})" if self.version else self.name


@dataclass(frozen=True, slots=True)
class Case:
    """One (response, component) with what stands about it; see ``annotator.domain.standing``.

    Shares are from 0 to 1. ``kinds`` are names of standing.KINDS. ``stake`` is the component's
    share of the item's weights times the spread.
    """

    id: int
    dataset_id: int
    response_id: int
    item_id: int
    component_key: str
    model: str
    type: str
    method: str
    weight_share: float
    live: bool
    judges: int
    unparsed: int
    people: int
    judge_share: float | None
    verifier_share: float | None
    human_share: float | None
    kinds: tuple[str, ...]
    spread: float
    stake: float
    standing: float | None
    state: str
    stamp: int


@dataclass(frozen=True, slots=True)
class Asked:
    """One component a judge was asked about: its key, and its weight then."""

    key: str
    weight: Number


@dataclass(frozen=True, slots=True)
class Reply:
    """A judge's words as they came; ``component_key`` is set where it is about one component."""

    id: int
    dataset_id: int
    response_id: int
    rater_id: int
    repeat: int
    component_key: str
    form: str
    text: str
    asked: tuple[Asked, ...]
    total: float | None
    total_agrees: bool | None
    notes: tuple[str, ...]
    kits: Mapping[str, JSON]
    file_id: int | None
    row: int | None
    call_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Score:
    """What one rater gives one case: ``awarded`` of ``possible``, or None with the reason.

    ``place`` is the half-open span in the reply's text, in code points. ``read_by`` is the person
    who read what code could not; ``reason`` then still says why it could not.
    """

    id: int
    case_id: int
    rater_id: int
    purpose: str
    repeat: int
    awarded: float | None
    possible: float
    reason: str | None
    place: tuple[int, int] | None
    evidence: Mapping[str, JSON] | None
    reply_id: int | None
    read_by: int | None
    version: int
    at: datetime

    @property
    def share(self) -> float | None:
        """Awarded of possible, from 0 to 1; None where unparsed or nothing is possible."""
        return share(self.awarded, self.possible)


def share(awarded: float | None, possible: float) -> float | None:
    """Awarded of possible, from 0 to 1; None where unparsed or nothing is possible."""
    return None if awarded is None or possible <= 0 else awarded / possible


@dataclass(frozen=True, slots=True)
class ModelStanding:
    """One model's mean over the responses that have a standing, from 0 to 1."""

    model: str
    responses: int
    mean: float | None

    def shifted(self, before: float | None, after: float | None) -> ModelStanding:
        """After one response went from one standing to another."""
        total = (self.mean or 0.0) * self.responses - (before or 0.0) + (after or 0.0)
        number = self.responses - (before is not None) + (after is not None)
        return ModelStanding(self.model, number, total / number if number else None)


@dataclass(frozen=True, slots=True)
class JudgeRun:
    """One judge asked about a dataset's responses; see ``db.tables_judging``."""

    id: int
    dataset_id: int
    rater_id: int
    model: str
    base_url: str | None
    prompts: Mapping[str, str]
    methods: tuple[str, ...]
    models: tuple[str, ...]
    settings: Mapping[str, JSON]
    repeats: int
    concurrency: int
    budget: float | None
    state: str
    total: int | None
    done: int
    failed: int
    counters: Mapping[str, int]
    prompt_tokens: int
    completion_tokens: int
    cost: float
    unseen_cost: float
    message: str
    job_id: int | None
    version: int
    created_at: datetime
    created_by: int
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class JudgeCall:
    """One request to a judge; ``latency`` in seconds, ``cost`` in US dollars."""

    id: int
    key: str
    run_id: int
    rater_id: int
    response_id: int
    method: str
    component_key: str
    repeat: int
    state: str
    error_kind: str | None
    error: str | None
    structured: bool | None
    attempts: int
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: float | None
    latency: float | None


@dataclass(frozen=True, slots=True)
class AuditSample:
    """A random sample of ``size`` cases out of ``population``, to be scored blind."""

    id: int
    dataset_id: int
    size: int
    population: int
    strata: tuple[str, ...]
    seed: int
    raters: int
    created_at: datetime
    created_by: int


@dataclass(frozen=True, slots=True)
class AuditDraw:
    """One drawn case with the probability, in (0, 1], with which it came into the sample."""

    id: int
    sample_id: int
    case_id: int
    position: int
    stratum: str
    probability: float
    labels: int


@dataclass(frozen=True, slots=True)
class Adjudication:
    """The final word on a case; ``outcome`` None means that it was taken back."""

    id: int
    dataset_id: int
    case_id: int
    outcome: str | None
    awarded: float | None
    possible: float
    accepted: str | None
    rater_id: int | None
    flag_id: int | None
    reason: str
    person_id: int
    version: int
    at: datetime
