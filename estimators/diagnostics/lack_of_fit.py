"""How well treated units are followed while they are untreated.

    g_it = Y_it − Ŷ_it(0)  in usable cells of treated units        RMSE = √ mean of g²

and of their average over units, ḡ_t: the period in which it is largest, and, where treated units
are untreated in one stretch first, the Durbin–Watson statistic of its pattern,

    d = Σ (ḡ_t − ḡ_t−1)² / Σ ḡ_t²        2: none      near 0: it drifts      near 4: it alternates

For methods that fit these very cells small gaps are no proof: they were chosen to be small.

Source: the pre-treatment RMSPE of Abadie, Diamond and Hainmueller (2010); Durbin and Watson (1950).
"""

import numpy as np

from estimators.core.fit import Fit
from estimators.core.panel import Panel

LEAST = 5  # periods for a pattern
ROUNDING = 1e-9


def lack_of_fit(panel: Panel, fit: Fit) -> dict[str, object]:
    """RMSE, its share of the outcome's standard deviation, the worst period, Durbin–Watson.

    Empty when the method models no untreated cell of a treated unit.
    """
    known = panel.usable & panel.treated_units[:, None] & np.isfinite(fit.counterfactual)
    if not known.any():
        return {}
    gaps = np.where(known, panel.outcome - fit.counterfactual, 0.0)
    rmse = float(np.sqrt((gaps**2).sum() / known.sum()))
    found: dict[str, object] = {
        "pre_rmse": rmse,
        "pre_rmse_share": rmse / float(panel.outcome[panel.usable].std() or 1.0),
    }
    count = known.sum(axis=0)
    average = gaps.sum(axis=0) / np.maximum(count, 1)
    worst = int(np.argmax(np.abs(average)))
    if abs(average[worst]) > ROUNDING * rmse:  # with everyone treated at times, means are zero
        found["pre_worst"] = {"period": panel.periods[worst], "gap": float(average[worst])}
    before = panel.pre_periods & (count > 0)
    path = average[before]
    if len(path) >= LEAST and len(path) == panel.pre_periods.sum() and rmse > 0:
        squares = float((path**2).sum())
        if squares > 0:
            found["pre_durbin_watson"] = float((np.diff(path) ** 2).sum()) / squares
    return found
