"""The problem of low_rank.py and its solution, as values."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from estimators.core.panel import BoolArray, FloatArray
from estimators.solvers.two_way import TwoWay


@dataclass(frozen=True, eq=False)
class Problem:
    """minimise Σ a_i b_t O_it (Y_it − α_i − β_t − L_it)² + λ ‖L‖_*.

    outcome: (N, T), zero where not usable      usable: O (N, T)
    unit_weights: a (N,)      period_weights: b (T,)      penalty: λ
    tolerance: duality gap to reach, as a share of the loss at L = 0
    """

    outcome: FloatArray
    usable: BoolArray
    unit_weights: FloatArray
    period_weights: FloatArray
    penalty: float
    tolerance: float
    max_steps: int

    @cached_property
    def weights(self) -> FloatArray:
        """(N, T) a_i b_t O_it."""
        return np.outer(self.unit_weights, self.period_weights) * self.usable

    @cached_property
    def two_way(self) -> TwoWay:
        """Exact two-way effects under these weights."""
        return TwoWay(self.usable, self.unit_weights, self.period_weights)

    @cached_property
    def loss_without(self) -> float:
        """Loss at L = 0."""
        alpha, beta = self.two_way.fit(self.outcome)
        residual = self.outcome - alpha[:, None] - beta
        return max(float(np.sum(self.weights * residual**2)), 1e-300)

    @property
    def negligible(self) -> float:
        """A singular value whose absence moves the gap by far less than the tolerance."""
        return 0.01 * self.tolerance * self.loss_without / self.penalty


@dataclass(frozen=True, eq=False)
class Solution:
    """α (N,), β (T,), L = U Vᵀ, the duality gap as a share of loss_without, and steps taken."""

    alpha: FloatArray
    beta: FloatArray
    U: FloatArray
    V: FloatArray
    gap: float
    steps: int
