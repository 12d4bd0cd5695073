"""Kill workers and the database at random moments, and count what is lost: nothing may be.

    python -m benchmarks.faults                                          a small suite, minutes
    python -m benchmarks.faults --analyses 500 --workers-killed 200 --databases-killed 50
    python -m benchmarks.faults --seed 7 --lease 20 --at-once 2 --json

`liftledger run --all-due` over a database of its own, fsync on. Workers are killed by SIGKILL, in
the middle of the run they hold; the database likewise, all of it, and started as a supervisor
would. How far the runs have come decides when the next one falls, so all of them fall before the
last run ends. Then every promise is checked in the database: see benchmarks.faults.promises.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.faults.nemesis import Nemesis
from benchmarks.faults.promises import checked
from benchmarks.faults.scene import Scene
from benchmarks.measuring.rows import tell


def main() -> int:
    """Run the suite; 1 when a promise is broken."""
    asked = _options()
    with tempfile.TemporaryDirectory(prefix="liftledger-faults-") as folder:
        Path(folder).chmod(0o755)  # as root the database runs as another user
        with Scene(Path(folder), lease=asked.lease, at_once=asked.at_once) as scene:
            reference = scene.reference()
            scene.ask(asked.analyses)
            nemesis = Nemesis(scene, asked.seed, asked.workers_killed, asked.databases_killed)
            started = time.monotonic()
            nemesis.run()
            rows = checked(scene, reference, nemesis.faults, time.monotonic() - started)
    tell(rows)
    return 0 if all(row.kept for row in rows) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults")
    parser.add_argument("--analyses", type=int, default=40)
    parser.add_argument("--workers-killed", type=int, default=16)
    parser.add_argument("--databases-killed", type=int, default=4)
    parser.add_argument("--at-once", type=int, default=2, help="worker processes")
    parser.add_argument("--lease", type=float, default=20.0, help="seconds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
