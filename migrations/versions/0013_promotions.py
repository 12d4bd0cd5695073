"""The promotion calendar: what was promoted where and when.

Insert-only, for a moved date is evidence: the row before it says what was planned, and each
change has a reason. The database recomputes the hash, as it does for studies.

Revision 0013, after 0012.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLES = ("promotions",)


def upgrade() -> None:
    op.create_table(
        "promotions",
        sa.Column("promotion", sa.Text(), nullable=False, comment="what the calendar calls it"),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="1, 2, ...; the highest is current"
        ),
        sa.Column(
            "details",
            postgresql.JSON(),
            nullable=False,
            comment="units, products, segments, planned and actual dates, cancelled or not",
        ),
        sa.Column(
            "details_hash", sa.Text(), nullable=False, comment="SHA-256 of the text of details"
        ),
        sa.Column("registered_by", sa.Text(), nullable=False, comment="who entered it"),
        sa.Column(
            "reason",
            sa.Text(),
            nullable=False,
            comment="why this version, in the words of who entered it; needed from 2 on",
        ),
        sa.Column(
            "registered_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="when",
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_promotions_version")),
        sa.CheckConstraint("version = 1 OR reason <> ''", name=op.f("ck_promotions_reason")),
        sa.CheckConstraint(
            "details_hash = encode(sha256(convert_to(details::text, 'UTF8')), 'hex')",
            name=op.f("ck_promotions_details_hash"),
        ),
        sa.PrimaryKeyConstraint("promotion", "version", name=op.f("pk_promotions")),
        comment="one promotion, one version; a moved date is a new version with a reason",
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION liftledger_refuse_change()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER insert_only")


def downgrade() -> None:
    op.drop_table("promotions")
