"""Soft-thresholded singular values of X, known from the eigenvectors of its Gram matrix alone.

    envelope(X) = min_L ‖X − L‖² + 2τ ‖L‖_*  =  Σ_k ψ(σ_k²)      ψ(g) = g       for σ ≤ τ
                                                                   2τσ − τ²   for σ > τ
    X − L = X W      W = Σ_k min(1, τ/σ_k) v_k v_kᵀ = ψ′(XᵀX)

ψ has slope 1 at most, so rounding errors of XᵀX, a share ε of ‖X‖², move the envelope by no more
than that: nothing here takes the root of a rounding error and keeps it.

Source: Cai, Candès and Shen (2010) for the thresholding; Daleckii and Krein (1965) for the
derivative of a function of a symmetric matrix; Lewis (1996) for that of its trace.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from estimators.core.panel import FloatArray


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Eigenvalues (T,), rising, and eigenvectors (T, T) of XᵀX, under a threshold τ."""

    values: FloatArray
    vectors: FloatArray
    threshold: float

    @cached_property
    def singular(self) -> FloatArray:
        """(r,) singular values above the threshold, rising."""
        roots = np.sqrt(np.maximum(self.values, 0.0))
        return np.asarray(roots[roots > self.threshold])

    @property
    def rank(self) -> int:
        """Singular values above the threshold."""
        return len(self.singular)

    @cached_property
    def above(self) -> FloatArray:
        """(T, r) their vectors."""
        return np.asarray(self.vectors[:, len(self.values) - self.rank :])

    @cached_property
    def weights(self) -> FloatArray:
        """(r,) τ/σ, the eigenvalues of W that are below 1."""
        return self.threshold / self.singular

    @cached_property
    def loss(self) -> float:
        """‖X W‖²."""
        below = np.maximum(self.values[: len(self.values) - self.rank], 0.0)
        return float(below.sum()) + self.rank * self.threshold**2

    @cached_property
    def nuclear(self) -> float:
        """‖L‖_*."""
        return float((self.singular - self.threshold).sum())

    @property
    def envelope(self) -> float:
        """Σ ψ."""
        return self.loss + 2 * self.threshold * self.nuclear

    def low_rank(self, rows: FloatArray) -> FloatArray:
        """The rows of L for these rows of X."""
        return np.asarray(((rows @ self.above) * (1 - self.weights)) @ self.above.T)

    @cached_property
    def slopes(self) -> FloatArray:
        """(r, T) divided differences of ψ′ between eigenvalues above and all of them.

        (ψ′(g) − ψ′(h)) / (g − h), written so that nothing cancels for neighbours.
        """
        high, below = self.singular[:, None], len(self.values) - self.rank
        to_low = (self.weights[:, None] - 1) / (high**2 - self.values[:below])
        to_high = -self.threshold / (high * self.singular * (high + self.singular))
        return np.hstack((to_low, to_high))

    def turned(self, rows: FloatArray, moved: FloatArray) -> FloatArray:
        """rows · dW, in the basis of the vectors, when XᵀX changes by rowsᵀmoved + movedᵀrows.

        rows, moved: (k, T) in that basis
        """
        below = len(self.values) - self.rank
        change = self.slopes * (rows[:, below:].T @ moved + moved[:, below:].T @ rows)
        turned = rows[:, below:] @ change
        turned[:, below:] += rows[:, :below] @ change[:, :below].T
        return turned
