"""Ours and the peers, side by side: `make bench-peers`.

    python -m benchmarks.peers                                         all: an hour or two
    python -m benchmarks.peers --sizes 50x40,prop99 --peers diff-diff  a part
    python -m benchmarks.peers --questions sc,sdid --limit 20 --json   as one JSON list
    python -m benchmarks.peers --check                                 fails on a missed promise

Every measurement is a process of its own with one thread (measure.py), of the interpreter that has
the program: ours, or .venv-peers. A program that passes the limit at one size is not asked at a
larger one. Accuracy stands beside time: a fast wrong answer is a loss.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.measuring.alone import ROOT, run
from benchmarks.measuring.panels import named
from benchmarks.peers.accuracy import difference
from benchmarks.peers.answers import QUESTIONS, Answer, kept
from benchmarks.peers.table import Line, promises, table

OURS = "liftledger"
THEIRS = ROOT / ".venv-peers" / "bin" / "python"
# program -> the questions its adapter answers, in the order of answers.py
PEERS = {
    "azcausal": ("did", "sdid"),
    "causaltensor": ("did", "sc", "sdid", "mc", "mc_cv"),
    "diff-diff": ("did", "sc", "sc:kernel", "sdid", "sdid:kernel", "dwcp", "dwcp:kernel",
                  "loo_inf:kernel", "loo:kernel", "loo_ten:kernel"),
    "pysyncon": ("sc",),
    "scpi-pkg": ("sc", "difp"),
    "synthdid": ("did", "sdid"),
    "trop": ("did", "sc", "difp", "sdid", "dwcp_level"),
}  # fmt: skip
MODULES = {"scpi-pkg": "with_scpi"}
FACTOR_SIZES = ("50x40", "200x100", "1000x200", "5000x200")
# question -> where it is asked; DWCP's peers do not finish anything larger
SIZES = dict.fromkeys(QUESTIONS, ("prop99", *FACTOR_SIZES)) | {
    "mc": ("prop99", *FACTOR_SIZES[:3]),
    "mc_cv": ("prop99", *FACTOR_SIZES[:3]),
    "dwcp": ("prop99", "50x40"),
    "dwcp_level": ("prop99", "50x40"),
    "loo_inf": ("prop99",),
    "loo": ("prop99",),
    "loo_ten": ("prop99",),
}
LONG = dict.fromkeys(("loo", "loo_ten"), 900.0)  # a limit of its own: the peer needs 500 CPU s
LIMIT, GIGABYTES = 120.0, 16.0


def main() -> int:
    """Measure, print; 1 with --check when a promise is missed."""
    asked = _options()
    if not THEIRS.exists():
        sys.exit("the peers are not installed; `make bench-peers` does that, into .venv-peers")
    lines: list[Line] = []
    with tempfile.TemporaryDirectory() as folder:
        for question in asked.questions:
            given_up: set[str] = set()
            for size in SIZES[question]:
                if size in asked.sizes:
                    lines += _side_by_side(question, size, asked, Path(folder), given_up)
    kept_all = True
    if asked.json:
        print(json.dumps([asdict(line) for line in lines], indent=1))
    else:
        said, kept_all = promises(lines, OURS)
        print("\n".join((*table(lines, OURS), "", *said)))
    return 1 if asked.check and not kept_all else 0


def _side_by_side(
    question: str, size: str, asked: argparse.Namespace, folder: Path, given_up: set[str]
) -> list[Line]:
    """Ours first, then every peer that answers the question, and its kernel."""
    ours, answer = _line(question, question, size, OURS, asked.limit, folder)
    lines = [ours]
    for peer in asked.peers:
        for way in PEERS[peer]:
            name = f"{peer}:kernel" if way.endswith(":kernel") else peer
            if way.split(":")[0] != question:
                continue
            if name in given_up:
                lines.append(Line(question, size, name, failed="> limit at a smaller size"))
                continue
            line, _ = _line(question, way, size, name, asked.limit, folder, answer)
            if line.failed.startswith(">") and size != "prop99":
                given_up.add(name)
            lines.append(line)
    return lines


def _line(
    question: str, way: str, size: str, name: str, limit: float, folder: Path,
    ours: Answer | None = None,
) -> tuple[Line, Answer | None]:  # fmt: skip
    """One measurement; compared with ours, where there is one."""
    print(f"{QUESTIONS[question]}, {size}: {name} ...", file=sys.stderr)
    program = name.removesuffix(":kernel")
    python = sys.executable if program == OURS else str(THEIRS)
    module = MODULES.get(program, f"with_{program.replace('-', '_')}")
    path = folder / "answer.npz"
    command = [python, "-m", "benchmarks.peers.measure", module, way, size, str(path)]
    found = run(command, seconds=max(limit, LONG.get(question, 0.0)), gigabytes=GIGABYTES)
    if "failed" in found:
        print(f"    {found['failed']}", file=sys.stderr)
        return Line(question, size, name, failed=found["failed"]), None
    line = Line(question, size, name, found["seconds"], found["megabytes"])
    answer = kept(path)
    if ours is not None and question != "mc_cv":
        far = difference(question, named(size), ours, answer)
        line = Line(question, size, name, line.seconds, line.megabytes, far.kind, far.value,
                    far.same)  # fmt: skip
    return line, answer


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.peers", description=__doc__.splitlines()[0])
    for name, known in (
        ("questions", QUESTIONS), ("peers", PEERS), ("sizes", ("prop99", *FACTOR_SIZES))
    ):  # fmt: skip
        parser.add_argument(f"--{name}", default=",".join(known), help="some of the default")
    parser.add_argument("--limit", type=float, default=LIMIT, help="CPU seconds a measurement gets")
    parser.add_argument("--json", action="store_true", help="one JSON list instead of the table")
    parser.add_argument("--check", action="store_true", help="fail when a promise is missed")
    asked = parser.parse_args()
    for name, known in (("questions", QUESTIONS), ("peers", PEERS)):
        chosen = getattr(asked, name).split(",")
        if not set(chosen) <= set(known):
            parser.error(f"--{name}: known are {', '.join(known)}")
        setattr(asked, name, chosen)
    asked.sizes = asked.sizes.split(",")
    return asked


if __name__ == "__main__":
    sys.exit(main())
