"""The database itself refuses to change or delete what was written.

One trigger per table and statement, before anything happens, whether or not a row would match.
ENABLE ALWAYS keeps them on in a session that replays a replication stream, where ordinary
triggers are off. `outcomes` is left out: it is the working copy, a snapshot is the evidence.

Revision 0003, after 0002.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = (
    "studies",
    "snapshots",
    "validations",
    "results",
    "estimates",
    "variances",
    "effects",
    "weights",
    "audit_log",
)

REFUSE = """
CREATE FUNCTION liftledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is insert-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation',
              HINT = 'A correction is a new version with a reason; register or run again.';
END
$$
"""


def upgrade() -> None:
    op.execute(REFUSE)
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION liftledger_refuse_change()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER insert_only")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TRIGGER insert_only ON {table}")
    op.execute("DROP FUNCTION liftledger_refuse_change()")
