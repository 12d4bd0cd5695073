"""The exam on a panel of one's own: does an interval cover nothing where nothing was done?

The treatment's own pattern is placed wherever it could have been (core/placements.py): on other
units, in its own periods or earlier; where treatment switches on and off, dealt to other units and
rotated in time. Truly treated outcomes are data in none of them. At each position the tuned
estimator answers as if that were the treatment, each kind of inference draws its own placebos, and
an interval is right when it covers zero. Settings are those of the real panel: as everywhere, a
placebo tunes nothing.

    coverage       share of positions whose interval covers zero, overall
    by unit        positions in which the unit wears the pattern
    by period      positions whose pattern has a treated cell in the period
    by noise       positions in fifths from quiet to noisy: √(mean square of effects at the same
                   units and other periods × the same at other units and the same periods), so that
                   no effect decides where it is counted; absent where patterns are so long that
                   every position of a unit overlaps the others

Positions share units, periods and donors: they are fewer than they seem. Errors count all positions
of one group of units as one; periods' common part is in none of them.

Source: placebos across units, Abadie, Diamond and Hainmueller (2010); asking whether their
intervals cover is this project's use of them.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from estimators.calibration.answer import NUMBERS, answer, numbers_of
from estimators.calibration.summaries import Covered, Measured, Score
from estimators.core.designs import pattern
from estimators.core.errors import NotConverged, UnsupportedDesign
from estimators.core.fit import Estimator, Inference, Refusal
from estimators.core.panel import BoolArray, FloatArray, Panel
from estimators.core.placements import Placement, across_both, across_units
from estimators.variance.dealing import dealt_and_rotated
from estimators.variance.kinds import InferenceKind

POSITIONS = 200  # at most, unless more are asked for
FIFTHS = 5
FEWEST_IN_FIFTH = 4


@dataclass(frozen=True, eq=False)
class Position:
    """What one estimator and K kinds said at one position; nan where refused.

    group: labels of the units that wear the pattern      periods: labels of its treated periods
    inference: (K, 5) NUMBERS      refusals: by kind, why not
    """

    group: tuple[Hashable, ...]
    periods: tuple[Hashable, ...]
    effect: float
    inference: FloatArray
    refusals: dict[str, str]


@dataclass(frozen=True)
class OwnCalibration:
    """An estimator's exam on one panel. Plain values only: `dataclasses.asdict` is its JSON.

    positions: those asked      scores: one per kind, in the order asked
    """

    estimator: str
    level: float
    positions: int
    scores: tuple[Score, ...]


def own_panel(
    panel: Panel,
    tuned: Estimator,
    kinds: Sequence[InferenceKind],
    level: float = 0.95,
    *,
    positions: int = POSITIONS,
    placebos: int = 200,
    seed: int = 0,
) -> OwnCalibration:
    """Nominal against actual coverage of a tuned estimator's intervals on this panel.

    positions: asked at most; of more, evenly many by period are drawn
    placebos: draws at most in each pool of each position
    Raises UnsupportedDesign when the treatment fits nowhere else.
    """
    asked = [
        sit_at(panel, placed, tuned, kinds, level, placebos, seed)
        for placed in admissible(panel, positions, seed)
    ]
    return OwnCalibration(tuned.name, level, len(asked), own_scores(tuned.name, kinds, asked))


def admissible(panel: Panel, count: int, seed: int) -> tuple[Placement, ...]:
    """Where the treatment could have been, at most so many, every period as often as any other."""
    if pattern(panel) == "on_off":
        return dealt_and_rotated(panel, count, seed).placements
    now = across_units(panel, count, seed).placements
    try:
        earlier = across_both(panel, count, seed).placements
    except UnsupportedDesign:  # too short a past: the treatment's own periods are all there is
        earlier = ()
    times = 1 + len({len(placed.periods) for placed in earlier})
    order = np.random.default_rng([seed, len(now)]).permutation(len(now))
    some = [now[i] for i in order[: max(len(now) - len(earlier), count // times)]]
    return (*some, *earlier[: count - len(some)])[:count]


def sit_at(
    panel: Panel,
    placed: Placement,
    tuned: Estimator,
    kinds: Sequence[InferenceKind],
    level: float,
    placebos: int,
    seed: int,
) -> Position:
    """What is said at one position."""
    pretended = placed.panel(panel)
    treated = pretended.treatment.any(axis=0)
    inference = np.full((len(kinds), len(NUMBERS)), np.nan)
    effect = np.nan
    found: list[Inference | Refusal]
    try:
        effect, found = answer(pretended, tuned, kinds, level, placebos, seed)
    except (UnsupportedDesign, NotConverged) as refusal:
        found = [Refusal(kind.kind, str(refusal)) for kind in kinds]
    for k, said in enumerate(found):
        if not isinstance(said, Refusal):
            inference[k] = numbers_of(said, 0.0)
    return Position(
        tuple(panel.units[i] for i in placed.group),
        tuple(pretended.periods[t] for t in np.flatnonzero(treated)),
        effect,
        inference,
        {said.key: said.reason for said in found if isinstance(said, Refusal)},
    )


def own_scores(
    estimator: str, kinds: Sequence[InferenceKind], asked: Sequence[Position]
) -> tuple[Score, ...]:
    """One score per kind."""
    noise = _noise(asked)
    return tuple(_score(estimator, kind.kind, k, asked, noise) for k, kind in enumerate(kinds))


def _score(
    estimator: str, kind: str, k: int, asked: Sequence[Position], noise: FloatArray
) -> Score:
    answered = np.array([np.isfinite(one.inference[k, -1]) for one in asked])
    reasons = [one.refusals[kind] for one in asked if kind in one.refusals]
    reason = reasons[0] if reasons else None
    kept = [one for one, is_answered in zip(asked, answered, strict=True) if is_answered]
    if len(kept) < 2:
        return Score(estimator, kind, len(kept), len(reasons), reason)
    said = dict(zip(NUMBERS, np.array([one.inference[k] for one in kept]).T, strict=True))
    covered = (said["ci_low"] <= 0) & (said["ci_high"] >= 0)
    effect = np.array([one.effect for one in kept])
    measured = {
        "bias": effect,
        "true_variance": effect**2,
        "coverage": covered.astype(np.float64),
        "length": said["ci_high"] - said["ci_low"],
    }
    if np.isfinite(said["standard_error"]).all():
        measured["mean_variance"] = said["standard_error"] ** 2
    clusters = [one.group for one in kept]
    return Score(
        estimator,
        kind,
        len(kept),
        len(reasons),
        reason,
        {name: _clustered(values, clusters) for name, values in measured.items()},
        {
            "unit": _by([one.group for one in kept], covered),
            "period": _by([one.periods for one in kept], covered),
            "noise": _by_noise(noise[answered], covered),
        },
    )


def _clustered(values: FloatArray, clusters: Sequence[Hashable]) -> Measured:
    """A mean, and its error with all values of a cluster counted as one."""
    mean = float(values.mean())
    total: dict[Hashable, float] = {}
    for value, cluster in zip(values - mean, clusters, strict=True):
        total[cluster] = total.get(cluster, 0.0) + float(value)
    count = len(total)
    if count < 2:
        return Measured(mean, None)
    spread = np.sqrt(np.sum(np.square(list(total.values()))) * count / (count - 1))
    return Measured(mean, float(spread / len(values)))


def _by(labels: Sequence[tuple[Hashable, ...]], covered: BoolArray) -> tuple[Covered, ...]:
    """Coverage by label, each position counting for every label it has, in order of appearance."""
    found: dict[Hashable, list[bool]] = {}
    for own, is_covered in zip(labels, covered, strict=True):
        for label in own:
            found.setdefault(label, []).append(bool(is_covered))
    return tuple(Covered(label, len(one), float(np.mean(one))) for label, one in found.items())


def _by_noise(noise: FloatArray, covered: BoolArray) -> tuple[Covered, ...]:
    """Coverage in fifths, 1 the quietest, of the positions whose noise is known."""
    known = np.flatnonzero(np.isfinite(noise))
    if len(known) < FIFTHS * FEWEST_IN_FIFTH:
        return ()
    order = known[np.argsort(noise[known], kind="stable")]
    return tuple(
        Covered(fifth + 1, len(part), float(covered[part].mean()))
        for fifth, part in enumerate(np.array_split(order, FIFTHS))
    )


def _noise(asked: Sequence[Position]) -> FloatArray:
    """(positions,) how noisy others say each is; nan where there are none to say."""
    squares = np.array([one.effect**2 for one in asked])
    groups, periods = ([set(getattr(one, name)) for one in asked] for name in ("group", "periods"))
    found = np.full(len(asked), np.nan)
    for p in range(len(asked)):
        unit = np.array([bool(groups[p] & other) for other in groups])
        period = np.array([bool(periods[p] & other) for other in periods])
        ours, theirs = (squares[where & np.isfinite(squares)]
                        for where in (unit & ~period, period & ~unit))  # fmt: skip
        if len(ours) and len(theirs):
            found[p] = np.sqrt(ours.mean() * theirs.mean())
    return found
