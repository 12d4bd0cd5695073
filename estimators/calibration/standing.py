"""The exam of a live panel, a few positions at each visit, added up over all of them.

At each visit the next positions of a fixed order are asked (own_panel.py), so that after enough
visits each was asked as often as any other. Over time

    coverage     intervals that covered zero / intervals asked and answered
    limits       exact, at LEVEL (limits.py)
    off          the upper limit lies below the level the intervals claim

Positions share units and periods, and the same one may come again later: they say less than as many
independent ones, and limits at 99 % are narrower than they would be. An alarm says: look.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from estimators.calibration.limits import exact_limits
from estimators.calibration.own_panel import POSITIONS, admissible
from estimators.core.panel import Panel
from estimators.core.placements import Placement

LEVEL = 0.99  # of the limits: they are looked at after every visit
FEWEST = 20  # intervals, below which nothing is said


@dataclass(frozen=True)
class Standing:
    """What intervals of one level were worth so far.

    answered, covered: intervals, and those that covered zero      low, high: of the coverage
    off: whether too few covered, beyond what chance would do
    """

    level: float
    answered: int
    covered: int
    low: float
    high: float
    off: bool

    @property
    def coverage(self) -> float | None:
        """The share that covered; None before any answered."""
        return self.covered / self.answered if self.answered else None


def next_positions(panel: Panel, visit: int, count: int, seed: int) -> tuple[Placement, ...]:
    """The positions of this visit (0, 1, …): the next ones of one order of all, round and round.

    Raises UnsupportedDesign when the treatment fits nowhere else.
    """
    every = admissible(panel, POSITIONS, seed)
    order = np.random.default_rng([seed, len(every)]).permutation(len(every))
    many = min(count, len(every))
    chosen = order[np.arange(visit * many, (visit + 1) * many) % len(every)]
    return tuple(every[k] for k in chosen)


def standing(level: float, counts: Sequence[tuple[int, int]]) -> Standing:
    """counts: (answered, covered) of each visit      level: the intervals' own"""
    answered, covered = (sum(one[k] for one in counts) for k in (0, 1))
    low, high = exact_limits(covered, answered, LEVEL)
    return Standing(level, answered, covered, low, high, answered >= FEWEST and high < level)
