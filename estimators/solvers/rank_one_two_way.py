"""Two-way effects under weights ω_j θ_s, at the price of the treatment's pattern.

    minimise Σ_js ω_j θ_s O_js (X_js − α_j − β_s)²

Units usable in the same periods enter the equations of the period effects only through the
weighted average of their outcomes and the sum of their weights, so they count as one unit; so do
periods usable for the same units. A block is then 2 × 2 with one empty cell, a staggered design
(cohorts + 1)², whatever the number of units. Of what is left the longer side is eliminated, and
the shorter one solved by star–mesh elimination: its matrix is the Laplacian of a graph, and each
pivot is a sum of what remains, never a difference. Weights hundreds of orders of magnitude apart
therefore cost no digits.

Source: Frisch and Waugh (1933) for elimination; Grassmann, Taksar and Heyman (1985) for pivots
without subtraction. That equal patterns collapse follows from the normal equations: within a
group the residuals' period averages do not depend on how units differ from their average.
"""

import numpy as np

from estimators.solvers.compiled import compiled


@compiled("numpy")
def factor(usable, row_group, column_group, omega, theta):
    """Everything about the equations that does not depend on X.

    usable: O (N, T) 0.0 or 1.0      row_group (N,), column_group (T,): numbers of equal patterns
    Groups may be empty. Returns a tuple for two_way() and predict().
    """
    n, m = usable.shape
    p, q = row_group.max() + 1, column_group.max() + 1
    rows, columns = np.zeros(p), np.zeros(q)
    row_of, column_of = np.full(p, -1), np.full(q, -1)
    for j in range(n):
        rows[row_group[j]] += omega[j]
        row_of[row_group[j]] = j
    for s in range(m):
        columns[column_group[s]] += theta[s]
        column_of[column_group[s]] = s
    mask = np.zeros((p, q))
    for g in range(p):
        for h in range(q):
            if row_of[g] >= 0 and column_of[h] >= 0:
                mask[g, h] = usable[row_of[g], column_of[h]]
    tall = p >= q
    long, short = (rows, columns) if tall else (columns, rows)
    seen = mask if tall else np.ascontiguousarray(mask.T)
    k = len(short)
    data = np.zeros(len(long))  # weight of the data of each eliminated effect
    A = np.zeros((k, k))
    for e in range(len(long)):
        for u in range(k):
            data[e] += short[u] * seen[e, u]
        if data[e] <= 0.0 or long[e] <= 0.0:
            continue
        for u in range(k):
            if seen[e, u] > 0.0:
                f = long[e] * (short[u] / data[e])
                for v in range(u + 1, k):
                    A[u, v] += f * short[v] * seen[e, v]
    pivot = np.zeros(k)
    component = np.arange(k)
    for c in range(k):
        for v in range(c + 1, k):
            pivot[c] += A[c, v]
        if pivot[c] <= 0.0:
            continue  # the last of its component: the level that is free
        for u in range(c + 1, k):
            f = A[c, u] / pivot[c]
            if f > 0.0:
                for v in range(u + 1, k):
                    A[u, v] += f * A[c, v]
            A[c, u] = f
    for c in range(k - 1, -1, -1):
        for v in range(c + 1, k):
            if A[c, v] > 0.0:
                component[c] = component[v]
                break
    return tall, rows, columns, mask, data, A, pivot, component


@compiled("numpy")
def _averages(X, row_group, omega, rows):
    """(groups, T) weighted average outcome of the units of a group."""
    n, m = X.shape
    averages = np.zeros((len(rows), m))
    for j in range(n):
        g = row_group[j]
        if rows[g] > 0.0:
            f = omega[j] / rows[g]
            for s in range(m):
                averages[g, s] += f * X[j, s]
    return averages


@compiled("numpy")
def _solve(averages, column_group, theta, factored):
    """Effects of groups of units and of groups of periods, as weighted averages."""
    tall, rows, columns, mask, data, A, pivot, _ = factored
    p, q = mask.shape
    cells = np.zeros((p, q))
    for g in range(p):
        for s in range(averages.shape[1]):
            h = column_group[s]
            if columns[h] > 0.0:
                cells[g, h] += (theta[s] / columns[h]) * averages[g, s]
    long, short = (rows, columns) if tall else (columns, rows)
    seen = mask if tall else mask.T
    values = cells if tall else cells.T
    k = len(short)
    mean = np.zeros(len(long))
    x = np.zeros(k)
    for e in range(len(long)):
        if data[e] <= 0.0:
            continue
        for u in range(k):
            mean[e] += seen[e, u] * short[u] * values[e, u]
        mean[e] /= data[e]
        for u in range(k):
            if seen[e, u] > 0.0:
                apart = 0.0  # from the others one by one: beside a mean of them it would be lost
                for v in range(k):
                    apart += seen[e, v] * short[v] * (values[e, u] - values[e, v])
                x[u] += long[e] * short[u] * (apart / data[e])
    for c in range(k):
        if pivot[c] > 0.0:
            for u in range(c + 1, k):
                x[u] += A[c, u] * x[c]
    for c in range(k - 1, -1, -1):
        if pivot[c] <= 0.0:
            x[c] = 0.0
            continue
        x[c] /= pivot[c]
        for u in range(c + 1, k):
            x[c] += A[c, u] * x[u]
    for e in range(len(long)):
        if data[e] > 0.0:
            shift = 0.0
            for u in range(k):
                shift += seen[e, u] * short[u] * x[u]
            mean[e] -= shift / data[e]
    return (mean, x) if tall else (x, mean)


@compiled("numpy")
def two_way(X, usable, row_group, column_group, omega, theta, factored, alpha, beta):
    """Effects of every unit and period into alpha (N,) and beta (T,); zero where there are no data.

    X: (N, T); what is not usable is ignored, but has to be finite
    """
    n, m = X.shape
    _, rows, _, mask, _, _, _, _ = factored
    averages = _averages(X, row_group, omega, rows)
    unit_effects, _ = _solve(averages, column_group, theta, factored)
    for s in range(m):
        beta[s] = _period_effect(s, averages, column_group, rows, mask, unit_effects)
    for j in range(n):
        total, weight = 0.0, 0.0
        for s in range(m):
            w = theta[s] * usable[j, s]
            weight += w
            total += w * (X[j, s] - beta[s])
        alpha[j] = total / weight if weight > 0.0 else 0.0


@compiled("numpy")
def _period_effect(s, averages, column_group, rows, mask, unit_effects):
    total, weight = 0.0, 0.0
    for g in range(len(rows)):
        w = rows[g] * mask[g, column_group[s]]
        weight += w
        total += w * (averages[g, s] - unit_effects[g])
    return total / weight if weight > 0.0 else 0.0


@compiled("numpy")
def joined(row_group, column_group, factored, unit, period):
    """Whether usable cells join this unit and this period, so that α + β is determined."""
    tall, _, _, mask, _, _, _, component = factored
    g, h = row_group[unit], column_group[period]
    here = component[h] if tall else component[g]
    others = mask[g] if tall else mask[:, h]
    found = False
    for u in range(len(others)):
        found = found or (others[u] > 0.0 and component[u] == here)
    return found


@compiled("numpy")
def predict(X, usable, row_group, column_group, omega, theta, factored, unit, period):
    """α + β of one cell that is joined() to the data."""
    _, rows, columns, mask, _, _, _, _ = factored
    g = row_group[unit]
    averages = _averages(X, row_group, omega, rows)
    unit_effects, period_effects = _solve(averages, column_group, theta, factored)
    total, weight = 0.0, 0.0
    for s in range(len(theta)):
        w = theta[s] * usable[unit, s]
        weight += w
        total += w * X[unit, s]
    for u in range(len(columns)):
        total -= mask[g, u] * columns[u] * period_effects[u]
    own = total / weight
    return own + _period_effect(period, averages, column_group, rows, mask, unit_effects)
