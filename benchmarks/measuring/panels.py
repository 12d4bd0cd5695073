"""Panels to measure on: drawn from a factor model, or prop99. Needs numpy and nothing else.

    Y_it = a_i + b_t + Σ_k F_ik G_tk + ε_it        k = 1, 2, 3

a, F standard normal; b and G random walks with steps of 0.3; ε standard normal. The last units are
treated in the last quarter of the periods, by an effect of 1. The same size gives the same panel.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FACTORS, STEP, EFFECT = 3, 0.3, 1.0


@dataclass(frozen=True, eq=False)
class Block:
    """A panel whose last units are treated from one period to the end.

    name: for people      outcome: (N, T)      treated: how many units      start: first period
    """

    name: str
    outcome: FloatArray
    treated: int
    start: int

    @property
    def treatment(self) -> BoolArray:
        """(N, T) true in the treated block."""
        treatment = np.zeros(self.outcome.shape, bool)
        treatment[-self.treated :, self.start :] = True
        return treatment

    @property
    def usable(self) -> FloatArray:
        """The untreated outcomes, in a row."""
        return self.outcome[~self.treatment]

    @property
    def standardised(self) -> "Block":
        """The same with mean 0 and standard deviation 1 (ddof 0) over untreated cells."""
        level, spread = self.usable.mean(), self.usable.std()
        return Block(self.name, (self.outcome - level) / spread, self.treated, self.start)

    @property
    def penalty(self) -> float:
        """A λ for matrix completion that leaves a few factors: 2 (√N + √T) noise.

        The loss is the sum of squares, so singular values are cut by λ/2; the noise is that of
        second differences over units and periods, which no two-way effect touches.
        """
        donors = self.outcome[: -self.treated]
        noise = np.diff(np.diff(donors, axis=0), axis=1).std() / 2
        return float(2 * noise * sum(np.sqrt(self.outcome.shape)))


def factor_block(units: int, periods: int, treated: int = 1) -> Block:
    """The panel described above."""
    rng = np.random.default_rng([units, periods, treated])
    unit, loading = rng.normal(size=(units, 1)), rng.normal(size=(units, FACTORS))
    period = np.cumsum(rng.normal(scale=STEP, size=periods))
    factor = np.cumsum(rng.normal(scale=STEP, size=(periods, FACTORS)), axis=0)
    outcome = unit + period + loading @ factor.T + rng.normal(size=(units, periods))
    start = periods - max(1, periods // 4)
    outcome[-treated:, start:] += EFFECT
    return Block(f"{units}x{periods}", outcome, treated, start)


def prop99() -> Block:
    """Cigarette sales of 39 states from 1970 to 2000, California last, treated from 1989."""
    with (EXAMPLES / "prop99.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    states = sorted({row["unit"] for row in rows}, key=lambda name: (name == "California", name))
    years = sorted({int(row["time"]) for row in rows})
    outcome = np.full((len(states), len(years)), np.nan)
    for row in rows:
        outcome[states.index(row["unit"]), years.index(int(row["time"]))] = float(row["outcome"])
    return Block("prop99", outcome, 1, years.index(1989))


def named(name: str, treated: int = 1) -> Block:
    """`prop99`, or a factor panel by its size: `200x100`."""
    if name == "prop99":
        return prop99()
    units, periods = (int(part) for part in name.split("x"))
    return factor_block(units, periods, treated)
