"""The tables that hang on a result: estimates, their variances, effects by cell, weights."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    PrimaryKeyConstraint,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import ANSWERED_OR_REFUSED, FINITE, Number, Table

NUMBERS = ("level", "ci_low", "ci_high", "p_value", "placebos", "construction")
SOME_HAVE = ("variance", "standard_error", "df")
INFERRED_OR_REFUSED = (
    f"(status = 'answered' AND num_nulls({', '.join(NUMBERS)}) = 0 AND reason IS NULL)"
    f" OR (status = 'refused' AND num_nonnulls({', '.join(SOME_HAVE + NUMBERS)}) = 0"
    " AND reason IS NOT NULL)"
)


class EstimateRow(Table):
    """One estimator's answer, or its refusal."""

    __tablename__ = "estimates"
    __table_args__ = (
        UniqueConstraint("result_id", "estimator"),
        UniqueConstraint("result_id", "position"),
        CheckConstraint(ANSWERED_OR_REFUSED.format("att"), name="answered_or_refused"),
        CheckConstraint(FINITE.format("att"), name="att_finite"),
        {"comment": "one estimator's answer, or its refusal and the reason"},
    )

    id: Mapped[Number]
    result_id: Mapped[int] = mapped_column(
        ForeignKey("results.id"), comment="the result it is part of"
    )
    position: Mapped[int] = mapped_column(comment="0, 1, ...: the order in which they were asked")
    estimator: Mapped[str] = mapped_column(comment="key of the estimator")
    status: Mapped[str] = mapped_column(comment="answered or refused")
    reason: Mapped[str | None] = mapped_column(comment="why it was refused")
    att: Mapped[float | None] = mapped_column(comment="mean effect on the treated cells")
    settings: Mapped[dict[str, Any]] = mapped_column(comment="settings it was fitted with")
    tuning: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True), comment="how they were chosen"
    )
    diagnostics: Mapped[dict[str, Any]] = mapped_column(
        comment="named numbers about fit and placebos"
    )
    by_period: Mapped[list[Any]] = mapped_column(comment="effects by period with their intervals")
    weight_groups: Mapped[list[Any]] = mapped_column(
        comment="label of each group in weights; axes it has"
    )
    control_fit: Mapped[bytes | None] = mapped_column(
        comment="imputed outcomes of control units: float64 by unit and period, zlib"
    )


class VarianceRow(Table):
    """One kind of inference about one estimate, or its refusal."""

    __tablename__ = "variances"
    __table_args__ = (
        UniqueConstraint("estimate_id", "kind"),
        UniqueConstraint("estimate_id", "position"),
        CheckConstraint(INFERRED_OR_REFUSED, name="answered_or_refused"),
        CheckConstraint("(variance IS NULL) = (standard_error IS NULL)", name="standard_error"),
        CheckConstraint("variance >= 0 AND variance < 'Infinity'", name="variance_finite"),
        CheckConstraint("ci_low <= ci_high", name="interval"),
        CheckConstraint("ci_low > '-Infinity' AND ci_high < 'Infinity'", name="interval_finite"),
        CheckConstraint("p_value BETWEEN 0 AND 1", name="p_value"),
        CheckConstraint("level > 0 AND level < 1", name="level"),
        {"comment": "one kind of inference about one estimate: interval, p-value; or its refusal"},
    )

    id: Mapped[Number]
    estimate_id: Mapped[int] = mapped_column(ForeignKey("estimates.id"), comment="the estimate")
    position: Mapped[int] = mapped_column(comment="0, 1, ...: the order in which they were asked")
    kind: Mapped[str] = mapped_column(comment="the procedure: marginal, given_unit, ..., conformal")
    status: Mapped[str] = mapped_column(comment="answered or refused")
    reason: Mapped[str | None] = mapped_column(comment="why it was refused")
    variance: Mapped[float | None] = mapped_column(
        comment="square of the standard error; null: has none"
    )
    standard_error: Mapped[float | None] = mapped_column(
        comment="in the outcome's measure; null: has none"
    )
    df: Mapped[float | None] = mapped_column(comment="degrees of freedom of its t; null: has none")
    level: Mapped[float | None] = mapped_column(comment="level of the interval")
    ci_low: Mapped[float | None] = mapped_column(comment="lower end of the interval")
    ci_high: Mapped[float | None] = mapped_column(comment="upper end of the interval")
    p_value: Mapped[float | None] = mapped_column(comment="two-sided, for no effect")
    placebos: Mapped[int | None] = mapped_column(
        comment="placebos, resamples or shifts it was computed from"
    )
    construction: Mapped[str | None] = mapped_column(comment="what they were, in one sentence")


class EffectRow(Table):
    """One modelled cell of one ever-treated unit."""

    __tablename__ = "effects"
    __table_args__ = (
        PrimaryKeyConstraint("estimate_id", "unit", "period"),
        {"comment": "observed and counterfactual of every modelled cell of units ever treated"},
    )

    estimate_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("estimates.id"), comment="the estimate"
    )
    unit: Mapped[str] = mapped_column(comment="label")
    period: Mapped[str] = mapped_column(comment="label")
    treated: Mapped[bool] = mapped_column(comment="is the cell under treatment?")
    observed: Mapped[float | None] = mapped_column(comment="outcome; null: not observed")
    counterfactual: Mapped[float] = mapped_column(comment="the imputed untreated outcome")


class WeightRow(Table):
    """One unit's or period's weight in one group of treated cells."""

    __tablename__ = "weights"
    __table_args__ = (
        PrimaryKeyConstraint("estimate_id", "position", "axis", "label"),
        CheckConstraint("axis IN ('unit', 'period')", name="axis"),
        {"comment": "weights that are not zero; what has no row here has weight 0"},
    )

    estimate_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("estimates.id"), comment="the estimate"
    )
    position: Mapped[int] = mapped_column(
        comment="group of treated cells: index into weight_groups"
    )
    axis: Mapped[str] = mapped_column(comment="unit or period")
    label: Mapped[str] = mapped_column(comment="which unit or period")
    weight: Mapped[float] = mapped_column(comment="its weight")
