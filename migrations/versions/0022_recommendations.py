"""Where a result's recommendation is kept: in the account, among the primary's diagnostics.

What a decision may say was recommended (0010) is from here on what is stored with the result.

Revision 0022, after 0021.
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

RECOMMENDATION = """
CREATE OR REPLACE FUNCTION liftledger_recommendation(result bigint) RETURNS text
LANGUAGE sql STABLE AS $$
    {select}
$$
"""
STORED = """SELECT diagnostics #>> '{account,recommendation,verdict}' FROM estimates
    WHERE result_id = result AND diagnostics #>> '{account,recommendation,verdict}' IS NOT NULL
    LIMIT 1"""


def upgrade() -> None:
    op.execute(RECOMMENDATION.format(select=STORED))


def downgrade() -> None:
    op.execute(RECOMMENDATION.format(select="SELECT NULL::text"))
