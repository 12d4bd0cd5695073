"""Which version of a study's answer is the official one.

A pin moves by another pin, with a reason; the database sets its time.

Revision 0016, after 0015.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLES = ("pins",)

TIMED = """
CREATE FUNCTION liftledger_pin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.pinned_at := clock_timestamp();
    RETURN NEW;
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "pins",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="set by the database",
        ),
        sa.Column("study", sa.Text(), nullable=False, comment="the study"),
        sa.Column(
            "version",
            sa.Integer(),
            nullable=False,
            comment="the version that is official from then on",
        ),
        sa.Column(
            "reason", sa.Text(), nullable=False, comment="why, in the words of who pinned it"
        ),
        sa.Column("pinned_by", sa.Text(), nullable=False, comment="who pinned it"),
        sa.Column(
            "pinned_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when; set by the database",
        ),
        sa.CheckConstraint("btrim(reason) <> ''", name=op.f("ck_pins_reason")),
        sa.CheckConstraint("btrim(pinned_by) <> ''", name=op.f("ck_pins_pinned_by")),
        sa.ForeignKeyConstraint(
            ["study", "version"],
            ["results.study", "results.version"],
            name=op.f("fk_pins_study_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pins")),
        comment="a version made the official one; of a study, the last pin counts",
    )
    op.create_index(op.f("ix_pins_study_id"), "pins", ["study", "id"])
    op.execute(TIMED)
    op.execute(
        "CREATE CONSTRAINT TRIGGER recorded AFTER INSERT ON pins DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION liftledger_require_entry(id)"
    )
    op.execute("ALTER TABLE pins ENABLE ALWAYS TRIGGER recorded")
    triggers = {
        "insert_only": (
            "BEFORE UPDATE OR DELETE OR TRUNCATE ON pins"
            " FOR EACH STATEMENT EXECUTE FUNCTION liftledger_refuse_change()"
        ),
        "timed": "BEFORE INSERT ON pins FOR EACH ROW EXECUTE FUNCTION liftledger_pin()",
    }
    for name, what in triggers.items():
        op.execute(f"CREATE TRIGGER {name} {what}")
        op.execute(f"ALTER TABLE pins ENABLE ALWAYS TRIGGER {name}")


def downgrade() -> None:
    op.drop_table("pins")
    op.execute("DROP FUNCTION liftledger_pin()")
