"""Coefficients of covariates chosen together with the weights, target by target.

    minimise over β:  φ(β) = min_ω  ζ²‖ω‖² + ‖C(Y_B − X_B β)'(ω, −1)‖² / B
                           + min_λ  ‖C(Y_D − X_D β)(λ, −1)‖² / D              (SDID only)

with donors and the mean treated path over the B matched periods in the first line, the D donors'
matched periods and their mean over the scored ones in the second; C centres where the method has
an intercept. Given β both inner problems are the method's own, solved exactly; the slope of φ is
that of the objective at the optimal weights (Danskin). β is found by BFGS, in covariates rescaled
to be uncorrelated within donors and periods.

Weights multiply X β, so the objective is convex in each block but not in both: what is certified
is that no block can improve (duality gaps of the weights, slope in β). The descent starts from
β = 0, as the reference does, and from the two-way regression on the matched periods; the lower end
wins, the first when they tie.

Source: Arkhangelsky et al. (2021), the objective of the authors' code (sc.weight.fw.covariates),
in Stata `optimized`. Departures: exact blocks instead of one Frank–Wolfe and one gradient step of
length 1/n by turns; for SC and DIFP, which have no period weights, the first line alone.
"""

from collections.abc import Callable

import numpy as np
from scipy.linalg import solve_triangular
from scipy.optimize import minimize

from estimators.core.errors import NotConverged
from estimators.core.panel import FloatArray, Panel
from estimators.weighting.collapsed import Collapsed, Weighted
from estimators.weighting.options import Options
from estimators.weighting.residuals import require_independent
from estimators.weighting.shrinkage import Ridge

SLOPE = 1e-7  # in β, of the objective, both in units of the donors' spread


def jointly(
    data: Collapsed,
    covariates: Collapsed,
    weigh: Callable[[Collapsed, Ridge], Weighted],
    ridge: Ridge,
    panel: Panel,
    options: Options,
    label: str,
) -> tuple[Weighted, FloatArray]:
    """Weights and (K,) coefficients of the target with this label.

    Raises UnsupportedDesign when covariates cannot be told apart, NotConverged when the descent
    stops before the slope is small.
    """
    levels = weigh(data, ridge).anchor is None
    X = _within(np.concatenate([covariates.before, covariates.path[None]]), levels)
    Y = _within(np.concatenate([data.before, data.path[None]]), levels).ravel()
    K = X.shape[-1]
    X = X.reshape(-1, K)
    spreads = covariates.before.reshape(-1, K).std(axis=0)
    effects = "period effects" if levels else "unit and period effects"
    require_independent(
        X, spreads, panel, options.name, f"{effects} in the periods matched for {label}"
    )
    scale = float(np.sqrt(np.mean(Y**2)))
    if scale == 0:
        return weigh(data, ridge), np.zeros(K)
    # γ = R β / scale: one unit of any of its directions moves the panel by its own spread.
    R = np.linalg.qr(X / np.sqrt(len(X)), mode="r")

    def coefficients(gamma: FloatArray) -> FloatArray:
        return np.asarray(solve_triangular(R, gamma) * scale)

    def profile(gamma: FloatArray) -> tuple[float, FloatArray]:
        left = data.less(covariates, coefficients(gamma))
        value, slope = _objective(left, covariates, weigh(left, ridge), ridge)
        return value / scale**2, solve_triangular(R, slope, trans="T") / scale

    projected = np.linalg.lstsq(X, Y, rcond=None)[0]
    ends = [
        minimize(profile, start, jac=True, method="BFGS", options={"gtol": SLOPE / 100})
        for start in (np.zeros(K), R @ projected / scale)
    ]
    best = min(ends, key=lambda end: float(end.fun))
    slope = float(np.max(np.abs(best.jac)))
    if slope > SLOPE:
        raise NotConverged(
            f"{options.name} with joint covariates, {label}: slope {slope:.1e} after {best.nit} "
            f"steps, needed {SLOPE:.0e}; use covariates: projected"
        )
    beta = coefficients(best.x)
    found = weigh(data.less(covariates, beta), ridge)
    steps = found.steps + sum(end.nit for end in ends)
    whole = Weighted(found.units, found.anchor, found.periods, steps, max(found.optimality, slope))
    return whole, beta


def _objective(
    left: Collapsed, covariates: Collapsed, found: Weighted, ridge: Ridge
) -> tuple[float, FloatArray]:
    """The objective, and its slope in β at fixed weights."""
    centred = found.anchor is not None
    error = _centred(found.units @ left.before - left.path, centred)
    contrast = np.tensordot(found.units, covariates.before, 1) - covariates.path
    value = ridge.units * float(found.units @ found.units) + float(np.mean(error**2))
    slope = -2 * (error @ contrast) / len(error)
    if found.periods is not None:
        error = _centred(left.before @ found.periods - left.after, centred)
        contrast = np.einsum("dbk,b->dk", covariates.before, found.periods) - covariates.after
        value += ridge.periods * float(found.periods @ found.periods) + float(np.mean(error**2))
        slope = slope - 2 * (error @ contrast) / len(error)
    return value, np.asarray(slope)


def _centred(error: FloatArray, centred: bool) -> FloatArray:
    return error - error.mean() if centred else error


def _within(values: FloatArray, levels: bool) -> FloatArray:
    """Period means taken out and, unless levels are matched, unit means."""
    values = values - values.mean(axis=0)
    return values if levels else values - values.mean(axis=1, keepdims=True)
