"""Decisions about results, who signed them off, and what came of them.

The rules of two persons are the database's own. A sign-off is refused from whoever asked for the
analysis or made the decision; names are compared without regard to case and surrounding blanks. A
decision carries the recommendation that the ledger has, not the one its writer would like. What
goes against it stands only with a sign-off, and only a decision that stands has an outcome.

`liftledger_recommendation` says where a result's recommendation is kept: nowhere, at this revision.

Revision 0010, after 0009.
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES = ("decisions", "sign_offs", "decision_outcomes")

RECOMMENDATION = """
CREATE FUNCTION liftledger_recommendation(result bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT NULL::text
$$
"""
SAME_PERSON = """
CREATE FUNCTION liftledger_same_person(one text, other text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT lower(btrim(one)) = lower(btrim(other))
$$
"""
STANDS = """
CREATE FUNCTION liftledger_decision_stands(decision bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT d.decision = coalesce(d.recommendation, d.decision)
        OR EXISTS (SELECT FROM sign_offs WHERE decision_id = d.id)
    FROM decisions AS d WHERE d.id = $1
$$
"""
DECISION = """
CREATE FUNCTION liftledger_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.recommendation IS DISTINCT FROM liftledger_recommendation(NEW.result_id) THEN
        RAISE EXCEPTION 'the recommendation on record is %, not %',
            coalesce(liftledger_recommendation(NEW.result_id), 'none'),
            coalesce(NEW.recommendation, 'none')
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    NEW.decided_at := clock_timestamp();
    RETURN NEW;
END
$$
"""
SIGN_OFF = """
CREATE FUNCTION liftledger_sign_off() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    decided decisions;
    answered results;
BEGIN
    SELECT * INTO decided FROM decisions WHERE id = NEW.decision_id;
    SELECT * INTO answered FROM results WHERE id = decided.result_id;
    IF liftledger_same_person(NEW.signed_by, answered.requested_by) THEN
        RAISE EXCEPTION '% asked for the analysis %@%: somebody else must sign it off',
            NEW.signed_by, answered.study, answered.version
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF liftledger_same_person(NEW.signed_by, decided.decided_by) THEN
        RAISE EXCEPTION '% made this decision about %@%: somebody else must sign it off',
            NEW.signed_by, answered.study, answered.version
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF EXISTS (SELECT FROM decisions WHERE result_id = decided.result_id AND id > decided.id) THEN
        RAISE EXCEPTION 'a later decision about %@% took the place of this one: sign that one off',
            answered.study, answered.version
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    NEW.signed_at := clock_timestamp();
    RETURN NEW;
END
$$
"""
OUTCOME = """
CREATE FUNCTION liftledger_decision_outcome() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT liftledger_decision_stands(NEW.decision_id) THEN
        RAISE EXCEPTION 'the decision goes against the recommendation and nobody signed it off: '
            'it does not stand, so it has no outcome'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    NEW.judged_at := clock_timestamp();
    RETURN NEW;
END
$$
"""
RULES = {
    "decisions": "liftledger_decision",
    "sign_offs": "liftledger_sign_off",
    "decision_outcomes": "liftledger_decision_outcome",
}


def upgrade() -> None:
    op.create_table(
        "decisions",
        _number(),
        _id("result_id", "the result it is about"),
        _text("decision", "repeat, change, stop or inconclusive"),
        _text("recommendation", "what the plan's rule recommended; null: nothing", nullable=True),
        _text("reason", "why, in the words of who decided"),
        _text("decided_by", "who decided"),
        _text(
            "content_hash",
            "SHA-256 of the decision and of the result's own hash; in the audit log as well",
        ),
        _when("decided_at"),
        sa.CheckConstraint("btrim(reason) <> ''", name=op.f("ck_decisions_reason")),
        sa.CheckConstraint("btrim(decided_by) <> ''", name=op.f("ck_decisions_decided_by")),
        sa.CheckConstraint(
            "content_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_decisions_content_hash")
        ),
        sa.CheckConstraint(
            "decision IN ('repeat', 'change', 'stop', 'inconclusive')",
            name=op.f("ck_decisions_decision"),
        ),
        sa.CheckConstraint(
            "recommendation IN ('repeat', 'change', 'stop', 'inconclusive')",
            name=op.f("ck_decisions_recommendation"),
        ),
        sa.ForeignKeyConstraint(["result_id"], ["results.id"], name=op.f("fk_decisions_result_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        comment="what a person decided about a result; the last that stands is the one",
    )
    op.create_index(op.f("ix_decisions_result_id"), "decisions", ["result_id"])
    op.create_table(
        "sign_offs",
        _number(),
        _id("decision_id", "the decision"),
        _text("reason", "why, in the words of who signed"),
        _text("signed_by", "who signed"),
        _text(
            "content_hash",
            "SHA-256 of the sign-off and of the decision's own hash; in the audit log as well",
        ),
        _when("signed_at"),
        sa.CheckConstraint("btrim(reason) <> ''", name=op.f("ck_sign_offs_reason")),
        sa.CheckConstraint("btrim(signed_by) <> ''", name=op.f("ck_sign_offs_signed_by")),
        sa.CheckConstraint(
            "content_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_sign_offs_content_hash")
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decisions.id"], name=op.f("fk_sign_offs_decision_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_offs")),
        sa.UniqueConstraint(
            "decision_id", "signed_by", name=op.f("uq_sign_offs_decision_id_signed_by")
        ),
        comment="a second person's name under a decision; never the asker's or the decider's",
    )
    op.create_table(
        "decision_outcomes",
        _number(),
        _id("decision_id", "the decision"),
        _text("outcome", "right, wrong or unclear"),
        _id("evidence_id", "the later result that shows it; null: something else", nullable=True),
        _text("reason", "how one knows, in the words of who judged"),
        _text("judged_by", "who judged"),
        _text(
            "content_hash",
            "SHA-256 of the outcome and of the decision's own hash; in the audit log as well",
        ),
        _when("judged_at"),
        sa.CheckConstraint("btrim(reason) <> ''", name=op.f("ck_decision_outcomes_reason")),
        sa.CheckConstraint("btrim(judged_by) <> ''", name=op.f("ck_decision_outcomes_judged_by")),
        sa.CheckConstraint(
            "content_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_decision_outcomes_content_hash")
        ),
        sa.CheckConstraint(
            "outcome IN ('right', 'wrong', 'unclear')", name=op.f("ck_decision_outcomes_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decisions.id"], name=op.f("fk_decision_outcomes_decision_id")
        ),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["results.id"], name=op.f("fk_decision_outcomes_evidence_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_outcomes")),
        comment="what came of a decision; the last of a decision is the one",
    )
    op.create_index(op.f("ix_decision_outcomes_decision_id"), "decision_outcomes", ["decision_id"])
    for function in (RECOMMENDATION, SAME_PERSON, STANDS, DECISION, SIGN_OFF, OUTCOME):
        op.execute(function)
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION liftledger_refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER two_persons BEFORE INSERT ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {RULES[table]}()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER insert_only")
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER two_persons")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    for function in (*RULES.values(), *SIGNATURES):
        op.execute(f"DROP FUNCTION {function}")


SIGNATURES = (
    "liftledger_decision_stands(bigint)",
    "liftledger_same_person(text, text)",
    "liftledger_recommendation(bigint)",
)


def _number() -> sa.Column[int]:
    return sa.Column(
        "id",
        sa.BigInteger(),
        sa.Identity(always=True),
        nullable=False,
        comment="set by the database",
    )


def _id(name: str, comment: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable, comment=comment)


def _text(name: str, comment: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable, comment=comment)


def _when(name: str) -> sa.Column[datetime]:
    return sa.Column(
        name, sa.DateTime(timezone=True), nullable=False, comment="when; set by the database"
    )
