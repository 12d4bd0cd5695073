"""How far an answer is from ours: by the objective where the program shows its solution.

    SC      Σ_t (Σ_j ω_j Y_jt − Ȳ_t)²                 DIFP    the same about its mean
    SDID    DIFP + ζ² T₀ ‖ω‖²,  and the same for λ over donors without ζ; the worse of the two
    MC      Σ (Y − α − β − L)² + λ ‖L‖_*              DWCP    the same weighted, summed over cells

One function for all programs. Weights a little below zero, or whose sum is a little off one, are
made feasible first: outside the simplex everybody finds a better optimum. The excess is a share of
our objective: positive where the program's is worse. Programs that return no weights, and DID, are
compared by the effect, in standard deviations of the untreated outcomes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.measuring.panels import Block, BoolArray, FloatArray
from benchmarks.peers.answers import TRIPLES, Answer, Parts, Triple

SAME_OBJECTIVE = 1e-6  # a program further above ours than this has not found the optimum
SAME_EFFECT = 1e-5  # nor one whose effect differs by more than this many standard deviations
ROUNDING = 1e-14


@dataclass(frozen=True)
class Difference:
    """How far, measured how, and whether that still counts as the same answer."""

    kind: str
    value: float

    @property
    def same(self) -> bool:
        """Better than ours counts as the same too."""
        if self.kind == "effect":
            return bool(abs(self.value) <= SAME_EFFECT)
        return bool(self.value <= SAME_OBJECTIVE)


def difference(question: str, block: Block, ours: Answer, theirs: Answer) -> Difference:
    """Of their answer from ours."""
    if question.startswith("loo"):
        return Difference("score", abs(theirs.score / ours.score - 1))
    block = block.standardised if question.startswith("dwcp") else block
    pairs = zip(
        objectives(question, block, theirs), objectives(question, block, ours), strict=False
    )
    excess = [(value - best) / max(best, ROUNDING * scale(block)) for value, best in pairs]
    if excess:
        return Difference("objective", max(excess))
    return Difference("effect", (theirs.att - ours.att) / float(block.usable.std()))


def objectives(question: str, block: Block, answer: Answer) -> Iterator[float]:
    """What the program minimised, at its answer; nothing where it does not show it."""
    if answer.fits:
        weightings = [(np.ones(len(block.outcome)), np.ones(block.outcome.shape[1]))]
        penalty = block.penalty
        if question != "mc":
            weightings, penalty = list(targets(block, TRIPLES[question])), TRIPLES[question][2]
        yield sum(
            _low_rank(block, penalty, *pair, parts)
            for pair, parts in zip(weightings, answer.fits, strict=True)
        )
    if answer.unit_weights is None or question == "did":
        return
    donors, treated = block.outcome[: -block.treated], block.outcome[-block.treated :].mean(axis=0)
    before = donors[:, : block.start]
    weights = _feasible(answer.unit_weights)
    missed = weights @ before - treated[: block.start]
    if question == "sc":
        yield float(missed @ missed)
        return
    missed = missed - missed.mean()
    shrunk = _zeta(block) ** 2 * block.start if question == "sdid" else 0.0
    yield float(missed @ missed + shrunk * weights @ weights)
    if answer.period_weights is not None and question == "sdid":
        missed = before @ _feasible(answer.period_weights) - donors[:, block.start :].mean(axis=1)
        missed = missed - missed.mean()
        yield float(missed @ missed)


def targets(block: Block, triple: Triple) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Unit and period weights of every treated cell, one loop per cell, as published."""
    for unit, period in np.argwhere(block.treatment):
        yield weighting(block.outcome, ~block.treatment, unit, period, triple)


def weighting(
    outcome: FloatArray, usable: BoolArray, unit: int, period: int, triple: Triple
) -> tuple[FloatArray, FloatArray]:
    """Unit and period weights of one cell, which is not usable itself."""
    common = usable & usable[unit]
    apart = np.where(common, outcome - outcome[unit], 0.0)
    distance = np.sqrt((apart**2).sum(axis=1) / common.sum(axis=1))
    away = np.abs(np.arange(outcome.shape[1]) - period)
    return np.exp(-triple[1] * distance), np.exp(-triple[0] * away)


def scale(block: Block) -> float:
    """The sum of squares an objective is a part of."""
    return float(((block.usable - block.usable.mean()) ** 2).sum())


def _feasible(weights: FloatArray) -> FloatArray:
    kept = np.maximum(weights, 0.0)
    return np.asarray(kept / kept.sum())


def _low_rank(
    block: Block, penalty: float, units: FloatArray, periods: FloatArray, parts: Parts
) -> float:
    alpha, beta, low_rank = parts
    missed = np.where(block.treatment, 0.0, block.outcome - alpha[:, None] - beta - low_rank)
    nuclear = np.linalg.norm(low_rank, "nuc") if np.isfinite(penalty) else 0.0
    priced = penalty * nuclear if nuclear else 0.0
    return float(units @ missed**2 @ periods + priced)


def _zeta(block: Block) -> float:
    steps = np.diff(block.outcome[: -block.treated, : block.start], axis=1)
    cells = block.treated * (block.outcome.shape[1] - block.start)
    return float(cells**0.25 * steps.std(ddof=1))
