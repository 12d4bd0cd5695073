"""How likely each unit is treated, given the factors of the outcome.

    logit π_i = c + scores_i' γ      maximise Σ_i log-likelihood − ½ penalty ‖γ‖²

by Newton's method. Without a penalty it is the papers'; with one, it says how much the treated
units of one panel, few as they are, differ from the others.

Source: Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), section 3. The penalty is ours.
"""

import numpy as np

from estimators.core.errors import UnsupportedDesign
from estimators.core.panel import BoolArray, FloatArray

STEPS = 50
STILL = 1e-10


def propensity(scores: FloatArray, policy: BoolArray, penalty: float = 0.0) -> FloatArray:
    """(N,) π. scores: (N, r)      policy: (N,) who was treated

    Raises UnsupportedDesign where the factors tell treated and other units apart without error.
    """
    X = np.column_stack([np.ones(len(scores)), scores])
    ridge = np.diag([0.0, *np.full(scores.shape[1], penalty)])
    coefficients = np.zeros(X.shape[1])
    fitted = np.full(len(scores), 0.5)
    for _ in range(STEPS):
        curvature = (X.T * (fitted * (1 - fitted))) @ X + ridge
        if np.linalg.cond(curvature) > 1 / STILL:
            break
        step = np.linalg.solve(curvature, X.T @ (policy - fitted) - ridge @ coefficients)
        coefficients += step
        fitted = 1 / (1 + np.exp(-np.clip(X @ coefficients, -500, 500)))
        if np.abs(step).max() < STILL:
            return np.asarray(fitted)
    raise UnsupportedDesign(
        f"assignment by a logistic model needs units that the factors do not tell apart; with "
        f"{int(policy.sum())} of {len(policy)} units treated they do; use assignment: own or "
        f"uniform"
    )
