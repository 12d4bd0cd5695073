"""Persons speak for themselves: who may be named in the log, and who may sign, by login.

A person is a login with one of the roles loader, analyst, approver or auditor that is neither a
superuser nor a runner: a runner is a service, and speaks for whoever asked. A person cannot write
an entry in the name of another person. Nor can a login sign off a decision about a result that it
wrote or decided itself, under whatever names. Where everything runs under one login, there are no
persons in this sense, and the rules of names (0010) are all there is.

Revision 0021, after 0020.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

PERSON = """
CREATE FUNCTION liftledger_is_person(login text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(bool_or(pg_has_role(person.oid, role.oid, 'MEMBER'))
                    FILTER (WHERE role.rolname <> 'liftledger_runner'), false)
        AND NOT coalesce(bool_or(pg_has_role(person.oid, role.oid, 'MEMBER'))
                         FILTER (WHERE role.rolname = 'liftledger_runner'), false)
    FROM pg_roles AS person CROSS JOIN pg_roles AS role
    WHERE person.rolname = login AND NOT person.rolsuper AND role.rolname IN (
        'liftledger_loader', 'liftledger_runner', 'liftledger_analyst', 'liftledger_approver',
        'liftledger_auditor')
$$
"""
NAMED = """
CREATE FUNCTION liftledger_named() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.who <> session_user AND to_regrole(quote_ident(NEW.who)) IS NOT NULL
        AND liftledger_is_person(session_user) AND liftledger_is_person(NEW.who)
    THEN
        RAISE EXCEPTION '% cannot write to the audit log as %', session_user, NEW.who
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$
"""
SIGNED = """
CREATE FUNCTION liftledger_signed_by_another() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF liftledger_is_person(session_user) AND EXISTS (
        SELECT FROM decisions AS decided JOIN audit_log AS entry
            ON (entry.recorded_table, entry.recorded_key)
                = ('decisions', json_build_array(decided.id)::text)
            OR (entry.recorded_table, entry.recorded_key)
                = ('results', json_build_array(decided.result_id)::text)
        WHERE decided.id = NEW.decision_id AND entry.role = session_user)
    THEN
        RAISE EXCEPTION 'the login % wrote this result or decision: another must sign it off',
            session_user USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.signed_by <> session_user AND liftledger_is_person(session_user)
        AND liftledger_is_person(NEW.signed_by)
    THEN
        RAISE EXCEPTION '% cannot sign as %', session_user, NEW.signed_by
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$
"""
TRIGGERS = {"audit_log": "liftledger_named", "sign_offs": "liftledger_signed_by_another"}


def upgrade() -> None:
    op.execute(PERSON)
    op.execute(NAMED)
    op.execute(SIGNED)
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    for table, function in TRIGGERS.items():
        op.execute(
            f"ALTER FUNCTION {function}() SECURITY DEFINER"
            f" SET search_path = pg_catalog, {schema}, pg_temp"
        )
        op.execute(
            f"CREATE TRIGGER a_person BEFORE INSERT ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {function}()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER a_person")


def downgrade() -> None:
    for table, function in TRIGGERS.items():
        op.execute(f"DROP TRIGGER a_person ON {table}")
        op.execute(f"DROP FUNCTION {function}()")
    op.execute("DROP FUNCTION liftledger_is_person(text)")
