"""Every benchmark, and beside each promise what was measured: `make bench`.

    python -m benchmarks             all of them
    python -m benchmarks --check     fails when a promise is missed

Each benchmark is a program of its own and runs in a process of its own, one after the other. A
benchmark that is not one of the three below is found by its file: `python -m benchmarks.NAME
--json` prints a list of {"what", "measured", "promise", "unit"}, most that is promised, or null
where nothing is.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Row:
    """One number: what it is, what was measured, the most that was promised."""

    what: str
    measured: float
    unit: str
    promise: float | None = None

    @property
    def kept(self) -> bool:
        """Whether the promise, if there is one, was kept."""
        return self.promise is None or self.measured <= self.promise


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
    """Six estimators with four variances on two real panels."""
    found = json.loads(_said("analysis", "--json"))
    for panel, estimators in found["warm"].items():
        for key, one in estimators.items():
            if one["answers"][key]["att"] is not None:
                yield Row(f"{panel}: {key}, four variances", one["seconds"], "s")
    peak = max(one["peak_mb"] for rows in found["warm"].values() for one in rows.values())
    yield Row("largest peak of one estimator's process", peak, "MB")
    yield Row("prop99: all six, one after the other", found["prop99_seconds"], "s", 60.0)
    yield Row("prop99: all six, solvers not yet compiled", found["cold"]["seconds"], "s")


KNOWN: dict[str, Callable[[], Iterator[Row]]] = {
    "pull_panel": pull_panel,
    "check_panel": check_panel,
    "analysis": analysis,
}


def main() -> int:
    """Run them all; 1 with --check when a promise is missed."""
    rows: list[Row] = []
    others = sorted(p.stem for p in HERE.glob("[a-z]*.py") if p.stem not in KNOWN)
    for name in (*KNOWN, *others):
        print(f"measuring {name} ...", file=sys.stderr)
        rows += KNOWN[name]() if name in KNOWN else _declared(name)
    print(table(rows))
    return 1 if "--check" in sys.argv and not all(row.kept for row in rows) else 0


def table(rows: list[Row]) -> str:
    """All rows, aligned."""
    lines = [f"{'what':58}{'measured':>12}{'promised':>14}"]
    for row in rows:
        promise = "" if row.promise is None else f"≤ {row.promise:g} {row.unit}"
        mark = "" if row.kept else "   MISSED"
        lines.append(f"{row.what:58}{_amount(row):>12}{promise:>14}{mark}")
    return "\n".join(lines)


def _amount(row: Row) -> str:
    return f"{row.measured:,.0f} MB" if row.unit == "MB" else f"{row.measured:,.2f} {row.unit}"


def _declared(name: str) -> Iterator[Row]:
    for row in json.loads(_said(name, "--json")):
        yield Row(row["what"], row["measured"], row["unit"], row["promise"])


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
