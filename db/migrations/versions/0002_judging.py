"""Judging: responses, raters, runs, replies, scores, the audit sample, adjudications.

See ``db.tables_judging`` for what they mean. A judge's words can be neither changed nor removed.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

from db import guards

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEPT = "what a judge said is kept as it came"


def upgrade() -> None:
    create_answers()
    create_runs()
    create_scores()
    create_decisions()
    guard_replies()


def guard_replies() -> None:
    """Refuse removal of replies, and change of what was said."""
    guards.refuse("DELETE", "judge_reply", KEPT)
    guards.refuse("UPDATE", "judge_reply", KEPT, columns=("text", "asked"))
    guards.refuse_truncation("judge_reply", KEPT)


def create_answers() -> None:
    op.create_table(
        "rater",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("version", sa.String(120), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("settings_key", sa.String(16), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_rater_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rater")),
        sa.UniqueConstraint(
            "kind",
            "name",
            "version",
            "settings_key",
            name=op.f("uq_rater_kind_name_version_settings_key"),
        ),
    )
    op.create_index(op.f("ix_rater_person_id"), "rater", ["person_id"], unique=False)
    op.create_table(
        "judging_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("format", sa.String(40), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("imported_at", UTCDateTime(), nullable=False),
        sa.Column("imported_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_judging_file_dataset_id")
        ),
        sa.ForeignKeyConstraint(
            ["imported_by"], ["person.id"], name=op.f("fk_judging_file_imported_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judging_file")),
        sa.UniqueConstraint(
            "dataset_id", "kind", "sha256", name=op.f("uq_judging_file_dataset_id_kind_sha256")
        ),
    )
    op.create_table(
        "response",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("variant", sa.String(40), nullable=False),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("tokens", sa.Integer(), nullable=True),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("row", sa.Integer(), nullable=True),
        sa.Column("standing", sa.Float(), nullable=True),
        sa.CheckConstraint(
            "(text IS NULL) <> (error IS NULL)", name=op.f("ck_response_text_or_error")
        ),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_response_dataset_id")
        ),
        sa.ForeignKeyConstraint(["file_id"], ["judging_file.id"], name=op.f("fk_response_file_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_response_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_response")),
        sa.UniqueConstraint(
            "item_id", "model", "variant", name=op.f("uq_response_item_id_model_variant")
        ),
    )
    op.create_index(op.f("ix_response_file_id"), "response", ["file_id"], unique=False)
    op.create_index(
        "ix_response_standing",
        "response",
        ["dataset_id", "model", "variant", "standing"],
        unique=False,
    )
    op.create_table(
        "scored_case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("response_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("component_id", sa.Integer(), nullable=True),
        sa.Column("component_key", sa.String(40), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("method", sa.String(20), nullable=False),
        sa.Column("weight_share", sa.Float(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("judges", sa.Integer(), nullable=False),
        sa.Column("unparsed", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("judge_share", sa.Float(), nullable=True),
        sa.Column("verifier_share", sa.Float(), nullable=True),
        sa.Column("human_share", sa.Float(), nullable=True),
        sa.Column("kinds", sa.Integer(), nullable=False),
        sa.Column("spread", sa.Float(), nullable=False),
        sa.Column("stake", sa.Float(), nullable=False),
        sa.Column("standing", sa.Float(), nullable=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("stamp", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["component_id"], ["component.id"], name=op.f("fk_scored_case_component_id")
        ),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_scored_case_dataset_id")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_scored_case_item_id")),
        sa.ForeignKeyConstraint(
            ["response_id"], ["response.id"], name=op.f("fk_scored_case_response_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scored_case")),
        sa.UniqueConstraint(
            "response_id", "component_key", name=op.f("uq_scored_case_response_id_component_key")
        ),
    )
    op.create_index(
        op.f("ix_scored_case_component_id"), "scored_case", ["component_id"], unique=False
    )
    op.create_index(
        "ix_scored_case_item", "scored_case", ["item_id", "component_key"], unique=False
    )
    op.create_index(
        "ix_scored_case_queue",
        "scored_case",
        ["dataset_id", "state", "model", "stake", "kinds", "type"],
        unique=False,
    )
    op.create_index("ix_scored_case_stamp", "scored_case", ["dataset_id", "stamp"], unique=False)
    op.create_table(
        "model_standing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("responses", sa.Integer(), nullable=False),
        sa.Column("mean", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_model_standing_dataset_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_standing")),
        sa.UniqueConstraint("dataset_id", "model", name=op.f("uq_model_standing_dataset_id_model")),
    )


def create_runs() -> None:
    op.create_table(
        "judge_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("rater_id", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("base_url", sa.String(), nullable=True),
        sa.Column("prompts", sa.JSON(), nullable=False),
        sa.Column("methods", sa.JSON(), nullable=False),
        sa.Column("models", sa.JSON(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("concurrency", sa.Integer(), nullable=False),
        sa.Column("budget", sa.Float(), nullable=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("counters", sa.JSON(), nullable=False),
        sa.Column("prompt_tokens", sa.Integer(), nullable=False),
        sa.Column("completion_tokens", sa.Integer(), nullable=False),
        sa.Column("cost", sa.Float(), nullable=False),
        sa.Column("unseen_cost", sa.Float(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"], ["person.id"], name=op.f("fk_judge_run_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_judge_run_dataset_id")
        ),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_judge_run_job_id")),
        sa.ForeignKeyConstraint(["rater_id"], ["rater.id"], name=op.f("fk_judge_run_rater_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judge_run")),
    )
    op.create_index(op.f("ix_judge_run_dataset_id"), "judge_run", ["dataset_id"], unique=False)
    op.create_table(
        "judge_call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("rater_id", sa.Integer(), nullable=False),
        sa.Column("response_id", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(20), nullable=False),
        sa.Column("component_key", sa.String(40), nullable=False),
        sa.Column("repeat", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("error_kind", sa.String(20), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("structured", sa.Boolean(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("prompt_tokens", sa.Integer(), nullable=True),
        sa.Column("completion_tokens", sa.Integer(), nullable=True),
        sa.Column("cost", sa.Float(), nullable=True),
        sa.Column("latency", sa.Float(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["rater_id"], ["rater.id"], name=op.f("fk_judge_call_rater_id")),
        sa.ForeignKeyConstraint(
            ["response_id"], ["response.id"], name=op.f("fk_judge_call_response_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["judge_run.id"], name=op.f("fk_judge_call_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judge_call")),
        sa.UniqueConstraint("key", name=op.f("uq_judge_call_key")),
    )
    op.create_index(op.f("ix_judge_call_response_id"), "judge_call", ["response_id"], unique=False)
    op.create_index(op.f("ix_judge_call_run_id"), "judge_call", ["run_id"], unique=False)
    op.create_index("ix_judge_call_state", "judge_call", ["rater_id", "state"], unique=False)
    op.create_table(
        "judge_run_call",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["judge_call.id"], name=op.f("fk_judge_run_call_call_id")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["judge_run.id"], name=op.f("fk_judge_run_call_run_id")
        ),
        sa.PrimaryKeyConstraint("run_id", "call_id", name=op.f("pk_judge_run_call")),
    )
    op.create_index("ix_judge_run_call_call", "judge_run_call", ["call_id"], unique=False)


def create_scores() -> None:
    op.create_table(
        "judge_reply",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("response_id", sa.Integer(), nullable=False),
        sa.Column("rater_id", sa.Integer(), nullable=False),
        sa.Column("repeat", sa.Integer(), nullable=False),
        sa.Column("component_key", sa.String(40), nullable=False),
        sa.Column("form", sa.String(12), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("total", sa.Float(), nullable=True),
        sa.Column("total_agrees", sa.Boolean(), nullable=True),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("kits", sa.JSON(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("row", sa.Integer(), nullable=True),
        sa.Column("call_id", sa.Integer(), nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["judge_call.id"], name=op.f("fk_judge_reply_call_id")
        ),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_judge_reply_dataset_id")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["judging_file.id"], name=op.f("fk_judge_reply_file_id")
        ),
        sa.ForeignKeyConstraint(["rater_id"], ["rater.id"], name=op.f("fk_judge_reply_rater_id")),
        sa.ForeignKeyConstraint(
            ["response_id"], ["response.id"], name=op.f("fk_judge_reply_response_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judge_reply")),
    )
    op.create_index(
        "ix_judge_reply_asked",
        "judge_reply",
        ["response_id", "rater_id", "repeat", "component_key"],
        unique=False,
    )
    op.create_index(op.f("ix_judge_reply_call_id"), "judge_reply", ["call_id"], unique=False)
    op.create_index(
        "ix_judge_reply_dataset", "judge_reply", ["dataset_id", "rater_id"], unique=False
    )
    op.create_index(op.f("ix_judge_reply_file_id"), "judge_reply", ["file_id"], unique=False)
    op.create_table(
        "score",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("rater_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(8), nullable=False),
        sa.Column("repeat", sa.Integer(), nullable=False),
        sa.Column("awarded", sa.Float(), nullable=True),
        sa.Column("possible", sa.Float(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("place_start", sa.Integer(), nullable=True),
        sa.Column("place_end", sa.Integer(), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=True),
        sa.Column("reply_id", sa.Integer(), nullable=True),
        sa.Column("read_by", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "(awarded IS NULL) <> (reason IS NULL) OR read_by IS NOT NULL",
            name=op.f("ck_score_awarded_or_reason"),
        ),
        sa.CheckConstraint(
            "awarded IS NULL OR (awarded >= 0 AND awarded <= possible)",
            name=op.f("ck_score_in_range"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["scored_case.id"], name=op.f("fk_score_case_id")),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_score_dataset_id")),
        sa.ForeignKeyConstraint(["rater_id"], ["rater.id"], name=op.f("fk_score_rater_id")),
        sa.ForeignKeyConstraint(["read_by"], ["person.id"], name=op.f("fk_score_read_by")),
        sa.ForeignKeyConstraint(["reply_id"], ["judge_reply.id"], name=op.f("fk_score_reply_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score")),
        sa.UniqueConstraint(
            "case_id",
            "rater_id",
            "purpose",
            "repeat",
            name=op.f("uq_score_case_id_rater_id_purpose_repeat"),
        ),
    )
    op.create_index("ix_score_dataset", "score", ["dataset_id", "rater_id"], unique=False)
    op.create_index(op.f("ix_score_reply_id"), "score", ["reply_id"], unique=False)


def create_decisions() -> None:
    op.create_table(
        "audit_sample",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("strata", sa.JSON(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("raters", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"], ["person.id"], name=op.f("fk_audit_sample_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_audit_sample_dataset_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_sample")),
    )
    op.create_index(
        op.f("ix_audit_sample_dataset_id"), "audit_sample", ["dataset_id"], unique=False
    )
    op.create_table(
        "audit_draw",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sample_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("stratum", sa.String(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("labels", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "probability > 0 AND probability <= 1", name=op.f("ck_audit_draw_probability")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["scored_case.id"], name=op.f("fk_audit_draw_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["sample_id"], ["audit_sample.id"], name=op.f("fk_audit_draw_sample_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_draw")),
        sa.UniqueConstraint("sample_id", "case_id", name=op.f("uq_audit_draw_sample_id_case_id")),
    )
    op.create_index("ix_audit_draw_case", "audit_draw", ["case_id"], unique=False)
    op.create_index(
        "ix_audit_draw_queue", "audit_draw", ["sample_id", "labels", "position"], unique=False
    )
    op.create_table(
        "adjudication",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(12), nullable=True),
        sa.Column("awarded", sa.Float(), nullable=True),
        sa.Column("possible", sa.Float(), nullable=False),
        sa.Column("accepted", sa.String(10), nullable=True),
        sa.Column("rater_id", sa.Integer(), nullable=True),
        sa.Column("flag_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "awarded IS NULL OR (awarded >= 0 AND awarded <= possible)",
            name=op.f("ck_adjudication_in_range"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["scored_case.id"], name=op.f("fk_adjudication_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_adjudication_dataset_id")
        ),
        sa.ForeignKeyConstraint(["flag_id"], ["flag.id"], name=op.f("fk_adjudication_flag_id")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_adjudication_person_id")
        ),
        sa.ForeignKeyConstraint(["rater_id"], ["rater.id"], name=op.f("fk_adjudication_rater_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjudication")),
        sa.UniqueConstraint("case_id", name=op.f("uq_adjudication_case_id")),
    )
    op.create_index(
        op.f("ix_adjudication_dataset_id"), "adjudication", ["dataset_id"], unique=False
    )
    op.create_table(
        "case_lease",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(8), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["scored_case.id"], name=op.f("fk_case_lease_case_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_case_lease_person_id")),
        sa.PrimaryKeyConstraint("case_id", "person_id", name=op.f("pk_case_lease")),
    )


def downgrade() -> None:
    op.drop_table("score")
    op.drop_table("judge_run_call")
    op.drop_table("judge_reply")
    op.drop_table("case_lease")
    op.drop_table("audit_draw")
    op.drop_table("adjudication")
    op.drop_table("scored_case")
    op.drop_table("judge_call")
    op.drop_table("response")
    op.drop_table("judge_run")
    op.drop_table("model_standing")
    op.drop_table("judging_file")
    op.drop_table("audit_sample")
    op.drop_table("rater")
