"""The tables of judging: answers of models, what judges said of them, and what people decided.

::

    judging_file ─┬─ response ─── scored_case ─┬─ score ─── rater
                  │                            ├─ adjudication
                  │                            ├─ case_lease
                  │      audit_sample ─ audit_draw
                  └─ judge_reply ────────────── (score.reply_id)
    judge_run ─── judge_run_call ─── judge_call ─── (judge_reply.call_id)

``response``
    One model's answer to one item; ``variant`` is the key of the component that was left out of
    the prompt, empty for the whole prompt. Either ``text`` or ``error`` is there. An answer never
    changes once something was said about it.
``scored_case``
    One (response, component): the unit of scoring, of the audit sample and of adjudication. Made
    for every whole-prompt response when it comes in, and when curation adds a component. Where
    an item has no components but accepted answers (perception), its one case has an empty key.
    The columns below *Kept by db.cases.refresh* repeat what scores and adjudications say, so that
    the queue opens its next case without looking at 1,000,000 scores; that function alone writes
    them, with ``response.standing`` and ``model_standing``.
``rater``
    Who scores. A judge is a model with a prompt version and settings; a verifier is a version of
    the constraint language; people have one row per kind they score as.
``judge_reply``
    A judge's words, kept as they came for ever (triggers refuse change and removal), imported or
    from a call; ``asked`` are the components it was asked about, in order, with their weights then.
``score``
    What one rater gives one case: ``awarded`` of ``possible``, or unparsed with ``reason``.
    ``place_start``/``place_end`` are the span in the reply's text, in code points, that says so.
    ``purpose`` is ``judging``, or ``audit`` for what people said blind of a randomly drawn case:
    only the latter may correct anything. ``read_by`` is who read a reply that code could not.
``judge_run``, ``judge_call``
    A run asks one judge about a dataset's responses. A call is one request that is paid once:
    ``key`` is the hash of prompt, image, model, settings and repeat. Runs share calls through
    ``judge_run_call``. The reply of a call is in each ``judge_reply`` that names it.
``audit_sample``, ``audit_draw``
    A random sample of cases; each draw has the probability with which its case came in.
``adjudication``
    The final score of a case. ``outcome`` null means that it was taken back.
``case_lease``
    Who is looking at a case, so that no two people adjudicate it at once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from db.tables import Table, json_column


class JudgingFileRow(Table, table=True):
    """One imported file of responses or replies; ``kind`` says which."""

    __tablename__ = "judging_file"
    __table_args__ = (UniqueConstraint("dataset_id", "kind", "sha256"),)

    id: int | None = Field(default=None, primary_key=True)
    dataset_id: int = Field(foreign_key="dataset.id")
    kind: str = Field(max_length=12)
    name: str
    sha256: str = Field(max_length=64)
    format: str = Field(max_length=40)
    records: int
    imported_at: datetime
    imported_by: int = Field(foreign_key="person.id")


class ResponseRow(Table, table=True):
    """One model's answer to one item.

    ``prompt_sha256`` is the hash of the prompt that its file names, null where that names none.
    ``standing`` is the share of the item's points that it has now, from 0 to 1, null where
    nothing is known (see ``annotator.domain.standing``); kept by db.cases.refresh.
    """

    __tablename__ = "response"
    __table_args__ = (
        UniqueConstraint("item_id", "model", "variant"),
        Index("ix_response_standing", "dataset_id", "model", "variant", "standing"),
        CheckConstraint("(text IS NULL) <> (error IS NULL)", name="text_or_error"),
    )

    id: int | None = Field(default=None, primary_key=True)
    dataset_id: int = Field(foreign_key="dataset.id")
    item_id: int = Field(foreign_key="item.id")
    model: str = Field(max_length=200)
    variant: str = Field(default="", max_length=40)
    text: str | None = None
    error: str | None = None
    tokens: int | None = None
    file_id: int | None = Field(default=None, foreign_key="judging_file.id", index=True)
    row: int | None = None
    standing: float | None = None
    prompt_sha256: str | None = Field(default=None, max_length=64)


class RaterRow(Table, table=True):
    """Who scores.

    ``name`` is the judge's model, the verifier's name or the person's; ``version`` the judge's
    prompt version or the verifier's; ``settings_key`` the hash of the settings.
    """

    __tablename__ = "rater"
    __table_args__ = (UniqueConstraint("kind", "name", "version", "settings_key"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=10)
    name: str = Field(max_length=200)
    version: str = Field(default="", max_length=120)
    settings: dict[str, Any] = Field(default_factory=dict, sa_column=json_column(nullable=False))
    settings_key: str = Field(default="", max_length=16)
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)


class CaseRow(Table, table=True):
    """One (response, component) that is scored.

    ``weight_share`` is the component's part of the item's weights, from 0 to 1.
    """

    __tablename__ = "scored_case"
    __table_args__ = (
        UniqueConstraint("response_id", "component_key"),
        Index("ix_scored_case_item", "item_id", "component_key"),
        Index("ix_scored_case_queue", "dataset_id", "state", "model", "stake", "kinds", "type"),
        Index("ix_scored_case_stamp", "dataset_id", "stamp"),
    )

    id: int | None = Field(default=None, primary_key=True)
    dataset_id: int = Field(foreign_key="dataset.id")
    response_id: int = Field(foreign_key="response.id")
    item_id: int = Field(foreign_key="item.id")
    component_id: int | None = Field(default=None, foreign_key="component.id", index=True)
    component_key: str = Field(default="", max_length=40)
    model: str = Field(max_length=200)
    # Kept by db.cases.refresh
    type: str = ""
    method: str = Field(default="direct", max_length=20)
    weight_share: float = 0.0
    live: bool = True
    """Whether the item still has the component."""
    judges: int = 0
    """How many judges have a readable score here."""
    unparsed: int = 0
    people: int = 0
    judge_share: float | None = None
    verifier_share: float | None = None
    human_share: float | None = None
    kinds: int = 0
    """Bits of annotator.domain.standing.KINDS: which raters differ."""
    spread: float = 0.0
    stake: float = 0.0
    """weight_share × spread."""
    standing: float | None = None
    state: str = Field(default="agreed", max_length=10)
    stamp: int = 0
    """Grows with every change within the dataset: what is above the last seen one is new."""


class ModelStandingRow(Table, table=True):
    """Where one model stands on a dataset: the mean over its responses that have a standing."""

    __tablename__ = "model_standing"
    __table_args__ = (UniqueConstraint("dataset_id", "model"),)

    id: int | None = Field(default=None, primary_key=True)
    dataset_id: int = Field(foreign_key="dataset.id")
    model: str = Field(max_length=200)
    responses: int = 0
    mean: float | None = None


class JudgeRunRow(Table, table=True):
    """One judge asked about a dataset's responses, in the background.

    ``base_url`` never holds credentials; ``prompts`` maps method to prompt version; ``models`` are
    the models whose responses are judged, empty for all. ``done`` and ``failed`` of ``total`` count
    replies wanted; ``counters`` count outcomes, faults that were overcome, and what was left out
    and why; tokens and ``cost``, in US dollars, are of the calls that this run made itself, and
    ``unseen_cost`` is the most that servers may have charged for attempts whose end nobody saw.
    """

    __tablename__ = "judge_run"

    id: int | None = Field(default=None, primary_key=True)
    dataset_id: int = Field(foreign_key="dataset.id", index=True)
    rater_id: int = Field(foreign_key="rater.id")
    model: str = Field(max_length=200)
    base_url: str | None = None
    prompts: dict[str, Any] = Field(sa_column=json_column(nullable=False))
    methods: list[Any] = Field(sa_column=json_column(nullable=False))
    models: list[Any] = Field(default_factory=list, sa_column=json_column(nullable=False))
    settings: dict[str, Any] = Field(default_factory=dict, sa_column=json_column(nullable=False))
    repeats: int = 1
    concurrency: int = 8
    budget: float | None = None
    state: str = Field(default="queued", max_length=10)
    total: int | None = None
    done: int = 0
    failed: int = 0
    counters: dict[str, Any] = Field(default_factory=dict, sa_column=json_column(nullable=False))
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    unseen_cost: float = 0.0
    message: str = ""
    job_id: int | None = Field(default=None, foreign_key="job.id")
    version: int = 1
    created_at: datetime
    created_by: int = Field(foreign_key="person.id")
    finished_at: datetime | None = None


class JudgeCallRow(Table, table=True):
    """One request to a judge, made once whoever needs it.

    ``state`` is ``sent`` from before it is sent until its end is known, then ``done`` where there
    is a reply to keep, else ``failed``; ``planned`` where it was given back unsent. ``error_kind``
    is the outcome (``annotator.judges.asking.Outcome``) of a call that was not answered.
    ``component_key`` is set where it asks about one component (compare), empty otherwise;
    ``latency`` is in seconds, ``cost`` in US dollars.
    """

    __tablename__ = "judge_call"
    __table_args__ = (
        UniqueConstraint("key"),
        Index("ix_judge_call_state", "rater_id", "state"),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(max_length=64)
    run_id: int = Field(foreign_key="judge_run.id", index=True)
    rater_id: int = Field(foreign_key="rater.id")
    response_id: int = Field(foreign_key="response.id", index=True)
    method: str = Field(max_length=20)
    component_key: str = Field(default="", max_length=40)
    repeat: int = 0
    state: str = Field(default="planned", max_length=10)
    error_kind: str | None = Field(default=None, max_length=20)
    error: str | None = None
    structured: bool | None = None
    attempts: int = 0
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None
    latency: float | None = None
    created_at: datetime
    finished_at: datetime | None = None


class JudgeRunCallRow(Table, table=True):
    """A call that a run needs; another run may have made it already."""

    __tablename__ = "judge_run_call"
    __table_args__ = (Index("ix_judge_run_call_call", "call_id"),)

    run_id: int = Field(foreign_key="judge_run.id", primary_key=True)
    call_id: int = Field(foreign_key="judge_call.id", primary_key=True)


class JudgeReplyRow(Table, table=True):
    """A judge's words as they came, for ever.

    ``asked`` lists ``{"key", "weight"}`` of the components it was asked about; ``kits`` is what
    published kits make of it (``KitReading.to_json`` by kit); ``row`` its 0-based record or line
    in the file it came from. A judge that is asked again, because the item was edited since, says
    something new: the scores follow the newest reply. One call may answer for several responses
    that say the same.
    """

    __tablename__ = "judge_reply"
    __table_args__ = (
        Index("ix_judge_reply_asked", "response_id", "rater_id", "repeat", "component_key"),
        Index("ix_judge_reply_dataset", "dataset_id", "rater_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    dataset_id: int = Field(foreign_key="dataset.id")
    response_id: int = Field(foreign_key="response.id")
    rater_id: int = Field(foreign_key="rater.id")
    repeat: int = 0
    component_key: str = Field(default="", max_length=40)
    form: str = Field(max_length=12)
    text: str
    asked: list[Any] = Field(sa_column=json_column(nullable=False))
    total: float | None = None
    total_agrees: bool | None = None
    notes: list[Any] = Field(default_factory=list, sa_column=json_column(nullable=False))
    kits: dict[str, Any] = Field(default_factory=dict, sa_column=json_column(nullable=False))
    file_id: int | None = Field(default=None, foreign_key="judging_file.id", index=True)
    row: int | None = None
    call_id: int | None = Field(default=None, foreign_key="judge_call.id", index=True)
    at: datetime


class ScoreRow(Table, table=True):
    """What one rater gives one case."""

    __tablename__ = "score"
    __table_args__ = (
        UniqueConstraint("case_id", "rater_id", "purpose", "repeat"),
        Index("ix_score_dataset", "dataset_id", "rater_id"),
        CheckConstraint(
            "(awarded IS NULL) <> (reason IS NULL) OR read_by IS NOT NULL", name="awarded_or_reason"
        ),
        CheckConstraint(
            "awarded IS NULL OR (awarded >= 0 AND awarded <= possible)", name="in_range"
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    dataset_id: int = Field(foreign_key="dataset.id")
    case_id: int = Field(foreign_key="scored_case.id")
    rater_id: int = Field(foreign_key="rater.id")
    purpose: str = Field(default="judging", max_length=8)
    repeat: int = 0
    awarded: float | None = None
    possible: float
    reason: str | None = None
    place_start: int | None = None
    place_end: int | None = None
    evidence: dict[str, Any] | None = Field(default=None, sa_column=json_column())
    reply_id: int | None = Field(default=None, foreign_key="judge_reply.id", index=True)
    read_by: int | None = Field(default=None, foreign_key="person.id")
    version: int = 1
    at: datetime


class AuditSampleRow(Table, table=True):
    """A random sample of cases, to be scored blind.

    ``strata`` are the names of what it is stratified by (``type``, ``model``); ``population`` is
    how many cases there were to draw from.
    """

    __tablename__ = "audit_sample"

    id: int | None = Field(default=None, primary_key=True)
    dataset_id: int = Field(foreign_key="dataset.id", index=True)
    size: int
    population: int
    strata: list[Any] = Field(sa_column=json_column(nullable=False))
    seed: int
    raters: int = 1
    created_at: datetime
    created_by: int = Field(foreign_key="person.id")


class AuditDrawRow(Table, table=True):
    """One drawn case; ``probability`` is that of being in the sample, in (0, 1]."""

    __tablename__ = "audit_draw"
    __table_args__ = (
        UniqueConstraint("sample_id", "case_id"),
        Index("ix_audit_draw_case", "case_id"),
        Index("ix_audit_draw_queue", "sample_id", "labels", "position"),
        CheckConstraint("probability > 0 AND probability <= 1", name="probability"),
    )

    id: int | None = Field(default=None, primary_key=True)
    sample_id: int = Field(foreign_key="audit_sample.id")
    case_id: int = Field(foreign_key="scored_case.id")
    position: int
    stratum: str = ""
    probability: float
    labels: int = 0
    """How many people have scored it blind."""


class AdjudicationRow(Table, table=True):
    """The final score of a case.

    ``outcome`` is ``score``, ``undecidable`` or ``flagged``, null where it was taken back.
    ``accepted`` says whose score was taken: ``own``, ``judge``, ``verifier`` or ``other``, with
    the ``rater_id`` of a judge or verifier.
    """

    __tablename__ = "adjudication"
    __table_args__ = (
        UniqueConstraint("case_id"),
        CheckConstraint(
            "awarded IS NULL OR (awarded >= 0 AND awarded <= possible)", name="in_range"
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    dataset_id: int = Field(foreign_key="dataset.id", index=True)
    case_id: int = Field(foreign_key="scored_case.id")
    outcome: str | None = Field(default=None, max_length=12)
    awarded: float | None = None
    possible: float
    accepted: str | None = Field(default=None, max_length=10)
    rater_id: int | None = Field(default=None, foreign_key="rater.id")
    flag_id: int | None = Field(default=None, foreign_key="flag.id")
    reason: str = ""
    person_id: int = Field(foreign_key="person.id")
    version: int = 1
    at: datetime


class CaseLeaseRow(Table, table=True):
    """Who looks at a case, until when; ``purpose`` as of a score."""

    __tablename__ = "case_lease"

    case_id: int = Field(foreign_key="scored_case.id", primary_key=True)
    person_id: int = Field(foreign_key="person.id", primary_key=True)
    purpose: str = Field(default="judging", max_length=8)
    until: datetime
