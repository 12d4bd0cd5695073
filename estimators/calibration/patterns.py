"""Where simulated panels are treated: a cell, a block, one that ended, or on and off.

    cell     one random unit in the last period
    block    a random tenth of the units (2 at least) in the last eighth of periods (2 at least)
    ended    a block as long, with as many periods after it
    on_off   a random fifth of the units (2 at least), three periods on, three off, from a third of
             the periods on, each starting somewhere in its cycle

Which units are treated is drawn anew in every replication. Cells and blocks are at the end because
a treatment needs a past; periods' noise is drawn alike for all of them, so that the last is as
noisy as any other, and the treated cell a random one. A block that ended has neighbours on both
sides in time, and so have its placebos.
"""

from collections.abc import Callable, Mapping

import numpy as np

from estimators.core.panel import BoolArray

SHARE, BLOCK_SHARE, BLOCK_PERIODS = 5, 10, 8  # one unit in 5, in 10; one period in 8
RUN = 3  # periods on, and off
FEWEST_UNITS, FEWEST_PERIODS = 8, 12


def _cell(units: int, periods: int, rng: np.random.Generator) -> BoolArray:
    treatment = np.zeros((units, periods), dtype=np.bool_)
    treatment[rng.integers(units), -1] = True
    return treatment


def _block(units: int, periods: int, rng: np.random.Generator) -> BoolArray:
    treatment = np.zeros((units, periods), dtype=np.bool_)
    chosen = rng.choice(units, size=max(2, units // BLOCK_SHARE), replace=False)
    treatment[chosen, -max(2, periods // BLOCK_PERIODS) :] = True
    return treatment


def _ended(units: int, periods: int, rng: np.random.Generator) -> BoolArray:
    return np.roll(_block(units, periods, rng), -max(2, periods // BLOCK_PERIODS), axis=1)


def _on_off(units: int, periods: int, rng: np.random.Generator) -> BoolArray:
    treatment = np.zeros((units, periods), dtype=np.bool_)
    chosen = rng.choice(units, size=max(2, units // SHARE), replace=False)
    offset = rng.integers(2 * RUN, size=len(chosen))
    on = (np.arange(periods) + offset[:, None]) % (2 * RUN) < RUN
    treatment[chosen] = on & (np.arange(periods) >= periods // 3)
    return treatment


PATTERNS: Mapping[str, Callable[[int, int, np.random.Generator], BoolArray]] = {
    "cell": _cell,
    "block": _block,
    "ended": _ended,
    "on_off": _on_off,
}


def treatment_of(pattern: str, units: int, periods: int, rng: np.random.Generator) -> BoolArray:
    """(units, periods) a treatment of this pattern, a key of PATTERNS."""
    return PATTERNS[pattern](units, periods, rng)
