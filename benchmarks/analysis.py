"""Time and peak memory of the estimators with all five variances, on the two real panels.

    python -m benchmarks.analysis            a table
    python -m benchmarks.analysis --json     the same as one JSON object

Promised: all six estimators with five variances on prop99 in 60 s. Functions are called without
Prefect and without a database, each estimator in a process of its own, so that its peak is its
own; seconds are those of tuning, fitting and placebos, without imports. Compiled code is kept in
a folder of this run alone: first all six of prop99 run in one process that has to compile
("cold"), then each again ("warm").
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.measuring.alone import peak
from estimators import ESTIMATORS, STANDARD_VARIANCES, Refusal, UnsupportedDesign, evaluate
from storage.files import read_file
from storage.rows import to_panel
from studies import Columns, load_plan

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
PANELS = ("prop99", "softdrinks")
PROMISE = 60.0  # seconds for all six on prop99
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def step(panel: str, *keys: str) -> dict[str, Any]:
    """Seconds of estimating, peak megabytes, and the answers, in this process."""
    plan = load_plan(EXAMPLES / f"{panel}.yaml")
    arrays = to_panel(read_file(EXAMPLES / f"{panel}.csv", Columns()))
    started = time.perf_counter()
    answers: dict[str, Any] = {}
    for key in keys:
        try:
            found = evaluate(
                arrays, ESTIMATORS[key], STANDARD_VARIANCES.values(), level=plan.inference.level,
                placebos=plan.inference.placebos, seed=plan.seed,
            )  # fmt: skip
        except UnsupportedDesign:
            answers[key] = {"att": None, "variances": 0}
            continue
        count = sum(not isinstance(one, Refusal) for one in found.inferences)
        answers[key] = {"att": found.att, "variances": count}
    return {
        "seconds": round(time.perf_counter() - started, 2),
        "peak_mb": round(peak()),
        "answers": answers,
    }


def measure() -> dict[str, Any]:
    """Cold once, then each estimator on each panel, warm."""
    with tempfile.TemporaryDirectory() as cache:
        cold = _alone(cache, "prop99", *ESTIMATORS)
        # whatever only an on/off panel needs compiled, before it is measured
        _alone(cache, "softdrinks", "did", "mc")
        warm = {
            panel: {key: _alone(cache, panel, key) for key in ESTIMATORS} for panel in PANELS
        }  # fmt: skip
    seconds = sum(one["seconds"] for one in warm["prop99"].values())
    return {"cold": cold, "warm": warm, "prop99_seconds": round(seconds, 2), "promise": PROMISE}


def lines(found: dict[str, Any]) -> list[str]:
    """The measurements as a table."""
    text = [f"{'panel':12}{'estimator':12}{'seconds':>8}{'peak MB':>9}   answer"]
    for panel, rows in found["warm"].items():
        for key, one in rows.items():
            answer = one["answers"][key]
            told = (
                "refused: on/off treatment"
                if answer["att"] is None
                else f"att {answer['att']:.6g}, {answer['variances']} variances"
            )
            text.append(f"{panel:12}{key:12}{one['seconds']:8.2f}{one['peak_mb']:9}   {told}")
    cold = found["cold"]
    text.append(
        f"{'prop99':12}{'all six':12}{found['prop99_seconds']:8.2f}{'':9}   sum of the above"
    )
    text.append(
        f"{'prop99':12}{'all six':12}{cold['seconds']:8.2f}{cold['peak_mb']:9}   "
        "cold: the solvers are compiled first"
    )
    return text


def _alone(cache: str, panel: str, *keys: str) -> dict[str, Any]:
    """`step` in a fresh process that keeps its compiled code in `cache`."""
    asking = (
        "import json, sys; from benchmarks.analysis import step;"
        " print(json.dumps(step(*sys.argv[1:])))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", asking, panel, *keys],
        cwd=EXAMPLES.parent,
        env=os.environ | dict.fromkeys(ONE_THREAD, "1") | {"NUMBA_CACHE_DIR": cache},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    measured: dict[str, Any] = json.loads(ran.stdout)
    return measured


def main() -> None:
    """Print what was measured."""
    found = measure()
    print(json.dumps(found, indent=2) if "--json" in sys.argv else "\n".join(lines(found)))


if __name__ == "__main__":
    main()
