"""The exam: what estimators and kinds of inference are worth, and where that was found out.

Insert-only like everything but the working copies. Numbers are kept by name with their Monte-Carlo
errors, as JSON: which there are depends on the exam and on the kind.

Revision 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = ("calibrations", "calibration_scores")


def upgrade() -> None:
    op.create_table(
        "calibrations",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="set by the database",
        ),
        sa.Column(
            "request_id",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of settings, study, snapshot, code, environment: the public id",
        ),
        sa.Column(
            "settings",
            postgresql.JSON(),
            nullable=False,
            comment="what was simulated, and how answered",
        ),
        sa.Column("study", sa.Text(), nullable=True, comment="whose panel; null: simulated panels"),
        sa.Column("plan_version", sa.Integer(), nullable=True, comment="version of its plan"),
        sa.Column("plan_hash", sa.Text(), nullable=True, comment="SHA-256 of its plan"),
        sa.Column("snapshot_hash", sa.Text(), nullable=True, comment="SHA-256 of its data"),
        sa.Column(
            "code_version", sa.Text(), nullable=False, comment="release and SHA-256 of the code"
        ),
        sa.Column(
            "environment_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of interpreter and installed packages",
        ),
        sa.Column("seed", sa.BigInteger(), nullable=False, comment="where random numbers start"),
        sa.Column("requested_by", sa.Text(), nullable=False, comment="who asked"),
        sa.Column(
            "content_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 over all that hangs on this row",
        ),
        sa.Column(
            "saved_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="when",
        ),
        sa.CheckConstraint("seed >= 0", name=op.f("ck_calibrations_seed")),
        sa.CheckConstraint(
            "request_id ~ '^[0-9a-f]{64}$'", name=op.f("ck_calibrations_request_id")
        ),
        sa.CheckConstraint(
            "content_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_calibrations_content_hash")
        ),
        sa.CheckConstraint(
            "num_nulls(study, plan_version, plan_hash, snapshot_hash) IN (0, 4)",
            name=op.f("ck_calibrations_panel"),
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_hash"], ["snapshots.hash"], name=op.f("fk_calibrations_snapshot_hash")
        ),
        sa.ForeignKeyConstraint(
            ["study", "plan_version", "plan_hash"],
            ["studies.study", "studies.version", "studies.plan_hash"],
            name=op.f("fk_calibrations_study_plan_version_plan_hash"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibrations")),
        sa.UniqueConstraint("request_id", name=op.f("uq_calibrations_request_id")),
        comment="one exam of estimators and kinds of inference; the same request is one row",
    )
    op.create_index(
        op.f("ix_calibrations_study_snapshot_hash"), "calibrations", ["study", "snapshot_hash"]
    )
    op.create_table(
        "calibration_scores",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="set by the database",
        ),
        sa.Column("calibration_id", sa.BigInteger(), nullable=False, comment="the exam"),
        sa.Column(
            "position",
            sa.Integer(),
            nullable=False,
            comment="0, 1, ...: the order in which they were asked",
        ),
        sa.Column("estimator", sa.Text(), nullable=False, comment="key of the estimator"),
        sa.Column("kind", sa.Text(), nullable=False, comment="key of the kind of inference"),
        sa.Column(
            "answered",
            sa.Integer(),
            nullable=False,
            comment="replications, or positions, it answered",
        ),
        sa.Column("refused", sa.Integer(), nullable=False, comment="and those it refused"),
        sa.Column("reason", sa.Text(), nullable=True, comment="why, the first time"),
        sa.Column(
            "numbers",
            postgresql.JSON(),
            nullable=False,
            comment="by name, value and Monte-Carlo error: coverage, length, ...",
        ),
        sa.Column(
            "groups",
            postgresql.JSON(),
            nullable=False,
            comment="of a panel of one's own: coverage by unit, period, noise",
        ),
        sa.CheckConstraint(
            "answered >= 0 AND refused >= 0", name=op.f("ck_calibration_scores_counts")
        ),
        sa.CheckConstraint(
            "(refused = 0) = (reason IS NULL)", name=op.f("ck_calibration_scores_reason")
        ),
        sa.ForeignKeyConstraint(
            ["calibration_id"],
            ["calibrations.id"],
            name=op.f("fk_calibration_scores_calibration_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration_scores")),
        sa.UniqueConstraint(
            "calibration_id", "position", name=op.f("uq_calibration_scores_calibration_id_position")
        ),
        sa.UniqueConstraint(
            "calibration_id",
            "estimator",
            "kind",
            name=op.f("uq_calibration_scores_calibration_id_estimator_kind"),
        ),
        comment="one estimator and one kind of inference in one exam",
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION liftledger_refuse_change()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER insert_only")


def downgrade() -> None:
    op.drop_table("calibration_scores")
    op.drop_table("calibrations")
