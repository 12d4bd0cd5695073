"""Roles of the database: made, given to logins and taken away, each an entry of the log.

They are roles that nobody logs in as; a login is made a member by whoever administers the
database, who also gives it its password. Making them again grants what is missing and revokes what
is too much.
"""

from collections.abc import Iterator

from psycopg2 import sql
from sqlalchemy import text
from sqlalchemy.orm import Session

from storage import audit
from storage.copying import raw
from storage.errors import StorageError
from storage.trail.matrix import PREFIX, ROLES, granted

GRANTS = text("""
SELECT relation.relname AS table, coalesce(grantee.rolname, 'PUBLIC') AS role, access.privilege_type
FROM pg_class AS relation
CROSS JOIN LATERAL (
    SELECT (aclexplode(relation.relacl)).*
    UNION
    SELECT (aclexplode(attribute.attacl)).* FROM pg_attribute AS attribute
    WHERE attribute.attrelid = relation.oid
) AS access
LEFT JOIN pg_roles AS grantee ON grantee.oid = access.grantee
WHERE relation.relname = ANY(:tables) AND pg_table_is_visible(relation.oid)
    AND access.grantee <> relation.relowner
""")
MEMBERS = text("""
SELECT member.rolname AS login, substr(granted.rolname, :start) AS role
FROM pg_auth_members AS membership
JOIN pg_roles AS granted ON granted.oid = membership.roleid
JOIN pg_roles AS member ON member.oid = membership.member
WHERE granted.rolname = ANY(:roles)
    AND member.oid <> (SELECT relowner FROM pg_class WHERE oid = 'audit_log'::regclass)
""")
LOGGED = text("""
SELECT DISTINCT ON (subject, details ->> 'role') subject AS login, details ->> 'role' AS role, what
FROM audit_log WHERE what IN ('role_granted', 'role_revoked')
ORDER BY subject, details ->> 'role', id DESC
""")


def create(session: Session, by: str) -> list[str]:
    """Make the roles and give them what the matrix says; sentences on what was changed."""
    known = _known(session)
    done = [f"{PREFIX}{role} was made" for role in ROLES if PREFIX + role not in known]
    for role in ROLES:
        if PREFIX + role not in known:
            _do(session, "CREATE ROLE {} NOLOGIN", PREFIX + role)
    present = _grants(session)
    for role in ROLES:
        for table, verbs in granted(role).items():
            has = present.get((table, PREFIX + role), set())
            for verb in sorted(verbs - has):
                _do(session, f"GRANT {verb} ON {{}} TO {{}}", table, PREFIX + role)
                done.append(f"{PREFIX}{role} may {verb} {table}")
            for verb in sorted(has - verbs):
                _do(session, f"REVOKE {verb} ON {{}} FROM {{}}", table, PREFIX + role)
                done.append(f"{PREFIX}{role} may no longer {verb} {table}")
    if done:
        audit.record(session, "roles_made", "the database", {"changed": done}, by)
    return done


def grant(session: Session, login: str, role: str, by: str) -> None:
    """Make a login a member of a role. Raises StorageError when there is no such login."""
    _change(session, login, role, by, "GRANT {} TO {}", "role_granted")


def revoke(session: Session, login: str, role: str, by: str) -> None:
    """Take a role away from a login. Raises StorageError when there is no such login."""
    _change(session, login, role, by, "REVOKE {} FROM {}", "role_revoked")


def members(session: Session) -> list[tuple[str, str]]:
    """(login, role) of all who were made members, by login."""
    names = {"roles": [PREFIX + role for role in ROLES], "start": len(PREFIX) + 1}
    return sorted((row.login, row.role) for row in session.execute(MEMBERS, names))


def check(session: Session) -> Iterator[str]:
    """A sentence for every grant that was not meant, and every member the log does not know."""
    wanted = {
        (table, PREFIX + role): verbs for role in ROLES for table, verbs in granted(role).items()
    }
    for (table, role), verbs in sorted(_grants(session).items()):
        meant = wanted.get((table, role), {"SELECT"})  # reading may be granted to others as well
        for verb in sorted(verbs - meant):
            yield f"{role} may {verb} {table}, which was not meant"
    found = set(members(session))
    logged = {
        (row.login, row.role) for row in session.execute(LOGGED) if row.what == "role_granted"
    }
    for login, role in sorted(found - logged):
        yield f"{login} is a member of {PREFIX}{role}, and no entry says so"


def _change(session: Session, login: str, role: str, by: str, statement: str, what: str) -> None:
    known = _known(session)
    if PREFIX + role not in known:
        raise StorageError(f"there is no role {PREFIX}{role} yet: `liftledger roles create` first")
    if login not in known:
        raise StorageError(
            f"there is no login {login!r} in this database server; its administrator makes one, "
            f"with its password: CREATE ROLE ... LOGIN"
        )
    _do(session, statement, PREFIX + role, login)
    audit.record(session, what, login, {"role": role}, by)


def _known(session: Session) -> set[str]:
    return set(session.scalars(text("SELECT rolname FROM pg_roles")))


def _grants(session: Session) -> dict[tuple[str, str], set[str]]:
    """Privileges of others than the owner, by table and grantee."""
    tables = list(granted(ROLES[0]))
    found: dict[tuple[str, str], set[str]] = {}
    for row in session.execute(GRANTS, {"tables": tables}):
        found.setdefault((row.table, row.role), set()).add(row.privilege_type)
    return found


def _do(session: Session, statement: str, *names: str) -> None:
    with raw(session).cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
