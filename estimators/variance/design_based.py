"""Design-based variance of SC: unbiased when any of the units might have been the treated one.

With Ȳ_k unit k's mean over the treated periods and ω_kj the weight of unit j in the synthetic
control of unit k, made from all other units and the periods before treatment, for i treated

    V̂ = 1/(N−3) Σ_{k≠i} (Σ_{j≠i,k} ω_kj (Ȳ_k − Ȳ_j))²
        − 1/((N−2)(N−3)) Σ_{k≠i} Σ_{j≠i,k} ω_kj² (Ȳ_k − Ȳ_j)²

Over a treated unit drawn with equal chances its mean is exactly (1/N) Σ_i (Ȳ_i − Σ_j ω_ij Ȳ_j)² for
untreated outcomes: the mean squared error of SC, the periods held fixed. It uses no outcome of the
treated unit after treatment began. It can be negative: then it is refused, not cut at zero.

    interval  τ̂ ± t_{N−2, (1+level)/2} √V̂

Source: Bottmer, Imbens, Spiess and Warnick (2024), Proposition 1, for estimators without intercept
(M_k0 = 0, M_kj = −ω_kj). The paper has one treated period; the mean of several is as linear. The
interval is ours: N − 2 degrees of freedom, as placebos of N − 1 other units have.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from estimators.core.designs import pattern
from estimators.core.errors import UnsupportedDesign
from estimators.core.fit import Estimator, Inference, Variance
from estimators.core.panel import FloatArray, Panel
from estimators.core.parallel import anywhere
from estimators.variance.inference import infer
from estimators.variance.placebos import Placebos

LEAST_UNITS = 4


@dataclass(frozen=True)
class DesignBasedVariance:
    """The treated unit imagined drawn from all of them; for SC with one treated unit."""

    kind: ClassVar[str] = "design_based"

    def estimate(self, placebos: Placebos) -> Variance:
        """V̂; raises UnsupportedDesign where it is not defined, and where it is not positive."""
        panel, estimator = placebos.panel, placebos.tuned
        _require_defined(panel, estimator, self.kind)
        n = len(panel.units)
        value = unbiased(
            donor_weights(panel, estimator),
            panel.outcome[:, (panel.treatment & panel.observed).any(axis=0)].mean(axis=1),
            int(np.flatnonzero(panel.treated_units)[0]),
        )
        if not value > 0:
            raise UnsupportedDesign(
                f"{self.kind} is unbiased, not always positive: here it is {value:.3g}; no "
                f"interval follows from that; read given_period, which asks a like question"
            )
        text = f"synthetic controls of all {n} units, any of which might have been the treated one"
        return Variance(self.kind, value, n - 2, n - 1, text)

    def infer(self, effect: float, placebos: Placebos, level: float) -> Inference:
        """The t interval of V̂."""
        return infer(effect, self.estimate(placebos), level)


def unbiased(weights: FloatArray, outcome: FloatArray, treated: int) -> float:
    """V̂ from (N, N) ω_kj, zero on the diagonal, and (N,) Ȳ, of which Ȳ_treated is not used."""
    others = np.arange(len(outcome)) != treated
    n = len(outcome)
    terms = weights[np.ix_(others, others)] * np.subtract.outer(outcome[others], outcome[others])
    squares = np.sum(terms.sum(axis=1) ** 2)
    return float(squares / (n - 3) - np.sum(terms**2) / ((n - 2) * (n - 3)))


def donor_weights(panel: Panel, estimator: Estimator) -> FloatArray:
    """(N, N) row k: weights of all other units in the synthetic control of unit k.

    What comes after treatment began is in none of them: one period stands for it, in which each
    unit is given its own last outcome before.
    """
    columns = np.append(np.flatnonzero(panel.pre_periods), int(panel.pre_periods.sum()))
    outcome = panel.outcome[:, columns]
    outcome[:, -1] = outcome[:, -2]
    periods = tuple(panel.periods[t] for t in columns)

    def row(k: int) -> FloatArray:
        treatment = np.zeros(outcome.shape, dtype=np.bool_)
        treatment[k, -1] = True
        placed = Panel(outcome, treatment, panel.units, periods)
        found = estimator.fit(placed).weights[0].units
        assert found is not None
        return found

    return np.array(anywhere(row, range(len(panel.units))))


def _require_defined(panel: Panel, estimator: Estimator, kind: str) -> None:
    treated = int(panel.treated_units.sum())
    if estimator.name != "sc":
        raise UnsupportedDesign(f"{kind} is defined for sc; {estimator.name} is not of its class")
    if treated != 1 or pattern(panel) != "block":
        raise UnsupportedDesign(
            f"{kind} needs 1 treated unit with one run of treatment; there are {treated} treated "
            f"units; read given_period"
        )
    if getattr(estimator, "covariates", "ignore") != "ignore":
        raise UnsupportedDesign(f"{kind} is defined without covariates; set covariates: ignore")
    if len(panel.units) < LEAST_UNITS:
        raise UnsupportedDesign(
            f"{kind} needs {LEAST_UNITS} units; there are {len(panel.units)}; add control units"
        )
    needed = panel.pre_periods | panel.treatment.any(axis=0)
    missing = np.argwhere(~panel.observed & ~panel.treatment & needed)
    if len(missing):
        raise UnsupportedDesign(
            f"{kind} needs every outcome; {len(missing)} are missing, first "
            f"{panel.cell(*missing[0])}; exclude those units"
        )
