"""What a run of prop99 costs besides estimating: starting, orchestrating, checking, storing.

    python -m benchmarks.orchestration           a table
    python -m benchmarks.orchestration --json    for `python -m benchmarks`

`liftledger run` in processes of their own over an empty home: the first run ever, then another
question (its seed differs) once everything is in place, then that question again, which is answered
from the ledger. When a step ends is known from the lines of the run's own progress. Solvers are
compiled before, as on any machine that has run once.

What Prefect's engine costs is told by the same analyses in one process, with it and, as worker
processes call the steps, without it, in turn: medians of their processor time.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring.rows import Row, tell

ROOT = Path(__file__).resolve().parents[1]
PLAN = ROOT / "examples" / "prop99.yaml"
PAIRS = 4  # of analyses with and without the engine; the first warms up and is not counted
ENGINE = 2.0  # seconds of it that were promised at most
LIFTLEDGER = [sys.executable, "-m", "liftledger"]


@dataclass(frozen=True)
class Run:
    """Seconds from the start of the process until each step had ended, and to its own end."""

    steps: Mapping[str, float]
    total: float

    @property
    def estimating(self) -> float:
        """From the checks to storing: six estimators side by side, five variances each."""
        return self.steps["ledger"] - self.steps["checks"]


def run(home: Path, plan: Path) -> Run:
    """Answer a study file, and listen."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [*LIFTLEDGER, "run", str(plan), "--reason", "another seed"],
        cwd=ROOT,
        env=os.environ | {"LIFTLEDGER_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    steps, said = {}, []
    for line in process.stderr:
        said.append(line)
        words = line.split()
        if len(words) > 1:
            steps[words[1]] = time.perf_counter() - started  # 12:01:03 did tuned, fitted ...
    if process.wait():
        raise RuntimeError(f"the run failed: {''.join(said)}")
    return Run(steps, time.perf_counter() - started)


def measure() -> list[Row]:
    """All rows; only the second run, with everything in place, is taken apart."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # as root the database runs as another user
        home, other = Path(folder) / "home", Path(folder) / "other.yaml"
        text = PLAN.read_text(encoding="utf-8")
        other.write_text(text.replace("\nseed: 1\n", "\nseed: 2\n"), encoding="utf-8")
        panel = ["ingest", str(PLAN.with_suffix(".csv")), "--panel", "prop99"]
        environment = os.environ | {"LIFTLEDGER_HOME": str(home)}
        subprocess.run([*LIFTLEDGER, *panel], cwd=ROOT, env=environment, check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
        first, second, again = run(home, PLAN), run(home, other), run(home, other)
        itself = [sys.executable, "-m", "benchmarks.orchestration", "engine", folder]
        said = subprocess.run(itself, cwd=ROOT, env=environment, check=True,
                              stdout=subprocess.PIPE)  # fmt: skip
        cost = json.loads(said.stdout)
    start, snapshot = second.steps["study"], second.steps["snapshot"]
    outside = second.total - second.estimating
    return [
        Row("run of prop99, the first in this home", first.total, "s"),
        Row("run of prop99, another question", second.total, "s"),
        Row("  until the flow runs (imports, database, Prefect)", start, "s"),
        Row("  pull and snapshot", snapshot - start, "s"),
        Row("  checks (importing Great Expectations included)",
            second.steps["checks"] - snapshot, "s"),
        Row("  six estimators, five variances, and storing", second.estimating, "s"),
        Row("  after that, to the end of the process", second.total - second.steps["ledger"], "s"),
        Row("outside the estimators, share of the run", 100 * outside / second.total, "%"),
        Row("run of prop99, the same question again", again.total, "s"),
        Row("Prefect's engine, processor time of one analysis", cost["seconds"], "s", ENGINE),
        Row("  share of what the analysis takes with it", 100 * cost["share"], "%"),
    ]  # fmt: skip


def engine(folder: Path) -> dict[str, float]:
    """Seconds of processor time that analyses take longer with Prefect's engine, and the share."""
    from liftledger.data import register_plan
    from liftledger.ledger import opened
    from liftledger.running import flow_ready

    with flow_ready(debug=False) as ready, opened() as url:
        flow = ready()
        text = PLAN.read_text(encoding="utf-8")
        questions = []
        for seed in range(10, 10 + 2 * PAIRS):
            plan = folder / f"engine_{seed}.yaml"
            named = text.replace("study: prop99\n", f"study: engine_{seed}\n")
            plan.write_text(named.replace("\nseed: 1\n", f"\nseed: {seed}\n"), encoding="utf-8")
            questions.append(str(register_plan(url, plan, "").facts["study"]))
        with_it = [_spent(flow, study) for study in questions[::2]][1:]
        without = [_spent(flow.fn, study) for study in questions[1::2]][1:]  # type: ignore[attr-defined]
    seconds = statistics.median(with_it) - statistics.median(without)
    return {"seconds": seconds, "share": seconds / statistics.median(with_it)}


def _spent(flow: Callable[[str], object], study: str) -> float:
    started = time.process_time()
    flow(study)
    return time.process_time() - started


def main() -> None:
    """Print what was measured; the words after it are for the process it starts."""
    if sys.argv[1:2] == ["engine"]:
        print(json.dumps(engine(Path(sys.argv[2]))))
        return
    tell(measure())


if __name__ == "__main__":
    main()
