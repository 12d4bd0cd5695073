"""A folder of CSV files, one panel each: what a race over many panels is run on.

Columns are unit, time (or period) and outcome, and treatment (or treated) where something was done.
Any other column that is 0 or 1, the same in all rows of a unit and not in all units, is an
assignment column: it says which units are like those that would be treated (min_wage, open_carry).
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from storage.errors import InvalidFile
from storage.files import read_csv, rows_of
from storage.labels import ALIASES
from studies import Columns

TREATMENT = ("treatment", ALIASES["treatment"])
NO_ASSIGNMENT = {"unit", "period", ALIASES["period"], "outcome", *TREATMENT}


def panels_in(folder: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """(name, rows) of each CSV file, by name; assignment columns are covariates of the rows.

    Raises InvalidFile for a folder without CSV files, and for a file that is no panel.
    """
    if not folder.is_dir():
        raise InvalidFile(f"{folder}: no such folder")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".csv")
    if not files:
        raise InvalidFile(
            f"{folder}: no CSV files in it; a race over a folder needs one per panel, with columns "
            f"unit, time and outcome"
        )
    for path in files:
        yield path.stem, _read(path)


def assignments(rows: pd.DataFrame, names: list[str]) -> list[str]:
    """Of these columns, those that are assignment columns."""
    found = []
    for name in names:
        by_unit = rows.groupby("unit", observed=True)[name].agg(["min", "max"])
        constant = (by_unit["min"] == by_unit["max"]).all()
        if constant and set(by_unit["min"]) == {0.0, 1.0}:
            found.append(name)
    return found


def _read(path: Path) -> pd.DataFrame:
    table = read_csv(path)
    names = table.column_names
    if not set(TREATMENT) & set(names):
        table = table.append_column(TREATMENT[0], pa.array(["0"] * table.num_rows))
    flags = [name for name in names if name not in NO_ASSIGNMENT and _zero_or_one(table[name])]
    rows = rows_of(table, path, Columns(covariates=tuple(flags)))
    kept = assignments(rows, flags)
    return rows.drop(columns=[name for name in flags if name not in kept])


def _zero_or_one(column: pa.ChunkedArray) -> bool:
    values = pc.unique(pc.utf8_trim_whitespace(column.cast(pa.string()))).to_pylist()
    return set(values) == {"0", "1"}
