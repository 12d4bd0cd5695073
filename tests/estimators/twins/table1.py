"""DWCP (TROP) and SDID as the code behind the published Table 1 computes them. Test-only.

One regression for the whole block, with one effect τ, in which treated cells are data:

    minimise Σ_js ((Y_js − α_j − β_s − L_js − τ W_js) ω_j θ_s)² + λ_nn ‖L‖_*

    θ_s = exp(−λ_time |s − (T − T₁/2)|)                        s from 0
    ω_j = exp(−λ_unit dist(j))     dist(j) = root mean square of Y_j − Ȳ over periods before
                                   treatment, Ȳ the average treated unit; treated units too

It differs from the paper's text, which `dwcp` follows: weights count squared; the centre is half a
period late; treated cells are not masked. Since τ is free, a constant effect moves τ̂ by itself
and no more; effects that differ by cell are partly taken up by L, and are not simply averaged.
Rates of zero are the "MC" column. "SDID" is the regression without L whose residuals are
multiplied by ω_j λ_s, so that both count squared, with ζ⁴ = N₁ T₁ var(first differences)², ddof 0.

Solved by proximal gradient with Nesterov's momentum and restarts. α, β, τ are exact at every step:
the weights have rank one and no cell is missing, so it is one weighted demeaning. It ends by a
duality gap, as a share of the loss without L.

Source: methods.py of the authors' replication files, as of October 2025, for definitions only.
"""

from dataclasses import dataclass

import numpy as np

from estimators import Panel
from estimators.core.panel import FloatArray
from estimators.synthetic_did import SyntheticDifferenceInDifferences

TOLERANCE = 1e-7
CHECK_EVERY = 5


def joint_effect(
    panel: Panel, *, lambda_time: float, lambda_unit: float, lambda_nn: float
) -> float:
    """τ̂ of the published variant, for a block that lasts to the end."""
    omega, theta = published_weights(panel, lambda_time, lambda_unit)
    return fit_with_effect(panel, omega**2, theta**2, lambda_nn).effect


def published_weights(
    panel: Panel, lambda_time: float, lambda_unit: float
) -> tuple[FloatArray, FloatArray]:
    """ω (N,) and θ (T,), before they are squared."""
    before, treated = panel.pre_periods, panel.treated_units
    average = panel.outcome[treated].mean(axis=0)
    distance = np.sqrt(np.mean((panel.outcome - average)[:, before] ** 2, axis=1))
    periods = len(before)
    centre = periods - (periods - before.sum()) / 2
    apart = np.abs(np.arange(periods) - centre)
    return np.exp(-lambda_unit * distance), np.exp(-lambda_time * apart)


@dataclass(frozen=True, eq=False)
class WithEffect:
    """τ̂, L̂ (N, T), the objective, and its distance to a lower bound, as a share of that at L = 0"""

    effect: float
    low_rank: FloatArray
    objective: float
    gap: float


def fit_with_effect(
    panel: Panel,
    unit_weights: FloatArray,
    period_weights: FloatArray,
    penalty: float,
    tolerance: float = TOLERANCE,
) -> WithEffect:
    """The optimum; the weights multiply squared residuals."""
    Y, weights = panel.outcome, np.outer(unit_weights, period_weights)
    partial = _Partial(panel.treatment.astype(float), unit_weights, period_weights)
    step = 1 / weights.max()
    L = ahead = np.zeros_like(Y)
    residual, effect = partial.residual(Y)
    residual_ahead, momentum = residual, 1.0
    scale = np.sum(weights * residual**2)
    count = 0
    while True:
        count += 1
        new, norm = soft_thresholded(ahead + step * weights * residual_ahead, penalty * step / 2)
        residual_new, effect = partial.residual(Y - new)
        if count % CHECK_EVERY == 0:
            objective = float(np.sum(weights * residual_new**2) + penalty * norm)
            gap = (objective - _bound(Y, weights * residual_new, residual_new, penalty)) / scale
            if gap <= tolerance:
                return WithEffect(effect, new, objective, float(gap))
            assert count < 20_000, f"duality gap {gap:.1e} after {count} steps"
        if np.sum((ahead - new) * (new - L)) > 0:  # momentum points uphill: begin anew
            momentum = 1.0
        after = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        share = (momentum - 1) / after
        ahead = new + share * (new - L)
        residual_ahead = residual_new + share * (residual_new - residual)  # it is linear in L
        L, residual, momentum = new, residual_new, after


class _Partial:
    """Residuals after weighted two-way effects and τW, all of them free."""

    def __init__(self, treatment: FloatArray, unit_weights: FloatArray, period_weights: FloatArray):
        self.units = unit_weights / unit_weights.sum()
        self.periods = period_weights / period_weights.sum()
        self.treatment = self.demeaned(treatment)
        self.score = np.outer(self.units, self.periods) * self.treatment
        self.information = np.sum(self.score * self.treatment)

    def demeaned(self, X: FloatArray) -> FloatArray:
        X = X - (X @ self.periods)[:, None]
        return np.asarray(X - self.units @ X)

    def residual(self, X: FloatArray) -> tuple[FloatArray, float]:
        effect = float(np.sum(self.score * X) / self.information)
        return self.demeaned(X) - effect * self.treatment, effect


def soft_thresholded(X: FloatArray, level: float) -> tuple[FloatArray, float]:
    """X with singular values lowered by `level`, none below zero, and the sum of those left.

    From the eigenvectors of XᵀX: what is exact to rounding above the level is enough here.
    """
    squares, vectors = np.linalg.eigh(X.T @ X)
    values = np.sqrt(np.maximum(squares, 0))
    kept = values > level
    V = vectors[:, kept]
    shrunk = (X @ (V * (1 - level / values[kept]))) @ V.T
    return shrunk, float(np.sum(values[kept] - level))


def _bound(Y: FloatArray, gradient: FloatArray, residual: FloatArray, penalty: float) -> float:
    """The dual objective at the gradient, scaled until its largest singular value is λ/2."""
    largest = np.sqrt(np.linalg.eigvalsh(gradient.T @ gradient)[-1])
    share = min(1.0, penalty / 2 / largest) if largest > 0 else 1.0
    return float(2 * share * np.sum(gradient * Y) - share**2 * np.sum(gradient * residual))


def squared_sdid(panel: Panel) -> float:
    """τ̂ of the "SDID" column: the weights of SDID, then squared."""
    units, periods = panel.treated_units, ~panel.pre_periods
    donors = panel.outcome[~units][:, ~periods]
    cells = int(units.sum() * periods.sum())
    zeta = cells**0.25 * float(np.diff(donors, axis=1).std())
    (weights,) = SyntheticDifferenceInDifferences(zeta=(zeta,)).fit(panel).weights
    assert weights.units is not None
    assert weights.periods is not None
    omega = np.where(units, 0, weights.units) ** 2
    before = np.where(periods, 0, weights.periods) ** 2
    gap = panel.outcome[units].mean(axis=0) - omega / omega.sum() @ panel.outcome
    return float(gap[periods].mean() - before / before.sum() @ gap)
