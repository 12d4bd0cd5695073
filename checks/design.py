"""The design: who is treated when, who is left to compare with, and that it is as planned."""

import numpy as np
import pandas as pd

from checks.facts import Facts, FloatArray, IntArray
from checks.rule import Pattern, Rule
from studies import Plan

LASTING: tuple[Pattern, ...] = ("block", "staggered")
SWITCHING: tuple[Pattern, ...] = ("on_off",)

DESIGN_RULES = (
    Rule(
        name="treatment_varies",
        severity="stop",
        table="panel",
        must="some cell is treated",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeBetween(
            column="treated_cells", min_value=1
        ),
        found="no cell of the panel is treated",
        remedy="check the treatment column; there is no effect to estimate",
    ),
    Rule(
        name="never_always_treated",
        severity="stop",
        table="units",
        must="every unit is untreated in some period",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeBetween(
            column="untreated_periods", min_value=1
        ),
        found="{count} of {total} units are treated in every period",
        example="{unit}",
        remedy="a unit never seen untreated has no counterfactual; add earlier periods, leave it "
        "out of the panel, or say incomparable: drop in the plan",
        droppable=True,
    ),
    Rule(
        name="control_units",
        severity="stop",
        table="panel",
        must="a treatment that stays leaves some unit untreated throughout",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeBetween(
            column="control_units", min_value=1
        ),
        found="every unit is treated sooner or later",
        remedy="add units that were never treated",
        patterns=LASTING,
    ),
    Rule(
        name="untreated_in_every_period",
        severity="stop",
        table="periods",
        must="in every period some unit is observed untreated",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeBetween(
            column="untreated_units", min_value=1
        ),
        found="in {count} of {total} periods no unit is observed untreated",
        example="{period}",
        remedy="nothing tells the effect from the period; add untreated units, leave these periods "
        "out, or say incomparable: drop in the plan",
        droppable=True,
    ),
    Rule(
        name="pre_periods",
        severity="stop",
        table="units",
        must="every treated unit is observed in enough periods before its treatment starts",
        expectation=lambda expect, plan: expect.ExpectColumnValuesToBeBetween(
            column="pre_periods", min_value=plan.requirements.pre_periods
        ),
        found="{count} of {total} treated units have fewer than {plan.requirements.pre_periods} "
        "observed pre-periods",
        example="{unit} has {value:g}",
        remedy="add earlier periods, or lower requirements.pre_periods in the plan",
        patterns=LASTING,
    ),
    Rule(
        name="untreated_periods",
        severity="stop",
        table="panel",
        must="the median treated unit is observed untreated in enough periods",
        expectation=lambda expect, plan: expect.ExpectColumnValuesToBeBetween(
            column="median_usable_periods", min_value=plan.requirements.pre_periods
        ),
        found="the median treated unit is observed untreated in {value:g} periods, fewer than "
        "{plan.requirements.pre_periods}",
        remedy="add periods, or lower requirements.pre_periods in the plan",
        patterns=SWITCHING,
    ),
    Rule(
        name="untreated_periods_by_unit",
        severity="warn",
        table="units",
        must="every treated unit is observed untreated in enough periods",
        expectation=lambda expect, plan: expect.ExpectColumnValuesToBeBetween(
            column="usable_periods", min_value=plan.requirements.pre_periods
        ),
        found="{count} of {total} treated units are observed untreated in fewer than "
        "{plan.requirements.pre_periods} periods",
        example="{unit} in {value:g}",
        remedy="their counterfactuals rest on little; see whether the answer holds without them",
        patterns=SWITCHING,
    ),
    Rule(
        name="donors",
        severity="stop",
        table="panel",
        must="enough control units are left to compare with",
        expectation=lambda expect, plan: expect.ExpectColumnValuesToBeBetween(
            column="control_units", min_value=plan.requirements.donors
        ),
        found="control units (without excluded donors): {value:g}, fewer than "
        "{plan.requirements.donors}",
        remedy="add control units, exclude fewer, or lower requirements.donors in the plan",
        patterns=LASTING,
    ),
    Rule(
        name="donors_in_every_period",
        severity="stop",
        table="periods",
        must="in every period enough units are observed untreated",
        expectation=lambda expect, plan: expect.ExpectColumnValuesToBeBetween(
            column="untreated_units", min_value=plan.requirements.donors
        ),
        found="in {count} of {total} periods fewer than {plan.requirements.donors} units are "
        "observed untreated",
        example="{period} has {value:g}",
        remedy="add units, leave these periods out, or lower requirements.donors in the plan",
        patterns=SWITCHING,
    ),
    Rule(
        name="treatment_as_planned",
        severity="stop",
        table="intentions",
        must="pattern, treated units, dates and number of treated cells are those of the plan",
        expectation=lambda expect, _: expect.ExpectColumnPairValuesToBeEqual(
            column_A="planned", column_B="found"
        ),
        found="the treatment differs from the plan in {count} of {total} points",
        example="{point}: {planned} planned, {found} found",
        remedy="correct the data; if the plan is wrong, register a new version of it, with the "
        "reason",
    ),
)


def panel_table(facts: Facts, plan: Plan) -> pd.DataFrame:
    """The panel in one row of counts."""
    usable = facts.usable[facts.treated].sum(axis=1)
    known = facts.outcome[facts.usable]
    return pd.DataFrame(
        {
            "study": [plan.study],
            "pattern": [facts.pattern or "no treatment"],
            "units": [len(facts.units)],
            "periods": [len(facts.periods)],
            "treated_units": [int(facts.treated.sum())],
            "control_units": [int((~facts.treated).sum())],
            "treated_cells": [int(facts.treatment.sum())],
            "median_usable_periods": [float(np.median(usable)) if len(usable) else 0.0],
            "outcome_range": [float(np.ptp(known)) if len(known) else 0.0],
        }
    )


def periods_table(facts: Facts) -> pd.DataFrame:
    """One row per period: how many units can be compared with in it."""
    return pd.DataFrame(
        {
            "period": facts.periods.astype(str),
            "untreated_units": facts.usable.sum(axis=0),
            "treated_units": facts.treatment.sum(axis=0),
        }
    )


def units_table(facts: Facts) -> pd.DataFrame:
    """One row per unit: periods untreated, and for treated units those observed so."""
    before = np.cumsum(facts.treatment, axis=1) == 0
    return pd.DataFrame(
        {
            "unit": facts.units,
            "untreated_periods": (~facts.treatment).sum(axis=1),
            "pre_periods": _of_treated(facts, (facts.observed & before).sum(axis=1)),
            "usable_periods": _of_treated(facts, facts.usable.sum(axis=1)),
        }
    )


def intentions_table(facts: Facts, plan: Plan) -> pd.DataFrame:
    """One row per thing the plan says about the treatment, beside what the data say."""
    planned = plan.treatment
    when = facts.treated_periods
    points = [
        ("pattern", planned.pattern, facts.pattern),
        ("first treated period", planned.first, when[0] if len(when) else None),
        ("last treated period", planned.last, when[-1] if len(when) else None),
        ("treated cells", planned.cells, int(facts.treatment.sum())),
    ]
    rows = [
        (point, str(said), "none" if found is None else str(found))
        for point, said, found in points
        if said is not None
    ]
    if planned.units is not None:
        rows += _units_as_planned(facts, {str(label) for label in planned.units})
    return pd.DataFrame(rows, columns=["point", "planned", "found"])


def _units_as_planned(facts: Facts, planned: set[str]) -> list[tuple[str, str, str]]:
    treated = {str(label) for label in facts.units[facts.treated]}
    there = {str(label) for label in facts.units}
    words = {True: "treated", False: "untreated"}
    return [
        (
            label,
            words[label in planned],
            words[label in treated] if label in there else "not in the panel",
        )
        for label in sorted(planned | treated)
    ]


def _of_treated(facts: Facts, counts: IntArray) -> FloatArray:
    """Counts of treated units; empty for control units, whom the rule does not concern."""
    return np.where(facts.treated, counts, np.nan)
