"""What a panel is taken apart into."""

from dataclasses import dataclass
from typing import NamedTuple

from estimators.core.panel import FloatArray


class Systematic(NamedTuple):
    """two_way, interactive: (N, T) F and M"""

    two_way: FloatArray
    interactive: FloatArray


@dataclass(frozen=True, eq=False)
class Parts:
    """Of a standardised panel: see Simulation for what they are."""

    systematic: Systematic
    covariance: FloatArray
    unit_scale: FloatArray
    period_scale: FloatArray
    persistence: FloatArray
