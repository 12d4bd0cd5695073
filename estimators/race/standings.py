"""Who errs least: RMSE, bias, coverage, length and time of every estimator, with Monte-Carlo error.

Over R replications with errors e, the best being the estimator b of least RMSE:

    rmse      √ mean e²                          error: RMSE · se(mean of (e² / mean e² − 1) / 2)
    relative  RMSE / RMSE of b, on replications that both answered
              error: ratio · se(mean of (e² / mean e² − e_b² / mean e_b²) / 2)      paired

se is the standard error of a mean, s / √R; replications with one `cluster` count as one. Errors of
estimators on one panel are alike, so that ratios are far better known than the two RMSEs.

An estimator that refuses more than MOST_REFUSED of the replications is shown, and never the best:
what it would have said of the others is not known.

Source: the delta method. What counts as the best is ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from estimators.calibration.answer import NUMBERS
from estimators.calibration.summaries import Measured
from estimators.core.panel import BoolArray, FloatArray, IntArray
from estimators.race.results import Results

MOST_REFUSED = 0.05  # of the replications


@dataclass(frozen=True)
class Intervals:
    """Of one kind: coverage and mean length over `answered` replications; reason: first refusal."""

    kind: str
    answered: int
    refused: int
    reason: str | None
    coverage: Measured | None = None
    length: Measured | None = None


@dataclass(frozen=True)
class Standing:
    """One estimator's place in a race.

    answered, refused: replications      reason: of the first refusal
    eligible: whether it answered enough of them to be chosen
    rmse, bias: in the outcome's measure      relative: RMSE over that of the best; all of them
        None where it answered nothing, and relative where no estimator is eligible
    seconds: of one core, on average over what it answered
    intervals: by kind
    """

    estimator: str
    answered: int
    refused: int
    reason: str | None
    eligible: bool
    rmse: Measured | None = None
    bias: Measured | None = None
    relative: Measured | None = None
    seconds: float | None = None
    intervals: Mapping[str, Intervals] = field(default_factory=dict)


def standings(results: Results) -> tuple[Standing, ...]:
    """One per estimator, in the order asked."""
    eligible = _eligible(results)
    best = best_of(results)
    found = []
    for e, key in enumerate(results.estimators):
        answered = np.isfinite(results.error[:, e])
        refused, reason = results.refused.get(key, (0, None))
        error, cluster = results.error[answered, e], results.cluster[answered]
        if not len(error):
            found.append(Standing(key, 0, refused, reason, eligible=False))
            continue
        found.append(
            Standing(
                key,
                len(error),
                refused,
                reason,
                bool(eligible[e]),
                rmse=_rmse(error, cluster),
                bias=mean(error, cluster),
                relative=None if best is None else relative(results, e, best),
                seconds=float(results.seconds[answered, e].mean()),
                intervals=_intervals(results, e),
            )
        )
    return tuple(found)


def best_of(results: Results) -> int | None:
    """Place of the eligible estimator of least RMSE; None where none is eligible."""
    eligible = _eligible(results)
    if not eligible.any():
        return None
    squares = np.full(len(eligible), np.inf)
    common = np.isfinite(results.error[:, eligible]).all(axis=1)
    if not common.any():
        return None
    squares[eligible] = np.mean(results.error[np.ix_(common, eligible)] ** 2, axis=0)
    return int(np.argmin(squares))


def relative(results: Results, e: int, against: int) -> Measured | None:
    """RMSE of estimator e over that of another, by place, on what both answered."""
    both = np.isfinite(results.error[:, [e, against]]).all(axis=1)
    if not both.any():
        return None
    squares, theirs = (results.error[both, place] ** 2 for place in (e, against))
    if not theirs.mean() > 0:
        return Measured(1.0, 0.0) if not squares.mean() > 0 else Measured(float("inf"), None)
    ratio = float(np.sqrt(squares.mean() / theirs.mean()))
    if not ratio > 0:
        return Measured(0.0, None)
    influence = (squares / squares.mean() - theirs / theirs.mean()) / 2
    error = mean(influence, results.cluster[both]).error
    return Measured(ratio, None if error is None else ratio * error)


def mean(values: FloatArray, cluster: IntArray) -> Measured:
    """The mean, and its error with all values of a cluster counted as one; None of one cluster."""
    centre = float(values.mean())
    _, label = np.unique(cluster, return_inverse=True)
    count = int(label.max()) + 1
    if count < 2:
        return Measured(centre, None)
    totals = np.bincount(label, values - centre)
    return Measured(centre, float(np.sqrt(np.sum(totals**2) * count / (count - 1)) / len(values)))


def _rmse(error: FloatArray, cluster: IntArray) -> Measured:
    squares = error**2
    found = float(np.sqrt(squares.mean()))
    if not found > 0:
        return Measured(0.0, None)
    spread = mean(squares / squares.mean() / 2, cluster).error
    return Measured(found, None if spread is None else found * spread)


def _eligible(results: Results) -> BoolArray:
    refused = 1 - np.isfinite(results.error).mean(axis=0)
    return np.asarray(refused <= MOST_REFUSED)


def _intervals(results: Results, e: int) -> dict[str, Intervals]:
    found = {}
    low, high = (NUMBERS.index(name) for name in ("ci_low", "ci_high"))
    for k, kind in enumerate(results.kinds):
        said = results.inference[:, e, k]
        answered = np.isfinite(said[:, low])
        refused, reason = results.unanswered.get((results.estimators[e], kind), (0, None))
        row = Intervals(kind, int(answered.sum()), refused, reason)
        if answered.any():
            said, cluster = said[answered], results.cluster[answered]
            covered = ((said[:, low] <= 0) & (said[:, high] >= 0)).astype(np.float64)
            length = said[:, high] - said[:, low]
            row = Intervals(
                kind, len(said), refused, reason, mean(covered, cluster), mean(length, cluster)
            )
        found[kind] = row
    return found
