"""Procedures that have an interval and a p-value, but no standard error: tests turned round.

What was answered had a variance until now. From here on it has an interval, a p-value and the
sentence that says what they come from; a variance, its root and degrees of freedom where there
are any. Rows that exist satisfy both.

Revision 0007, after 0006.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

WHOLE = (
    "(status = 'answered' AND num_nulls(level, ci_low, ci_high, p_value, placebos, construction)"
    " = 0 AND reason IS NULL)"
    " OR (status = 'refused' AND num_nonnulls(variance, standard_error, df, level, ci_low, ci_high,"
    " p_value, placebos, construction) = 0 AND reason IS NOT NULL)"
)
BEFORE = (
    "(status = 'answered' AND variance IS NOT NULL AND reason IS NULL)"
    " OR (status = 'refused' AND variance IS NULL AND reason IS NOT NULL)"
)
COMMENTS = {  # of a column: from here on, and before
    "kind": (
        "the procedure: marginal, given_unit, ..., conformal",
        "what is held fixed: marginal, given_unit, ...",
    ),
    "variance": (
        "square of the standard error; null: has none",
        "in the square of the outcome's measure",
    ),
    "standard_error": ("in the outcome's measure; null: has none", "its square root"),
    "df": (
        "degrees of freedom of its t; null: has none",
        "degrees of freedom of the t distribution",
    ),
    "placebos": (
        "placebos, resamples or shifts it was computed from",
        "placebo effects it was computed from",
    ),
    "construction": ("what they were, in one sentence", "where the placebos were placed"),
}
ABOUT = (
    "one kind of inference about one estimate: interval, p-value; or its refusal",
    "one variance of one estimate and what follows from it, or its refusal",
)


def upgrade() -> None:
    op.drop_constraint(op.f("ck_variances_answered_or_refused"), "variances")
    op.create_check_constraint(op.f("ck_variances_answered_or_refused"), "variances", WHOLE)
    op.create_check_constraint(
        op.f("ck_variances_standard_error"),
        "variances",
        "(variance IS NULL) = (standard_error IS NULL)",
    )
    op.create_check_constraint(
        op.f("ck_variances_interval_finite"),
        "variances",
        "ci_low > '-Infinity' AND ci_high < 'Infinity'",
    )
    _say(0)


def downgrade() -> None:
    op.drop_constraint(op.f("ck_variances_interval_finite"), "variances")
    op.drop_constraint(op.f("ck_variances_standard_error"), "variances")
    op.drop_constraint(op.f("ck_variances_answered_or_refused"), "variances")
    op.create_check_constraint(op.f("ck_variances_answered_or_refused"), "variances", BEFORE)
    _say(1)


def _say(which: int) -> None:
    for column, comments in COMMENTS.items():
        op.alter_column("variances", column, comment=comments[which])
    op.create_table_comment("variances", ABOUT[which])
