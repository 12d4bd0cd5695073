"""A panel in which every outcome there is, treated ones too, may be learned from.

A test of an assumed effect takes the effect off the treated cells; if the assumption holds, what is
left are untreated outcomes, and the model is fitted to all of them. Estimators learn from untreated
cells only, so one more period is put after the last: the ever-treated units are treated in it, and
in it alone. It must not change what is learned from the others:

    missing   nothing is observed in it; for models of all cells, which leave out what is missing
    mean      each control unit has its own mean over the real periods; for weights on donors, which
              need donors observed. Unit weights are matched on the real periods. Weights of periods
              that make controls' means out of their past are then equal weights, with no error.
"""

from dataclasses import replace
from typing import Literal

import numpy as np

from estimators.core.panel import Panel

AFTER = "after"  # label of the period put after the last


def one_more_period(panel: Panel, controls: Literal["missing", "mean"]) -> Panel:
    """(N, T + 1) untreated in all real periods, and ever-treated units treated after them."""
    added = np.full(len(panel.units), np.nan)
    if controls == "mean":
        means = np.nanmean(panel.outcome, axis=1, where=panel.observed)
        added = np.where(panel.treated_units, np.nan, means)
    treatment = np.zeros((len(panel.units), len(panel.periods) + 1), dtype=np.bool_)
    treatment[:, -1] = panel.treated_units
    X = panel.covariates
    if X is not None:
        X = np.concatenate([X, X.mean(axis=1, keepdims=True)], axis=1)
    return replace(
        panel,
        outcome=np.column_stack([panel.outcome, added]),
        treatment=treatment,
        periods=(*panel.periods, (AFTER, len(panel.periods))),
        covariates=X,
    )
