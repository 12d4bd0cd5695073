"""Stored results computed again: how many come out bit for bit, and how close on other kernels.

    python -m benchmarks.replays                 100 results, a table
    python -m benchmarks.replays --results 12    fewer
    python -m benchmarks.replays --json          for `python -m benchmarks`

Results of both examples and of simulated shops: blocks, staggered starts, on/off, missing outcomes,
all ten kinds of inference, a primary chosen by a race, units left out for want of a comparison.
They are made by one process and replayed by a second; every tenth once more by a third, for which
OpenBLAS picks the kernels of an older processor: another machine, as far as last bits go. All three
call the steps as worker processes do, as plain functions: the same bits, without Prefect's time.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.measuring.rows import Row, tell

ROOT = Path(__file__).resolve().parents[1]
OLDER = {"OPENBLAS_CORETYPE": "Nehalem"}
EVERY = 10  # of the results, for the third process
KINDS = ("marginal, given_unit, given_period, given_both, adaptive, design_based, bootstrap, "
         "jackknife, conformal, permutation")  # fmt: skip
OTHERS = (("sc", "mc"), ("difp", "dwcp"), ("sdid", "mc"), ("sc", "dwcp"), ("difp", "sdid"))
PATTERNS = ("block", "staggered", "on_off", "missing", "always")


def shop(number: int, pattern: str) -> pd.DataFrame:
    """Rows of a small panel, another for each number."""
    draw = np.random.default_rng(number)
    units, periods = int(draw.integers(12, 25)), int(draw.integers(16, 31))
    level, slope = draw.normal(100, 20, (units, 1)), draw.normal(0, 0.3, (units, 1))
    outcome = level + slope * np.arange(periods) + draw.normal(0, 2, (1, periods)).cumsum(axis=1)
    outcome = outcome + draw.normal(0, 1, (units, periods))
    treated = np.zeros((units, periods), dtype=bool)
    treated[:2, 3 * periods // 4 :] = True
    if pattern == "staggered":
        treated[1, 2 * periods // 3 :] = True
    if pattern == "on_off":
        treated[:4] = draw.random((4, periods)) < 0.3
    if pattern == "always":
        treated[2] = True
    outcome = outcome + 5 * treated
    if pattern == "missing":
        outcome[draw.random(outcome.shape) < 0.01] = np.nan
    i, t = np.divmod(np.arange(units * periods), periods)
    return pd.DataFrame({
        "unit": [f"store {k}" for k in i], "period": t + 1,
        "outcome": outcome.ravel(), "treatment": treated.ravel().astype(int),
    })  # fmt: skip


def plan(number: int, pattern: str, panel: str) -> str:
    """The study file of one result.

    All six estimators on the examples and where a race chooses, DID and two others elsewhere, so
    that each other meets each pattern: all six everywhere would take three times as long.
    """
    raced = number % 25 == 7
    primary = "{rule: lowest_rmse, replications: 20, fallback: sdid}" if raced else "did"
    few = not raced and panel.startswith("shop")
    others = OTHERS[number // len(PATTERNS) % len(OTHERS)]
    asked = f"estimators: [did, {', '.join(others)}]\n" if few else ""
    kinds = f"kinds: [{KINDS}], " if number % 5 == 1 else ""
    drop = "incomparable: drop\n" if pattern == "always" else ""
    return (
        f"study: replayed_{number}\nquestion: Does it come out again?\npanel: {panel}\n{drop}"
        f"{asked}primary: {primary}\nrequirements: {{observed: 0.9}}\n"
        f"inference: {{{kinds}placebos: {20 + number % 30}}}\nseed: {number}\n"
    )


def make(folder: Path, count: int) -> None:
    """Answer so many studies, each with a panel or a plan of its own."""
    from flows.analyze import answer
    from liftledger.data import ingest_into, register_plan
    from liftledger.ledger import opened

    with opened() as url:
        for name in ("prop99", "softdrinks"):
            ingest_into(url, ROOT / "examples" / f"{name}.csv", name, {})
        for number in range(count):
            pattern = PATTERNS[number % len(PATTERNS)]
            panel = {20: "prop99", 70: "softdrinks"}.get(number % 100, f"shop_{number}")
            if panel.startswith("shop"):
                shop(number, pattern).to_csv(folder / "shop.csv", index=False)
                ingest_into(url, folder / "shop.csv", panel, {})
            (folder / "study.yaml").write_text(plan(number, pattern, panel), encoding="utf-8")
            register_plan(url, folder / "study.yaml", "benchmark")
            answer(url, f"replayed_{number}", "benchmark", "")


def replay(every: int) -> list[dict[str, object]]:
    """Replay every so many of the results, the first among them."""
    from flows.replay import replay as again
    from liftledger.ledger import opened
    from storage.ledger import ledger
    from storage.summaries import history

    found = []
    with opened() as url:
        with ledger(url) as session:
            names = sorted((one.study, one.version) for one in history(session))
        for study, version in names[::every]:
            started = time.process_time()
            one = again.fn(study, version)
            found.append({
                "name": f"{study}@{version}", "outcome": one.outcome, "promised": one.promised,
                "numbers": one.numbers, "largest": one.largest,
"worst": [asdict(d) for d in one.differences if d.far],
                "seconds": time.process_time() - started,
            })  # fmt: skip
    return found


def measure(count: int) -> Iterator[Row]:
    """One process makes, the second replays, the third replays some on other kernels."""
    with tempfile.TemporaryDirectory() as top:
        Path(top).chmod(0o755)  # as root the database runs as another user
        home = {"LIFTLEDGER_HOME": str(Path(top) / "home")}
        _in_a_process(["make", top, str(count)], home)
        here = json.loads(_in_a_process(["replay", "1"], home))
        there = json.loads(_in_a_process(["replay", str(EVERY)], home | OLDER))
    unequal = [one for one in here if one["outcome"] != "equal"]
    far = [one for one in there if one["outcome"] == "different"]
    for one in (*unequal, *far):
        print(one["name"], one["outcome"], one["promised"], one["worst"], file=sys.stderr)
    numbers = sum(one["numbers"] for one in here)
    seconds = sum(one["seconds"] for one in here)
    yield Row("results replayed", len(here), "")
    yield Row("  not bit for bit", len(unequal), "", 0)
    yield Row("  numbers compared", numbers, "")
    yield Row("  a replay", seconds / len(here), "s of processor time")
    yield Row("replayed on the kernels of an older processor", len(there), "")
    yield Row("  bit for bit all the same", sum(o["outcome"] == "equal" for o in there), "")
    yield Row("  further apart than 1e-8", len(far), "", 0)
    largest = max((one["largest"] or 0.0 for one in there), default=0.0)
    yield Row("  largest relative difference", largest, "", 1e-8)


def _in_a_process(words: list[str], more: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.replays", *words],
        cwd=ROOT, env=os.environ | more, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def main() -> None:
    """The command line; the words after it are for the processes it starts."""
    if sys.argv[1:2] == ["make"]:
        return make(Path(sys.argv[2]), int(sys.argv[3]))
    if sys.argv[1:2] == ["replay"]:
        print(json.dumps(replay(int(sys.argv[2]))))
        return None
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--results", type=int, default=100)
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    tell(measure(asked.results))
    return None


if __name__ == "__main__":
    main()
