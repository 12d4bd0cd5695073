"""SC, DIFP and SDID written down a second time: loops over units and periods, a general optimiser.

Weights come from scipy's SLSQP on the objective as printed; nothing here knows of solvers, targets
or spans.
"""

from collections.abc import Callable, Iterable

import numpy as np
from scipy.optimize import minimize

from estimators import Panel
from estimators.core.panel import FloatArray


def on_the_simplex(objective: Callable[[FloatArray], float], size: int) -> FloatArray:
    """Weights at the minimum, from equal ones."""
    found = minimize(
        objective,
        np.full(size, 1 / size),
        method="SLSQP",
        bounds=[(0, 1)] * size,
        constraints={"type": "eq", "fun": lambda w: np.sum(w) - 1},
        options={"ftol": 1e-15, "maxiter": 2000},
    )
    return np.asarray(found.x)


def unit_weights(
    donors: FloatArray, path: FloatArray, zeta: float = 0.0, *, intercept: bool
) -> FloatArray:
    """donors: (D, B)      path: (B,)"""

    def objective(w: FloatArray) -> float:
        gap = w @ donors - path
        gap = gap - gap.mean() if intercept else gap
        return float(gap @ gap + zeta**2 * len(path) * (w @ w)) / scale

    scale = float(np.sum((path - donors.mean(axis=0)) ** 2)) + zeta**2
    return on_the_simplex(objective, len(donors))


def counterfactual(
    method: str,
    Y: FloatArray,
    donors: Iterable[int],
    units: Iterable[int],
    before: Iterable[int],
    scored: Iterable[int],
    zeta: float = 0.0,
) -> FloatArray:
    """(units, scored) untreated outcomes by sc, difp or sdid; zeta 0 for no ridge on donors."""
    donors, units, before, scored = list(donors), list(units), list(before), list(scored)
    past = np.array([[Y[j, t] for t in before] for j in donors])
    later = np.array([[Y[j, t] for t in scored] for j in donors])
    own = np.array([[Y[i, t] for t in before] for i in units])
    omega = unit_weights(past, own.mean(axis=0), zeta, intercept=method != "sc")
    if method == "sc":
        anchor = np.zeros(len(before))
    elif method == "difp":
        anchor = np.full(len(before), 1 / len(before))
    else:
        anchor = unit_weights(past.T, later.mean(axis=1), intercept=True)
    rows = []
    for k in range(len(units)):
        shift = sum(anchor[s] * (own[k, s] - omega @ past[:, s]) for s in range(len(before)))
        rows.append([omega @ later[:, t] + shift for t in range(len(scored))])
    return np.array(rows)


def noise(Y: FloatArray, donors: Iterable[int], start: int) -> float:
    """σ̂: standard deviation (n − 1) of first differences before `start`."""
    steps = [Y[j, t] - Y[j, t - 1] for j in donors for t in range(1, start)]
    return float(np.std(steps, ddof=1))


class Joint:
    """The objective over β, ω and (for sdid) λ at once, on a block, as joint.py prints it."""

    def __init__(self, method: str, panel: Panel, zeta: float) -> None:
        assert panel.covariates is not None
        self.method, self.zeta = method, zeta
        self.Y, self.X = panel.outcome, panel.covariates
        self.donors = np.flatnonzero(panel.control_units)
        self.treated = np.flatnonzero(panel.treated_units)
        self.before = np.flatnonzero(panel.pre_periods)
        self.scored = np.flatnonzero(~panel.pre_periods)
        self.sizes = [
            self.X.shape[2], len(self.donors), len(self.before) if method == "sdid" else 0
        ]  # fmt: skip

    def value(self, beta: FloatArray, omega: FloatArray, lam: FloatArray) -> float:
        left = self.Y - self.X @ beta
        past = left[np.ix_(self.donors, self.before)]
        gap = omega @ past - left[np.ix_(self.treated, self.before)].mean(axis=0)
        if self.method != "sc":
            gap = gap - gap.mean()
        total = float(np.mean(gap**2) + self.zeta**2 * omega @ omega)
        if self.method == "sdid":
            gap = past @ lam - left[np.ix_(self.donors, self.scored)].mean(axis=1)
            total += float(np.mean((gap - gap.mean()) ** 2))
        return total

    def optimum(self, start: FloatArray) -> tuple[float, FloatArray]:
        """The value SLSQP ends at, and its β."""
        K, D, B = self.sizes
        cuts = [K, K + D]

        def objective(all_at_once: FloatArray) -> float:
            return self.value(*np.split(all_at_once, cuts))

        sums = [
            {"type": "eq", "fun": lambda v, a=a, b=b: np.sum(v[a:b]) - 1}
            for a, b in ((K, K + D), (K + D, K + D + B))
            if b > a
        ]
        found = minimize(
            objective,
            np.concatenate([start, np.full(D, 1 / D), np.full(B, 1 / max(B, 1))]),
            method="SLSQP",
            bounds=[(None, None)] * K + [(0, 1)] * (D + B),
            constraints=sums,
            options={"ftol": 1e-14, "maxiter": 3000},
        )
        return float(found.fun), np.asarray(found.x[:K])
