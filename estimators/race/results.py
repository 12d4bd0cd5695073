"""What a race, or a back-test, came to: plain arrays and words, batch by batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from estimators.calibration.answer import NUMBERS
from estimators.core.panel import FloatArray, IntArray

Key = TypeVar("Key")
INTERVAL = slice(NUMBERS.index("ci_low"), NUMBERS.index("ci_high") + 1)


@dataclass(frozen=True, eq=False)
class Results:
    """What E estimators and K kinds said in R replications; nan where refused or not asked.

    number: (R,) of each replication      cluster: (R,) those with one label are not independent
    effect: (R,) true mean effect of the treated cells, in the outcome's measure
    error: (R, E) estimate − effect      seconds: (R, E) of one core: tuning, fit and intervals
    inference: (R, E, K, 5) NUMBERS, the interval less the true effect
    refused: by estimator, how many replications it refused, and the first reason
    unanswered: by (estimator, kind), how many intervals it was asked for in vain, and likewise
    """

    estimators: tuple[str, ...]
    kinds: tuple[str, ...]
    number: IntArray
    cluster: IntArray
    effect: FloatArray
    error: FloatArray
    seconds: FloatArray
    inference: FloatArray
    refused: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    unanswered: Mapping[tuple[str, str], tuple[int, str]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Said:
    """What one estimator said of one panel.

    estimate: nan where refused, `reason` says why      seconds: of one core
    inference: (5,) NUMBERS by kind      reasons: why not, by kind
    """

    estimate: float
    seconds: float
    reason: str | None
    inference: Mapping[str, FloatArray]
    reasons: Mapping[str, str]


def gathered(
    estimators: tuple[str, ...],
    kinds: tuple[str, ...],
    number: IntArray,
    cluster: IntArray,
    effect: FloatArray,
    rows: Sequence[Sequence[Said]],
) -> Results:
    """Of replications, each with what every estimator said."""
    shape = len(rows), len(estimators)
    error, seconds = np.full(shape, np.nan), np.zeros(shape)
    inference = np.full((*shape, len(kinds), len(NUMBERS)), np.nan)
    refused: list[tuple[str, tuple[int, str]]] = []
    unanswered: list[tuple[tuple[str, str], tuple[int, str]]] = []
    for r, row in enumerate(rows):
        for e, (key, said) in enumerate(zip(estimators, row, strict=True)):
            error[r, e], seconds[r, e] = said.estimate - effect[r], said.seconds
            if said.reason is not None:
                refused.append((key, (1, said.reason)))
            for k, kind in enumerate(kinds):
                if kind in said.inference:
                    inference[r, e, k] = said.inference[kind]
                    inference[r, e, k, INTERVAL] -= effect[r]
                elif kind in said.reasons:
                    unanswered.append(((key, kind), (1, said.reasons[kind])))
    return Results(
        estimators, kinds, number, cluster, effect, error, seconds, inference,
        counted(refused), counted(unanswered),
    )  # fmt: skip


def together(parts: Sequence[Results]) -> Results:
    """Batches of one race as one, in the order given."""
    first = parts[0]
    arrays = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("number", "cluster", "effect", "error", "seconds", "inference")
    }
    return Results(
        first.estimators,
        first.kinds,
        **arrays,
        refused=counted([one for part in parts for one in part.refused.items()]),
        unanswered=counted([one for part in parts for one in part.unanswered.items()]),
    )


def counted(found: Sequence[tuple[Key, tuple[int, str]]]) -> dict[Key, tuple[int, str]]:
    """By key, how many in all and the first reason."""
    total: dict[Key, tuple[int, str]] = {}
    for key, (count, reason) in found:
        before, why = total.get(key, (0, reason))
        total[key] = before + count, why
    return total
