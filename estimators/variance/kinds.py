"""Five variances of the ATT: marginal, given the unit, the period, or both, and in between.

With the pools of placebos.py,

    marginal       V = M            any unit, any time
    given_period   V = U            this period, any unit     ("unit placebo" in the literature)
    given_unit     V = P            this unit, any time       ("time placebo" in the literature)
    given_both     V = U · P / M′   this unit in this period, if noise is unit scale × period scale
    adaptive       V = M · (U / M)^k_c · r^k_r                as far as units and periods differ

P / M′ is the treated units' noise relative to that of controls in the same windows. Where a
window as long as the treatment does not fit four times into the past, shorter ones are used for
that ratio alone: given_unit is then M · P / M′. For one treated cell M = M′, and these are the
closed forms: given_both is what a Poisson fit of e² on unit and period effects predicts for the
one missing cell.

adaptive moves between the other four: k_c and k_r are near 0 where controls' placebos are as
noisy in every period and unit, near 1 where they clearly differ (unevenness.py). With both 0 it
is marginal, with both 1 given_both. Its ratio r is P / M′ with each window's squares divided by
the controls' mean square in it, as far as windows differ (to the power k_c): a few rough windows
would else drown what the others say. As a mean over windows of n controls overestimates 1/m by
2/n, r is made smaller by n/(n + 2 k_c).

Degrees of freedom are those of independence.py, divided by the concentration κ of squares that
differ in scale where two ratios are multiplied, and

    given_unit, given_both   1/df = κ/df_base + κ/df_P           base: M or U
    adaptive                 1/df = 1/df_M + k_c κ/df_U + k_r κ/df_P

The last is what a normal prior on logarithms gives: a ratio shrunken by k is uncertain by k times
its sampling variance, so that even noise costs next to no degrees of freedom.

Source: U is Algorithm 4 of Arkhangelsky et al. (2021) without centring. That each pool estimates
a different conditional variance is the point of Almeida, Athey, Imbens, Lestant and Olaizola
(2025), known here by its abstract only. The formulas for M, P, given_both and adaptive, the ratio
for long treatments and the degrees of freedom are this project's own construction.
"""

from dataclasses import dataclass
from typing import ClassVar, Protocol

from estimators.core.errors import UnsupportedDesign
from estimators.core.fit import Inference, Variance
from estimators.variance.effects import Effects
from estimators.variance.inference import infer
from estimators.variance.placebos import Placebos
from estimators.variance.pools import Pools
from estimators.variance.unevenness import df_of, log_variance, unevenness


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

    def estimate(self, placebos: Pools) -> Variance:
        """The variance of the ATT alone; raise UnsupportedDesign to refuse."""


@dataclass(frozen=True)
class MarginalVariance:
    """Nothing held fixed: any unit, any time."""

    kind: ClassVar[str] = "marginal"

    def estimate(self, placebos: Pools) -> Variance:
        """V = M."""
        return _variance(self.kind, placebos.elsewhere)

    def infer(self, effect: float, placebos: Pools, level: float) -> Inference:
        """The t interval of V."""
        return infer(effect, self.estimate(placebos), level)


@dataclass(frozen=True)
class GivenPeriodVariance:
    """The treated periods held fixed: how much do units differ in them?"""

    kind: ClassVar[str] = "given_period"

    def estimate(self, placebos: Pools) -> Variance:
        """V = U."""
        return _variance(self.kind, placebos.same_period)

    def infer(self, effect: float, placebos: Pools, level: float) -> Inference:
        """The t interval of V."""
        return infer(effect, self.estimate(placebos), level)


@dataclass(frozen=True)
class GivenUnitVariance:
    """The treated units held fixed: how much do they vary over time?"""

    kind: ClassVar[str] = "given_unit"

    def estimate(self, placebos: Pools) -> Variance:
        """V = P, or M · P / M′ when windows are shorter than the treatment."""
        own = placebos.same_unit
        if not placebos.carried:
            return _variance(self.kind, own)
        return _scaled(self.kind, placebos.elsewhere, placebos)

    def infer(self, effect: float, placebos: Pools, level: float) -> Inference:
        """The t interval of V."""
        return infer(effect, self.estimate(placebos), level)


@dataclass(frozen=True)
class GivenBothVariance:
    """Treated units and periods held fixed: the noise of the treated cells themselves."""

    kind: ClassVar[str] = "given_both"

    def estimate(self, placebos: Pools) -> Variance:
        """V = U · P / M′."""
        return _scaled(self.kind, placebos.same_period, placebos)

    def infer(self, effect: float, placebos: Pools, level: float) -> Inference:
        """The t interval of V."""
        return infer(effect, self.estimate(placebos), level)


@dataclass(frozen=True)
class AdaptiveVariance:
    """Treated units and periods held fixed as far as units and periods are seen to differ."""

    kind: ClassVar[str] = "adaptive"

    def estimate(self, placebos: Pools) -> Variance:
        """V = M · (U / M)^k_c · r^k_r."""
        base, period, own = placebos.elsewhere, placebos.same_period, placebos.same_unit
        controls = placebos.controls_past
        for effects in (base, period, own, controls):
            _positive(effects.mean_square, effects.construction)
        found = unevenness(controls, own, period, base)
        periods = (period.mean_square / base.mean_square) ** found.by_period
        value = base.mean_square * periods * found.unit_ratio**found.by_unit
        df = df_of(
            log_variance(base.df)
            + found.by_period * log_variance(found.df_period)
            + found.by_unit * log_variance(found.df_unit)
        )
        pools = {id(pool): pool for pool in (base, period, own, controls)}.values()
        text = (
            f"{base.construction}; moved {found.by_period:.0%} of the way to "
            f"{period.construction}; and {found.by_unit:.0%} by {own.construction}, over "
            f"{controls.construction}"
        )
        return Variance(self.kind, value, df, sum(len(pool.overall) for pool in pools), text)

    def infer(self, effect: float, placebos: Pools, level: float) -> Inference:
        """The t interval of V."""
        return infer(effect, self.estimate(placebos), level)


POOLED = (  # those that ask for nothing but pools, so that sums of effects have them too
    MarginalVariance,
    GivenUnitVariance,
    GivenPeriodVariance,
    GivenBothVariance,
    AdaptiveVariance,
)


def _variance(kind: str, effects: Effects) -> Variance:
    _positive(effects.mean_square, effects.construction)
    return Variance(
        kind, effects.mean_square, effects.df, len(effects.overall), effects.construction
    )


def _scaled(kind: str, base: Effects, placebos: Pools) -> Variance:
    """base · P / M′, with the degrees of freedom of base and P together."""
    own, controls = placebos.same_unit, placebos.controls_past
    _positive(base.mean_square, base.construction)
    _positive(controls.mean_square, controls.construction)
    value = base.mean_square * own.mean_square / controls.mean_square
    _positive(value, own.construction)
    found = unevenness(controls, own, base, base)
    df = df_of(log_variance(base.df / found.concentration) + log_variance(found.df_windows))
    count = len(base.overall) + len(own.overall) + len(controls.overall)
    text = f"{base.construction}; times {own.construction}; over {controls.construction}"
    return Variance(kind, value, df, count, text)


def _positive(value: float, construction: str) -> None:
    if not value > 0:
        raise UnsupportedDesign(
            f"placebo effects are all zero ({construction}), which says nothing about noise; add "
            f"units or periods whose outcomes vary"
        )
