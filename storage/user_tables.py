"""The table of users: who may log in to the pages, and as what."""

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import Table, When

USER_ROLES = ("analyst", "approver", "auditor")


class UserRow(Table):
    """One person who may log in. A working table: a password that was changed must not stay."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("name <> '' AND name = lower(btrim(name))", name="name"),
        CheckConstraint("role IN ('analyst', 'approver', 'auditor')", name="role"),
        CheckConstraint("password_hash LIKE '$argon2id$%'", name="password_hash"),
        {"comment": "who may log in to the pages; each change is an entry of the log"},
    )

    name: Mapped[str] = mapped_column(
        primary_key=True, comment="in small letters: one person, once"
    )
    role: Mapped[str] = mapped_column(comment="may do what the database role of this name may")
    password_hash: Mapped[str] = mapped_column(comment="Argon2id, in the PHC format")
    changed_at: Mapped[When] = mapped_column(comment="when the row was last written")
