"""Covariates of ingested panels: values beside the outcome, names in a table of their own.

One array per cell rather than one row per value: a panel without covariates is read as before, and
one with them is still one row per cell.

Revision 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "outcomes",
        sa.Column(
            "covariates",
            postgresql.ARRAY(sa.Double()),
            nullable=True,
            comment="in the order of the table covariates; null: the panel has none",
        ),
    )
    op.create_table(
        "covariates",
        sa.Column("panel", sa.Text(), nullable=False, comment="name the panel was ingested under"),
        sa.Column(
            "position",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="1, 2, ...: place in outcomes.covariates",
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="what the covariate is called"),
        sa.CheckConstraint("position >= 1", name=op.f("ck_covariates_position")),
        sa.PrimaryKeyConstraint("panel", "position", name=op.f("pk_covariates")),
        sa.UniqueConstraint("panel", "name", name=op.f("uq_covariates_panel_name")),
        comment="one covariate of an ingested panel; its values are in outcomes.covariates",
    )


def downgrade() -> None:
    op.drop_table("covariates")
    op.drop_column("outcomes", "covariates")
