"""Users of the pages: added, changed, removed, found. Hashes of passwords come in ready-made.

Each change is an entry of the log, with the role and never with anything of the password. What a
user may do is what the database role of the same name may (storage.trail.matrix).
"""

from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage import audit
from storage.database import lock
from storage.errors import StorageError
from storage.trail.matrix import granted
from storage.user_tables import UserRow

USERS = "users"  # the lock


@dataclass(frozen=True)
class User:
    """One person who may log in. role: analyst, approver or auditor"""

    name: str
    role: str
    password_hash: str

    def may_write(self, table: str) -> bool:
        """Whether rows of this table may be written in this user's name."""
        return "INSERT" in granted(self.role)[table]


def put(session: Session, name: str, role: str, password_hash: str, by: str) -> None:
    """Add a user, or give one another role and password."""
    lock(session, USERS)
    row = {"name": name, "role": role, "password_hash": password_hash}
    changed = {"role": role, "password_hash": password_hash, "changed_at": func.clock_timestamp()}
    statement = insert(UserRow).values(row)
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=changed))
    audit.record(session, "user_put", name, {"role": role}, by)


def remove(session: Session, name: str, by: str) -> None:
    """Take a user's way in. What they wrote stays. Raises StorageError when there is none."""
    lock(session, USERS)
    gone = session.scalar(delete(UserRow).where(UserRow.name == name).returning(UserRow.name))
    if gone is None:
        names = ", ".join(one.name for one in listed(session))
        raise StorageError(f"there is no user {name!r}; there are {names or 'none'}")
    audit.record(session, "user_removed", name, {}, by)


def find(session: Session, name: str) -> User | None:
    """The user of this name."""
    row = session.get(UserRow, name)
    return None if row is None else User(row.name, row.role, row.password_hash)


def listed(session: Session) -> list[User]:
    """All users, by name."""
    rows = session.scalars(select(UserRow).order_by(UserRow.name))
    return [User(row.name, row.role, row.password_hash) for row in rows]
