"""How long the checks take on a panel of 1,000,000 cells, and how much memory.

    python -m benchmarks.check_panel [units periods]

Importing Great Expectations is timed by itself. Peak memory is that of the whole process, so
what it held before the checks is shown beside it.
"""

import sys
import time

import numpy as np
import pandas as pd

from benchmarks.measuring.alone import peak
from checks import check
from studies import parse_plan

TARGET = 3.0  # seconds after import, for a million cells
PLAN = """
study: million
question: How long do the checks take?
panel: million
treatment: {pattern: block, cells: %d}
"""


def panel(units: int, periods: int) -> tuple[pd.DataFrame, int]:
    """Rows of a panel in which a tenth of the units is treated in the last tenth of the periods."""
    random = np.random.default_rng(1)
    treated = np.zeros((units, periods), dtype=bool)
    treated[: units // 10, -(periods // 10) :] = True
    level = random.gamma(20, 5, size=(units, 1))
    outcome = level + random.normal(size=(units, periods))
    labels = [f"store_{i:06d}" for i in range(units)]
    rows = pd.DataFrame(
        {
            "unit": np.repeat(np.array(labels, dtype=object), periods),
            "period": np.tile(np.arange(periods), units),
            "outcome": outcome.ravel(),
            "treatment": treated.ravel().astype(float),
            "observed": True,
        }
    )
    return rows, int(treated.sum())


def main() -> None:
    """Print one line per measurement."""
    units, periods = (int(word) for word in sys.argv[1:3]) if len(sys.argv) > 2 else (4000, 250)
    small, cells = panel(20, 20)
    start = time.perf_counter()
    check(small, parse_plan(PLAN % cells))
    print(f"import and first check   {time.perf_counter() - start:8.2f} s")

    rows, cells = panel(units, periods)
    before = peak()
    start, worked = time.perf_counter(), time.process_time()
    report = check(rows, parse_plan(PLAN % cells))
    seconds, worked = time.perf_counter() - start, time.process_time() - worked
    assert report.passed, report.stops
    print(f"checks of {len(rows):,} cells {seconds:8.2f} s   (target {TARGET:g} s)")
    print(f"  of it at work          {worked:8.2f} s   (the rest waited for other processes)")
    print(f"peak memory              {peak():8.0f} MB  ({before:.0f} MB before)")


if __name__ == "__main__":
    main()
