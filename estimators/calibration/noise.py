"""Noise of simulated panels: how large it is in each cell, and how cells hang together.

    ε_it = σ_it u_it      E[σ_it²] = 1, E[u_it²] = 1, u independent over units

With a_i and b_t independent and log-normal, exp(s z − s²), z standard normal, so that their
expected squares are one whatever s (the spread, the standard deviation of their logarithm):

    even             σ = 1                              u independent, normal
    by_unit          σ = a_i                            likewise
    by_period        σ = b_t                            likewise
    multiplicative   σ = a_i b_t                        likewise
    additive         σ = (a_i + b_t) / √(2 + 2e^{−s²})  likewise; no product fits it
    ar1              σ = 1                              u_t = ρ u_{t−1} + √(1 − ρ²) z_t, ρ = ½
    t5               σ = 1                              Student's t with 5 degrees, over √(5/3)

Source: a_i b_t log-normal with expected square one is the design behind the table of sanity numbers
in this project's notes; the other designs are this project's as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from estimators.core.panel import BoolArray, FloatArray

PERSISTENCE = 0.5  # ρ of ar1
HEAVY = 5  # degrees of freedom of t5


@dataclass(frozen=True)
class Noise:
    """One design.

    scale: what decides how large noise is in a cell
    shocks: how its standardised noise is drawn
    words: for people
    """

    name: str
    scale: Literal["even", "unit", "period", "product", "sum"]
    shocks: Literal["normal", "ar1", "t5"]
    words: str

    @property
    def uneven(self) -> bool:
        """Whether some cells are noisier than others, so that there are quiet and noisy ones."""
        return self.scale != "even"


_noises = (
    Noise("even", "even", "normal", "the same in every cell"),
    Noise("by_unit", "unit", "normal", "noisy and quiet units"),
    Noise("by_period", "period", "normal", "noisy and quiet periods"),
    Noise("multiplicative", "product", "normal", "noisy and quiet units and periods, multiplied"),
    Noise("additive", "sum", "normal", "noisy and quiet units and periods, added"),
    Noise("ar1", "even", "ar1", f"the same in every cell, autocorrelation {PERSISTENCE}"),
    Noise("t5", "even", "t5", f"the same in every cell, heavy tails (t, {HEAVY} degrees)"),
)
NOISES: Mapping[str, Noise] = {noise.name: noise for noise in _noises}


def scales(
    noise: Noise, units: int, periods: int, spread: float, rng: np.random.Generator
) -> FloatArray:
    """(units, periods) σ: the standard deviation of noise in each cell."""
    a = _log_normal(units, spread, rng)[:, None]
    b = _log_normal(periods, spread, rng)[None, :]
    one = np.ones((units, periods))
    if noise.scale == "unit":
        return a * one
    if noise.scale == "period":
        return b * one
    if noise.scale == "product":
        return a * b
    if noise.scale == "sum":
        return (a + b) / np.sqrt(2 + 2 * np.exp(-(spread**2)))
    return one


def shocks(noise: Noise, units: int, periods: int, rng: np.random.Generator) -> FloatArray:
    """(units, periods) u: standardised noise, independent over units."""
    if noise.shocks == "t5":
        return rng.standard_t(HEAVY, (units, periods)) * np.sqrt((HEAVY - 2) / HEAVY)
    found = rng.standard_normal((units, periods))
    if noise.shocks == "ar1":
        for t in range(1, periods):
            found[:, t] = PERSISTENCE * found[:, t - 1] + np.sqrt(1 - PERSISTENCE**2) * found[:, t]
    return found


def variance_of_mean(noise: Noise, sigma: FloatArray, treatment: BoolArray) -> float:
    """Variance of the treated cells' mean noise, given σ: by construction, not by simulation.

        Σ_i Σ_ts W_it W_is σ_it σ_is ρ^|t−s| / (Σ W)²      ρ = 0 but for ar1

    No estimator can do better for these cells; each adds an error of its own counterfactual.
    """
    weights = np.where(treatment, sigma, 0.0)
    apart = np.abs(np.subtract.outer(np.arange(sigma.shape[1]), np.arange(sigma.shape[1])))
    rho = PERSISTENCE if noise.shocks == "ar1" else 0.0
    correlation = np.power(rho, apart)
    return float(np.sum((weights @ correlation) * weights) / np.count_nonzero(treatment) ** 2)


def _log_normal(count: int, spread: float, rng: np.random.Generator) -> FloatArray:
    """(count,) exp(s z − s²): expected square one."""
    return np.exp(spread * rng.standard_normal(count) - spread**2)
