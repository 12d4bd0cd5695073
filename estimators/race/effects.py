"""Effects of simulated treatments.

    zero            τ_it = 0
    constant        τ_it = δ
    heterogeneous   τ_it = δ (1 + (z_i + z_t + z_it) / √3)      z standard normal

δ is in standard deviations of the panel's noise. Treated outcomes are never data, so that an
estimate moves with the mean effect of the treated cells and by nothing else: errors, and which
estimator errs least, are the same for all three. What they are for is power, and proof of that.

Ours; the published simulations have no effects.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from estimators.core.errors import InvalidPanel
from estimators.core.panel import FloatArray

KINDS = ("zero", "constant", "heterogeneous")


@dataclass(frozen=True)
class Effect:
    """kind: as above      size: δ"""

    kind: Literal["zero", "constant", "heterogeneous"] = "zero"
    size: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidPanel(f"no effect {self.kind!r}; choose from {', '.join(KINDS)}")


def effects_drawn(effect: Effect, shape: tuple[int, int], rng: np.random.Generator) -> FloatArray:
    """(N, T) τ of every cell, were it treated, in standard deviations of noise."""
    if effect.kind == "zero":
        return np.zeros(shape)
    found = np.full(shape, float(effect.size))
    if effect.kind == "heterogeneous":
        units, periods = shape
        parts = rng.standard_normal((units, 1)) + rng.standard_normal((1, periods))
        found *= 1 + (parts + rng.standard_normal(shape)) / np.sqrt(3)
    return found
