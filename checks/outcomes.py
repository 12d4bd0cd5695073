"""The outcomes: observed where it matters, varying, and free of the usual suspects.

Zeros in a row, values far from a unit's own median and treated units on another scale are named
as warnings. They are never repaired, left out or down-weighted here.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from checks.facts import BoolArray, Facts, FloatArray, IntArray
from checks.rule import Rule

FAR = 6.0  # robust z beyond which a value is named
ENOUGH = 10  # untreated outcomes a unit needs before any of them can be called far
NORMAL = 1.4826  # standard deviation of a normal law, per median absolute deviation
MEAN_TO_SD = 1.2533  # the same, per mean absolute deviation
LONGEST_ZEROS = 0.25  # of all periods, and at least ZEROS of them
ZEROS = 4
SCALE = 3.0  # how many times larger or smaller a treated unit may be than the median donor

OUTCOME_RULES = (
    Rule(
        name="observed_share",
        severity="stop",
        table="cells",
        must="at least the share of outcomes that the plan requires is observed",
        expectation=lambda expect, plan: expect.ExpectColumnValuesToBeInSet(
            column="observed", value_set=[True], mostly=plan.requirements.observed
        ),
        found="{count:,} of {total:,} outcomes are missing, more than requirements.observed = "
        "{plan.requirements.observed:g} allows",
        example="({unit}, {period})",
        remedy="complete the data, leave out what was hardly observed, or lower the requirement",
    ),
    Rule(
        name="all_observed",
        severity="warn",
        table="cells",
        must="every outcome is observed",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeInSet(
            column="observed", value_set=[True]
        ),
        found="{count:,} of {total:,} outcomes are missing",
        example="({unit}, {period})",
        remedy="they are left out, not imputed: see that they are missing for no reason that has "
        "to do with the treatment",
    ),
    Rule(
        name="treated_units_stay",
        severity="stop",
        table="units",
        must="treated units are observed while treated, and do not vanish before the end",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeNull(column="vanishes"),
        found="{count} treated units vanish",
        example="{unit} from {value} on",
        remedy="wait for late data, end the panel before, or leave the unit out and say why",
    ),
    Rule(
        name="treated_cells_observed",
        severity="warn",
        table="units",
        must="every treated cell is observed",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeBetween(
            column="treated_missing", max_value=0
        ),
        sums=True,
        found="{count:,} treated cells have no outcome",
        example="{unit} lacks {value:g}",
        remedy="the effect is the mean over the treated cells that are observed",
    ),
    Rule(
        name="outcome_varies",
        severity="stop",
        table="panel",
        must="untreated outcomes are not all the same",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeBetween(
            column="outcome_range", min_value=0, strict_min=True
        ),
        found="all untreated outcomes are the same",
        remedy="check the outcome column; a constant can teach nothing",
    ),
    Rule(
        name="runs_of_zeros",
        severity="warn",
        table="units",
        must="no unit has zeros for a quarter of the periods in a row",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeNull(column="zeros_in_a_row"),
        found="{count} units have long runs of zeros",
        example="{unit} {value:g} in a row",
        remedy="if nothing could be sold or measured then, leave the outcome empty instead",
    ),
    Rule(
        name="outliers",
        severity="warn",
        table="cells",
        must=f"no untreated outcome is more than {FAR:g} robust deviations from its unit's median",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeBetween(
            column="robust_z", max_value=FAR
        ),
        found="{count:,} of {total:,} untreated outcomes are far from their unit's median",
        example="({unit}, {period}) by {value:.1f} deviations",
        remedy="they are used as they are; see whether they are real",
    ),
    Rule(
        name="scale_of_treated",
        severity="warn",
        table="units",
        must=f"untreated, a treated unit is within {SCALE:g} times the median control unit",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeBetween(
            column="scale_ratio", min_value=1 / SCALE, max_value=SCALE
        ),
        found="{count} of {total} treated units are on another scale than the control units",
        example="{unit} is {value:.2g} times the median",
        remedy="a weighted average of control units cannot reach them; consider a logarithm or a "
        "rate, and trust sc least",
    ),
)


def cells_table(facts: Facts) -> pd.DataFrame:
    """One row per cell of the rectangle: observed, and how far from its unit's median."""
    n, t = facts.outcome.shape
    judged = facts.usable & (facts.usable.sum(axis=1, keepdims=True) >= ENOUGH)
    return pd.DataFrame(
        {
            "unit": pd.Categorical(facts.units, categories=facts.units).repeat(t),
            "period": pd.Categorical(facts.periods, categories=facts.periods).take(
                np.tile(np.arange(t), n)
            ),
            "observed": facts.observed.ravel(),
            "robust_z": robust_z(np.where(judged, facts.outcome, np.nan)).ravel(),
        }
    )


def units_columns(facts: Facts) -> pd.DataFrame:
    """Columns about outcomes for the table of units; empty where a rule does not concern it."""
    zeros = longest_run(facts.observed & (facts.outcome == 0))
    long = zeros >= max(ZEROS, LONGEST_ZEROS * len(facts.periods))
    return pd.DataFrame(
        {
            "vanishes": vanishes(facts),
            "treated_missing": (facts.treatment & ~facts.observed).sum(axis=1),
            "zeros_in_a_row": np.where(long, zeros, np.nan),
            "scale_ratio": scale_ratio(facts),
        }
    )


def robust_z(values: FloatArray) -> FloatArray:
    """(N, T) distance from the row's median in robust standard deviations; nan stays nan.

    The deviation is the median absolute one; where more than half the values are the same, the
    mean absolute one; where all are, nothing is far.
    """
    distance = np.abs(values - _median(values)[:, None])
    count = np.maximum(np.isfinite(values).sum(axis=1), 1)
    deviation = NORMAL * _median(distance)
    mean = MEAN_TO_SD * np.nansum(distance, axis=1) / count
    deviation = np.where(deviation > 0, deviation, mean)
    deviation = np.where(deviation > 0, deviation, 1.0)
    return distance / deviation[:, None]


def longest_run(hit: BoolArray) -> IntArray:
    """(N,) length of the longest run of true values in each row."""
    position = np.arange(1, hit.shape[1] + 1)
    last_miss = np.maximum.accumulate(np.where(hit, 0, position), axis=1)
    return np.asarray((position - last_miss).max(axis=1, initial=0))


def vanishes(facts: Facts) -> npt.NDArray[np.object_]:
    """(N,) label of the period from which a treated unit is not observed any more, or None.

    Only units that are treated while gone count; so does one never observed while treated.
    """
    gone = ~np.logical_or.accumulate(facts.observed[:, ::-1], axis=1)[:, ::-1]
    lost = (gone & facts.treatment).any(axis=1)
    unseen = facts.treated & ~(facts.treatment & facts.observed).any(axis=1)
    first = np.where(lost, gone.argmax(axis=1), facts.treatment.argmax(axis=1))
    return np.asarray(np.where(lost | unseen, facts.periods[first].astype(str), None))


def scale_ratio(facts: Facts) -> FloatArray:
    """(N,) mean untreated outcome of a treated unit over that of the median control unit.

    Empty for control units, and where there is no control unit or its outcome is not positive.
    """
    known = facts.usable.sum(axis=1)
    total = np.where(facts.usable, facts.outcome, 0.0).sum(axis=1)
    means = np.divide(total, known, out=np.full(len(known), np.nan), where=known > 0)
    controls = means[~facts.treated & (known > 0)]
    typical = float(np.median(controls)) if len(controls) else 0.0
    if typical <= 0:
        return np.full(len(means), np.nan)
    return np.where(facts.treated, means / typical, np.nan)


def _median(values: FloatArray) -> FloatArray:
    """(N,) median of each row without its nan; nan for a row of nothing else.

    numpy.nanmedian does the same one row at a time, which takes seconds on a million cells.
    """
    ordered = np.sort(values, axis=1)  # nan come last
    count = np.isfinite(values).sum(axis=1)
    rows = np.arange(len(values))
    low = ordered[rows, np.maximum((count - 1) // 2, 0)]
    high = ordered[rows, np.minimum(count // 2, values.shape[1] - 1)]
    return np.asarray((low + high) / 2)
