"""Alerts: what needs somebody's eye, what was done about it, and who was told.

Insert-only, all three: an alert is closed by a row about it, and a delivery that was cut off
between sending and recording can be seen from its start without an end.

Revision 0011, after 0010.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = ("alerts", "alert_actions", "alert_deliveries")


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="set by the database",
        ),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="data_late, run_failed, effect_harmful, ..."
        ),
        sa.Column(
            "key",
            sa.Text(),
            nullable=False,
            comment="what it is about, exactly: one is open at a time",
        ),
        sa.Column(
            "occasion",
            sa.Integer(),
            nullable=False,
            comment="1, 2, ...: how often it came up for this key",
        ),
        sa.Column(
            "subject",
            sa.Text(),
            nullable=False,
            comment="study, panel or promotion, as people call it",
        ),
        sa.Column(
            "details",
            postgresql.JSON(),
            nullable=False,
            comment="message: the sentence people read; and the facts behind it",
        ),
        sa.Column("raised_by", sa.Text(), nullable=False, comment="who, or which flow's user"),
        sa.Column(
            "raised_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="when",
        ),
        sa.CheckConstraint("kind ~ '^[a-z][a-z0-9_]*$'", name=op.f("ck_alerts_kind")),
        sa.CheckConstraint("subject <> '' AND key <> ''", name=op.f("ck_alerts_named")),
        sa.CheckConstraint("occasion >= 1", name=op.f("ck_alerts_occasion")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("kind", "key", "occasion", name=op.f("uq_alerts_kind_key_occasion")),
        comment="one thing that needs somebody's eye; open until a resolved action says so",
    )
    op.create_table(
        "alert_actions",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="set by the database",
        ),
        sa.Column(
            "alert_id",
            sa.BigInteger(),
            nullable=True,
            comment="the alert; null: a whole kind was silenced",
        ),
        sa.Column(
            "kind", sa.Text(), nullable=True, comment="the kind that was silenced; null: one alert"
        ),
        sa.Column("action", sa.Text(), nullable=False, comment="acknowledged, silenced, resolved"),
        sa.Column("reason", sa.Text(), nullable=False, comment="why, in the words of who did it"),
        sa.Column(
            "until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="silent until; the newest row counts",
        ),
        sa.Column("done_by", sa.Text(), nullable=False, comment="who"),
        sa.Column(
            "done_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="when",
        ),
        sa.CheckConstraint(
            "(alert_id IS NULL) <> (kind IS NULL)", name=op.f("ck_alert_actions_about")
        ),
        sa.CheckConstraint(
            "action IN ('acknowledged', 'silenced', 'resolved')",
            name=op.f("ck_alert_actions_action"),
        ),
        sa.CheckConstraint(
            "kind IS NULL OR action = 'silenced'", name=op.f("ck_alert_actions_kind")
        ),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_alert_actions_reason")),
        sa.CheckConstraint(
            "(until IS NOT NULL) = (action = 'silenced')", name=op.f("ck_alert_actions_until")
        ),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_alert_actions_alert_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_actions")),
        comment="what was done about an alert or a kind of alert, and why",
    )
    op.create_index(op.f("ix_alert_actions_alert_id"), "alert_actions", ["alert_id"])
    op.create_index(op.f("ix_alert_actions_kind"), "alert_actions", ["kind"])
    op.create_table(
        "alert_deliveries",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="set by the database",
        ),
        sa.Column("alert_id", sa.BigInteger(), nullable=False, comment="the alert"),
        sa.Column("channel", sa.Text(), nullable=False, comment="event, email, webhook"),
        sa.Column("attempt", sa.Integer(), nullable=False, comment="1, 2, ..."),
        sa.Column(
            "outcome",
            sa.Text(),
            nullable=False,
            comment="started; then delivered, failed (to be tried again) or given_up",
        ),
        sa.Column(
            "answer",
            sa.Text(),
            nullable=True,
            comment="what the other side said, without secrets; null: not known yet",
        ),
        sa.Column(
            "happened_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="when",
        ),
        sa.CheckConstraint(
            "(answer IS NULL) = (outcome = 'started')", name=op.f("ck_alert_deliveries_answer")
        ),
        sa.CheckConstraint("attempt >= 1", name=op.f("ck_alert_deliveries_attempt")),
        sa.CheckConstraint(
            "channel IN ('event', 'email', 'webhook')", name=op.f("ck_alert_deliveries_channel")
        ),
        sa.CheckConstraint(
            "outcome IN ('started', 'delivered', 'failed', 'given_up')",
            name=op.f("ck_alert_deliveries_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_alert_deliveries_alert_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_deliveries")),
        sa.UniqueConstraint(
            "alert_id",
            "channel",
            "attempt",
            "outcome",
            name=op.f("uq_alert_deliveries_alert_id_channel_attempt_outcome"),
        ),
        comment="an attempt to deliver an alert: one row when it starts, one when it ends",
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION liftledger_refuse_change()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER insert_only")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
