"""How likely each unit is treated, given the factors of the outcome.

    logit π_i = c + scores_i' γ

`propensity` maximises the likelihood, by Newton's method, as the papers do. The treated units of
one panel are few, and say little about γ. `policies_behind` says how little: the posterior of γ for

    γ ~ N(0, τ² I), τ one of STRENGTHS, each as likely as any other

by Laplace's method, given each τ a normal around the mode, and τ by what each makes of who was
treated. Units whose treatment does not go with their factors leave τ at zero, where any unit is as
likely as any other.

Source: Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), section 3; Tierney and Kadane
(1986) for Laplace's method. Drawing the policy from what one panel says of it is ours.
"""

from dataclasses import dataclass

import numpy as np

from estimators.core.errors import UnsupportedDesign
from estimators.core.panel import BoolArray, FloatArray

STEPS = 50
STILL = 1e-10
STRENGTHS = (0.0, 0.5, 1.0, 2.0)  # of scores whose mean square is one
FAR = 500.0  # logits beyond, whose odds have no number


@dataclass(frozen=True, eq=False)
class Policies:
    """What is known of a policy: strength by strength a normal.

    scores: (N, r)      share: (K,) posterior probability of each of STRENGTHS
    modes: (K, r) of γ      spreads: (K, r, r) with spread × spread' its covariance
    """

    scores: FloatArray
    share: FloatArray
    modes: FloatArray
    spreads: FloatArray

    def drawn(self, rng: np.random.Generator) -> FloatArray:
        """(N,) odds of treatment by one policy of these, but for a factor they share."""
        k = rng.choice(len(self.share), p=self.share)
        gamma = self.modes[k] + self.spreads[k] @ rng.standard_normal(self.scores.shape[1])
        return _odds(self.scores @ gamma)


def policies_behind(scores: FloatArray, treated: BoolArray) -> Policies:
    """What the treated units say. treated: (N,) some, not all"""
    rank = scores.shape[1]
    evidence, modes, spreads = [], [], []
    for strength in STRENGTHS:
        if strength == 0:
            c, curvature = _mode(np.zeros((len(scores), 0)), treated, 0.0)
            gamma, spread = np.zeros(rank), np.zeros((rank, rank))
        else:
            c, curvature = _mode(scores, treated, strength**-2)
            gamma = c[1:]
            spread = np.linalg.cholesky(np.linalg.inv(curvature)[1:, 1:])
        fitted = c[0] + scores @ gamma
        likelihood = -np.logaddexp(0.0, np.where(treated, -fitted, fitted)).sum()
        evidence.append(likelihood - np.linalg.slogdet(curvature)[1] / 2)
        if strength > 0:
            evidence[-1] -= gamma @ gamma / strength**2 / 2 + rank * np.log(strength)
        modes.append(gamma)
        spreads.append(spread)
    share = np.exp(np.array(evidence) - max(evidence))
    return Policies(scores, share / share.sum(), np.array(modes), np.array(spreads))


def propensity(scores: FloatArray, policy: BoolArray) -> FloatArray:
    """(N,) π. scores: (N, r)      policy: (N,) who was treated

    Raises UnsupportedDesign where the factors tell treated and other units apart without error.
    """
    try:
        c, _ = _mode(scores, policy, 0.0)
    except np.linalg.LinAlgError as singular:
        raise UnsupportedDesign(
            f"assignment by a logistic model needs units that the factors do not tell apart; with "
            f"{int(policy.sum())} of {len(policy)} units treated they do; use assignment: own or "
            f"uniform"
        ) from singular
    return np.asarray(1 / (1 + np.exp(-np.clip(c[0] + scores @ c[1:], -FAR, FAR))))


def _mode(scores: FloatArray, treated: BoolArray, penalty: float) -> tuple[FloatArray, FloatArray]:
    """(1 + r,) c and γ of most posterior density, and the curvature there.

    Raises LinAlgError where there is none.
    """
    X = np.column_stack([np.ones(len(scores)), scores])
    ridge = np.diag([0.0, *np.full(scores.shape[1], penalty)])
    found = np.zeros(X.shape[1])
    for _ in range(STEPS):
        fitted = 1 / (1 + np.exp(-np.clip(X @ found, -FAR, FAR)))
        curvature = (X.T * (fitted * (1 - fitted))) @ X + ridge
        if np.linalg.cond(curvature) > 1 / STILL:
            break
        step = np.linalg.solve(curvature, X.T @ (treated - fitted) - ridge @ found)
        found += step
        if np.abs(step).max() < STILL:
            return found, curvature
    raise np.linalg.LinAlgError("a likelihood without a maximum")


def _odds(logit: FloatArray) -> FloatArray:
    return np.asarray(np.exp(np.maximum(logit - logit.max(), -FAR)))
