"""Every entry of the audit log carries the hash of the one before.

    hash(n) = SHA-256 of the JSON array [n, time in UTC to the microsecond, who, what, subject,
              text of details, hash(n − 1)],     hash(0) = 64 zeros

Number, time and both hashes are set here, whatever the INSERT says. A lock held until commit
puts entries in the order of their commits, so that the chain has neither gap nor fork.

Revision 0004, after 0003.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

HASH = """
CREATE FUNCTION liftledger_audit_hash(entry audit_log) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(json_build_array(
        entry.id,
        to_char(entry.happened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        entry.who, entry.what, entry.subject, entry.details::text, entry.previous_hash
    )::text, 'UTF8')), 'hex')
$$
"""

CHAIN = """
CREATE FUNCTION liftledger_audit_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last audit_log;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('liftledger:audit_log', 0));
    SELECT * INTO last FROM audit_log ORDER BY id DESC LIMIT 1;
    NEW.id := coalesce(last.id, 0) + 1;
    NEW.happened_at := clock_timestamp();
    NEW.previous_hash := coalesce(last.hash, repeat('0', 64));
    NEW.hash := liftledger_audit_hash(NEW);
    RETURN NEW;
END
$$
"""


def upgrade() -> None:
    op.execute(HASH)
    op.execute(CHAIN)
    op.execute(
        "CREATE TRIGGER chain BEFORE INSERT ON audit_log"
        " FOR EACH ROW EXECUTE FUNCTION liftledger_audit_chain()"
    )
    op.execute("ALTER TABLE audit_log ENABLE ALWAYS TRIGGER chain")


def downgrade() -> None:
    op.execute("DROP TRIGGER chain ON audit_log")
    op.execute("DROP FUNCTION liftledger_audit_chain()")
    op.execute("DROP FUNCTION liftledger_audit_hash(audit_log)")
