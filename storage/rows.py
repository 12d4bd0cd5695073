"""The rows of a panel: a long frame, one row per cell that is there, before anything is checked.

    unit        category of str labels, in code-point order
    period      int64, or str
    outcome     float64; nan where not observed
    treatment   float64; nan where it is not there
    observed    bool; false where there is no outcome. A nan that someone stored as a number is
                kept with observed true, so that the checks can refuse it
    then one column per covariate, by its own name: float64, nan where it is not known

Rows are as found: cells may be missing, doubled, or hold what no panel may. The checks say so.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from estimators.core.draws import by_label
from estimators.core.errors import InvalidPanel
from estimators.core.panel import Panel, listed
from storage.errors import InvalidSource
from storage.labels import label_text, period_labels
from studies.calendar import ordinals

Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

COLUMNS = ("unit", "period", "outcome", "treatment", "observed")


def build(
    unit: pa.ChunkedArray,
    period: pa.ChunkedArray,
    outcome: pa.ChunkedArray,
    treatment: pa.ChunkedArray,
    covariates: Mapping[str, pa.ChunkedArray],
) -> pd.DataFrame:
    """Rows from Arrow columns: labels coded by dictionary and without nulls, numbers float64."""
    texts, positions = _coded(period)
    return assemble(
        *_coded(unit),
        period_array(period_labels(texts))[positions],
        outcome.to_numpy(),
        treatment.to_numpy(),
        np.asarray(pc.is_valid(outcome)),
        {name: column.to_numpy() for name, column in covariates.items()},
    )


def assemble(
    labels: Sequence[str],
    codes: Codes,
    period: npt.NDArray[Any],
    outcome: Floats,
    treatment: Floats,
    observed: npt.NDArray[np.bool_],
    covariates: Mapping[str, Floats],
) -> pd.DataFrame:
    """Rows from arrays; labels may come in any order, codes point into them."""
    order = sorted(range(len(labels)), key=labels.__getitem__)
    rank = np.empty(len(labels), dtype=np.int32)
    rank[order] = np.arange(len(labels), dtype=np.int32)
    unit = pd.Categorical.from_codes(
        cast(Sequence[int], rank[codes]),  # an array serves; the stubs know only sequences
        categories=pd.Index([labels[i] for i in order], dtype=object),
    )
    columns = (unit, period, outcome, treatment, observed)
    found = dict(zip(COLUMNS, columns, strict=True)) | dict(covariates)
    return pd.DataFrame(found, copy=False)


def covariate_names(rows: pd.DataFrame) -> list[str]:
    """The covariates of these rows, in order."""
    return [str(name) for name in rows.columns if name not in COLUMNS]


def period_array(labels: Sequence[int] | Sequence[str]) -> npt.NDArray[Any]:
    """int64 when all labels are whole numbers, else object; never numpy's fixed-width text."""
    whole = all(isinstance(label, int) for label in labels)
    return np.array(labels, dtype=np.int64 if whole else object)


def exclude(rows: pd.DataFrame, units: Collection[object]) -> pd.DataFrame:
    """The rows without these units. Raises InvalidSource for a unit that is not there."""
    names = {label_text(unit) for unit in units}
    unknown = sorted(names - set(rows["unit"].cat.categories))
    if unknown:
        raise InvalidSource(
            f"{listed(unknown)}: to be excluded, but not in the panel; units are called "
            f"{listed(list(rows['unit'].cat.categories))}"
        )
    return without(rows, names)


def without(rows: pd.DataFrame, names: Collection[str]) -> pd.DataFrame:
    """The rows without units of these names, whether they are there or not."""
    if not names:
        return rows
    kept = rows[~rows["unit"].isin(list(names))].reset_index(drop=True)
    return kept.assign(unit=kept["unit"].cat.remove_unused_categories())


@dataclass(frozen=True, eq=False)
class Grid:
    """Rows as arrays, units and periods in order: what a Panel is made of, treated or not."""

    outcome: Floats
    treatment: npt.NDArray[np.bool_]
    units: tuple[str, ...]
    periods: tuple[int, ...] | tuple[str, ...]
    covariates: Floats | None
    covariate_names: tuple[str, ...]


def to_panel(rows: pd.DataFrame) -> Panel:
    """The rectangular panel. Raises as to_grid, and InvalidPanel for what no panel may hold."""
    grid = to_grid(rows)
    return Panel(
        grid.outcome,
        grid.treatment,
        grid.units,
        grid.periods,
        grid.covariates,
        grid.covariate_names,
    )


def to_grid(rows: pd.DataFrame) -> Grid:
    """The rectangle: units and periods in order, nan where not observed.

    A cell without a row is not observed and not treated. Raises InvalidPanel for a doubled cell, an
    outcome that is no number, a treatment neither 0 nor 1; InvalidPeriods for labels that are no
    periods.
    """
    labels = [str(label) for label in rows["unit"].cat.categories]
    order = by_label(labels)
    place = np.empty(len(labels), dtype=np.intp)
    place[order] = np.arange(len(labels))
    i = place[rows["unit"].cat.codes.to_numpy()]
    column, periods = pd.factorize(rows["period"])
    in_time = np.argsort(ordinals(periods.tolist()))
    t = np.argsort(in_time)[column]
    _refuse_doubled(rows, i * max(len(periods), 1) + t)
    _refuse(rows, rows["observed"] & rows["outcome"].isna(), "outcome is not a number")
    _refuse(rows, ~rows["treatment"].isin((0.0, 1.0)), "treatment is neither 0 nor 1")
    shape = (len(labels), len(periods))
    outcome, treatment = np.full(shape, np.nan), np.zeros(shape, dtype=np.bool_)
    outcome[i, t] = rows["outcome"].where(rows["observed"])
    treatment[i, t] = rows["treatment"] == 1.0
    names = covariate_names(rows)
    covariates = np.full((*shape, len(names)), np.nan)
    for k, name in enumerate(names):
        covariates[i, t, k] = rows[name]
    return Grid(
        outcome,
        treatment,
        tuple(labels[k] for k in order),
        tuple(periods.tolist()[k] for k in in_time),
        covariates if names else None,
        tuple(names),
    )


def cells(rows: pd.DataFrame) -> list[str]:
    """(unit, period) of each row, for messages."""
    return [f"({u}, {p})" for u, p in zip(rows["unit"], rows["period"], strict=True)]


def _refuse_doubled(rows: pd.DataFrame, cell: npt.NDArray[np.intp]) -> None:
    doubled = pd.Series(cell).duplicated().to_numpy()
    _refuse(rows, doubled, "the cell is there more than once")


def _refuse(rows: pd.DataFrame, bad: "npt.NDArray[np.bool_] | pd.Series[bool]", what: str) -> None:
    if count := int(bad.sum()):
        raise InvalidPanel(
            f"{what} in {count} of {len(rows)} rows: {listed(cells(rows[bad]))}; "
            "correct them where they come from"
        )


def _coded(column: pa.ChunkedArray) -> tuple[list[str], Codes]:
    """Labels and the position of each row's label among them."""
    if column.num_chunks == 0:
        return [], np.empty(0, dtype=np.int32)
    chunks = column.unify_dictionaries().chunks
    codes = np.concatenate([chunk.indices.to_numpy() for chunk in chunks])
    return chunks[0].dictionary.to_pylist(), codes
