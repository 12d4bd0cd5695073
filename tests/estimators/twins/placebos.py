"""Placebo pools for one unit treated in the last period, cell by cell, for DID by dummies."""

import numpy as np

from estimators import Panel
from estimators.core.panel import FloatArray
from tests.estimators.twins.least_squares import two_way_by_dummies


def placebo_error(outcome: FloatArray, row: int) -> float:
    """Y − Ŷ(0) of the last period of one row, everything else being data."""
    usable = np.ones(outcome.shape, dtype=bool)
    usable[row, -1] = False
    return float(outcome[row, -1] - two_way_by_dummies(outcome, usable)[row, -1])


def pools(panel: Panel, training: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """e of controls in the treated period, of the treated unit before, of controls before.

    training: periods before the first placebo. Shapes (D,), (S,), (D, S).
    """
    Y = panel.outcome
    treated = int(np.flatnonzero(panel.treated_units)[0])
    donors = np.delete(Y, treated, axis=0)
    last = Y.shape[1] - 1
    earlier = range(training, last)
    same_period = [placebo_error(donors, j) for j in range(len(donors))]
    same_unit = [placebo_error(Y[:, : s + 1], treated) for s in earlier]
    elsewhere = [
        [placebo_error(donors[:, : s + 1], j) for s in earlier] for j in range(len(donors))
    ]
    return np.array(same_period), np.array(same_unit), np.array(elsewhere)


def poisson_prediction(squares: FloatArray) -> float:
    """What a Poisson fit of e² on row and column effects predicts for the one missing (nan) cell.

    Its first-order conditions say that fitted row and column sums equal the observed ones; they
    are met by scaling rows and columns in turn.
    """
    known = np.isfinite(squares)
    filled = np.where(known, squares, 0.0)
    rows, columns = np.ones(squares.shape[0]), np.ones(squares.shape[1])
    for _ in range(500):
        rows = filled.sum(axis=1) / (known @ columns)
        columns = filled.sum(axis=0) / (known.T @ rows)
    i, t = np.argwhere(~known)[0]
    return float(rows[i] * columns[t])
