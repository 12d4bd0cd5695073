"""Every benchmark, and beside each promise what was measured: `make bench`.

    python -m benchmarks                     all of them, an hour or more
    python -m benchmarks pages trail         these
    python -m benchmarks --check             fails when a promise is missed, or a benchmark fails

Each benchmark is a program of its own and runs in a process of its own, one after the other; what
one measured is printed before the next begins, and one that fails does not stop the others. A
benchmark that is not one of the three below is found by its file: `python -m benchmarks.NAME
--json` prints a list of {"what", "measured", "promise", "unit"}, most that is promised, or null
where nothing is.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.measuring.rows import Row, rows_of

HERE = Path(__file__).resolve().parent


def pull_panel() -> Iterator[Row]:
    """The data path of 1,000,000 cells, database to arrays."""
    found = json.loads(_said("pull_panel"))
    cells = f"{found['cells']:,} cells"
    promises = {"pull": (5.0, 500.0)}
    for name in ("ingest", "pull", "snapshot", "arrange"):
        seconds, megabytes = promises.get(name, (None, None))
        yield Row(f"{name} {cells}", found[name]["seconds"], "s", seconds)
        yield Row(f"{name} {cells}, peak of the process", found[name]["peak_mb"], "MB", megabytes)


def check_panel() -> Iterator[Row]:
    """The checks of 1,000,000 cells."""
    text = _said("check_panel")
    yield Row("checks: import and first use", _number(text, r"import and first check"), "s")
    yield Row("checks of 1,000,000 cells", _number(text, r"checks of [\d,]+ cells"), "s", 3.0)
    yield Row("checks, peak of the process", _number(text, r"peak memory"), "MB")


def analysis() -> Iterator[Row]:
    """Six estimators with five variances on two real panels."""
    found = json.loads(_said("analysis", "--json"))
    for panel, estimators in found["warm"].items():
        for key, one in estimators.items():
            if one["answers"][key]["att"] is not None:
                yield Row(f"{panel}: {key}, five variances", one["seconds"], "s")
    peak = max(one["peak_mb"] for rows in found["warm"].values() for one in rows.values())
    yield Row("largest peak of one estimator's process", peak, "MB")
    yield Row("prop99: all six, one after the other", found["prop99_seconds"], "s", 60.0)
    yield Row("prop99: all six, solvers not yet compiled", found["cold"]["seconds"], "s")


KNOWN: dict[str, Callable[[], Iterator[Row]]] = {
    "pull_panel": pull_panel,
    "check_panel": check_panel,
    "analysis": analysis,
}
NAMES = (*KNOWN, *sorted(p.stem for p in HERE.glob("[a-z]*.py") if p.stem not in KNOWN))


def main() -> int:
    """Run them; 1 when one fails, and with --check when a promise is missed."""
    asked = _options()
    print(f"{'what':62}{'measured':>14}{'promised':>14}", flush=True)
    failed, missed = [], 0
    for name in asked.names or NAMES:
        print(f"measuring {name} ...", file=sys.stderr)
        try:
            rows = list(KNOWN[name]()) if name in KNOWN else rows_of(_said(name, "--json"))
        except (subprocess.CalledProcessError, ValueError) as error:  # it failed, or says no table
            failed.append(name)
            print(f"{name} failed: {error}", file=sys.stderr)
            continue
        missed += sum(not row.kept for row in rows)
        for row in rows:
            print(row, flush=True)
    if failed:
        print(f"failed, with the errors above: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed or (asked.check and missed) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(NAMES)}")
    parser.add_argument("--check", action="store_true", help="fail when a promise is missed")
    asked = parser.parse_args()
    unknown = [name for name in asked.names if name not in NAMES]
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are: {', '.join(NAMES)}")
    return asked


def _said(name: str, *words: str) -> str:
    """What a benchmark prints. Raises CalledProcessError when it fails."""
    command = [sys.executable, "-m", f"benchmarks.{name}", *words]
    ran = subprocess.run(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True, check=True)
    return ran.stdout


def _number(text: str, label: str) -> float:
    found = re.search(rf"^{label}\s+([\d.]+)", text, re.MULTILINE)
    if found is None:
        raise ValueError(f"no line {label!r} in: {text}")
    return float(found[1])


if __name__ == "__main__":
    sys.exit(main())
