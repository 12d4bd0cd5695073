"""Truncated Newton steps on the envelope of completion.py, by conjugate gradients, compiled.

The second derivative along D, numbers in the missing cells and zero elsewhere, is the change of
the residual R = X W in those cells (twice that, as the gradient is twice R):

    dR = (P D) W + X dW        P takes out row and column means

In the basis of the vectors dW has divided differences of ψ′ for factors. Only rows with missing
cells enter; their column means are over all rows.

Source: Daleckii and Krein (1965) for the derivative of a function of a symmetric matrix, Lewis
(1996) for that of its trace; Hestenes and Stiefel (1952) for conjugate gradients; Nocedal and
Wright (2006), algorithm 7.1, for where a truncated step ends: when what is left is small, or
curvature is lost to rounding.
"""

import numpy as np

from estimators.solvers.compiled import compiled
from estimators.solvers.missing_cells import solve_rows

LONGEST = 250  # products at most; a step that is cut short is still one that descends
FLAT = 1e-14  # curvature along a direction that is rounding only, as a share of its length


@compiled("numpy")
def newton_step(panel, rows, squares, vectors, singular, threshold, slope, nearly, share):
    """The step for the missing cells: x with H x ≈ −slope.

    rows: (k, T) of X, those with missing cells      slope: R in the missing cells
    nearly: preconditioner() of missing_cells.py      share: of the slope that may be left, both
        measured by it
    """
    turned = slopes(squares, singular, threshold)
    low, high = _split(rows, vectors, len(singular))
    x, residual = np.zeros(len(slope)), -slope
    ahead = solve_rows(panel, nearly, residual)
    direction, length = ahead, np.dot(residual, ahead)
    enough = share**2 * length
    for _ in range(LONGEST):
        if length <= enough or length <= 0:
            break
        image = _product(panel, direction, vectors, singular, threshold, turned, low, high)
        curvature = np.dot(direction, image)
        if curvature <= FLAT * np.dot(direction, direction):
            return x if x.any() else direction
        along = length / curvature
        x += along * direction
        residual -= along * image
        ahead = solve_rows(panel, nearly, residual)
        before, length = length, np.dot(residual, ahead)
        direction = ahead + length / before * direction
    return x


@compiled("numpy")
def slopes(squares, singular, threshold):
    """(r, T) divided differences of ψ′ between eigenvalues above and all of them.

    (ψ′(g) − ψ′(h)) / (g − h), written so that nothing cancels for neighbours.
    """
    r, m = len(singular), len(squares)
    out = np.empty((r, m))
    for j in range(r):
        high = singular[j]
        for t in range(m - r):
            out[j, t] = (threshold / high - 1.0) / (high * high - squares[t])
        for t in range(r):
            out[j, m - r + t] = -threshold / (high * singular[t] * (high + singular[t]))
    return out


@compiled("numpy")
def change(turned, low, high, moved_low, moved_high):
    """rows · dW, in the basis of the vectors, when XᵀX changes by rowsᵀmoved + movedᵀrows.

    low, high: (k, T − r), (k, r) rows in that basis; so are moved_low, moved_high, and the answer
    """
    r, below = high.shape[1], low.shape[1]
    beside = np.dot(high.T, moved_low) + np.dot(moved_high.T, low)
    within = np.dot(high.T, moved_high)
    own = np.empty((r, r))
    for j in range(r):
        for t in range(below):
            beside[j, t] *= turned[j, t]
        for t in range(r):
            own[j, t] = turned[j, below + t] * (within[j, t] + within[t, j])
    return np.dot(high, beside), np.dot(high, own) + np.dot(low, beside.T)


@compiled("numpy")
def _split(rows, vectors, rank):
    """Rows in the basis of the vectors: those below the threshold, and those above."""
    first = len(vectors) - rank
    return np.dot(rows, vectors[:first].T), np.dot(rows, vectors[first:].T)


@compiled("numpy")
def _product(panel, values, vectors, singular, threshold, turned, low, high):
    """dR in the missing cells when these values are added there."""
    count, known, flat = panel[4], panel[5], panel[7]
    k, m = known.shape
    moved = np.zeros((k, m))
    cells = moved.reshape(k * m)
    for c in range(len(flat)):
        cells[flat[c]] = values[c]
    for i in range(k):
        moved[i] -= moved[i].mean()
    moved_low, moved_high = _split(moved, vectors, len(singular))
    change_low, change_high = change(turned, low, high, moved_low, moved_high)
    # dW takes the rows' own change before column means are out of it; W what is left then.
    for t in range(moved_low.shape[1]):
        mean = moved_low[:, t].sum() / count
        for i in range(k):
            change_low[i, t] += moved_low[i, t] - mean
    for j in range(len(singular)):
        mean = moved_high[:, j].sum() / count
        for i in range(k):
            change_high[i, j] += (moved_high[i, j] - mean) * (threshold / singular[j])
    first = m - len(singular)
    image = np.dot(change_low, vectors[:first]) + np.dot(change_high, vectors[first:])
    wanted, out = image.reshape(k * m), np.empty(len(flat))
    for c in range(len(flat)):
        out[c] = wanted[flat[c]]
    return out
