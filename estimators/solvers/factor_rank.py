"""Whether a weighted fit is certified, and how many factors it needs: for weighted_target.py.

    ‖G‖₂ ≤ c  ⟸  c² I − GᵀG has a Cholesky factor         G = w∘residual

Only when that fails are eigenvectors computed, and the rank grows by those that exceed λ/2.
"""

import numpy as np

from estimators.solvers.compiled import compiled


@compiled("numpy")
def allowed(budget, inner, loss, half):
    """The largest ‖G‖₂ at which scaling the dual point to feasibility costs no more than budget.

    Scaled by 1 − d it loses 2 d ⟨G, L⟩ + d² Σ w R².
    """
    root = inner + np.sqrt(max(inner * inner + loss * budget, 0.0))
    if root <= 0.0 or budget >= root:
        return np.inf
    return half / (1.0 - budget / root)


@compiled("numpy")
def gram(G):
    """GᵀG or GGᵀ, whichever is smaller."""
    n, m = G.shape
    return np.dot(G.T, G) if m <= n else np.dot(G, G.T)


@compiled("numpy")
def no_factor_pays(G, V, half):
    """Whether ‖G‖₂ ≤ λ/2, G at L = 0: then no factor is worth its price.

    Two bounds often say so at less cost: ‖G‖₂ is at most the root of all squares, and at least
    ‖Gv‖ for a direction v, such as the first of factors of a similar problem.
    """
    square = 0.0
    for row in G:
        for g in row:
            square += g * g
    if square <= half * half:
        return True
    if V.shape[1] > 0:
        length, image = 0.0, 0.0
        for s in range(len(V)):
            length += V[s, 0] * V[s, 0]
        for row in G:
            along = 0.0
            for s in range(len(V)):
                along += row[s] * V[s, 0]
            image += along * along
        if image > half * half * length * (1.0 + 1e-9):
            return False
    return within(gram(G), half)


@compiled("numpy")
def within(K, limit):
    """Whether no eigenvalue of K exceeds limit²."""
    return not np.isfinite(limit) or _positive(K, -1.0, limit * limit)


@compiled("numpy")
def _positive(K, sign, shift):
    """Whether sign · K + shift I has a Cholesky factor."""
    k = len(K)
    A = sign * K
    for i in range(k):
        A[i, i] += shift
    for c in range(k):
        if A[c, c] <= 0.0:
            return False
        for i in range(c + 1, k):
            f = A[c, i] / A[c, c]
            for j in range(i, k):
                A[i, j] -= f * A[c, j]
    return True


@compiled("numpy")
def grown(G, K, weights, U, V, half, primal):
    """Factors with the directions outside them in which the gradient exceeds λ/2.

    Each is given its share of an exact step: a short one would leave the iterate beside a saddle.
    """
    n, m = G.shape
    rank = V.shape[1]
    on_periods = m <= n
    F = V if on_periods else U
    A = K.copy()
    if rank > 0:
        Q = np.ascontiguousarray(np.linalg.qr(F)[0])
        off = K - np.dot(Q, np.dot(Q.T, K))
        A = off - np.dot(np.dot(off, Q), Q.T)
        A = 0.5 * (A + A.T)
    if within(A, half * (1.0 + 1e-12)):
        return U, V, primal  # as is found without eigenvectors, at a tenth of the cost
    squares, vectors = np.linalg.eigh(A)
    new = 0
    while new < min(n, m) - rank and squares[-1 - new] > (half * (1.0 + 1e-12)) ** 2:
        new += 1
    if new == 0:
        return U, V, primal
    wide_U, wide_V = np.empty((n, rank + new)), np.empty((m, rank + new))
    wide_U[:, :rank], wide_V[:, :rank] = U, V
    for k in range(new):
        direction = np.ascontiguousarray(vectors[:, -1 - k])
        value = np.sqrt(squares[-1 - k])
        if on_periods:
            v = direction
            u = np.dot(G, v) / value
        else:
            u = direction
            v = np.dot(np.ascontiguousarray(G.T), u) / value
        curvature = max(np.dot(np.dot(weights, v * v), u * u), 1e-300)
        excess = value - half
        length = np.sqrt(excess / curvature / new)
        primal -= excess * excess / curvature / new
        wide_U[:, rank + k] = u * length
        wide_V[:, rank + k] = v * length
    return wide_U, wide_V, primal


@compiled("numpy")
def shed(U, V, negligible):
    """Factors without directions whose singular value is negligible."""
    A = 0.5 * (np.dot(U.T, U) + np.dot(V.T, V))
    if _positive(A, 1.0, -negligible):
        return U, V
    values, vectors = np.linalg.eigh(A)
    gone = 0
    while gone < len(values) and values[gone] <= negligible:
        gone += 1
    if gone == 0:
        return U, V
    kept = np.ascontiguousarray(vectors[:, gone:])
    return np.dot(U, kept), np.dot(V, kept)
