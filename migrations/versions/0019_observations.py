"""What the monitor saw, insert-only: panels, restatements, running promotions, calibration.

Revision 0019, after 0018.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLES = ("visits", "observations")


def upgrade() -> None:
    op.create_table(
        "visits",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="set by the database",
        ),
        sa.Column("token", sa.Text(), nullable=False, comment="random: the same visit is one row"),
        sa.Column("requested_by", sa.Text(), nullable=False, comment="who asked"),
        sa.Column(
            "content_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 over all that hangs on this row",
        ),
        sa.Column(
            "visited_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="when",
        ),
        sa.CheckConstraint("content_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_visits_content_hash")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
        sa.UniqueConstraint("token", name=op.f("uq_visits_token")),
        comment="one visit of the monitor, with all that it saw",
    )
    op.create_table(
        "observations",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="set by the database",
        ),
        sa.Column("visit_id", sa.BigInteger(), nullable=False, comment="the visit"),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="panel, restatement, boundary, promotion, ...",
        ),
        sa.Column(
            "subject",
            sa.Text(),
            nullable=False,
            comment="what was looked at, as people call it",
        ),
        sa.Column("study", sa.Text(), nullable=True, comment="the study; null: a panel of several"),
        sa.Column("plan_version", sa.Integer(), nullable=True, comment="version of its plan"),
        sa.Column(
            "state",
            sa.Text(),
            nullable=False,
            comment="fine; noticed: see the alerts; refused: why not",
        ),
        sa.Column("message", sa.Text(), nullable=False, comment="what was seen, in a sentence"),
        sa.Column("details", postgresql.JSON(), nullable=False, comment="the facts behind it"),
        sa.Column(
            "content_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 over all that hangs on this row",
        ),
        sa.CheckConstraint(
            "content_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_observations_content_hash")
        ),
        sa.CheckConstraint(
            "kind IN ('panel', 'restatement', 'boundary', 'promotion', 'calibration', 'undecided')",
            name=op.f("ck_observations_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('fine', 'noticed', 'refused')", name=op.f("ck_observations_state")
        ),
        sa.CheckConstraint("subject <> ''", name=op.f("ck_observations_subject")),
        sa.ForeignKeyConstraint(
            ["study", "plan_version"],
            ["studies.study", "studies.version"],
            name=op.f("fk_observations_study_plan_version"),
        ),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("fk_observations_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observations")),
        sa.UniqueConstraint(
            "visit_id", "kind", "subject", name=op.f("uq_observations_visit_id_kind_subject")
        ),
        comment="one thing the monitor looked at, and what it saw",
    )
    op.create_index(op.f("ix_observations_kind_subject"), "observations", ["kind", "subject"])
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION liftledger_refuse_change()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER insert_only")
    op.execute(
        "CREATE CONSTRAINT TRIGGER recorded AFTER INSERT ON visits"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
        " EXECUTE FUNCTION liftledger_require_entry(id)"
    )
    op.execute("ALTER TABLE visits ENABLE ALWAYS TRIGGER recorded")


def downgrade() -> None:
    op.drop_table("observations")
    op.drop_table("visits")
