"""The published Monte-Carlo tables of DWCP (TROP), and the same drawn anew.

    python -m benchmarks.table1                  1,000 draws of every row, as published
    python -m benchmarks.table1 --row R4 R5      some rows, by how their names begin
    python -m benchmarks.table1 --draws 100      fewer
    python -m benchmarks.table1 --json           how far each row is from the published, 100 draws

Promised: every number within three Monte-Carlo errors, ours and theirs together. Columns are those
of `tests/estimators/table1_rows.py`, where the published TROP and SDID are test-only variants. The
last two lines of a row are `dwcp` as it answers, each treated cell masked and fitted by itself, at
the published rates and at twice those, whose weights are the ones that Table 1 used: RMSE, ratio to
TROP on the same draws, and its Monte-Carlo error. They take longer: 100 draws at most.

Reads CPS log wages from ../shared/data beside the checkout, or from the folder SHARED_DATA.
"""

import argparse
from collections.abc import Iterator

import numpy as np

from benchmarks.measuring import rows
from estimators.core.panel import FloatArray, Panel
from estimators.doubly_weighted import DoublyWeighted
from tests.estimators.table1_rows import COLUMNS, TABLE_1, TABLE_3, Row, distance, effect, rmse
from tests.estimators.twins.simulated_panels import CPS

ROWS = TABLE_1 | TABLE_3
PROMISE = 3.0  # Monte-Carlo errors
FEW = 100


def lines(name: str, row: Row, draws: int) -> Iterator[str]:
    """One row: published, ours, distance; then our own `dwcp` beside the variant."""
    panels = row.panels(draws)
    errors = row.errors(panels)
    found, one_draw = rmse(errors)
    yield f"{name:30}" + "".join(f"{column:>12}" for column in COLUMNS)
    yield _line("  published", np.array(row.published))
    yield _line(f"  ours, {draws:,} draws", found)
    yield _line("  Monte-Carlo error of ours", found * one_draw / np.sqrt(draws))
    yield _line("  bias", errors.mean(axis=0))
    yield _line("  distance in errors of both", distance(errors, row.published), 1)
    for words, factor in (("published rates", 1), ("doubled rates", 2)):
        own = masked(panels[:FEW], row, factor)
        yield _line(f"  dwcp, {words}", _beside(own, errors[:FEW, 0]))


def masked(panels: list[Panel], row: Row, factor: float) -> FloatArray:
    """(draws,) what `dwcp` finds at the row's λ, its rates multiplied."""
    unit, time, penalty = row.rates
    estimator = DoublyWeighted(
        factor * time, factor * unit, penalty, scale=1.0, tolerance=1e-6, show_untreated=False
    )
    return np.array([effect(panel, estimator) for panel in panels])


def _beside(own: FloatArray, trop: FloatArray) -> FloatArray:
    """RMSE, its ratio to the other's, and the error of that on common draws."""
    both, _ = rmse(np.column_stack([own, trop]))
    influence = ((own / both[0]) ** 2 - (trop / both[1]) ** 2) / 2
    ratio = both[0] / both[1]
    return np.array([both[0], ratio, ratio * influence.std(ddof=1) / np.sqrt(len(own))])


def _line(words: str, numbers: FloatArray, digits: int = 5) -> str:
    return f"{words:30}" + "".join(f"{number:12.{digits}f}" for number in numbers)


def declared() -> list[rows.Row]:
    """The largest distance of each row, for `python -m benchmarks`."""
    found = []
    for name, row in ROWS.items():
        far = np.abs(distance(row.errors(row.panels(FEW)), row.published)).max()
        what = f"Table 1 ({name}): farthest column, Monte-Carlo errors"
        found.append(rows.Row(what, float(far), "", PROMISE))
    return found


def main() -> None:
    """Print the rows asked for."""
    parser = argparse.ArgumentParser(description="published Monte-Carlo tables, drawn anew")
    parser.add_argument("--draws", type=int, default=1_000)
    parser.add_argument("--row", nargs="*", default=[""])
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if not CPS.is_file():
        print(rows.line([]) if asked.json else f"{CPS} is absent; SHARED_DATA names another folder")
    elif asked.json:
        print(rows.line(declared()))
    else:
        for name, row in ROWS.items():
            if name.startswith(tuple(asked.row)):
                print("\n".join(lines(name, row, asked.draws)), flush=True)


if __name__ == "__main__":
    main()
