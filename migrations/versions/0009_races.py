"""The race: which estimator errs least on panels like one's own, and what a plan's rule chose.

Insert-only, batches of replications too: a race that was interrupted goes on from them, and the
evidence can be added up again. The database itself keeps the order of a choice and its result:
a choice is refused once the result is there, and a result whose plan has a rule before its choice.

Revision 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = ("race_batches", "races", "race_standings", "choices")

BEFORE_ITS_RESULT = """
CREATE FUNCTION liftledger_choice_before_result() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM results WHERE request_id = NEW.request_id) THEN
        RAISE EXCEPTION 'the result is known already: a choice of its primary comes too late'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$
"""
AFTER_ITS_CHOICE = """
CREATE FUNCTION liftledger_result_after_choice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT json_typeof(plan -> 'primary') = 'object' FROM studies
        WHERE study = NEW.study AND version = NEW.plan_version)
        AND NOT EXISTS (SELECT FROM choices WHERE request_id = NEW.request_id)
    THEN
        RAISE EXCEPTION 'the plan chooses its primary by a rule: a choice comes before the result'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$
"""
ORDER = {"choices": "liftledger_choice_before_result", "results": "liftledger_result_after_choice"}


def upgrade() -> None:
    op.create_table(
        "race_batches",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="set by the database",
        ),
        sa.Column(
            "design_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of what it depends on: design, estimators, data, seed, code, machine",
        ),
        sa.Column("first", sa.Integer(), nullable=False, comment="number of the first replication"),
        sa.Column("replications", sa.Integer(), nullable=False, comment="how many"),
        sa.Column(
            "content", postgresql.JSON(), nullable=False, comment="what each estimator said in each"
        ),
        sa.Column("content_hash", sa.Text(), nullable=False, comment="SHA-256 of the content"),
        sa.Column(
            "saved_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="when",
        ),
        sa.CheckConstraint(
            "content_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_race_batches_content_hash")
        ),
        sa.CheckConstraint(
            "design_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_race_batches_design_hash")
        ),
        sa.CheckConstraint(
            '"first" >= 0 AND replications > 0', name=op.f("ck_race_batches_replications")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_race_batches")),
        sa.UniqueConstraint(
            "design_hash",
            "first",
            "replications",
            name=op.f("uq_race_batches_design_hash_first_replications"),
        ),
        comment="replications that ended: a race that goes on does not compute them again",
    )
    op.create_table(
        "races",
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
            comment="SHA-256 of settings, seed, masked data, code, environment: the public id",
        ),
        sa.Column(
            "panel", sa.Text(), nullable=False, comment="what the panel was called by who asked"
        ),
        sa.Column(
            "settings", postgresql.JSON(), nullable=False, comment="who raced, on what, how often"
        ),
        sa.Column(
            "data_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the panel without the treated outcomes: all that was looked at",
        ),
        sa.Column(
            "snapshot_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the rows it was taken from",
        ),
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
        sa.CheckConstraint("content_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_races_content_hash")),
        sa.CheckConstraint("data_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_races_data_hash")),
        sa.CheckConstraint("request_id ~ '^[0-9a-f]{64}$'", name=op.f("ck_races_request_id")),
        sa.CheckConstraint("seed >= 0", name=op.f("ck_races_seed")),
        sa.ForeignKeyConstraint(
            ["snapshot_hash"], ["snapshots.hash"], name=op.f("fk_races_snapshot_hash")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_races")),
        sa.UniqueConstraint("request_id", name=op.f("uq_races_request_id")),
        comment="one race of estimators; the same request is one row",
    )
    op.create_index(op.f("ix_races_snapshot_hash"), "races", ["snapshot_hash"])
    op.create_table(
        "choices",
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
            comment="SHA-256 of study, plan, data, code, environment, seed: the result’s own",
        ),
        sa.Column("study", sa.Text(), nullable=False, comment="the study"),
        sa.Column("plan_version", sa.Integer(), nullable=False, comment="version of the plan"),
        sa.Column("plan_hash", sa.Text(), nullable=False, comment="SHA-256 of the plan"),
        sa.Column(
            "rule", postgresql.JSON(), nullable=False, comment="the plan's rule, as it was written"
        ),
        sa.Column(
            "estimator", sa.Text(), nullable=False, comment="key of the estimator that was chosen"
        ),
        sa.Column(
            "how",
            sa.Text(),
            nullable=False,
            comment="rule; tie: the simplest of those it cannot tell apart; fallback: no race",
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="why, in one sentence"),
        sa.Column(
            "tied_with",
            postgresql.JSON(),
            nullable=False,
            comment="estimators it cannot be told apart from",
        ),
        sa.Column(
            "race_id",
            sa.BigInteger(),
            nullable=True,
            comment="the evidence; null: no race could be run",
        ),
        sa.Column("requested_by", sa.Text(), nullable=False, comment="who asked"),
        sa.Column(
            "content_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the choice and of the race it rests on; in the audit log as well",
        ),
        sa.Column(
            "saved_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="when",
        ),
        sa.CheckConstraint(
            "race_id IS NOT NULL OR how = 'fallback'", name=op.f("ck_choices_evidence")
        ),
        sa.CheckConstraint("content_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_choices_content_hash")),
        sa.CheckConstraint("how IN ('rule', 'tie', 'fallback')", name=op.f("ck_choices_how")),
        sa.CheckConstraint("request_id ~ '^[0-9a-f]{64}$'", name=op.f("ck_choices_request_id")),
        sa.ForeignKeyConstraint(["race_id"], ["races.id"], name=op.f("fk_choices_race_id")),
        sa.ForeignKeyConstraint(
            ["study", "plan_version", "plan_hash"],
            ["studies.study", "studies.version", "studies.plan_hash"],
            name=op.f("fk_choices_study_plan_version_plan_hash"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_choices")),
        sa.UniqueConstraint("request_id", name=op.f("uq_choices_request_id")),
        comment="the primary estimator a rule chose; written before the result it is for",
    )
    op.create_table(
        "race_standings",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="set by the database",
        ),
        sa.Column("race_id", sa.BigInteger(), nullable=False, comment="the race"),
        sa.Column(
            "position",
            sa.Integer(),
            nullable=False,
            comment="0, 1, ...: the order in which they were asked",
        ),
        sa.Column(
            "design",
            sa.Text(),
            nullable=False,
            comment="where: a design of simulated panels, or back_test",
        ),
        sa.Column("estimator", sa.Text(), nullable=False, comment="key of the estimator"),
        sa.Column("answered", sa.Integer(), nullable=False, comment="replications it answered"),
        sa.Column("refused", sa.Integer(), nullable=False, comment="and those it refused"),
        sa.Column("reason", sa.Text(), nullable=True, comment="why, the first time"),
        sa.Column(
            "eligible",
            sa.Boolean(),
            nullable=False,
            comment="whether it answered enough to be chosen",
        ),
        sa.Column(
            "numbers",
            postgresql.JSON(),
            nullable=False,
            comment="by name, value and Monte-Carlo error: rmse, bias, relative, seconds",
        ),
        sa.Column(
            "intervals",
            postgresql.JSON(),
            nullable=False,
            comment="by kind of inference: coverage, length, how many answered, why not",
        ),
        sa.CheckConstraint(
            "(refused = 0) = (reason IS NULL)", name=op.f("ck_race_standings_reason")
        ),
        sa.CheckConstraint("answered >= 0 AND refused >= 0", name=op.f("ck_race_standings_counts")),
        sa.ForeignKeyConstraint(["race_id"], ["races.id"], name=op.f("fk_race_standings_race_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_race_standings")),
        sa.UniqueConstraint(
            "race_id",
            "design",
            "estimator",
            name=op.f("uq_race_standings_race_id_design_estimator"),
        ),
        sa.UniqueConstraint("race_id", "position", name=op.f("uq_race_standings_race_id_position")),
        comment="one estimator in one design of one race",
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION liftledger_refuse_change()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER insert_only")
    op.execute(BEFORE_ITS_RESULT)
    op.execute(AFTER_ITS_CHOICE)
    for table, function in ORDER.items():
        op.execute(
            f"CREATE TRIGGER choice_first BEFORE INSERT ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {function}()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER choice_first")


def downgrade() -> None:
    for table, function in ORDER.items():
        op.execute(f"DROP TRIGGER choice_first ON {table}")
        op.execute(f"DROP FUNCTION {function}()")
    for table in ("choices", "race_standings", "races", "race_batches"):
        op.drop_table(table)
