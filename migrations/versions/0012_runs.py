"""The working table of runs: a queue whose places are held by leases (storage.leases).

It is not insert-only: whose a run is, and until when, changes all the time. Answers are evidence,
places in a queue are not.

Revision 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "runs",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="set by the database",
        ),
        sa.Column("study", sa.Text(), nullable=False, comment="the study to be answered"),
        sa.Column("plan_version", sa.Integer(), nullable=False, comment="version of its plan"),
        sa.Column(
            "data_state",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the panel's rows when this was asked",
        ),
        sa.Column(
            "promotion_version",
            sa.Integer(),
            nullable=True,
            comment="version of the promotion in the calendar; null: not asked because of one",
        ),
        sa.Column("asked_by", sa.Text(), nullable=False, comment="who asked"),
        sa.Column("reason", sa.Text(), nullable=False, comment="why, in the words of who asked"),
        sa.Column(
            "asked_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="when",
        ),
        sa.Column(
            "state",
            sa.Text(),
            server_default="waiting",
            nullable=False,
            comment="waiting, running, done, failed or given_up",
        ),
        sa.Column("waits_for", sa.Text(), nullable=True, comment="what a waiting run waits for"),
        sa.Column(
            "not_before",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="a waiting run may be claimed from then on",
        ),
        sa.Column(
            "attempts",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="how often it was claimed",
        ),
        sa.Column(
            "token",
            sa.Text(),
            nullable=True,
            comment="of the one claim that counts; a new one with each claim",
        ),
        sa.Column("worker", sa.Text(), nullable=True, comment="who holds it: machine and process"),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True, comment="since when"),
        sa.Column(
            "lease", sa.Double(), nullable=True, comment="seconds a sign of life is good for"
        ),
        sa.Column(
            "lease_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="until then it is theirs; moved by each sign of life",
        ),
        sa.Column(
            "hand_outs",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="how often it was handed to Prefect",
        ),
        sa.Column(
            "flow_run", sa.Text(), nullable=True, comment="Prefect's id of the flow run, the last"
        ),
        sa.Column(
            "result_version",
            sa.Integer(),
            nullable=True,
            comment="version of the result, once done",
        ),
        sa.Column("error", sa.Text(), nullable=True, comment="why it failed or was given up"),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True, comment="when it ended"),
        sa.CheckConstraint(
            "(state = 'done') = (result_version IS NOT NULL)", name=op.f("ck_runs_result")
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (waits_for IS NOT NULL)", name=op.f("ck_runs_waits_for")
        ),
        sa.CheckConstraint(
            "(state IN ('failed', 'given_up')) = (error IS NOT NULL)", name=op.f("ck_runs_error")
        ),
        sa.CheckConstraint(
            "(state IN ('waiting', 'running')) = (ended_at IS NULL)", name=op.f("ck_runs_ended_at")
        ),
        sa.CheckConstraint("data_state ~ '^[0-9a-f]{64}$'", name=op.f("ck_runs_data_state")),
        sa.CheckConstraint(
            "num_nonnulls(token, worker, claimed_at, lease, lease_until)"
            " = CASE state WHEN 'running' THEN 5 ELSE 0 END",
            name=op.f("ck_runs_holder"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed', 'given_up')",
            name=op.f("ck_runs_state"),
        ),
        sa.CheckConstraint("attempts >= 0 AND hand_outs >= 0", name=op.f("ck_runs_counts")),
        sa.ForeignKeyConstraint(
            ["study", "plan_version"],
            ["studies.study", "studies.version"],
            name=op.f("fk_runs_study_plan_version"),
        ),
        sa.ForeignKeyConstraint(
            ["study", "result_version"],
            ["results.study", "results.version"],
            name=op.f("fk_runs_study_result_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint(
            "study",
            "plan_version",
            "data_state",
            name=op.f("uq_runs_study_plan_version_data_state"),
        ),
        comment="one analysis of one plan version and state of the data: a place in a queue",
    )
    op.create_index(op.f("ix_runs_state"), "runs", ["state"], unique=False)


def downgrade() -> None:
    op.drop_table("runs")
