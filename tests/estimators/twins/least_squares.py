"""Least squares written down in full: one dummy for every unit and every period."""

import numpy as np

from estimators.core.panel import BoolArray, FloatArray, Panel


def dummies(units: int, periods: int) -> FloatArray:
    """(units · periods, units + periods)"""
    return np.hstack(
        [
            np.kron(np.eye(units), np.ones((periods, 1))),
            np.kron(np.ones((units, 1)), np.eye(periods)),
        ]
    )


def two_way_by_dummies(
    outcome: FloatArray, usable: BoolArray, weights: FloatArray | None = None
) -> FloatArray:
    """(N, T) fitted α_i + β_t, by regression on dummies over usable cells."""
    X = dummies(*outcome.shape)
    kept = usable.ravel()
    root = np.ones(kept.sum()) if weights is None else np.sqrt(weights.ravel()[kept])
    found = np.linalg.lstsq(X[kept] * root[:, None], outcome.ravel()[kept] * root, rcond=1e-12)[0]
    return np.asarray((X @ found).reshape(outcome.shape))


def weighted_two_way_coefficient(
    outcome: FloatArray, treatment: BoolArray, weights: FloatArray
) -> float:
    """The coefficient of treatment in a weighted regression on it, unit and period dummies."""
    X = np.column_stack([treatment.ravel().astype(float), dummies(*outcome.shape)])
    root = np.sqrt(weights.ravel())
    return float(np.linalg.lstsq(X * root[:, None], outcome.ravel() * root, rcond=1e-12)[0][0])


def two_way_slopes(panel: Panel) -> FloatArray:
    """(K,) coefficients of covariates beside dummies, over usable cells."""
    assert panel.covariates is not None
    K = panel.covariates.shape[2]
    X = np.hstack([panel.covariates.reshape(-1, K), dummies(*panel.outcome.shape)])
    kept = panel.usable.ravel()
    return np.asarray(np.linalg.lstsq(X[kept], panel.outcome.ravel()[kept], rcond=1e-12)[0][:K])
