"""What every program is asked, and the shape of its answer. Needs numpy and nothing else.

An adapter is a function `question(block) -> (call, read)`: it lays the panel out as its program
wants it, `call` is what is timed, and `read` turns what the call returned into an Answer, untimed.
A name with `:kernel` is the program's solver alone, on arrays, without its public call.

λ are those of the published definition for an outcome with mean 0 and standard deviation 1, which
is what programs get for DWCP; every adapter translates them to the convention of its program.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring.panels import Block, FloatArray

Parts = tuple[FloatArray, FloatArray, FloatArray]  # α (N,), β (T,), L (N, T)
Triple = tuple[float, float, float]  # λ_time, λ_unit, λ_nn

# question -> what it is called in the table
QUESTIONS = {
    "did": "DID",
    "sc": "SC",
    "difp": "DIFP",
    "sdid": "SDID",
    "mc": "MC, λ fixed",
    "mc_cv": "MC, λ by its own cross-validation",
    "dwcp": "DWCP, λ fixed, one fit per cell",
    "dwcp_level": "DWCP, λ fixed, λ_time = 0",
    "loo_inf": "DWCP, every cell left out, λ_nn = ∞",
    "loo": "DWCP, every cell left out, λ_nn = 3",
    "loo_ten": "DWCP, every cell left out, λ_nn = 10",
}
TRIPLES: dict[str, Triple] = {
    "dwcp": (0.1, 0.5, 1.0),
    "dwcp_level": (0.0, 0.5, 3.0),  # one treated unit: all its cells share their weights
    "loo_inf": (0.1, 0.5, np.inf),
    "loo": (0.1, 0.5, 3.0),
    "loo_ten": (0.1, 0.5, 10.0),  # no factor pays for itself: the score is that of λ_nn = ∞
}


@dataclass(frozen=True, eq=False)
class Answer:
    """What a program says, as far as it says it.

    att: mean effect over the treated cells
    unit_weights, period_weights: (donors,) and (periods before treatment,)
    fits: α, β and L, one after the other: of the panel, or of every treated cell
    score: sum of squared errors over all cells left out
    counterfactual: of the treated cells, row by row
    """

    att: float = np.nan
    unit_weights: FloatArray | None = None
    period_weights: FloatArray | None = None
    fits: tuple[Parts, ...] = ()
    score: float = np.nan
    counterfactual: FloatArray | None = None


Adapter = Callable[[Block], tuple[Callable[[], Any], Callable[[Any], Answer]]]


def keep(answer: Answer, path: Path) -> None:
    """Write an answer for the process that asked."""
    arrays = {
        field.name: np.asarray(getattr(answer, field.name), float)
        for field in fields(Answer)
        if field.name != "fits" and getattr(answer, field.name) is not None
    }
    for k, parts in enumerate(answer.fits):
        arrays |= dict(zip((f"unit{k}", f"period{k}", f"low{k}"), parts, strict=True))
    np.savez(path, allow_pickle=False, **arrays)


def kept(path: Path) -> Answer:
    """Read an answer."""
    with np.load(path) as found:
        count = sum(name.startswith("unit") for name in found.files)
        count -= "unit_weights" in found.files
        return Answer(
            float(found["att"]),
            found["unit_weights"] if "unit_weights" in found.files else None,
            found["period_weights"] if "period_weights" in found.files else None,
            tuple((found[f"unit{k}"], found[f"period{k}"], found[f"low{k}"]) for k in range(count)),
            float(found["score"]),
            found["counterfactual"] if "counterfactual" in found.files else None,
        )
