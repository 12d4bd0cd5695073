"""The database says when something may have become due: NOTIFY liftledger, once a transaction.

After rows of ingested panels, plans, promotions or asked runs were written. A notice says only that
it is worth looking; whoever misses one looks again later by itself (storage.notices).

Revision 0018, after 0017.
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

WATCHED = ("outcomes", "studies", "promotions", "runs")

NOTIFY = """
CREATE FUNCTION liftledger_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('liftledger', TG_TABLE_NAME);
    RETURN NULL;
END
$$
"""
BEFORE = "SHA-256 of the panel''s rows when this was asked"
AFTER = "SHA-256 of the panel''s rows, and of the promotion, when this was asked"


def upgrade() -> None:
    op.execute(NOTIFY)
    for table in WATCHED:
        op.execute(
            f"CREATE TRIGGER notify AFTER INSERT ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION liftledger_notify()"
        )
    op.execute(f"COMMENT ON COLUMN runs.data_state IS '{AFTER}'")


def downgrade() -> None:
    op.execute(f"COMMENT ON COLUMN runs.data_state IS '{BEFORE}'")
    for table in WATCHED:
        op.execute(f"DROP TRIGGER notify ON {table}")
    op.execute("DROP FUNCTION liftledger_notify()")
