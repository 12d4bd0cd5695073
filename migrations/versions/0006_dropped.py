"""What a result left out of its panel because nothing was there to compare it with.

Null for every result that exists: they were refused such panels.

Revision 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "results",
        sa.Column(
            "dropped",
            postgresql.JSON(),
            nullable=True,
            comment="labels left out for want of a comparison; null: none were",
        ),
    )


def downgrade() -> None:
    op.drop_column("results", "dropped")
