"""What is answered: results and all that hangs on them.

Revision 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "results",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="set by the database",
        ),
        sa.Column(
            "request_id",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of study, plan, snapshot, code, environment, seed: the public id",
        ),
        sa.Column("study", sa.Text(), nullable=False, comment="the study answered"),
        sa.Column("version", sa.Integer(), nullable=False, comment="1, 2, ... within the study"),
        sa.Column("plan_version", sa.Integer(), nullable=False, comment="version of the plan"),
        sa.Column("plan_hash", sa.Text(), nullable=False, comment="SHA-256 of the plan"),
        sa.Column("snapshot_hash", sa.Text(), nullable=False, comment="SHA-256 of the data"),
        sa.Column(
            "code_version", sa.Text(), nullable=False, comment="release and SHA-256 of the code"
        ),
        sa.Column(
            "environment_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of interpreter and installed packages",
        ),
        sa.Column("seed", sa.BigInteger(), nullable=False, comment="where random numbers start"),
        sa.Column("requested_by", sa.Text(), nullable=False, comment="who asked"),
        sa.Column("reason", sa.Text(), nullable=False, comment="why, in the words of who asked"),
        sa.Column(
            "validation_id",
            sa.BigInteger(),
            nullable=False,
            comment="the checks that let the data pass",
        ),
        sa.Column(
            "status",
            sa.Text(),
            nullable=False,
            comment="answered, or refused when every estimator refused",
        ),
        sa.Column(
            "content_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 over all that hangs on this row",
        ),
        sa.Column(
            "saved_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="when",
        ),
        sa.CheckConstraint("content_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_results_content_hash")),
        sa.CheckConstraint("request_id ~ '^[0-9a-f]{64}$'", name=op.f("ck_results_request_id")),
        sa.CheckConstraint("status IN ('answered', 'refused')", name=op.f("ck_results_status")),
        sa.CheckConstraint("seed >= 0", name=op.f("ck_results_seed")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_results_version")),
        sa.ForeignKeyConstraint(
            ["snapshot_hash"], ["snapshots.hash"], name=op.f("fk_results_snapshot_hash")
        ),
        sa.ForeignKeyConstraint(
            ["study", "plan_version", "plan_hash"],
            ["studies.study", "studies.version", "studies.plan_hash"],
            name=op.f("fk_results_study_plan_version_plan_hash"),
        ),
        sa.ForeignKeyConstraint(
            ["validation_id"], ["validations.id"], name=op.f("fk_results_validation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_results")),
        sa.UniqueConstraint("request_id", name=op.f("uq_results_request_id")),
        sa.UniqueConstraint("study", "version", name=op.f("uq_results_study_version")),
        comment="one answer; never changed: the same request is the same row",
    )
    op.create_table(
        "estimates",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="set by the database",
        ),
        sa.Column("result_id", sa.BigInteger(), nullable=False, comment="the result it is part of"),
        sa.Column(
            "position",
            sa.Integer(),
            nullable=False,
            comment="0, 1, ...: the order in which they were asked",
        ),
        sa.Column("estimator", sa.Text(), nullable=False, comment="key of the estimator"),
        sa.Column("status", sa.Text(), nullable=False, comment="answered or refused"),
        sa.Column("reason", sa.Text(), nullable=True, comment="why it was refused"),
        sa.Column("att", sa.Double(), nullable=True, comment="mean effect on the treated cells"),
        sa.Column(
            "settings", postgresql.JSON(), nullable=False, comment="settings it was fitted with"
        ),
        sa.Column("tuning", postgresql.JSON(), nullable=True, comment="how they were chosen"),
        sa.Column(
            "diagnostics",
            postgresql.JSON(),
            nullable=False,
            comment="named numbers about fit and placebos",
        ),
        sa.Column(
            "by_period",
            postgresql.JSON(),
            nullable=False,
            comment="effects by period with their intervals",
        ),
        sa.Column(
            "weight_groups",
            postgresql.JSON(),
            nullable=False,
            comment="label of each group in weights; axes it has",
        ),
        sa.Column(
            "control_fit",
            sa.LargeBinary(),
            nullable=True,
            comment="imputed outcomes of control units: float64 by unit and period, zlib",
        ),
        sa.CheckConstraint(
            "(att > '-Infinity' AND att < 'Infinity')", name=op.f("ck_estimates_att_finite")
        ),
        sa.CheckConstraint(
            "(status = 'answered' AND att IS NOT NULL AND reason IS NULL)"
            " OR (status = 'refused' AND att IS NULL AND reason IS NOT NULL)",
            name=op.f("ck_estimates_answered_or_refused"),
        ),
        sa.ForeignKeyConstraint(["result_id"], ["results.id"], name=op.f("fk_estimates_result_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_estimates")),
        sa.UniqueConstraint(
            "result_id", "estimator", name=op.f("uq_estimates_result_id_estimator")
        ),
        sa.UniqueConstraint("result_id", "position", name=op.f("uq_estimates_result_id_position")),
        comment="one estimator's answer, or its refusal and the reason",
    )
    op.create_table(
        "variances",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="set by the database",
        ),
        sa.Column("estimate_id", sa.BigInteger(), nullable=False, comment="the estimate"),
        sa.Column(
            "position",
            sa.Integer(),
            nullable=False,
            comment="0, 1, ...: the order in which they were asked",
        ),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="what is held fixed: marginal, given_unit, ...",
        ),
        sa.Column("status", sa.Text(), nullable=False, comment="answered or refused"),
        sa.Column("reason", sa.Text(), nullable=True, comment="why it was refused"),
        sa.Column(
            "variance", sa.Double(), nullable=True, comment="in the square of the outcome's measure"
        ),
        sa.Column("standard_error", sa.Double(), nullable=True, comment="its square root"),
        sa.Column(
            "df", sa.Double(), nullable=True, comment="degrees of freedom of the t distribution"
        ),
        sa.Column("level", sa.Double(), nullable=True, comment="level of the interval"),
        sa.Column("ci_low", sa.Double(), nullable=True, comment="lower end of the interval"),
        sa.Column("ci_high", sa.Double(), nullable=True, comment="upper end of the interval"),
        sa.Column("p_value", sa.Double(), nullable=True, comment="two-sided, for no effect"),
        sa.Column(
            "placebos", sa.Integer(), nullable=True, comment="placebo effects it was computed from"
        ),
        sa.Column(
            "construction", sa.Text(), nullable=True, comment="where the placebos were placed"
        ),
        sa.CheckConstraint(
            "(status = 'answered' AND variance IS NOT NULL AND reason IS NULL)"
            " OR (status = 'refused' AND variance IS NULL AND reason IS NOT NULL)",
            name=op.f("ck_variances_answered_or_refused"),
        ),
        sa.CheckConstraint(
            "variance >= 0 AND variance < 'Infinity'", name=op.f("ck_variances_variance_finite")
        ),
        sa.CheckConstraint("ci_low <= ci_high", name=op.f("ck_variances_interval")),
        sa.CheckConstraint("level > 0 AND level < 1", name=op.f("ck_variances_level")),
        sa.CheckConstraint("p_value BETWEEN 0 AND 1", name=op.f("ck_variances_p_value")),
        sa.ForeignKeyConstraint(
            ["estimate_id"], ["estimates.id"], name=op.f("fk_variances_estimate_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_variances")),
        sa.UniqueConstraint("estimate_id", "kind", name=op.f("uq_variances_estimate_id_kind")),
        sa.UniqueConstraint(
            "estimate_id", "position", name=op.f("uq_variances_estimate_id_position")
        ),
        comment="one variance of one estimate and what follows from it, or its refusal",
    )
    op.create_table(
        "effects",
        sa.Column("estimate_id", sa.BigInteger(), nullable=False, comment="the estimate"),
        sa.Column("unit", sa.Text(), nullable=False, comment="label"),
        sa.Column("period", sa.Text(), nullable=False, comment="label"),
        sa.Column("treated", sa.Boolean(), nullable=False, comment="is the cell under treatment?"),
        sa.Column("observed", sa.Double(), nullable=True, comment="outcome; null: not observed"),
        sa.Column(
            "counterfactual", sa.Double(), nullable=False, comment="the imputed untreated outcome"
        ),
        sa.ForeignKeyConstraint(
            ["estimate_id"], ["estimates.id"], name=op.f("fk_effects_estimate_id")
        ),
        sa.PrimaryKeyConstraint("estimate_id", "unit", "period", name=op.f("pk_effects")),
        comment="observed and counterfactual of every modelled cell of units ever treated",
    )
    op.create_table(
        "weights",
        sa.Column("estimate_id", sa.BigInteger(), nullable=False, comment="the estimate"),
        sa.Column(
            "position",
            sa.Integer(),
            nullable=False,
            comment="group of treated cells: index into weight_groups",
        ),
        sa.Column("axis", sa.Text(), nullable=False, comment="unit or period"),
        sa.Column("label", sa.Text(), nullable=False, comment="which unit or period"),
        sa.Column("weight", sa.Double(), nullable=False, comment="its weight"),
        sa.CheckConstraint("axis IN ('unit', 'period')", name=op.f("ck_weights_axis")),
        sa.ForeignKeyConstraint(
            ["estimate_id"], ["estimates.id"], name=op.f("fk_weights_estimate_id")
        ),
        sa.PrimaryKeyConstraint(
            "estimate_id", "position", "axis", "label", name=op.f("pk_weights")
        ),
        comment="weights that are not zero; what has no row here has weight 0",
    )
    # already compressed: the database need not try again
    op.execute("ALTER TABLE estimates ALTER COLUMN control_fit SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.drop_table("weights")
    op.drop_table("effects")
    op.drop_table("variances")
    op.drop_table("estimates")
    op.drop_table("results")
