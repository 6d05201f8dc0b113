"""The first floor: datasets, items, annotations, flags, findings, events, jobs, releases.

The event log can be neither changed nor shortened: triggers refuse it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

from db import guards

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = "the event log is append-only"


def upgrade() -> None:
    create_tables()
    guards.create_function()
    guard_events()
    create_search()


def guard_events() -> None:
    """Refuse update and deletion of events."""
    for verb in ("UPDATE", "DELETE"):
        guards.refuse(verb, "event", APPEND_ONLY)
    guards.refuse_truncation("event", APPEND_ONLY)


def create_search() -> None:
    """The table of ``db.search``, which differs by dialect."""
    if guards.on_sqlite():
        op.execute(
            "CREATE VIRTUAL TABLE item_search USING fts5("
            "body, tokenize = 'unicode61 remove_diacritics 2')"
        )
        return
    op.execute("CREATE TABLE item_search (rowid INTEGER PRIMARY KEY, body TSVECTOR NOT NULL)")
    op.execute("CREATE INDEX ix_item_search_body ON item_search USING gin (body)")


def create_tables() -> None:
    op.create_table(
        "image",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("mime", sa.String(40), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("licence", sa.String(), nullable=True),
        sa.Column("credit", sa.String(), nullable=True),
        sa.Column("address_only", sa.Boolean(), nullable=False),
        sa.Column("taken_down_at", UTCDateTime(), nullable=True),
        sa.Column("taken_down_reason", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image")),
        sa.UniqueConstraint("sha256", name=op.f("uq_image_sha256")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("name", name=op.f("uq_person_name")),
    )
    op.create_table(
        "dataset",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("format", sa.String(40), nullable=False),
        sa.Column("target", sa.Float(), nullable=True),
        sa.Column("overlap", sa.Integer(), nullable=False),
        sa.Column("taxonomy", sa.JSON(), nullable=False),
        sa.Column("licence", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_dataset_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset")),
        sa.UniqueConstraint("name", name=op.f("uq_dataset_name")),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("leased_until", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_job_created_by")),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_job_dataset_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index("ix_job_state", "job", ["state", "id"], unique=False)
    op.create_table(
        "release",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("folder", sa.String(), nullable=False),
        sa.Column("manifest", sa.JSON(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_release_created_by")),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_release_dataset_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
        sa.UniqueConstraint("dataset_id", "name", name=op.f("uq_release_dataset_id_name")),
    )
    op.create_table(
        "source_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("format", sa.String(40), nullable=False),
        sa.Column("layout", sa.JSON(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("imported_at", UTCDateTime(), nullable=False),
        sa.Column("imported_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_source_file_dataset_id")
        ),
        sa.ForeignKeyConstraint(
            ["imported_by"], ["person.id"], name=op.f("fk_source_file_imported_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_file")),
    )
    op.create_index(op.f("ix_source_file_dataset_id"), "source_file", ["dataset_id"], unique=False)
    op.create_table(
        "source_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_file_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_file_id"], ["source_file.id"], name=op.f("fk_source_record_source_file_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_record")),
        sa.UniqueConstraint(
            "source_file_id", "position", name=op.f("uq_source_record_source_file_id_position")
        ),
    )
    op.create_table(
        "item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("source_record_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("instruction", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=True),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("declared_count", sa.Integer(), nullable=True),
        sa.Column("image_id", sa.Integer(), nullable=True),
        sa.Column("image_ref", sa.String(), nullable=True),
        sa.Column("image_problem", sa.String(), nullable=True),
        sa.Column("twin_key", sa.String(32), nullable=True),
        sa.Column("generator", sa.String(), nullable=True),
        sa.Column("prompt_version", sa.String(), nullable=True),
        sa.Column("batch", sa.String(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("withdrawn_from_source", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("component_count", sa.Integer(), nullable=False),
        sa.Column("weight_sum", sa.Float(), nullable=True),
        sa.Column("findings", sa.Integer(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=True),
        sa.Column("flags", sa.Integer(), nullable=False),
        sa.Column("touched_by", sa.Integer(), nullable=True),
        sa.Column("touched_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint("revision >= 0", name=op.f("ck_item_revision")),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_item_dataset_id")),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_item_image_id")),
        sa.ForeignKeyConstraint(
            ["source_record_id"], ["source_record.id"], name=op.f("fk_item_source_record_id")
        ),
        sa.ForeignKeyConstraint(["touched_by"], ["person.id"], name=op.f("fk_item_touched_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("dataset_id", "position", name=op.f("uq_item_dataset_id_position")),
    )
    op.create_index(
        "ix_item_components", "item", ["dataset_id", "component_count", "position"], unique=False
    )
    op.create_index(op.f("ix_item_image_id"), "item", ["image_id"], unique=False)
    op.create_index("ix_item_twin_key", "item", ["dataset_id", "twin_key"], unique=False)
    op.create_index("ix_item_level", "item", ["dataset_id", "level", "position"], unique=False)
    op.create_index("ix_item_batch", "item", ["dataset_id", "batch", "verdict"], unique=False)
    op.create_index("ix_item_flags", "item", ["dataset_id", "flags", "position"], unique=False)
    op.create_index(
        "ix_item_generator", "item", ["dataset_id", "generator", "verdict"], unique=False
    )
    op.create_index("ix_item_image", "item", ["dataset_id", "image_id", "position"], unique=False)
    op.create_index(
        "ix_item_prompt_version", "item", ["dataset_id", "prompt_version", "verdict"], unique=False
    )
    op.create_index(
        "ix_item_touched_by", "item", ["dataset_id", "touched_by", "position"], unique=False
    )
    op.create_index(
        "ix_item_severity", "item", ["dataset_id", "severity", "position"], unique=False
    )
    op.create_index("ix_item_source_id", "item", ["dataset_id", "source_id"], unique=False)
    op.create_index(op.f("ix_item_source_record_id"), "item", ["source_record_id"], unique=False)
    op.create_index("ix_item_status", "item", ["dataset_id", "status", "position"], unique=False)
    op.create_index(
        "ix_item_touched", "item", ["dataset_id", "touched_at", "position"], unique=False
    )
    op.create_index("ix_item_verdict", "item", ["dataset_id", "verdict", "position"], unique=False)
    op.create_index(
        "ix_item_weight_sum", "item", ["dataset_id", "weight_sum", "position"], unique=False
    )
    op.create_table(
        "annotation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("base_revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tab", sa.String(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("submitted_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_annotation_item_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_annotation_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annotation")),
        sa.UniqueConstraint("item_id", "person_id", name=op.f("uq_annotation_item_id_person_id")),
    )
    op.create_index(op.f("ix_annotation_person_id"), "annotation", ["person_id"], unique=False)
    op.create_table(
        "component",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=True),
        sa.Column("weight_decimal", sa.Boolean(), nullable=False),
        sa.Column("judge_method", sa.String(20), nullable=False),
        sa.Column("verifier_calls", sa.JSON(), nullable=False),
        sa.CheckConstraint("weight IS NULL OR weight >= 0", name=op.f("ck_component_weight")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_component_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_component")),
        sa.UniqueConstraint("item_id", "key", name=op.f("uq_component_item_id_key")),
    )
    op.create_index("ix_component_type", "component", ["type", "item_id", "position"], unique=False)
    op.create_table(
        "finding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(60), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("component_keys", sa.JSON(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("mends", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_finding_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sa.UniqueConstraint("item_id", "fingerprint", name=op.f("uq_finding_item_id_fingerprint")),
    )
    op.create_index("ix_finding_kind", "finding", ["kind", "state", "item_id"], unique=False)
    op.create_table(
        "flag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("component_keys", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_flag_item_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_flag_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flag")),
    )
    op.create_index(op.f("ix_flag_item_id"), "flag", ["item_id"], unique=False)
    op.create_table(
        "merge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("source_record_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.Column("settled_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_merge_item_id")),
        sa.ForeignKeyConstraint(["settled_by"], ["person.id"], name=op.f("fk_merge_settled_by")),
        sa.ForeignKeyConstraint(
            ["source_record_id"], ["source_record.id"], name=op.f("fk_merge_source_record_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge")),
    )
    op.create_index(op.f("ix_merge_item_id"), "merge", ["item_id"], unique=False)
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=True),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("annotation_id", sa.Integer(), nullable=True),
        sa.Column("flag_id", sa.Integer(), nullable=True),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.Column("group", sa.String(40), nullable=True),
        sa.Column("save_id", sa.String(64), nullable=True),
        sa.Column("private_to", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["annotation_id"], ["annotation.id"], name=op.f("fk_event_annotation_id")
        ),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_event_dataset_id")),
        sa.ForeignKeyConstraint(["flag_id"], ["flag.id"], name=op.f("fk_event_flag_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_event_item_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_event_person_id")),
        sa.ForeignKeyConstraint(["private_to"], ["person.id"], name=op.f("fk_event_private_to")),
        sa.ForeignKeyConstraint(["undoes"], ["event.id"], name=op.f("fk_event_undoes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("save_id", name=op.f("uq_event_save_id")),
    )
    op.create_index("ix_event_dataset", "event", ["dataset_id", "id"], unique=False)
    op.create_index(op.f("ix_event_group"), "event", ["group"], unique=False)
    op.create_index("ix_event_item", "event", ["item_id", "id"], unique=False)


def downgrade() -> None:
    op.execute("DROP TABLE item_search")
    op.drop_table("event")
    op.drop_table("merge")
    op.drop_table("flag")
    op.drop_table("finding")
    op.drop_table("component")
    op.drop_table("annotation")
    op.drop_table("item")
    op.drop_table("source_record")
    op.drop_table("source_file")
    op.drop_table("release")
    op.drop_table("job")
    op.drop_table("dataset")
    op.drop_table("person")
    op.drop_table("image")
    guards.drop_function()
