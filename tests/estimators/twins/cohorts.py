"""SC, DIFP and SDID written out: one run of treatment after another, weights by projected gradient.

A unit's run is read off its row; units with equal runs are averaged. Nothing is shared with the
estimators but the definition.
"""

import numpy as np

from estimators import Panel
from estimators.core.panel import FloatArray
from tests.estimators.twins.simplex import projected_gradient

STEPS = 4_000


def cohort_wise(panel: Panel, name: str) -> FloatArray:
    """(N, T) counterfactual of treated units; donors are those never treated."""
    never = [i for i in range(len(panel.units)) if not panel.treatment[i].any()]
    donors = panel.outcome[never]
    runs: dict[tuple[int, int], list[int]] = {}
    for i in range(len(panel.units)):
        treated = [t for t in range(len(panel.periods)) if panel.treatment[i, t]]
        if treated:
            runs.setdefault((treated[0], treated[-1]), []).append(i)
    found = np.full(panel.outcome.shape, np.nan)
    for (first, last), members in runs.items():
        own = panel.outcome[members].copy()
        own[:, first:] = np.nan
        cells = len(members) * (last - first + 1)
        found[members] = _IMPUTE[name](donors, own, first, last, cells)
    return found


def _sc(donors: FloatArray, own: FloatArray, first: int, last: int, cells: int) -> FloatArray:
    target = own[:, :first].mean(axis=0)
    omega = projected_gradient(donors[:, :first].T, target, steps=STEPS)
    return np.tile(omega @ donors, (len(own), 1))


def _difp(donors: FloatArray, own: FloatArray, first: int, last: int, cells: int) -> FloatArray:
    omega = _unit_weights(donors, own, first, 0.0)
    path = omega @ donors
    level = (own[:, :first] - path[:first]).mean(axis=1)
    return np.asarray(path + level[:, None])


def _sdid(donors: FloatArray, own: FloatArray, first: int, last: int, cells: int) -> FloatArray:
    steps = [donors[:, t + 1] - donors[:, t] for t in range(first - 1)]
    zeta = cells**0.25 * np.concatenate(steps).std(ddof=1)
    omega = _unit_weights(donors, own, first, zeta**2 * first)
    before, during = donors[:, :first], donors[:, first : last + 1].mean(axis=1)
    # An intercept λ₀ fitted by least squares is the same as centring both sides.
    lam = projected_gradient(before - before.mean(axis=0), during - during.mean(), steps=STEPS)
    path = omega @ donors
    return np.asarray(path + ((own[:, :first] - path[:first]) @ lam)[:, None])


def _unit_weights(donors: FloatArray, own: FloatArray, first: int, ridge: float) -> FloatArray:
    A, b = donors[:, :first].T, own[:, :first].mean(axis=0)
    return projected_gradient(A - A.mean(axis=0), b - b.mean(), ridge, steps=STEPS)


_IMPUTE = {"sc": _sc, "difp": _difp, "sdid": _sdid}
