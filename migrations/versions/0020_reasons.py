"""A changed plan needs a reason.

By trigger, not by a check: plans that were changed without one before stay as they are.

Revision 0020, after 0019.
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

REASON = """
CREATE FUNCTION liftledger_changed_for_a_reason() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.version > 1 AND btrim(NEW.reason) = '' THEN
        RAISE EXCEPTION 'version % of % changes a plan on record: it needs a reason',
            NEW.version, NEW.study
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$
"""


def upgrade() -> None:
    op.execute(REASON)
    op.execute(
        "CREATE TRIGGER reason BEFORE INSERT ON studies"
        " FOR EACH ROW EXECUTE FUNCTION liftledger_changed_for_a_reason()"
    )
    op.execute("ALTER TABLE studies ENABLE ALWAYS TRIGGER reason")
    _say("why this version, in the words of who registered it; needed from 2 on")


def downgrade() -> None:
    op.execute("DROP TRIGGER reason ON studies")
    op.execute("DROP FUNCTION liftledger_changed_for_a_reason()")
    _say("why this version, in the words of who registered it")


def _say(comment: str) -> None:
    op.alter_column("studies", "reason", comment=comment)
