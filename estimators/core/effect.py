"""From counterfactual to effect: one definition, shared by all estimators."""

import numpy as np

from estimators.core.errors import UnsupportedDesign
from estimators.core.fit import Fit, PeriodEffect
from estimators.core.panel import BoolArray, FloatArray, Panel


def att(panel: Panel, fit: Fit) -> float:
    """Average treatment effect on the treated, in the measure of the outcome.

    τ̂ = mean of Y − Ŷ(0) over the cells with W = 1 whose outcome is observed and that the fit does
    not leave out.
    Raises UnsupportedDesign when no treated cell is observed.
    """
    return float(cell_effects(panel, fit).mean())


def scored_cells(panel: Panel, fit: Fit) -> BoolArray:
    """(N, T) true where an effect is asked for: treated, observed, and not left out by the fit."""
    scored = panel.treatment & panel.observed
    return scored if fit.left_out is None else np.asarray(scored & ~fit.left_out)


def cell_effects(panel: Panel, fit: Fit) -> FloatArray:
    """(scored cells,) Y − Ŷ(0), in row-major order of the panel."""
    scored = scored_cells(panel, fit)
    if not scored.any():
        raise UnsupportedDesign("no treated cell has an observed outcome")
    missing = np.argwhere(scored & ~np.isfinite(fit.counterfactual))
    if len(missing):
        raise UnsupportedDesign(
            f"{len(missing)} of {int(scored.sum())} treated cells have no counterfactual, first "
            f"{panel.cell(*missing[0])}"
        )
    return np.asarray((panel.outcome - fit.counterfactual)[scored])


def effects_by_period(panel: Panel, fit: Fit) -> tuple[PeriodEffect, ...]:
    """Means over treated cells by period; over treated units where no cell is treated.

    In a period without treated cells the effect measures lack of fit. Periods in which the
    method models nothing, or nothing is observed, are left out.
    """
    rows = []
    scored = scored_cells(panel, fit)
    modelled = np.isfinite(fit.counterfactual) & panel.observed & panel.treated_units[:, None]
    for t, period in enumerate(panel.periods):
        treated = scored[:, t]
        cells = treated if treated.any() else modelled[:, t]
        if not cells.any():
            continue
        observed = float(panel.outcome[cells, t].mean())
        counterfactual = float(fit.counterfactual[cells, t].mean())
        rows.append(
            PeriodEffect(
                period, int(treated.sum()), observed, counterfactual, observed - counterfactual
            )
        )
    return tuple(rows)
