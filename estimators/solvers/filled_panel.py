"""A panel with numbers in its missing cells: spectrum, residual and duality gap, compiled.

    envelope(X) = min_L ‖X − L‖² + 2τ ‖L‖_*  =  Σ_k ψ(σ_k²)      ψ(g) = g       for σ ≤ τ
                                                                   2τσ − τ²   for σ > τ
    X − L = X W      W = Σ_k min(1, τ/σ_k) v_k v_kᵀ = ψ′(XᵀX)

ψ has slope 1 at most, so rounding errors of XᵀX, a share ε of ‖X‖², move the envelope by no more
than that: nothing here takes the root of a rounding error and keeps it.

A step of completion.py on a small panel takes tens of microseconds, as much as a few lines of
Python around it. `panel` is what IncompletePanel.compiled holds; vectors are laid out one in a row.

Source: Cai, Candès and Shen (2010) for the thresholding; the gap is completion.py's.
"""

import numpy as np

from estimators.solvers.compiled import compiled
from estimators.solvers.two_way import substitute


@compiled("numpy")
def fill(panel, values):
    """X at these numbers: its (k, T) rows with missing cells, the (T,) column means taken out of
    them, and squares (T,) of its singular values, rising, with their vectors (T, T)."""
    gram, sums, root, rooted, count, known, _, flat = panel[:8]
    k, m = known.shape
    rows, means = known.copy(), sums.copy()
    cells = rows.reshape(k * m)
    for c in range(len(flat)):
        cells[flat[c]] = values[c]
    for i in range(k):
        own = 0.0
        for t in range(m):
            own += rows[i, t]
        own /= m
        for t in range(m):
            rows[i, t] -= own
            means[t] += rows[i, t]
    means /= count
    if rooted:
        squares, vectors = _squared(_stacked(root, sums, rows, means, count))
    else:
        A = np.dot(rows.T, rows)
        for s in range(m):
            for t in range(m):
                A[s, t] += gram[s, t] - count * means[s] * means[t]
        squares, vectors = _decomposed(A)
    for i in range(k):
        for t in range(m):
            rows[i, t] -= means[t]
    return rows, means, squares, vectors


@compiled("numpy")
def _decomposed(A):
    squares, vectors = np.linalg.eigh(A)
    return squares, np.ascontiguousarray(vectors.T)


@compiled("numpy")
def _stacked(root, sums, rows, means, count):
    """Rows with the Gram matrix of X, at least T of them; `rows` before column means are out."""
    k, m = rows.shape
    q, complete = len(root), count - k
    stack = np.zeros((max(q + 1 + k, m), m))
    stack[:q] = root
    for t in range(m):
        stack[q, t] = (sums[t] / max(complete, 1) - means[t]) * np.sqrt(complete)
        for i in range(k):
            stack[q + 1 + i, t] = rows[i, t] - means[t]
    return stack


@compiled("numpy")
def _squared(stack):
    _, singular, vectors = np.linalg.svd(stack, False)
    return singular[::-1] ** 2, np.ascontiguousarray(vectors[::-1])


@compiled("numpy")
def above(squares, threshold):
    """(r,) singular values above the threshold, rising."""
    rank = 0
    while rank < len(squares) and np.sqrt(max(squares[-1 - rank], 0.0)) > threshold:
        rank += 1
    singular = np.empty(rank)
    for j in range(rank):
        singular[j] = np.sqrt(squares[len(squares) - rank + j])
    return singular


@compiled("numpy")
def envelope(squares, threshold):
    """Σ ψ."""
    singular = above(squares, threshold)
    loss, nuclear = _loss(squares, singular, threshold)
    return loss + 2.0 * threshold * nuclear


@compiled("numpy")
def _loss(squares, singular, threshold):
    """‖X W‖² and ‖L‖_*."""
    loss, nuclear = len(singular) * threshold**2, 0.0
    for t in range(len(squares) - len(singular)):
        loss += max(squares[t], 0.0)
    for s in singular:
        nuclear += s - threshold
    return loss, nuclear


@compiled("numpy")
def residual_of(rows, vectors, singular, threshold):
    """(k, T) R = X W in these rows of X."""
    high = vectors[len(vectors) - len(singular) :]
    along = np.dot(rows, high.T)
    for i in range(len(along)):
        for j in range(len(singular)):
            along[i, j] *= 1.0 - threshold / singular[j]
    return rows - np.dot(along, high)


@compiled("numpy")
def gap_of(panel, rows, residual, squares, singular, threshold):
    """The duality gap at X, in the measure of the loss.

    What is needed of the complete rows follows from those with missing cells, because X, R and L
    have no row or column means. The two-way fit (a, b) of R on usable cells makes Q = R − a − b
    there; in complete rows a is zero (b is free of its mean) and Q − R = −b.
    """
    count, usable, factor, scale = panel[4], panel[6], panel[11], panel[12]
    k, m = rows.shape
    b, low = np.zeros(m), np.zeros(m)
    share = np.zeros(k)
    for i in range(k):
        own = 0.0
        for t in range(m):
            if usable[i, t]:
                own += residual[i, t]
                share[i] += 1.0
        own /= share[i]
        for t in range(m):
            b[t] -= own if usable[i, t] else residual[i, t]
            low[t] += rows[i, t] - residual[i, t]
    b *= scale
    substitute(factor, b)
    b *= scale
    b -= b.mean()
    square = np.dot(b, b)
    distance = loss = (count - k) * square
    along = np.dot(b, low)  # ⟨Q − R, L⟩
    for i in range(k):
        own = 0.0
        for t in range(m):
            if usable[i, t]:
                own += residual[i, t] - b[t]
        own /= share[i]
        for t in range(m):
            r = residual[i, t]
            kept = r - own - b[t] if usable[i, t] else 0.0
            distance += (kept - r) ** 2
            along += (kept - r) * (rows[i, t] - r)
            loss += kept * kept - r * r + 2.0 * b[t] * r
    whole, nuclear = _loss(squares, singular, threshold)
    loss += whole  # ‖Q‖²
    s = threshold / (threshold + np.sqrt(distance))
    return (1.0 - s) ** 2 * loss + (1.0 - s) * 2.0 * threshold * nuclear - 2.0 * s * along
