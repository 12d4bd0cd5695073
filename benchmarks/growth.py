"""Time and memory as panels grow: every estimator, tuned, from 2,000 cells to 7.3 million.

    python -m benchmarks.growth                             a table
    python -m benchmarks.growth --figure docs/growth.svg    and the figure
    python -m benchmarks.growth --sizes 50x40,200x100 --estimators did,sc
    python -m benchmarks.growth --json                      for `python -m benchmarks`
    python -m benchmarks.growth --one sdid 50x40            one, in this process

Each estimator at each size is a process of its own, given 10 minutes on two cores; one that does
not finish is not asked at a larger size. The panel is drawn before the clock starts, code is
compiled before on a small one; tuning and the fit are timed, the fit of DWCP for treated cells
only. Time is on the clock; growth is fitted to CPU seconds:

    seconds = c · cells^exponent        least squares in logarithms, from 20,000 cells on
"""

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring.alone import peak, run
from benchmarks.measuring.figure import figure
from benchmarks.measuring.ours import panel_of
from benchmarks.measuring.panels import factor_block
from benchmarks.measuring.rows import Row, in_seconds, line
from benchmarks.peers.answers import TRIPLES
from estimators import ESTIMATORS, Estimator

TREATED = {"50x40": 2, "200x100": 10, "1000x200": 50, "5000x300": 50, "20000x365": 50}
LARGEST = "20000x365"
SECONDS, MEGABYTES = 600.0, 4000.0  # promised at the largest size, of all but dwcp
CORES = 2
GIGABYTES = 12.0  # of addresses, which compiled libraries take more of than they use
FITTED = 20_000  # cells from which growth is fitted: below, fixed costs count
FIXED = "dwcp_fixed"  # beside the tuned one


@dataclass(frozen=True)
class Point:
    """One estimator at one size: seconds on the clock, CPU seconds, peak megabytes."""

    estimator: str
    size: str
    seconds: float = math.inf
    cpu: float = math.inf
    megabytes: float = math.inf

    @property
    def cells(self) -> int:
        """N × T."""
        return math.prod(map(int, self.size.split("x")))


def estimators() -> dict[str, Estimator]:
    """The catalogue, and dwcp at fixed λ."""
    names = ("lambda_time", "lambda_unit", "lambda_nn")
    fixed = replace(ESTIMATORS["dwcp"], **dict(zip(names, TRIPLES["dwcp"], strict=True)))  # type: ignore[type-var]
    return {**ESTIMATORS, FIXED: fixed}


def one(key: str, size: str) -> dict[str, float]:
    """In this process."""
    _answer(key, "12x16", 2)()
    call = _answer(key, size, TREATED[size])
    clock, cpu = time.perf_counter(), time.process_time()
    call()
    spent = {"seconds": time.perf_counter() - clock, "cpu": time.process_time() - cpu}
    return spent | {"megabytes": peak()}


def points(keys: Sequence[str], sizes: Sequence[str]) -> list[Point]:
    """Every estimator, from small to large, as far as it comes."""
    found = []
    for key in keys:
        for size in sizes:
            print(f"{key}, {size} ...", file=sys.stderr)
            command = [sys.executable, "-m", "benchmarks.growth", "--one", key, size]
            said = run(command, seconds=CORES * SECONDS, gigabytes=GIGABYTES)
            if "failed" in said:
                print(f"    {said['failed']}", file=sys.stderr)
                found.append(Point(key, size))
                break
            found.append(Point(key, size, **said))
    return found


def exponent(found: Sequence[Point]) -> float:
    """Of the cells, in one estimator's CPU seconds; nan with fewer than two sizes."""
    used = [p for p in found if math.isfinite(p.cpu) and p.cells >= FITTED]
    if len(used) < 2:
        return math.nan
    logs = np.log([[point.cells, point.cpu] for point in used])
    return float(np.polyfit(logs[:, 0], logs[:, 1], 1)[0])


def table(found: Sequence[Point]) -> list[str]:
    """One row per estimator: seconds and megabytes by size, and the exponent."""
    sizes = list(dict.fromkeys(point.size for point in found))
    heads = (f" {size.replace('x', ' × ')} |" for size in sizes)
    lines = ["| |" + "".join(heads) + " exponent |", "|---|" + "---|" * (len(sizes) + 1)]
    for key in dict.fromkeys(point.estimator for point in found):
        own = [point for point in found if point.estimator == key]
        by_size = {point.size: point for point in own}
        cells = [_cell(by_size.get(size)) for size in sizes]
        lines.append(f"| {key} | {' | '.join(cells)} | {exponent(own):.2f} |")
    return lines


def rows(found: Sequence[Point]) -> list[Row]:
    """The largest size against its promise, and the exponents."""
    told: list[Row] = []
    for key in dict.fromkeys(point.estimator for point in found):
        own = [point for point in found if point.estimator == key]
        promised = not key.startswith("dwcp")
        finished = [point for point in own if math.isfinite(point.seconds)]
        last = own[-1] if promised or not finished else finished[-1]
        what = f"{key} on {last.size.replace('x', ' × ')}"
        told.append(in_seconds(what, last.seconds, SECONDS if promised else None))
        told.append(Row(f"{what}, peak", last.megabytes, "MB", MEGABYTES if promised else None))
        told.append(Row(f"{key}: exponent of time in cells", exponent(own), ""))
    return told


def _answer(key: str, size: str, treated: int) -> Callable[[], Any]:
    units, periods = map(int, size.split("x"))
    panel = panel_of(factor_block(units, periods, treated))
    method = estimators()[key]
    if key.startswith("dwcp"):
        method = replace(method, show_untreated=False)  # type: ignore[type-var]
    return lambda: method.tune(panel).fit(panel)


def _cell(point: Point | None) -> str:
    if point is None:
        return "–"
    if not math.isfinite(point.seconds):
        return "not in 10 minutes"
    return f"{point.seconds:.2g} s, {point.megabytes:,.0f} MB"


def main() -> None:
    """Measure, and print or draw."""
    parser = argparse.ArgumentParser(prog="benchmarks.growth")
    parser.add_argument("--estimators", default=",".join((*ESTIMATORS, FIXED)))
    parser.add_argument("--sizes", default=",".join(TREATED))
    parser.add_argument("--figure", type=Path, help="where to write the figure")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", nargs=2, metavar=("ESTIMATOR", "SIZE"))
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(one(*asked.one)))
        return
    found = points(asked.estimators.split(","), asked.sizes.split(","))
    if asked.figure:
        drawn = figure([asdict(point) | {"cells": point.cells} for point in found])
        asked.figure.write_text(drawn, encoding="utf-8")
    print(line(rows(found)) if asked.json else "\n".join(table(found)))


if __name__ == "__main__":
    main()
