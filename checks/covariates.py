"""Covariates: numbers that are known in every cell, whatever was observed there.

A counterfactual for a treated cell needs the covariates of that cell, so a gap cannot be left out
as a missing outcome is.
"""

import numpy as np
import pandas as pd

from checks.rule import Rule

ROLES = ("unit", "period", "outcome", "treatment", "observed")

COVARIATE_RULES = (
    Rule(
        name="covariates_known",
        severity="stop",
        table="covariates",
        must="every covariate is a finite number in every cell",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeBetween(
            column="unknown", max_value=0
        ),
        sums=True,
        found="{count:,} values of covariates are empty, NaN or infinite",
        example="{covariate} in {value} cells, first {first}",
        remedy="complete them, or do without these covariates",
    ),
)


def covariate_names(rows: pd.DataFrame) -> list[str]:
    """The columns beside those of a panel's roles."""
    return [str(name) for name in rows.columns if name not in ROLES]


def covariates_table(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per covariate: in how many cells it is not known, and the first of them."""
    names = covariate_names(rows)
    unknown = [~np.isfinite(rows[name].to_numpy()) for name in names]
    return pd.DataFrame(
        {
            "covariate": names,
            "unknown": [int(bad.sum()) for bad in unknown],
            "first": [_cell(rows, int(bad.argmax())) if bad.any() else None for bad in unknown],
        }
    )


def _cell(rows: pd.DataFrame, row: int) -> str:
    return f"({rows['unit'].iloc[row]}, {rows['period'].iloc[row]})"
