"""Anderson acceleration of a fixed-point iteration (Walker and Ni, 2011)."""

import numpy as np
from numba import njit

MEMORY = 6  # past steps that are combined


@njit(cache=True, nogil=True)
def accelerate(xs, fs, count, ridge):
    """Anderson mixing: the combination of past sweeps with the smallest step, then its image."""
    k = min(count, MEMORY)
    last = (count - 1) % MEMORY
    D = np.zeros((k - 1, xs.shape[1]))
    E = np.zeros((k - 1, xs.shape[1]))
    g = fs[last] - xs[last]
    row = 0
    for q in range(k):
        if q == last:
            continue
        D[row] = g - (fs[q] - xs[q])
        E[row] = fs[last] - fs[q]
        row += 1
    A = D @ D.T
    trace = np.trace(A)
    for q in range(k - 1):
        A[q, q] += ridge * trace + 1e-300
    c = np.linalg.solve(A, D @ g)
    return fs[last] - c @ E
