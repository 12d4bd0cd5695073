"""How much each unit and period counts for one target cell.

    θ_s = exp(−λ_time |t − s|)      ω_j = exp(−λ_unit dist(j, i))
    dist(j, i) = root mean square of Y_j − Y_i over periods s ≠ t in which both are usable

Source: Athey, Imbens, Qu and Viviano (2025), equation 3. Departures: a unit that shares no usable
period with the target counts as the most distant one, for weight zero could leave a period
without data; no weight is smaller than exp(−FLOOR), which a computer tells apart from nothing.
"""

import numpy as np

from estimators.solvers.compiled import compiled

FLOOR = 320.0


@compiled()
def unit_weights(flipped_outcome, flipped_usable, path, known, period, rate, omega):
    """ω (N,) for a target that follows `path`.

    flipped_outcome, flipped_usable: (T, N), zero where not usable
    path, known: (T,) the target's outcome, and 1.0 where it is usable
    period: left out of distances; −1 leaves nothing out
    """
    m, n = flipped_outcome.shape
    if rate == 0.0:
        omega[:] = 1.0
        return
    count = np.zeros(n)
    omega[:] = 0.0
    for s in range(m):
        if known[s] > 0.0 and s != period:
            for j in range(n):
                difference = flipped_outcome[s, j] - path[s]
                omega[j] += flipped_usable[s, j] * difference * difference
                count[j] += flipped_usable[s, j]
    farthest = 0.0
    for j in range(n):
        if count[j] > 0.0:
            omega[j] = np.sqrt(omega[j] / count[j])
            farthest = max(farthest, omega[j])
    for j in range(n):
        distance = omega[j] if count[j] > 0.0 else farthest
        omega[j] = np.exp(-min(rate * distance, FLOOR))


@compiled()
def period_weights(centre, rate, theta):
    """θ (T,) around a period, or between two."""
    for s in range(len(theta)):
        theta[s] = np.exp(-min(rate * abs(s - centre), FLOOR))
