"""Each entry of the audit log names the row it records, and the login that wrote it.

    hash(n) = SHA-256 of the JSON array [n, time, who, what, subject, text of details, hash(n − 1),
              role, recorded_table, recorded_key, recorded_hash]

`role` is the login of the session, set here whatever the INSERT says; `who` is what the application
says. Entries from before have no role, and the hash of migration 0004. A row of a table with the
trigger `recorded` cannot be committed without an entry that names it. Functions of triggers run
as their owner, with a search path of their own: a role needs no right to read the log in order to
write to it, and a temporary table cannot stand in for one of ours.

Going down takes the names and logins away, so that entries made since then no longer hash to what
they say.

Revision 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

COLUMNS = {
    "role": "login that wrote it; null: entries from before it was kept",
    "recorded_table": "table of the row that is recorded; null: no row is",
    "recorded_key": "its primary key, as a JSON array",
    "recorded_hash": "SHA-256 over it and what hangs on it",
}
KEYS = {
    "studies": ("study", "version"),
    "promotions": ("promotion", "version"),
    "snapshots": ("hash",),
    "validations": ("id",),
    "results": ("id",),
    "calibrations": ("id",),
    "race_batches": ("id",),
    "races": ("id",),
    "choices": ("id",),
    "decisions": ("id",),
    "sign_offs": ("id",),
    "decision_outcomes": ("id",),
    "alerts": ("id",),
    "alert_actions": ("id",),
}
OLDER = (
    "liftledger_choice_before_result",
    "liftledger_result_after_choice",
    "liftledger_decision",
    "liftledger_sign_off",
    "liftledger_decision_outcome",
)

HASH_0004 = """
CREATE OR REPLACE FUNCTION liftledger_audit_hash(entry audit_log) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(json_build_array(
        entry.id,
        to_char(entry.happened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        entry.who, entry.what, entry.subject, entry.details::text, entry.previous_hash
    )::text, 'UTF8')), 'hex')
$$
"""
HASH = """
CREATE OR REPLACE FUNCTION liftledger_audit_hash(entry audit_log) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(CASE
        WHEN num_nulls(entry.role, entry.recorded_table, entry.recorded_key,
                       entry.recorded_hash) = 4 THEN json_build_array(
            entry.id,
            to_char(entry.happened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            entry.who, entry.what, entry.subject, entry.details::text, entry.previous_hash)
        ELSE json_build_array(
            entry.id,
            to_char(entry.happened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            entry.who, entry.what, entry.subject, entry.details::text, entry.previous_hash,
            entry.role, entry.recorded_table, entry.recorded_key, entry.recorded_hash)
    END::text, 'UTF8')), 'hex')
$$
"""
CHAIN = """
CREATE OR REPLACE FUNCTION liftledger_audit_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last audit_log;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('liftledger:audit_log', 0));
    SELECT * INTO last FROM audit_log ORDER BY id DESC LIMIT 1;
    NEW.id := coalesce(last.id, 0) + 1;
    NEW.happened_at := clock_timestamp();
    {role}
    NEW.previous_hash := coalesce(last.hash, repeat('0', 64));
    NEW.hash := liftledger_audit_hash(NEW);
    RETURN NEW;
END
$$
"""
REQUIRE = """
CREATE FUNCTION liftledger_require_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    columns text;
    key text;
BEGIN
    SELECT string_agg(format('($1).%I', name), ', ') INTO columns FROM unnest(TG_ARGV) AS name;
    EXECUTE format('SELECT json_build_array(%s)::text', columns) INTO key USING NEW;
    IF NOT EXISTS (SELECT FROM audit_log
                   WHERE recorded_table = TG_TABLE_NAME AND recorded_key = key) THEN
        RAISE EXCEPTION '% % has no entry in the audit log: nothing was saved', TG_TABLE_NAME, key
            USING ERRCODE = 'integrity_constraint_violation',
                  HINT = 'Write the entry in the transaction of what it records.';
    END IF;
    RETURN NULL;
END
$$
"""
AS_OWNER = (
    "ALTER FUNCTION {name}() SECURITY DEFINER SET search_path = pg_catalog, {schema}, pg_temp"
)
AS_CALLER = "ALTER FUNCTION {name}() SECURITY INVOKER RESET search_path"


def upgrade() -> None:
    for name, comment in COLUMNS.items():
        op.add_column("audit_log", sa.Column(name, sa.Text(), nullable=True, comment=comment))
    op.create_index(
        op.f("ix_audit_log_recorded_table_recorded_key"),
        "audit_log",
        ["recorded_table", "recorded_key"],
    )
    op.execute(HASH)
    op.execute(CHAIN.format(role="NEW.role := session_user;"))
    op.execute(REQUIRE)
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    for name in (*OLDER, "liftledger_audit_chain", "liftledger_require_entry"):
        op.execute(AS_OWNER.format(name=name, schema=schema))
    for table, columns in KEYS.items():
        op.execute(
            f"CREATE CONSTRAINT TRIGGER recorded AFTER INSERT ON {table}"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
            f" EXECUTE FUNCTION liftledger_require_entry({', '.join(columns)})"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER recorded")


def downgrade() -> None:
    for table in KEYS:
        op.execute(f"DROP TRIGGER recorded ON {table}")
    op.execute("DROP FUNCTION liftledger_require_entry()")
    for name in (*OLDER, "liftledger_audit_chain"):
        op.execute(AS_CALLER.format(name=name))
    op.execute(CHAIN.format(role=""))
    op.execute(HASH_0004)
    op.drop_index(op.f("ix_audit_log_recorded_table_recorded_key"), "audit_log")
    for name in reversed(COLUMNS):
        op.drop_column("audit_log", name)
