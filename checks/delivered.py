"""The rows as delivered: the right columns, labelled, once per cell, finite, treated or not."""

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from checks.covariates import covariate_names
from checks.facts import FloatArray
from checks.rule import Rule

EMPTY = "(empty)"
TEXT, NUMBERS, TRUTH = "text", "numbers", "true or false"
REQUIRED = {
    "unit": TEXT,
    "period": "whole numbers or text",
    "outcome": NUMBERS,
    "treatment": NUMBERS,
    "observed": TRUTH,
}
ACCEPTED = {
    "unit": {TEXT},
    "period": {"whole numbers", TEXT},
    "outcome": {NUMBERS, "whole numbers"},
    "treatment": {NUMBERS, "whole numbers", TRUTH},
    "observed": {TRUTH},
}
COVARIATE = {NUMBERS, "whole numbers", TRUTH}

COLUMN_RULES = (
    Rule(
        name="columns",
        severity="stop",
        table="columns",
        must="unit, period, outcome, treatment and observed are there, each of its type",
        expectation=lambda expect, _: expect.ExpectColumnPairValuesToBeEqual(
            column_A="required", column_B="found"
        ),
        found="{count} of {total} columns are not what is needed",
        example="{column} must hold {required}, found {found}",
        remedy="name the right columns in the study or in the ingest, or convert them",
    ),
)

CELL_RULES = (
    Rule(
        name="rows",
        severity="stop",
        table="cells",
        must="the panel has rows",
        expectation=lambda expect, _: expect.ExpectTableRowCountToBeBetween(min_value=1),
        found="the panel has no rows",
        remedy="check what the study's panel points at",
    ),
    Rule(
        name="labels",
        severity="stop",
        table="cells",
        must="every row says which unit and which period it is about",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeInSet(
            column="unlabelled", value_set=["nothing"]
        ),
        found="{count:,} of {total:,} rows lack a label",
        example="({unit}, {period})",
        remedy="label these rows, or leave them out",
    ),
    Rule(
        name="one_row_per_cell",
        severity="stop",
        table="cells",
        must="a unit has at most one row in a period",
        expectation=lambda expect, _: expect.ExpectCompoundColumnsToBeUnique(
            column_list=["unit", "period"]
        ),
        found="{count:,} of {total:,} rows share their unit and period with another",
        example="({unit}, {period})",
        remedy="keep one row per cell, or add them up before",
    ),
    Rule(
        name="finite_outcome",
        severity="stop",
        table="cells",
        must="an outcome is a finite number, or empty where it was not observed",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeInSet(
            column="outcome_is", value_set=["finite", "not observed"]
        ),
        found="{count:,} of {total:,} outcomes are NaN or infinite",
        example="({unit}, {period}) is {value}",
        remedy="correct them, or leave them empty if they were not observed",
    ),
    Rule(
        name="binary_treatment",
        severity="stop",
        table="cells",
        must="treatment is 0 or 1 in every row",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeInSet(
            column="treatment_is", value_set=["0 or 1"]
        ),
        found="treatment is neither 0 nor 1 in {count:,} of {total:,} rows",
        example="({unit}, {period}) is {value}",
        remedy="code it as 0 or 1; doses and empty treatments are not supported",
    ),
)


def columns_table(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per column needed or given as a covariate: what it must hold and what it holds."""
    covariates = covariate_names(rows)
    required = REQUIRED | dict.fromkeys(covariates, NUMBERS)
    accepted = ACCEPTED | dict.fromkeys(covariates, COVARIATE)
    found = {
        name: _kind(rows[name], kind) if name in rows else "no such column"
        for name, kind in required.items()
    }
    return pd.DataFrame(
        {
            "column": list(required),
            "required": list(required.values()),
            "found": [
                required[name] if kind in accepted[name] else kind for name, kind in found.items()
            ],
        }
    )


def labelled(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with units, and periods that are text, as categories; missing labels are named."""
    unit = rows["unit"].astype("category")
    period = rows["period"]
    if not pd.api.types.is_integer_dtype(period):
        period = _filled(period.astype("category"))
    return pd.DataFrame(
        {
            "unit": _filled(unit),
            "period": period,
            "outcome": rows["outcome"].astype(np.float64),
            "treatment": rows["treatment"].astype(np.float64),
            "observed": rows["observed"].astype(bool),
            **{name: rows[name].astype(np.float64) for name in covariate_names(rows)},
        }
    ).reset_index(drop=True)


def cells_table(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per labelled row: its labels, and what its values are, in words.

    Words are categories: as text, a million of them would cost seconds.
    """
    outcome = rows["outcome"].to_numpy()
    return pd.DataFrame(
        {
            "unit": rows["unit"],
            "period": rows["period"],
            "unlabelled": _in_words(
                {"unit": rows["unit"] == EMPTY, "period": rows["period"] == EMPTY}, "nothing"
            ),
            "outcome_is": _in_words(
                {
                    "not observed": ~rows["observed"],
                    "NaN": np.isnan(outcome),
                    "infinite": np.isinf(outcome),
                },
                "finite",
            ),
            "treatment_is": _treatment_in_words(rows["treatment"].to_numpy()),
        }
    )


def _kind(column: pd.Series, required: str) -> str:
    """What a column holds, in words; one without rows holds whatever is required."""
    if column.empty:
        return required
    inferred = pd.api.types.infer_dtype(
        column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else column,
        skipna=True,
    )
    words = {
        "string": TEXT,
        "integer": "whole numbers",
        "floating": NUMBERS,
        "mixed-integer-float": NUMBERS,
        "boolean": TRUTH,
        "empty": "nothing",
        "datetime64": "timestamps",
        "datetime": "timestamps",
        "date": "dates that are not text",
    }
    return words.get(inferred, "a mixture" if inferred.startswith("mixed") else inferred)


def _filled(labels: pd.Series) -> pd.Series:
    """Categories with EMPTY in place of missing or blank labels."""
    blank = [label for label in labels.cat.categories if not str(label).strip()]
    if blank:
        labels = labels.cat.remove_categories(blank)
    if labels.isna().any():
        labels = labels.cat.add_categories([EMPTY]).fillna(EMPTY)
    return labels


def _in_words(words: Mapping[str, npt.ArrayLike], otherwise: str) -> pd.Categorical:
    """The first word that is true of each row, or otherwise."""
    conditions = [np.asarray(condition, dtype=bool) for condition in words.values()]
    codes = np.select(conditions, range(len(words)), len(words))
    return pd.Categorical.from_codes(
        cast("Sequence[int]", codes), categories=pd.Index([*words, otherwise])
    )


def _treatment_in_words(treatment: FloatArray) -> pd.Categorical:
    strange = ~((treatment == 0) | (treatment == 1))
    values = np.unique(treatment[strange & ~np.isnan(treatment)])
    found = {f"{value:g}": treatment == value for value in values}
    return _in_words({**found, "empty": np.isnan(treatment)}, "0 or 1")
