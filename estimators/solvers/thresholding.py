"""Accelerated soft-thresholding of singular values: the convex way through low_rank.py."""

import numpy as np
from numba import njit

from estimators.solvers.acceleration import MEMORY, accelerate
from estimators.solvers.two_way import two_way

CHECK = 8  # steps between two looks at the duality gap, which costs a decomposition


@njit(cache=True, nogil=True)
def shrink(Y, usable, a, b, penalty, U, V, tolerance, max_steps, steps, C, scale, row, base):
    """Soft-thresholded singular values, accelerated: slower a step than factors, but convex.

    L ← shrink_{λ/2w}(L + w∘(Y − α − β − L) / w), w the largest weight, (α, β) exact given L.
    """
    n, m = usable.shape
    heaviest = np.max(a) * np.max(b)
    L = U @ np.ascontiguousarray(V.T)
    alpha = np.zeros(n)
    beta = np.zeros(m)
    X = np.zeros((n, m))
    G = np.zeros((n, m))
    xs = np.zeros((MEMORY, n * m))
    fs = np.zeros((MEMORY, n * m))
    count = 0
    smallest = np.inf
    gap = np.inf
    while True:
        for i in range(n):
            for t in range(m):
                X[i, t] = Y[i, t] - L[i, t] if usable[i, t] else 0.0
        two_way(X, usable, a, b, C, scale, row, alpha, beta)
        loss = 0.0
        inner = 0.0
        for i in range(n):
            for t in range(m):
                if usable[i, t]:
                    residual = X[i, t] - alpha[i] - beta[t]
                    G[i, t] = a[i] * b[t] * residual
                    loss += G[i, t] * residual
                    inner += G[i, t] * (residual + L[i, t])
        values, vectors = np.linalg.eigh((L + G / heaviest).T @ (L + G / heaviest))
        values = np.sqrt(np.maximum(values, 0.0))
        kept = np.maximum(values - 0.5 * penalty / heaviest, 0.0)
        factor = np.where(kept > 0, kept / np.maximum(values, 1e-300), 0.0)
        new = (L + G / heaviest) @ (np.ascontiguousarray(vectors * factor) @ vectors.T)
        if steps % CHECK == 0:
            norm = np.sqrt(np.max(np.linalg.eigvalsh(G.T @ G)))
            s = min(1.0, 0.5 * penalty / norm) if norm > 0 else 1.0
            # Not from LᵀL: the roots of its rounding errors would put a floor under the gap.
            nuclear = np.sum(np.linalg.svd(L, False)[1])
            gap = (loss + penalty * nuclear - 2 * s * inner + s * s * loss) / base
            if gap <= tolerance or steps >= max_steps:
                break
        slot = count % MEMORY
        xs[slot] = L.ravel()
        fs[slot] = new.ravel()
        step = np.sum((fs[slot] - xs[slot]) ** 2)
        count += 1
        steps += 1
        if step > 4.0 * smallest:
            count = 0  # acceleration led astray: forget, and step plainly
            smallest = np.inf
        else:
            smallest = min(smallest, step)
        L = accelerate(xs, fs, count, 1e-14).reshape((n, m)) if count >= 2 else new
    A, d, Bt = np.linalg.svd(L, False)
    half = np.sqrt(d)
    left = np.ascontiguousarray(A * half)
    return alpha, beta, left, np.ascontiguousarray(Bt.T * half), gap, steps
