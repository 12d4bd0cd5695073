"""Time of every standard variance of every estimator, on prop99 and on a panel of 200 × 100.

    python -m benchmarks.variances            a table
    python -m benchmarks.variances --json     for `python -m benchmarks`

Promised, compiled before, on two cores: all six estimators on prop99 in 10 s; on 200 units × 100
periods, 10 units treated in the last quarter of them, all but DWCP in 60 s. Tuning and the estimate
itself are in these times; CPU seconds stand beside, for machines with neighbours.
"""

import time

from benchmarks.measuring.ours import panel_of
from benchmarks.measuring.panels import factor_block, prop99
from benchmarks.measuring.rows import Row, in_seconds, tell
from estimators import ESTIMATORS, STANDARD_VARIANCES, Estimator, Panel, evaluate

SEED = 1
PROMISES = {"prop99": 10.0, "200 × 100": 60.0}
BESIDE = {"200 × 100": "dwcp"}  # whose time is told, and not promised


def spent(panel: Panel, estimator: Estimator) -> tuple[float, float]:
    """Seconds on the clock, and of all cores."""
    clock, cpu = time.perf_counter(), time.process_time()
    evaluate(panel, estimator, STANDARD_VARIANCES.values(), seed=SEED)
    return time.perf_counter() - clock, time.process_time() - cpu


def measure() -> list[Row]:
    """Every estimator on both panels, and what is promised of them together."""
    small = panel_of(factor_block(12, 16, 2))
    for estimator in ESTIMATORS.values():
        evaluate(small, estimator, STANDARD_VARIANCES.values(), seed=SEED)
    blocks = {"prop99": prop99(), "200 × 100": factor_block(200, 100, 10)}
    found: list[Row] = []
    for name, block in blocks.items():
        panel, together = panel_of(block), 0.0
        for key, estimator in ESTIMATORS.items():
            seconds, cpu = spent(panel, estimator)
            counts = BESIDE.get(name) != key
            together += seconds if counts else 0.0
            found.append(in_seconds(f"{name}: {key}, five variances", seconds))
            found.append(in_seconds(f"{name}: {key}, of all cores", cpu))
        told = f"{name}: all" + (f" but {BESIDE[name]}" if name in BESIDE else " six")
        found.append(in_seconds(told, together, PROMISES[name]))
    return found


if __name__ == "__main__":
    tell(measure())
