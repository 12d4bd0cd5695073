"""Results computed again, and the machine a result was computed on.

Results that exist do not say on which machine; a replay of them promises eight digits, not bits.

Revision 0015, after 0014.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLES = ("replays",)


def upgrade() -> None:
    op.add_column(
        "results",
        sa.Column(
            "machine",
            sa.Text(),
            nullable=True,
            comment="processor, and kernels of linear algebra; null: not on record",
        ),
    )
    op.create_table(
        "replays",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="set by the database",
        ),
        _column("result_id", sa.BigInteger(), "the result that was computed again"),
        _column(
            "outcome",
            sa.Text(),
            "equal: every bit; close: 1e-8, where no more is promised; different",
        ),
        _column(
            "promised",
            sa.Text(),
            "bits: same code, environment and machine; digits: 1e-8 relative elsewhere",
        ),
        _column(
            "elsewhere",
            postgresql.JSON(),
            "what was not the same as for the result: code, environment, machine",
        ),
        _column("race", sa.Boolean(), "whether the race behind its primary was run again"),
        _column("numbers", sa.Integer(), "how many numbers were compared"),
        _column("differing", sa.Integer(), "numbers and words that were not the same"),
        _column(
            "largest",
            sa.Double(),
            "largest relative difference; null: no two numbers differ",
            nullable=True,
        ),
        _column("differences", postgresql.JSON(), "the largest of them, with both values"),
        _column("code_version", sa.Text(), "release and SHA-256 of the code"),
        _column("environment_hash", sa.Text(), "SHA-256 of interpreter and installed packages"),
        _column("machine", sa.Text(), "processor, and kernels of linear algebra"),
        _column("requested_by", sa.Text(), "who asked"),
        _column("reason", sa.Text(), "why, in the words of who asked"),
        sa.Column(
            "replayed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="when",
        ),
        sa.CheckConstraint(
            "outcome IN ('equal', 'close', 'different')", name=op.f("ck_replays_outcome")
        ),
        sa.CheckConstraint("promised IN ('bits', 'digits')", name=op.f("ck_replays_promised")),
        sa.CheckConstraint(
            "(outcome = 'equal') = (differing = 0)", name=op.f("ck_replays_differing")
        ),
        sa.CheckConstraint(
            "outcome <> 'close' OR promised = 'digits'", name=op.f("ck_replays_close")
        ),
        sa.CheckConstraint("numbers >= 0 AND differing >= 0", name=op.f("ck_replays_counts")),
        sa.CheckConstraint(
            "largest >= 0 AND largest < 'Infinity'", name=op.f("ck_replays_largest")
        ),
        sa.ForeignKeyConstraint(["result_id"], ["results.id"], name=op.f("fk_replays_result_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replays")),
        comment="one result computed again from what is stored, and compared number by number",
    )
    op.create_index(op.f("ix_replays_result_id"), "replays", ["result_id"])
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION liftledger_refuse_change()"
        )
        op.execute(
            f"CREATE CONSTRAINT TRIGGER recorded AFTER INSERT ON {table}"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
            " EXECUTE FUNCTION liftledger_require_entry(id)"
        )
        for trigger in ("insert_only", "recorded"):
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")


def downgrade() -> None:
    op.drop_table("replays")
    op.drop_column("results", "machine")


def _column(
    name: str, kind: sa.types.TypeEngine[Any], comment: str, *, nullable: bool = False
) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=nullable, comment=comment)
