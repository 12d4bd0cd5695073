"""The rectangle: which units are compared, in which periods, and that no row is absent."""

import numpy as np
import pandas as pd

from checks.facts import codes
from checks.rule import KEPT, Rule
from studies import InvalidPeriods, Plan
from studies.calendar import missing_between

GRID_RULES = (
    Rule(
        name="excluded_donors_exist",
        severity="stop",
        table="exclusions",
        must="the units that the plan excludes are in the panel",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeInSet(
            column="in_panel", value_set=[True]
        ),
        found="{count} of {total} excluded donors are not in the panel",
        example="{unit}",
        remedy="correct donors.exclude in the plan",
    ),
    Rule(
        name="excluded_donors_untreated",
        severity="stop",
        table="exclusions",
        must="the units that the plan excludes as donors are never treated",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeBetween(
            column="treated_cells", max_value=0
        ),
        found="{count} of {total} excluded donors are treated",
        example="{unit} in {value} cells",
        remedy="a treated unit is no donor: take it from donors.exclude, or leave it out of the "
        "panel",
    ),
    Rule(
        name="regular_periods",
        severity="stop",
        table="periods",
        must="periods are dates, weeks or numbers on a regular grid without gaps",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeInSet(
            column="on_the_grid", value_set=["present"]
        ),
        found="{count} of {total} periods break the grid",
        example="{period} ({value})",
        remedy="add the absent periods (outcomes that were not observed are left empty), or "
        "correct the labels; trading days are best numbered 1, 2, 3, …",
    ),
)

COMPLETENESS_RULES = (
    Rule(
        name="two_units",
        severity="stop",
        table="completeness",
        must="at least two units are compared",
        expectation=lambda expect, _: expect.ExpectTableRowCountToBeBetween(min_value=2),
        found="units in the panel (without excluded donors): {total}",
        remedy="an effect needs units to compare with; add untreated ones",
    ),
    Rule(
        name="complete_grid",
        severity="stop",
        table="completeness",
        must="every unit has a row in every period; a missing outcome is an empty value, not 0",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeBetween(
            column="absent_rows", max_value=0
        ),
        sums=True,
        found="{count:,} cells have no row",
        example="({unit}, {first_absent})",
        remedy="add the rows with an empty outcome if it was not observed, or with 0 if it was 0",
    ),
)


def exclusions_table(rows: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """One row per unit the plan excludes."""
    unit = rows["unit"]
    excluded = [str(label) for label in plan.donors.exclude]
    treated = rows["treatment"] == 1
    return pd.DataFrame(
        {
            "unit": excluded,
            "in_panel": [bool((unit == label).any()) for label in excluded],
            "treated_cells": [int(treated[unit == label].sum()) for label in excluded],
        }
    )


def kept(rows: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The rows without the units that the plan excludes."""
    if not plan.donors.exclude:
        return rows
    excluded = {str(label) for label in plan.donors.exclude}
    rows = rows[~rows["unit"].isin(excluded)].reset_index(drop=True)
    return rows.assign(unit=rows["unit"].cat.remove_unused_categories())


def periods_table(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per period of the grid: present, absent, or no place on it."""
    labels = pd.unique(rows["period"]).tolist()
    try:
        absent = missing_between(labels)
    except InvalidPeriods as error:
        offending = set(error.labels or labels)
        return pd.DataFrame(
            {
                "period": [str(label) for label in labels],
                "on_the_grid": [
                    error.reason if label in offending else "present" for label in labels
                ],
            }
        )
    return pd.DataFrame(
        {
            "period": [*map(str, labels), *absent],
            "on_the_grid": ["present"] * len(labels) + ["absent"] * len(absent),
        }
    )


def completeness_table(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per unit: how many of its rows are absent, and the first of those periods."""
    unit_codes, units, period_codes, periods = codes(rows)
    counts = np.bincount(unit_codes, minlength=len(units))
    absent = len(periods) - counts
    first = np.full(len(units), None, dtype=object)
    for unit in np.flatnonzero(absent)[:KEPT]:  # no more of them are shown
        there = np.zeros(len(periods), dtype=bool)
        there[period_codes[unit_codes == unit]] = True
        first[unit] = periods[np.argmin(there)]
    return pd.DataFrame({"unit": units, "absent_rows": absent, "first_absent": first})
