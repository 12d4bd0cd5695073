"""What an exam's answers come to: one score per estimator and kind, each number with its error.

Over R replications with errors e = τ̂ − τ, variances V (squared standard errors) and intervals:

    bias                mean e
    true_variance       mean e², as: mean of the variance of the treated cells' mean noise ε̄, known
                        by construction, and of (e − ε̄)² + 2 ε̄ (e − ε̄), by replication
    mean_variance       mean V
    variability         sd(V) / mean(V)
    coverage            share of intervals that cover τ
    coverage_quietest   the same, in the fifth of replications whose treated cells are the quietest
    coverage_noisiest   and the noisiest, by construction (noise.py); absent where noise is even
    true_variance_…, mean_variance_…    both, in those fifths
    length              mean length of the interval
    power_k             share of intervals that exclude 0 when the effect is k of the treated cells'
                        standard deviations
    size_adjusted_k     share of p-values, at that effect, below the quantile of p-values without
                        effect of which a share 1 − level lies below

Adding an effect to the treated cells adds it to τ̂ and to both ends of an interval and changes
nothing else, because treated outcomes are never data: so power at every effect is read off the same
replications, and off both signs of it. Size adjustment needs the p-value at an effect that was not
simulated, 2 P(t_df > |e + δ| / √V), so a procedure without a standard error has none.

Monte-Carlo errors: of shares and means s / √R; of variability and of size-adjusted power the
standard deviation over BOOTSTRAPS draws of R replications, the same draws for every row, so
that differences between rows of one exam can be judged too (paired_gain).
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from scipy.special import stdtr

from estimators.calibration.answer import NUMBERS
from estimators.calibration.exam import Answers
from estimators.core.panel import BoolArray, FloatArray, IntArray

EFFECTS = (1, 2, 3)  # standard deviations of the treated cells' mean noise
FIFTH = 0.2
BOOTSTRAPS = 200
FEWEST = 20  # replications answered, below which nothing is said


@dataclass(frozen=True)
class Measured:
    """A number and its Monte-Carlo error, a standard deviation; None where none can be had."""

    value: float
    error: float | None


@dataclass(frozen=True)
class Covered:
    """Coverage in a part: how many intervals there were, and the share that covered."""

    label: Hashable
    intervals: int
    coverage: float


@dataclass(frozen=True)
class Score:
    """One estimator with one kind of inference.

    answered, refused: replications (on a panel of one's own: positions)
    reason: of the first refusal
    numbers: by name, as above; those that cannot be had are absent
    groups: on a panel of one's own, coverage by "unit", "period" and "noise" (own_panel.py)
    """

    estimator: str
    kind: str
    answered: int
    refused: int
    reason: str | None
    numbers: Mapping[str, Measured] = field(default_factory=dict)
    groups: Mapping[str, tuple[Covered, ...]] = field(default_factory=dict)


def scores(answers: Answers, level: float, *, uneven: bool) -> tuple[Score, ...]:
    """One per estimator and kind, in the order asked.

    uneven: whether some cells are noisier than others, so that there are fifths
    """
    found = []
    for estimator in answers.estimators:
        for kind in answers.kinds:
            row = _row(answers, estimator, kind)
            refused, reason = answers.reasons.get((estimator, kind), (0, None))
            numbers = _numbers(row, level, uneven) if len(row.error) >= FEWEST else {}
            found.append(Score(estimator, kind, len(row.error), refused, reason, numbers))
    return tuple(found)


def paired_gain(
    answers: Answers, estimator: str, kind: str, against: str, effect: int, level: float
) -> Measured:
    """Size-adjusted power of one kind over another's, less one, on the same replications."""
    both = _answered(answers, estimator, kind) & _answered(answers, estimator, against)
    one, other = (_row(answers, estimator, key, both) for key in (kind, against))

    def gain(drawn: IntArray) -> float:
        up, down = (_size_adjusted(row, drawn, effect, level) for row in (one, other))
        return up / down - 1

    return _bootstrapped(gain, len(one.error))


@dataclass(frozen=True, eq=False)
class _Row:
    """(R,) what one estimator and kind said in the replications it answered."""

    error: FloatArray
    standard_error: FloatArray
    df: FloatArray
    low: FloatArray
    high: FloatArray
    shock: FloatArray
    noise: FloatArray
    deviation: FloatArray

    @property
    def truth(self) -> FloatArray:
        """(R,) whose mean is the variance of the error, with little Monte-Carlo error."""
        added = self.error - self.shock
        return self.noise + added**2 + 2 * self.shock * added


def _answered(answers: Answers, estimator: str, kind: str) -> BoolArray:
    place = answers.estimators.index(estimator), answers.kinds.index(kind)
    return np.isfinite(answers.inference[:, *place, NUMBERS.index("p_value")])


def _row(answers: Answers, estimator: str, kind: str, among: BoolArray | None = None) -> _Row:
    e, k = answers.estimators.index(estimator), answers.kinds.index(kind)
    kept = _answered(answers, estimator, kind) if among is None else among
    said = dict(zip(NUMBERS, answers.inference[kept, e, k].T, strict=True))
    return _Row(
        answers.error[kept, e],
        said["standard_error"],
        said["df"],
        said["ci_low"],
        said["ci_high"],
        answers.shock[kept],
        answers.noise[kept],
        answers.deviation[kept],
    )


def _numbers(row: _Row, level: float, uneven: bool) -> dict[str, Measured]:
    truth, variance = row.truth, row.standard_error**2
    covered = _covered(row, 0)
    found = {
        "bias": _mean(row.error),
        "true_variance": _mean(truth),
        "coverage": _mean(covered),
        "length": _mean(row.high - row.low),
    }
    by_variance = bool(np.isfinite(variance).all())
    if by_variance:
        found["mean_variance"] = _mean(variance)
        found["variability"] = _bootstrapped(
            lambda drawn: float(variance[drawn].std(ddof=1) / variance[drawn].mean()), len(truth)
        )
    if uneven:
        order = np.argsort(row.noise, kind="stable")
        count = int(FIFTH * len(order))
        for name, fifth in (("quietest", order[:count]), ("noisiest", order[-count:])):
            found[f"coverage_{name}"] = _mean(covered[fifth])
            found[f"true_variance_{name}"] = _mean(truth[fifth])
            if by_variance:
                found[f"mean_variance_{name}"] = _mean(variance[fifth])
    for effect in EFFECTS:
        signs = [1.0 - _covered(row, sign * effect) for sign in (1, -1)]
        found[f"power_{effect}"] = _mean(np.mean(signs, axis=0))
        if by_variance:
            adjusted = partial(_size_adjusted, row, effect=effect, level=level)
            found[f"size_adjusted_{effect}"] = _bootstrapped(adjusted, len(truth))
    return found


def _covered(row: _Row, effect: float) -> FloatArray:
    """(R,) 1 where the interval has zero in it when the effect is so many deviations."""
    shift = effect * row.deviation
    return ((row.low + shift <= 0) & (row.high + shift >= 0)).astype(np.float64)


def _size_adjusted(row: _Row, drawn: IntArray, effect: int, level: float) -> float:
    error, shift = row.error[drawn], effect * row.deviation[drawn]

    def p_values(estimate: FloatArray) -> FloatArray:
        ratio = np.abs(estimate) / row.standard_error[drawn]
        return np.asarray(2 * stdtr(row.df[drawn], -ratio))

    limit = np.quantile(p_values(error), 1 - level)
    return float(np.mean([p_values(error + shift) < limit, p_values(error - shift) < limit]))


def _mean(values: FloatArray) -> Measured:
    """The mean, and its error."""
    return Measured(float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))))


def _bootstrapped(statistic: Callable[[IntArray], float], count: int) -> Measured:
    """A statistic of all replications, and its standard deviation over draws of them."""
    rng = np.random.default_rng(count)  # the same draws for every row of an exam
    drawn = [statistic(rng.integers(count, size=count)) for _ in range(BOOTSTRAPS)]
    return Measured(statistic(np.arange(count)), float(np.std(drawn, ddof=1)))
