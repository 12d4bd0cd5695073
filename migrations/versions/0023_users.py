"""Users of the pages, and indexes by which the log is read a page at a time.

A working table: what was a password must not stay for ever. Each change is an entry of the log.

Revision 0023, after 0022.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("name", sa.Text(), nullable=False, comment="in small letters: one person, once"),
        sa.Column(
            "role",
            sa.Text(),
            nullable=False,
            comment="may do what the database role of this name may",
        ),
        sa.Column(
            "password_hash", sa.Text(), nullable=False, comment="Argon2id, in the PHC format"
        ),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.clock_timestamp(),
            nullable=False,
            comment="when the row was last written",
        ),
        sa.CheckConstraint("name <> '' AND name = lower(btrim(name))", name=op.f("ck_users_name")),
        sa.CheckConstraint(
            "role IN ('analyst', 'approver', 'auditor')", name=op.f("ck_users_role")
        ),
        sa.CheckConstraint("password_hash LIKE '$argon2id$%'", name=op.f("ck_users_password_hash")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_users")),
        comment="who may log in to the pages; each change is an entry of the log",
    )
    op.create_index(op.f("ix_audit_log_who_id"), "audit_log", ["who", "id"])
    op.create_index(op.f("ix_audit_log_what_id"), "audit_log", ["what", "id"])
    op.create_index(
        op.f("ix_audit_log_subject"),
        "audit_log",
        ["subject"],
        postgresql_ops={"subject": "text_pattern_ops"},
    )


def downgrade() -> None:
    for name in ("subject", "what_id", "who_id"):
        op.drop_index(op.f(f"ix_audit_log_{name}"), "audit_log")
    op.drop_table("users")
