"""What single fits, refits and tunings of estimators cost, against what is promised of each.

    python -m benchmarks.estimators                  a table
    python -m benchmarks.estimators --json           for `python -m benchmarks`
    python -m benchmarks.estimators sdid_refits      one of them, in this process, as JSON

Each in a process of its own. Compiled code is warm: the first call is not counted. Fits and refits
are measured in CPU seconds of one thread, tunings in seconds on the clock with the cores there are,
once, because that is what their promises are about.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.measuring.alone import peak, run, spend
from benchmarks.measuring.ours import panel_of
from benchmarks.measuring.panels import Block, factor_block, prop99
from benchmarks.measuring.rows import Row as Beside
from benchmarks.measuring.rows import in_seconds, tell
from benchmarks.peers.answers import TRIPLES
from estimators import ESTIMATORS, DoublyWeighted, Estimator
from estimators.core.placements import across_both
from estimators.solvers.leave_one_out import leave_one_out

LIMIT, GIGABYTES = 900.0, 8.0
Call = Callable[[], Any]


@dataclass(frozen=True)
class Measured:
    """What is measured, how, and the most that is promised.

    prepare: lays everything out and returns what is timed      clock: on the wall, once
    """

    what: str
    promise: float | None
    prepare: Callable[[], Call]
    clock: bool = False


def refits(key: str, count: int) -> Call:
    """Placebos of one unit at earlier times, as the variances place and refit them."""
    made = panel_of(factor_block(200, 100))
    tuned: Estimator = ESTIMATORS[key]
    if key == "mc":
        tuned = replace(tuned, lambda_nn=factor_block(200, 100).penalty)  # type: ignore[type-var]
    prepared = tuned.tune(made).for_placebos(made)
    placements = across_both(made, count, 0).placements
    assert len(placements) == count
    return lambda: [prepared.fit(placement.panel(made)) for placement in placements]


def left_out() -> Call:
    """Every cell of 1000 × 200 left out once, under two-way effects."""
    made = panel_of(factor_block(1000, 200))
    return lambda: leave_one_out(made.outcome, made.usable)


def fixed_dwcp() -> Call:
    """The twelve treated cells of prop99 at one λ triple."""
    time_rate, unit_rate, penalty = TRIPLES["dwcp"]
    made = panel_of(prop99())
    method = DoublyWeighted(time_rate, unit_rate, penalty).for_placebos(made)
    return lambda: method.fit(made)


def tuned(key: str, block: Block) -> Call:
    """λ chosen, and the fit."""
    made = panel_of(block)
    return lambda: ESTIMATORS[key].tune(made).fit(made)


ROWS = {
    "sdid_refits": Measured(
        "sdid: 1,000 placebo refits on 200 × 100", 2.0, lambda: refits("sdid", 1000)
    ),
    "mc_refits": Measured(
        "mc: 1,000 placebo refits at fixed λ on 200 × 100", 10.0, lambda: refits("mc", 1000)
    ),
    "did_left_out": Measured("did: every cell of 1000 × 200 left out", 1.0, left_out),
    "mc_tuned": Measured(
        "mc: tuning and fit on 200 × 100", 3.0, lambda: tuned("mc", factor_block(200, 100)), True
    ),
    "mc_tuned_large": Measured(
        "mc: tuning and fit on 1000 × 200", 30.0, lambda: tuned("mc", factor_block(1000, 200)), True
    ),
    "dwcp_fixed": Measured("dwcp: 12 cells of prop99 at fixed λ", 0.1, fixed_dwcp),
    "dwcp_prop99": Measured(
        "dwcp: tuning and fit of prop99", 10.0, lambda: tuned("dwcp", prop99()), True
    ),
    "dwcp_block": Measured(
        "dwcp: tuning and fit on 50 × 40, 10 × 10 treated", 20.0,
        lambda: tuned("dwcp", factor_block(50, 40, 10)), True,
    ),
    "dwcp_large": Measured(
        "dwcp: tuning and fit on 200 × 100, 10 treated units", 180.0,
        lambda: tuned("dwcp", factor_block(200, 100, 10)), True,
    ),
}  # fmt: skip


def measure(name: str) -> dict[str, float]:
    """One row, in this process."""
    row = ROWS[name]
    if not row.clock:
        cost, _ = spend(row.prepare(), compiles=True)
        return cost
    small = tuned(name.partition("_")[0], factor_block(12, 16, 2))
    small()  # compiled before the clock runs
    call = row.prepare()
    started = time.perf_counter()
    call()
    return {"seconds": time.perf_counter() - started, "megabytes": peak()}


def rows(names: list[str]) -> list[Beside]:
    """All rows, each from a process of its own; one that does not finish has taken for ever."""
    found = []
    for name in names:
        row = ROWS[name]
        said = run(
            [sys.executable, "-m", "benchmarks.estimators", name], seconds=LIMIT,
            gigabytes=GIGABYTES,
        )  # fmt: skip
        seconds = said.get("seconds", float(np.inf))
        found.append(in_seconds(row.what, seconds, row.promise))
    return found


def main() -> None:
    """Print what was measured."""
    words = sys.argv[1:]
    if words and words[0] in ROWS:
        print(json.dumps(measure(words[0])))
        return
    tell(rows(list(ROWS)))


if __name__ == "__main__":
    main()
