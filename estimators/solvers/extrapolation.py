"""Anderson acceleration of the sweeps of weighted_target.py, compiled.

    x ← f(x)      next = Σ_c a_c f(x_c),  Σ_c a_c = 1,  of least ‖Σ_c a_c (f(x_c) − x_c)‖

Inner products of past steps are kept: a sweep adds one row of them. What is extrapolated is the
factor of the periods with their effects and the coefficients of covariates, laid out flat; the
factor of the units follows from these exactly.

Source: Walker and Ni (2011).
"""

import numpy as np

from estimators.solvers.compiled import compiled

MEMORY = 10  # past sweeps that are combined
RIDGE = 1e-13  # share of the differences' squares that keeps parallel steps solvable
ROUNDING = 1e-15  # share of a step's square that differences of inner products may be wrong by


@compiled("numpy")
def memory(length):
    """Room for the last images, their steps, and the inner products of those."""
    return np.empty((MEMORY, length)), np.empty((MEMORY, length)), np.empty((MEMORY, MEMORY))


@compiled("numpy")
def pack(V, beta, gamma, x):
    """V (T, rank), β (T,) and γ (K,) one after the other into x."""
    m, r = V.shape
    x[: m * r] = V.ravel()
    x[m * r : m * (r + 1)] = beta
    x[m * (r + 1) :] = gamma


@compiled("numpy")
def unpack(x, V, beta, gamma):
    """And back, in place."""
    m, r = V.shape
    for s in range(m):
        for k in range(r):
            V[s, k] = x[s * r + k]
    beta[:] = x[m * r : m * (r + 1)]
    gamma[:] = x[m * (r + 1) :]


@compiled("numpy")
def remember(past, taken, point, image, size):
    """Keep a sweep from point to image; the length of its step over V, as a share of V.

    size: of V, which comes first in a point
    """
    images, steps, inner = past
    place, count = taken % MEMORY, min(taken + 1, MEMORY)
    step, length = 0.0, 0.0
    for k in range(len(image)):
        images[place, k] = image[k]
        f = image[k] - point[k]
        steps[place, k] = f
        if k < size:
            step += f * f
            length += image[k] * image[k]
    row = np.dot(steps[:count], steps[place])
    for c in range(count):
        inner[place, c] = row[c]
        inner[c, place] = row[c]
    return np.sqrt(step / max(length, 1e-300))


@compiled("numpy")
def extrapolated(past, taken):
    """The combination above of the last images, of which there are two at least."""
    images, _, inner = past
    last, count = (taken - 1) % MEMORY, min(taken, MEMORY)
    A = np.empty((count, count))
    x = np.empty(count)
    trace = 0.0
    for c in range(count):
        x[c] = inner[last, last] - inner[last, c]
        for d in range(c + 1):
            A[c, d] = x[c] - inner[last, d] + inner[c, d]
        trace += A[c, c]
    least = RIDGE * trace + ROUNDING * inner[last, last] + 1e-300
    # The last row is zero: its share stays 0, and is then what the others leave.
    for c in range(count):
        A[c, c] += least
    for c in range(count):
        for d in range(c + 1):
            f = A[c, d]
            for e in range(d):
                f -= A[c, e] * A[d, e]
            A[c, d] = f / A[d, d] if d < c else np.sqrt(max(f, least))
    for c in range(count):
        for e in range(c):
            x[c] -= A[c, e] * x[e]
        x[c] /= A[c, c]
    for c in range(count - 1, -1, -1):
        for e in range(c + 1, count):
            x[c] -= A[e, c] * x[e]
        x[c] /= A[c, c]
    x[last] = 1.0
    for c in range(count):
        if c != last:
            x[last] -= x[c]
    return np.dot(x, images[:count])
