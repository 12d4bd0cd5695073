"""Placebo lives by hand, for difference-in-differences of one promoted unit: loops over one life
after another, written from the docstring of estimators/monitoring/lives.py and nothing else."""

import math

import numpy as np

from estimators.core.panel import FloatArray


def did_so_far(outcome: FloatArray, unit: int, start: int, periods: int) -> float:
    """Mean gap over the first periods from the start on, less the mean gap before it.

    outcome: (N, T), all units but the one given being controls
    """
    others = [i for i in range(len(outcome)) if i != unit]
    gap = [outcome[unit, t] - sum(outcome[i, t] for i in others) / len(others)
           for t in range(start + periods)]  # fmt: skip
    return sum(gap[start:]) / periods - sum(gap[:start]) / start


def scale_by_hand(outcome: FloatArray, unit: int, start: int) -> float:
    """Standard deviation of the gap before the start, each unit around its own mean."""
    around = [[outcome[i, t] - sum(outcome[i, :start]) / start for t in range(start)]
              for i in range(len(outcome))]  # fmt: skip
    others = [i for i in range(len(outcome)) if i != unit]
    gap = [around[unit][t] - sum(around[i][t] for i in others) / len(others) for t in range(start)]
    mean = sum(gap) / start
    return math.sqrt(sum((one - mean) ** 2 for one in gap) / (start - 1))


def boundary_by_hand(
    controls: FloatArray, starts: list[int], life: int, rank: int
) -> tuple[list[float], float]:
    """(s_k, the rank-th smallest of the largest ratios) of every control at every start.

    A life's ratios are taken with what its unit's lives add to s_k² left out, the other units'
    mean square being worth N − 1 of N.
    """
    count = len(controls)
    paths = {
        (unit, start): [did_so_far(controls, unit, start, k) / scale_by_hand(controls, unit, start)
                        for k in range(1, life + 1)]
        for unit in range(count) for start in starts
    }  # fmt: skip
    squares = [np.mean([path[k] ** 2 for path in paths.values()]) for k in range(life)]
    largest = []
    for (unit, _), path in paths.items():
        ratios = []
        for k in range(life):
            own = np.mean([paths[unit, start][k] ** 2 for start in starts])
            others = (count * squares[k] - own) / (count - 1)
            ratios.append(abs(path[k]) / math.sqrt(others))
        largest.append(max(ratios))
    return [math.sqrt(square) for square in squares], sorted(largest)[rank - 1]
