"""Four variances of the ATT: marginal, and conditional on the unit, the period, or both.

With the pools of placebos.py,

    marginal       V = M            any unit, any time
    given_period   V = U            this period, any unit     ("unit placebo" in the literature)
    given_unit     V = P            this unit, any time       ("time placebo" in the literature)
    given_both     V = U · P / M'   this unit in this period, if noise is unit scale × period scale

P / M' is the treated units' noise relative to that of controls in the same windows. Where a
window as long as the treatment does not fit four times into the past, shorter ones are used for
that ratio alone: given_unit is then M · P / M'. For one treated cell M = M', and these are the
closed forms: given_both is what a Poisson fit of e² on unit and period effects predicts for the
one missing cell.

Degrees of freedom: exchangeable units − 1 for U, disjoint windows − 1 for P, and
1/df = 1/df_U + 1/df_P where both enter.

Source: U is Algorithm 4 of Arkhangelsky et al. (2021) without centring. That each pool estimates
a different conditional variance is the point of Almeida, Athey, Imbens, Lestant and Olaizola
(2025), known here by its abstract only. The formulas for M, P and given_both, the ratio for long
treatments and the degrees of freedom are this project's own construction.
"""

from dataclasses import dataclass
from typing import ClassVar, Protocol

from estimators.core.errors import UnsupportedDesign
from estimators.core.fit import Inference, Variance
from estimators.variance.inference import infer
from estimators.variance.placebos import Effects, Placebos


class InferenceKind(Protocol):
    """One named way from a tuned estimator to an interval and a p-value for the ATT."""

    @property
    def kind(self) -> str:
        """Its key in the catalogue: what is held fixed, or the name of the procedure."""

    def infer(self, effect: float, placebos: Placebos, level: float) -> Inference:
        """Everything that stands beside the estimate; raise UnsupportedDesign to refuse.

        effect: the ATT      placebos: the panel, the tuned estimator and its pools
        level: coverage of the interval, in (0, 1)
        """


class VarianceKind(InferenceKind, Protocol):
    """A kind whose interval is the t interval of a variance made from pools of placebos."""

    def estimate(self, placebos: Placebos) -> Variance:
        """The variance of the ATT alone; raise UnsupportedDesign to refuse."""


@dataclass(frozen=True)
class MarginalVariance:
    """Nothing held fixed: any unit, any time."""

    kind: ClassVar[str] = "marginal"

    def estimate(self, placebos: Placebos) -> Variance:
        """V = M."""
        return _variance(self.kind, placebos.elsewhere)

    def infer(self, effect: float, placebos: Placebos, level: float) -> Inference:
        """The t interval of V."""
        return infer(effect, self.estimate(placebos), level)


@dataclass(frozen=True)
class GivenPeriodVariance:
    """The treated periods held fixed: how much do units differ in them?"""

    kind: ClassVar[str] = "given_period"

    def estimate(self, placebos: Placebos) -> Variance:
        """V = U."""
        return _variance(self.kind, placebos.same_period)

    def infer(self, effect: float, placebos: Placebos, level: float) -> Inference:
        """The t interval of V."""
        return infer(effect, self.estimate(placebos), level)


@dataclass(frozen=True)
class GivenUnitVariance:
    """The treated units held fixed: how much do they vary over time?"""

    kind: ClassVar[str] = "given_unit"

    def estimate(self, placebos: Placebos) -> Variance:
        """V = P, or M · P / M' when windows are shorter than the treatment."""
        own = placebos.same_unit
        if not placebos.carried:
            return _variance(self.kind, own)
        return _scaled(self.kind, placebos.elsewhere, own, placebos.controls_past)

    def infer(self, effect: float, placebos: Placebos, level: float) -> Inference:
        """The t interval of V."""
        return infer(effect, self.estimate(placebos), level)


@dataclass(frozen=True)
class GivenBothVariance:
    """Treated units and periods held fixed: the noise of the treated cells themselves."""

    kind: ClassVar[str] = "given_both"

    def estimate(self, placebos: Placebos) -> Variance:
        """V = U · P / M'."""
        return _scaled(self.kind, placebos.same_period, placebos.same_unit, placebos.controls_past)

    def infer(self, effect: float, placebos: Placebos, level: float) -> Inference:
        """The t interval of V."""
        return infer(effect, self.estimate(placebos), level)


def _variance(kind: str, effects: Effects) -> Variance:
    _positive(effects.mean_square, effects.construction)
    return Variance(
        kind, effects.mean_square, effects.df, len(effects.overall), effects.construction
    )


def _scaled(kind: str, base: Effects, own: Effects, controls: Effects) -> Variance:
    """base · own / controls, with the degrees of freedom of base and own together."""
    _positive(controls.mean_square, controls.construction)
    value = base.mean_square * own.mean_square / controls.mean_square
    _positive(value, own.construction)
    df = 1 / (1 / base.df + 1 / own.df)
    count = len(base.overall) + len(own.overall) + len(controls.overall)
    text = f"{base.construction}; times {own.construction}; over {controls.construction}"
    return Variance(kind, value, df, count, text)


def _positive(value: float, construction: str) -> None:
    if not value > 0:
        raise UnsupportedDesign(
            f"placebo effects are all zero ({construction}), which says nothing about noise"
        )
