"""Every cell predicted by all others under two-way effects: no refit, but a division.

    Y_it − Ŷ_it(−it) = e_it / (1 − h_it)

e is the residual of the one fit with all usable cells, h the leverage of the cell in it. With unit
effects eliminated and S the period system of two_way.py,

    h_it = 1/n_i + (S⁺)_tt − 2 (S⁺ o_i)_t / n_i + o_iᵀ S⁺ o_i / n_i²

where o_i marks the n_i usable periods of unit i. A cell with h = 1 is the only one that joins its
unit or its side to the rest: nothing else predicts it. Any other has 1 − h ≥ 1/(N + T), because h
is the resistance between unit and period in the graph of usable cells, and a way around the cell
visits no unit and no period twice; so rounding cannot hide the difference.

Source: the leave-one-out identity is Sherman and Morrison's (1950), in regression Cook's (1977);
leverages as effective resistances, Spielman and Srivastava (2011).
"""

import numpy as np

from estimators.core.panel import BoolArray, FloatArray
from estimators.core.threads import one_thread
from estimators.solvers.two_way import TwoWay, mean_of

FREE = 1e-10  # share of the largest eigenvalue below which one is a free level


def leave_one_out(outcome: FloatArray, usable: BoolArray) -> FloatArray:
    """(N, T) prediction of each usable cell by two-way effects fitted to all other usable cells.

    outcome: (N, T), read in usable cells only      usable: (N, T)
    nan in cells that are not usable, and where nothing else joins the cell's unit and period
    """
    if len(outcome) < outcome.shape[1]:
        return leave_one_out(outcome.T, usable.T).T
    with one_thread():
        two_way = TwoWay(np.ascontiguousarray(usable))
        level = float(mean_of(outcome, usable))
        alpha, beta = two_way.fit(np.ascontiguousarray(outcome), level)
        residual = outcome - level
        residual -= alpha[:, None]
        residual -= beta
        rest = 1.0 - _leverages(usable)
    joined = usable & (rest > 0.5 / sum(usable.shape))
    predicted = np.full(outcome.shape, np.nan)
    predicted[joined] = outcome[joined] - residual[joined] / rest[joined]
    return predicted


def _leverages(usable: BoolArray) -> FloatArray:
    """(N, T) h; of usable cells, and meaningless elsewhere."""
    marks = usable.astype(np.float64)
    count = np.maximum(marks.sum(axis=1), 1.0)
    shares = marks / np.sqrt(count)[:, None]
    inverse = _inverse(np.diag(marks.sum(axis=0)) - shares.T @ shares)
    around = marks @ inverse
    own = np.einsum("it,it->i", around, marks)
    leverages = around
    leverages *= (-2.0 / count)[:, None]
    leverages += (1.0 / count + own / count**2)[:, None]
    leverages += np.diagonal(inverse)
    return leverages


def _inverse(system: FloatArray) -> FloatArray:
    """A generalised inverse, by a system scaled to a unit diagonal; any serves."""
    diagonal = np.diagonal(system)
    scale = np.where(diagonal > 0, 1.0, 0.0) / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    values, vectors = np.linalg.eigh(system * scale * scale[:, None])
    joined = values > FREE * max(float(values[-1]), 1e-300)
    vectors = vectors[:, joined] * scale[:, None]
    return np.asarray((vectors / values[joined]) @ vectors.T)
