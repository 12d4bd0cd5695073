"""Where the promotion of a study lies in the panel of its result.

Null for every result that exists: their studies name no promotion.

Revision 0017, after 0016.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "results",
        sa.Column(
            "promotion",
            postgresql.JSON(),
            nullable=True,
            comment="where the promotion of the study lies in the panel; null: it names none",
        ),
    )


def downgrade() -> None:
    op.drop_column("results", "promotion")
