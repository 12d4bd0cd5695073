"""One look at a running promotion: the effect so far, valid however often one looks.

After k of H periods, with the boundary s_k and c of placebo lives and the own scale r (lives.py):

    interval    e_k ± c s_k r
    p           of |e_k| / (s_k r) among the largest of whole lives      p < 1 − level ⟺ 0 outside
    p so far    the smallest of p_1 … p_k                                < 1 − level ⟺ 0 was outside

All intervals of a life hold together with probability `level`, for effects of any course: adding an
effect to the treated cells moves e_k by it and nothing else. So do statements read off them: that
the effect so far is surely below one bound, or above another. Looks after H are refused: no life
is that long, and nothing was promised.
"""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from estimators.core.effect import att, scored_cells
from estimators.core.errors import UnsupportedDesign
from estimators.core.fit import Estimator, Inference
from estimators.core.impact import Impact
from estimators.core.panel import FloatArray, Panel
from estimators.monitoring.lives import own_scale, started
from estimators.variance.bands import Limits
from estimators.variance.impact import impact

KIND = "anytime"


@dataclass(frozen=True)
class Look:
    """The effect so far of a promotion that runs.

    period: label of the last one      number, life: k and H      cells: treated and observed so far
    effect: mean over them, in the outcome's measure      level: of all intervals of the life
    impact: the same as a total and as a lift
    """

    period: Hashable
    number: int
    life: int
    cells: int
    effect: float
    standard_error: float
    level: float
    ci_low: float
    ci_high: float
    p_value: float
    p_so_far: float
    impact: Impact
    construction: str


def look(panel: Panel, tuned: Estimator, limits: Limits) -> Look:
    """The effect at the panel's last period.

    panel: as it is now; the promotion's units are treated to its end
    tuned, limits: as they were at the first look
    Raises UnsupportedDesign after the planned life, or when no treated cell is observed.
    """
    before, life = started(panel), len(limits.standard_error)
    number = len(panel.periods) - before
    if number > life:
        raise UnsupportedDesign(
            f"the promotion was planned to last {life} periods, to "
            f"{panel.periods[before + life - 1]}, and it is {panel.periods[-1]}, period {number}: "
            f"looks are valid up to the planned end; read the analysis after the actual one"
        )
    scale = _own_scale(panel, before)
    effects = _so_far(panel, tuned, before, number)
    errors = scale * limits.standard_error[:number]
    ratios = np.abs(effects) / errors
    p_value, half = limits.p_value(float(ratios[-1])), limits.critical_value * float(errors[-1])
    effect = float(effects[-1])
    said = Inference(
        kind=KIND, level=limits.level, ci_low=effect - half, ci_high=effect + half,
        p_value=p_value, placebos=len(limits.largest), construction=limits.construction,
        standard_error=float(errors[-1]),
    )  # fmt: skip
    scored = scored_cells(panel, tuned.fit(panel))
    cells = int(scored.sum())
    return Look(
        period=panel.periods[-1],
        number=number,
        life=life,
        cells=cells,
        effect=effect,
        standard_error=float(errors[-1]),
        level=limits.level,
        ci_low=said.ci_low,
        ci_high=said.ci_high,
        p_value=p_value,
        p_so_far=limits.p_value(float(np.nanmax(ratios))),
        impact=impact(said, effect, float(panel.outcome[scored].mean()), cells),
        construction=limits.construction,
    )


def _so_far(panel: Panel, tuned: Estimator, before: int, number: int) -> FloatArray:
    """(number,) the effect as it was after each period, from what was known then.

    nan where no treated cell was observed yet; at the last period that is refused.
    """
    found, everyone = np.full(number, np.nan), np.arange(len(panel.units))
    for k in range(1, number + 1):
        then = panel.select(everyone, np.arange(before + k))
        if k == number or (then.treatment & then.observed).any():
            found[k - 1] = att(then, tuned.fit(then))
    return found


def _own_scale(panel: Panel, before: int) -> float:
    scale = own_scale(panel.outcome[:, :before], panel.treated_units)
    if scale > 0:
        return scale
    raise UnsupportedDesign(
        f"before {panel.periods[before]} the promotion's units never differ from the others, or "
        f"are not observed: their noise, by which an effect is judged, is not known"
    )
