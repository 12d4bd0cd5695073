"""Time and peak memory of the data path on 1,000,000 cells (5,000 units × 200 periods).

    python -m benchmarks.pull_panel            all steps, as one JSON object
    python -m benchmarks.pull_panel --check    fails when pulling misses its promise

Promised: from PostgreSQL to the rows' frame in 5 s and 500 MB, interpreter and imports included.
Each step runs in a process of its own, so that its peak is its own. With DATABASE_URL set, that
database is measured, and keeps the panel.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.measuring.alone import peak
from storage import snapshots
from storage.database import connect, migrate, transaction
from storage.outcomes import ingest
from storage.panels import pull, to_panel
from storage.server import database

UNITS, PERIODS = 5_000, 200
PANEL = "benchmark of pulling"
SECONDS, MEGABYTES = 5.0, 500.0


def made() -> pd.DataFrame:
    """The rows: 17-digit outcomes, a tenth of the units treated in the last twenty periods."""
    generator = np.random.default_rng(1)
    unit, period = np.divmod(np.arange(UNITS * PERIODS), PERIODS)
    names = [f"store {i:05d}" for i in range(UNITS)]
    return pd.DataFrame(
        {
            "unit": pd.Categorical.from_codes(unit.astype(np.int32), categories=names),
            "period": period.astype(np.int64),
            "outcome": generator.lognormal(size=len(unit)),
            "treatment": ((unit < UNITS // 10) & (period >= PERIODS - 20)).astype(np.float64),
            "observed": np.ones(len(unit), dtype=np.bool_),
        }
    )


def step(name: str, url: str) -> dict[str, float]:
    """Seconds and peak megabytes of one step, in this process."""
    rows = made() if name == "ingest" else None
    engine = connect(url)
    with transaction(engine) as session:
        if name in ("snapshot", "arrange"):
            rows = pull(session, PANEL)
        steps: dict[str, Callable[[], object]] = {
            "ingest": lambda: ingest(session, PANEL, rows),
            "pull": lambda: pull(session, PANEL),
            "snapshot": lambda: snapshots.save(session, rows),
            "arrange": lambda: to_panel(rows),
        }
        started = time.perf_counter()
        steps[name]()
        seconds = time.perf_counter() - started
    engine.dispose()
    return {"seconds": round(seconds, 2), "peak_mb": round(peak())}


def main() -> int:
    """Run every step against a database of its own; 1 when a promise is missed."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # as root the server runs as another user, who must get through
        with database(Path(folder) / "home") as url:
            migrate(url)
            found = {name: _alone(name, url) for name in ("ingest", "pull", "snapshot", "arrange")}
    print(json.dumps({"cells": UNITS * PERIODS, **found}, indent=2))
    kept = found["pull"]["seconds"] <= SECONDS and found["pull"]["peak_mb"] <= MEGABYTES
    return 0 if kept or "--check" not in sys.argv else 1


def _alone(name: str, url: str) -> dict[str, float]:
    asking = (
        "import json, sys; from benchmarks.pull_panel import step;"
        " print(json.dumps(step(*sys.argv[1:])))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", asking, name, url], stdout=subprocess.PIPE, text=True, check=True
    )
    measured: dict[str, float] = json.loads(ran.stdout)
    return measured


if __name__ == "__main__":
    sys.exit(main())
