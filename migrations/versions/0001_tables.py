"""What goes in, what is asked, what happened.

Revision 0001, after nothing.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outcomes",
        sa.Column("panel", sa.Text(), nullable=False, comment="name the panel was ingested under"),
        sa.Column("unit", sa.Text(), nullable=False, comment="label of the row of the panel"),
        sa.Column(
            "period",
            sa.Text(),
            nullable=False,
            comment="label of the column: whole number, date, month, quarter, week",
        ),
        sa.Column(
            "outcome", sa.Double(), nullable=True, comment="what was measured; null: not observed"
        ),
        sa.Column(
            "treatment",
            sa.Double(),
            nullable=True,
            comment="1: under treatment, 0: not; the checks refuse the rest",
        ),
        sa.PrimaryKeyConstraint("panel", "unit", "period", name=op.f("pk_outcomes")),
        comment="one cell of an ingested panel; ingesting again replaces the panel",
    )
    op.create_table(
        "studies",
        sa.Column("study", sa.Text(), nullable=False, comment="name of the study"),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="1, 2, ...; the highest is current"
        ),
        sa.Column(
            "plan", postgresql.JSON(), nullable=False, comment="the plan in its canonical spelling"
        ),
        sa.Column("plan_hash", sa.Text(), nullable=False, comment="SHA-256 of the text of plan"),
        sa.Column("registered_by", sa.Text(), nullable=False, comment="who registered it"),
        sa.Column(
            "reason",
            sa.Text(),
            nullable=False,
            comment="why this version, in the words of who registered it",
        ),
        sa.Column(
            "registered_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="when",
        ),
        sa.CheckConstraint(
            "plan_hash = encode(sha256(convert_to(plan::text, 'UTF8')), 'hex')",
            name=op.f("ck_studies_plan_hash"),
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_studies_version")),
        sa.PrimaryKeyConstraint("study", "version", name=op.f("pk_studies")),
        sa.UniqueConstraint(
            "study", "version", "plan_hash", name=op.f("uq_studies_study_version_plan_hash")
        ),
        comment="one registered plan, one version; a changed plan is a new version",
    )
    op.create_table(
        "snapshots",
        sa.Column("hash", sa.Text(), nullable=False, comment="SHA-256 of the uncompressed content"),
        sa.Column("rows", sa.Integer(), nullable=False, comment="number of rows"),
        sa.Column("units", sa.Integer(), nullable=False, comment="number of distinct units"),
        sa.Column("periods", sa.Integer(), nullable=False, comment="number of distinct periods"),
        sa.Column(
            "content",
            sa.LargeBinary(),
            nullable=False,
            comment="labels and arrays, zlib; layout: storage/snapshots.py",
        ),
        sa.Column(
            "saved_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="when it was first seen",
        ),
        sa.CheckConstraint("hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_snapshots_hash")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_snapshots")),
        comment="one panel exactly as analysed, addressed by its content, shared by results",
    )
    op.create_table(
        "validations",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="set by the database",
        ),
        sa.Column(
            "study", sa.Text(), nullable=False, comment="study whose plan was checked against"
        ),
        sa.Column("snapshot_hash", sa.Text(), nullable=False, comment="the data that were checked"),
        sa.Column(
            "passed", sa.Boolean(), nullable=False, comment="false: a check of severity stop failed"
        ),
        sa.Column(
            "report",
            postgresql.JSON(),
            nullable=False,
            comment="our summary and the full JSON of the suite",
        ),
        sa.Column(
            "checked_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="when",
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_hash"], ["snapshots.hash"], name=op.f("fk_validations_snapshot_hash")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_validations")),
        comment="one run of the checks; kept also when it stopped the analysis",
    )
    op.create_index(
        op.f("ix_validations_snapshot_hash"), "validations", ["snapshot_hash"], unique=False
    )
    op.create_index(op.f("ix_validations_study"), "validations", ["study"], unique=False)
    op.create_table(
        "audit_log",
        sa.Column(
            "id",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="1, 2, ... without a gap",
        ),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.Column("who", sa.Text(), nullable=False, comment="who did it"),
        sa.Column(
            "what",
            sa.Text(),
            nullable=False,
            comment="study_registered, panel_ingested, result_saved, ...",
        ),
        sa.Column("subject", sa.Text(), nullable=False, comment="what it was done to"),
        sa.Column(
            "details", postgresql.JSON(), nullable=False, comment="what else is worth knowing"
        ),
        sa.Column(
            "previous_hash",
            sa.Text(),
            nullable=False,
            comment="hash of the entry before; 64 zeros for the first",
        ),
        sa.Column(
            "hash", sa.Text(), nullable=False, comment="SHA-256 over this entry and previous_hash"
        ),
        sa.CheckConstraint("what <> ''", name=op.f("ck_audit_log_what")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_log_hash")),
        comment="one thing that happened; numbers, times and hashes are set by the database",
    )
    # already compressed: the database need not try again
    op.execute("ALTER TABLE snapshots ALTER COLUMN content SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.drop_table("audit_log")
    op.drop_table("validations")
    op.drop_table("snapshots")
    op.drop_table("studies")
    op.drop_table("outcomes")
