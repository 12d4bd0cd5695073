"""Placebo lives: what the effect so far looks like over a whole promotion where there is none.

A promotion is planned to last H periods. After k of them its effect so far is the att of the panel
as it ends then, e_k. The same is done where nothing was promoted: never-treated units wear the
pattern for H periods in the past, and the tuned estimator answers at every k = 1 … H as it would
have then, knowing nothing later. Truly treated units are in none of it, and no period of the
promotion is: the boundary is fixed before the first look.

    p_dk      effect so far of placebo life d after k periods
    r_d       own scale: standard deviation, before the life starts, of the gap between its units'
              mean and the mean of the other never-treated units, each unit around its own mean
    limits    of the paths p_dk / r_d over k (variance/bands.py): s_k and c; a path is judged by the
              s_k of the other groups, as the promotion is
    interval  e_k ± c s_k r,   r the promotion's own scale

If the promotion without effect is one more such life, |e_k| > c s_k r for some k ≤ H in at most a
share 1 − level of promotions: however often one looks, and whenever one stops, until H.

Source: ranks of placebos, Abadie, Diamond and Hainmueller (2010); one critical value for the
largest of many, Montiel Olea and Plagborg-Møller (2019); validity at any look by a test whose null
is a whole path, as the rank tests of van Meer and Koning (2025, arXiv 2504.21595). Confidence
sequences (Waudby-Smith et al., 2024) need no planned end, and are wider for that. Lives in the
past, and the own scale, are this project's. Without the own scale a promotion in a noisy unit is a
false alarm five times as often as promised, and one in a quiet unit is never found.
"""

from dataclasses import replace

import numpy as np

from estimators.core.designs import pattern
from estimators.core.errors import UnsupportedDesign
from estimators.core.fit import Estimator
from estimators.core.panel import BoolArray, FloatArray, IntArray, Panel
from estimators.core.parallel import in_order
from estimators.core.placements import Placement, control_groups, numbered
from estimators.variance.bands import Limits, limits
from estimators.variance.effects import effect_of
from estimators.variance.independence import degrees, shared_by_groups
from estimators.variance.windows import evenly

LEAST_TRAINING = 8  # periods before a life: its own scale is measured in them
PROBLEMS = 20_000  # optimisations spent on all looks of all lives
HALF = 2  # lives of one group overlap by half of them at most, unless groups are few
FEWEST = 40  # lives that an expensive estimator is given all the same


def boundary(
    panel: Panel, tuned: Estimator, life: int, level: float, *, draws: int = 200, seed: int = 0
) -> Limits:
    """The limits of the effect so far over a life of so many periods, in own scales.

    panel: with one treated period or more; nothing of its treated periods is read
    draws: lives at most
    Raises UnsupportedDesign where no life fits before the promotion, or too few.
    """
    before = started(panel)
    training = max(LEAST_TRAINING, min(before // 2, before - life))
    starts = np.arange(training, before - life + 1)
    if not len(starts):
        raise UnsupportedDesign(
            f"following a promotion of {life} periods needs {life + LEAST_TRAINING} periods before "
            f"it; there are {before} before {panel.periods[before]}; add earlier periods"
        )
    affordable = max(FEWEST, PROBLEMS // (life * tuned.problems(panel)))
    lives, groups, total = _placed(panel, starts, life, min(draws, affordable), seed)
    estimator = tuned.for_placebos(panel)
    outcome = np.where(panel.usable, panel.outcome, np.nan)
    controls = np.flatnonzero(panel.control_units)

    def standardised(one: Placement) -> FloatArray:
        start = len(one.periods) - life
        scale = own_scale(outcome[controls, :start], np.isin(controls, one.group))
        return _path(panel, estimator, one, life) / scale if scale > 0 else np.full(life, np.nan)

    paths = np.array(in_order(standardised, lives))
    who, first = np.unique(groups, return_index=True)
    share = shared_by_groups([lives[d].group for d in first], controls)
    df = degrees(who, np.zeros_like(who), share, np.ones((1, 1)))
    number = numbered(len(lives), total * len(starts))
    placed = f"{number} of never-treated units, {life} periods each, all before the promotion"
    return limits(paths, df, level, placed, _by_group(paths, groups))


def started(panel: Panel) -> int:
    """Periods before the promotion, which all treated units begin together and none has ended.

    Raises UnsupportedDesign for any other pattern.
    """
    before = int(panel.pre_periods.sum())
    if pattern(panel) != "block" or not panel.treatment[:, -1].any():
        raise UnsupportedDesign(
            f"an effect so far is that of one promotion that runs: all its units from one period "
            f"on, to the panel's last, {panel.periods[-1]}; here treatment starts, ends or comes "
            f"again at other times; read the analysis after its end"
        )
    return before


def own_scale(outcome: FloatArray, chosen: BoolArray) -> float:
    """r of the chosen among these units; nan where no period has both sides.

    outcome: (units, periods) before the life, nan where not known      chosen: (units,)
    """
    level = np.array([row[np.isfinite(row)].mean() if np.isfinite(row).any() else np.nan
                      for row in outcome])  # fmt: skip
    around = outcome - level[:, None]
    gap = _means(around[chosen]) - _means(around[~chosen])
    known = gap[np.isfinite(gap)]
    return float(known.std(ddof=1)) if len(known) > 1 else np.nan


def _means(values: FloatArray) -> FloatArray:
    """(T,) means of what is known in each period; nan where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)


def _placed(
    panel: Panel, starts: IntArray, life: int, count: int, seed: int
) -> tuple[list[Placement], IntArray, int]:
    """Groups of controls crossed with starts: lives, whose each is, and how many groups exist."""
    groups, total = control_groups(panel, count, seed)
    apart = 1 + HALF * int(starts[-1] - starts[0]) // life  # nearer lives of a group say the same
    chosen = evenly(len(starts), max(apart, count // total))
    many = max(1, count // len(chosen))
    if many < len(groups):  # sampled ones are in no order; of enumerated ones some are drawn
        some = np.random.default_rng([seed, total]).permutation(len(groups))[:many]
        groups = [groups[g] for g in np.sort(some)]
    controls = np.flatnonzero(panel.control_units)
    lives = [
        Placement(controls, np.arange(start + life), group, _last(len(group), start, life))
        for group in groups
        for start in starts[chosen].tolist()
    ]
    return lives, np.repeat(np.arange(len(groups)), len(chosen)), total


def _by_group(paths: FloatArray, groups: IntArray) -> FloatArray:
    """(D, H) mean square of the paths of each path's group."""
    count = np.bincount(groups)
    total = np.zeros((len(count), paths.shape[1]))
    np.add.at(total, groups, paths**2)
    return np.asarray((total / count[:, None])[groups])


def _last(units: int, start: int, life: int) -> BoolArray:
    """(units, start + life) a treatment of all of them from the start on."""
    return np.tile(np.arange(start + life) >= start, (units, 1))


def _path(real: Panel, estimator: Estimator, one: Placement, life: int) -> FloatArray:
    """(life,) effect so far after 1, 2, … periods of one placement, each from what was known then.

    nan where it cannot be imputed, or none of the cells is observed.
    """
    start = len(one.periods) - life
    looks = (
        replace(one, periods=one.periods[: start + k], pattern=one.pattern[:, : start + k])
        for k in range(1, life + 1)
    )
    return np.array([effect_of(real, estimator, look).overall for look in looks])
