"""What is kept of a completed panel X: its singular values and vectors, and where L cuts them.

L is X with its singular values above τ made smaller by τ, the others left out (filled_panel.py).
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
