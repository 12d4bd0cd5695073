"""The weights of an ensemble, where a plan's rule chose several estimators at once.

Null in the rows from before, and where one estimator was chosen: their content hash is the same.

Revision 0027, after 0023.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "choices",
        sa.Column(
            "weights",
            postgresql.JSON(none_as_null=True),
            nullable=True,
            comment="of an ensemble, by estimator; null: one estimator was chosen",
        ),
    )


def downgrade() -> None:
    op.drop_column("choices", "weights")
