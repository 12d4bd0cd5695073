"""What every estimator takes and returns."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, Self

from estimators.core.impact import Band, CumulativeEffect, Impact
from estimators.core.panel import BoolArray, FloatArray, Panel


@dataclass(frozen=True, eq=False)
class Weights:
    """What one group of treated cells was compared with.

    label: which treated cells, for people ("treated from 1989")
    units: (N,) weight of each unit, zero for units not used; None when the method has none
    periods: (T,) weight of each period, likewise
    """

    label: str
    units: FloatArray | None = None
    periods: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class Fit:
    """The untreated outcomes an estimator imputes, and how it got there.

    counterfactual: (N, T), in the outcome's measure; finite in every treated cell but those left
        out, nan where the method models nothing
    weights: one entry per group of treated cells fitted together; empty when there are none
    steps: solver steps taken, 0 for a closed form
    optimality: how far the solution can be from the optimum, as a share of the objective's
        scale (a duality gap); 0 for a closed form
    notes: sentences a reader of this fit has to know
    left_out: (N, T) true for treated cells that a setting lets go for want of a comparison: no
        effect is computed there, and a note says which they are; None when every cell is answered
    coefficients: of covariates, by name, in the outcome's measure per unit of the covariate; where
        groups of treated cells have their own, the name goes with the group's label
    """

    counterfactual: FloatArray
    weights: tuple[Weights, ...] = ()
    steps: int = 0
    optimality: float = 0.0
    notes: tuple[str, ...] = ()
    left_out: BoolArray | None = None
    coefficients: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Tuning:
    """How data-driven settings were chosen: the rule, its folds, and every candidate tried.

    rule: one sentence
    folds: placebo patterns (or left-out cells) each candidate was scored on
    measure: what a score is, smaller being better
    candidates: (settings, score) in the order tried
    """

    rule: str
    folds: int
    measure: str
    candidates: tuple[tuple[Mapping[str, float], float], ...] = ()


class Estimator(Protocol):
    """Imputes what treated cells would have been, untreated.

    Implementations are frozen dataclasses whose fields are their settings; a field that is no
    setting (how it was tuned, where a solver begins) does not compare. Nothing is learned in
    place: tuning returns another estimator, fitting returns a Fit.
    """

    @property
    def name(self) -> str:
        """Short key: the label in tables and the value stored in the database."""

    @property
    def tuning(self) -> Tuning | None:
        """How the settings were chosen; None before tune(), or when there was nothing to choose."""

    def tune(self, panel: Panel) -> Self:
        """The same method with every data-driven setting filled in; itself if there is none."""

    def problems(self, panel: Panel) -> int:
        """Separate optimisations one fit takes: placebo draws are rationed by it."""

    def fit(self, panel: Panel) -> Fit:
        """Impute the counterfactual; raise EstimationError when the panel does not allow it."""

    def for_placebos(self, panel: Panel) -> Self:
        """The tuned estimator as placebos of this panel refit it: the same settings and answers,
        without what only people look at, begun where that saves work; itself if nothing does."""


@dataclass(frozen=True)
class Refusal:
    """A method that cannot honestly answer here, and why.

    key: the estimator's name or the variance's kind
    reason: one sentence: where, how many, what was needed, what to do
    """

    key: str
    reason: str


@dataclass(frozen=True)
class PeriodEffect:
    """Average effect over the treated cells of one period (over treated units before treatment).

    period: label
    treated: number of treated cells in the period; 0 before treatment, where effect is lack of fit
    observed, counterfactual, effect: means over those cells, in the outcome's measure
    standard_error, ci_low, ci_high: from the placebo effects of the same period; None when refused
    band_low, band_high: of the band that holds in all treated periods at once; None when refused
    """

    period: Hashable
    treated: int
    observed: float
    counterfactual: float
    effect: float
    standard_error: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    band_low: float | None = None
    band_high: float | None = None


@dataclass(frozen=True)
class GroupEffect:
    """Average effect over one group of treated cells (see core/effect.py for which there are).

    label: of the cell, unit, period, cohort, or event time
    treated: number of treated cells in the group; 0 before treatment, where effect is lack of fit
    observed, counterfactual, effect: means over those cells, in the outcome's measure
    """

    label: Hashable
    treated: int
    observed: float
    counterfactual: float
    effect: float


@dataclass(frozen=True)
class Variance:
    """Sampling variance of the ATT.

    kind: what is held fixed while the data are imagined drawn again: a key of VARIANCES
    value: in the square of the outcome's measure
    df: degrees of freedom of the t distribution its interval uses
    placebos: placebo effects it was computed from
    construction: one sentence: where the placebos were placed
    """

    kind: str
    value: float
    df: float
    placebos: int
    construction: str


@dataclass(frozen=True)
class Inference:
    """What one named procedure says about the ATT: interval and p-value, from nothing else.

    kind: the procedure: a key of VARIANCES
    level: coverage of the interval
    ci_low, ci_high: finite, in the outcome's measure
    p_value: two-sided, for no effect; below 1 − level exactly when the interval excludes zero. A
        test by ranks has p-values that can equal 1 − level: then zero is excluded too
    placebos: effects, resamples or permutations it was computed from
    construction: one sentence: what they were
    standard_error: in the outcome's measure; None when the procedure has none
    df: degrees of freedom of the t distribution; ∞ for the normal, None when there is neither
    variance: the square of the standard error, and what it was made of; None when there is none
    """

    kind: str
    level: float
    ci_low: float
    ci_high: float
    p_value: float
    placebos: int
    construction: str
    standard_error: float | None = None
    df: float | None = None
    variance: Variance | None = None


@dataclass(frozen=True)
class PartEffect:
    """The effect over one part of the treated cells, as it is stored.

    name: "promotion", "after" or "net"
    cells: treated cells averaged      missing: those of the part that are not, for want of an
        observation or because the fit leaves them out
    att: mean over the cells averaged; None where `reason` says why there is none
    inferences, impacts: as in an Estimate
    """

    name: str
    cells: int
    missing: int
    att: float | None
    inferences: tuple[Inference | Refusal, ...] = ()
    impacts: tuple[Impact, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, eq=False)
class Estimate:
    """One estimator's published answer.

    estimator: the tuned estimator, whose fields are the settings used
    att: mean of outcome − counterfactual over the observed treated cells
    fit: the counterfactual behind it
    inferences: one entry per kind asked for, a refusal where it cannot answer
    by_period: effects by period, with intervals where treated
    cumulative: their running sum over treated cells, likewise
    bands: what makes the bands of the two, by name ("by_period", "cumulative"), or why there is
        none; empty when no variance was asked for
    impacts: one entry per answered inference: its interval as a total, and in percent
    parts: of a treatment that has some (see core/estimands.py), each by itself and the net; att,
        inferences and impacts are then those of the first, and what is over time covers all
    diagnostics: named numbers and short lists about the fit and its placebos (JSON-able)
    """

    estimator: Estimator
    att: float
    fit: Fit
    inferences: tuple[Inference | Refusal, ...] = ()
    by_period: tuple[PeriodEffect, ...] = ()
    cumulative: tuple[CumulativeEffect, ...] = ()
    bands: Mapping[str, Band | Refusal] = field(default_factory=dict)
    impacts: tuple[Impact, ...] = ()
    parts: tuple[PartEffect, ...] = ()
    diagnostics: Mapping[str, object] = field(default_factory=dict)
