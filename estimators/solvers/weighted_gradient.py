"""What weighted_target.py does around its sweeps: weights, covariates, exact effects, the gradient.

Covariates are made orthogonal to the two-way effects and to each other under the weights of the
fit, so that their coefficients have a closed form given the low-rank part:

    γ_k = Σ_js w_js X_kjs (Y_js − L_js)       w_js = ω_j θ_s O_js,  Σ_js w_js X_kjs² = 1
"""

import numpy as np

from estimators.solvers.compiled import compiled
from estimators.solvers.rank_one_two_way import two_way

COLLINEAR = 1e-10  # share of a covariate's square that has to be its own


@compiled("numpy")
def products(usable, omega, theta):
    """(N, T) ω_j θ_s O_js."""
    weights = np.empty(usable.shape)
    for j in range(len(omega)):
        for s in range(len(theta)):
            weights[j, s] = omega[j] * theta[s] * usable[j, s]
    return weights


@compiled("numpy")
def weigh(rest, usable, omega, theta, by_row, by_column):
    """θ_s O_js rest_js into by_row (N, T), and ω_j O_js rest_js into by_column (T, N)."""
    n, m = rest.shape
    for j in range(n):
        for s in range(m):
            seen = usable[j, s] * rest[j, s]
            by_row[j, s] = theta[s] * seen
            by_column[s, j] = omega[j] * seen


@compiled("numpy")
def orthogonal(X, weights, context):
    """Covariates orthogonal to two-way effects and to each other, of length one, or zero.

    Also (K, K) how each combines the covariates as given, two-way effects aside.
    """
    usable, row_group, column_group, omega, theta, factored = context
    X, combined = X.copy(), np.eye(len(X))
    n, m = weights.shape
    a, b = np.empty(n), np.empty(m)
    for k in range(len(X)):
        square = _inner(weights, X[k], X[k])
        for _ in range(2):  # once more, for what rounding left
            two_way(X[k], usable, row_group, column_group, omega, theta, factored, a, b)
            for j in range(n):
                for s in range(m):
                    X[k, j, s] -= a[j] + b[s]
            for q in range(k):
                shared = _inner(weights, X[k], X[q])
                _subtract(X[k], shared, X[q])
                combined[k] -= shared * combined[q]
        own = _inner(weights, X[k], X[k])
        times = 1.0 / np.sqrt(own) if own > COLLINEAR * square else 0.0
        _subtract(X[k], 1.0 - times, X[k])
        combined[k] *= times
    return X, combined


@compiled("numpy")
def coefficients(X, weights, Y, L, gamma):
    """γ given L, in place."""
    n, m = Y.shape
    for k in range(len(X)):
        gamma[k] = 0.0
        for j in range(n):
            for s in range(m):
                gamma[k] += weights[j, s] * X[k, j, s] * (Y[j, s] - L[j, s])


@compiled("numpy")
def without_covariates(Y, X, gamma):
    """Y − Σ_k γ_k X_k; Y itself where there are none."""
    if len(X) == 0:
        return Y
    rest = Y.copy()
    for k in range(len(X)):
        _subtract(rest, gamma[k], X[k])
    return rest


@compiled("numpy")
def gradient(rest, L, alpha, beta, weights, context):
    """Exact α, β (in place) given L and the covariates, w∘residual, and the loss."""
    usable, row_group, column_group, omega, theta, factored = context
    n, m = rest.shape
    G = np.empty((n, m))
    for j in range(n):
        for s in range(m):
            G[j, s] = rest[j, s] - L[j, s]
    two_way(G, usable, row_group, column_group, omega, theta, factored, alpha, beta)
    loss = 0.0
    for j in range(n):
        for s in range(m):
            residual = G[j, s] - alpha[j] - beta[s]
            G[j, s] = weights[j, s] * residual
            loss += G[j, s] * residual
    return G, loss


@compiled("numpy")
def _inner(weights, X, Z):
    total = 0.0
    for j in range(X.shape[0]):
        for s in range(X.shape[1]):
            total += weights[j, s] * X[j, s] * Z[j, s]
    return total


@compiled("numpy")
def _subtract(X, times, Z):
    for j in range(X.shape[0]):
        for s in range(X.shape[1]):
            X[j, s] -= times * Z[j, s]
