"""Trying faults: each in a copy of the tree, never in the checkout itself.

A fault is *killed* when a test named beside it fails, *alive* when all of them pass. Whatever else
pytest may say (nothing collected, an import that fails), or tests that do not end, is neither: the
trial is then *broken*, which is a defect of the list.
"""

import multiprocessing
import os
import re
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import pytest

from tests.mutants.fault import Fault

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "channels", "checks", "estimators", "flows", "liftledger", "migrations", "reports", "storage",
    "studies", "tasks",
)  # fmt: skip
COPIED = (*ROOMS, "docs", "examples", "tests", "prefect.yaml", "pyproject.toml")
LONGEST = 1800  # seconds for the tests of one fault; on a busy computer slowness proves nothing
OPTIONS = ("-x", "-q", "--no-header", "-p", "no:cacheprovider", "--timeout=0")
FORK = multiprocessing.get_context("fork")
# what takes seconds to import and is the same for every fault: imported once, before the forks
FOREIGN = ("numba", "numpy", "pandas", "scipy.sparse.csgraph", "scipy.special", "sqlalchemy")

NO_END = -1
Verdict = Literal["killed", "alive", "broken"]
VERDICTS: dict[int, Verdict] = {0: "alive", 1: "killed"}


@dataclass(frozen=True)
class Trial:
    """What came of one fault.

    by: the test that noticed, or the end of what was said when none could be asked
    seconds: of this computer
    """

    fault: Fault
    verdict: Verdict
    by: str
    seconds: float


@contextmanager
def copied() -> Iterator[Path]:
    """A copy of the tree with all that was compiled for it, so that nothing is compiled again."""
    with TemporaryDirectory(prefix="liftledger-mutants-") as folder:
        for name in COPIED:
            source, target = ROOT / name, Path(folder) / name
            if source.is_dir():
                shutil.copytree(source, target)
            else:
                shutil.copy2(source, target)
        yield Path(folder)


def sound(tree: Path, faults: Iterable[Fault]) -> str:
    """What fails without any fault; empty when nothing does. Without it no verdict means much."""
    tests = dict.fromkeys(test for fault in faults for test in fault.tests)
    code, said = _asked(tree, _widest(tests), None)
    return "" if code == 0 else said


def tried(tree: Path, fault: Fault) -> Trial:
    """The fault planted in the tree, its tests run, and the tree as it was again."""
    file, begun = tree / fault.file, time.perf_counter()
    before = file.stat()
    source = file.read_text(encoding="utf-8")
    try:
        file.write_text(fault.planted(source), encoding="utf-8")
        code, said = _asked(tree, fault.tests, LONGEST)
    finally:
        file.write_text(source, encoding="utf-8")
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))  # what is compiled stays valid
    verdict = VERDICTS.get(code, "broken")
    by = _noticed(said) if verdict == "killed" else "" if verdict == "alive" else said[-400:]
    return Trial(fault, verdict, by, time.perf_counter() - begun)


def _asked(tree: Path, tests: Iterable[str], limit: float | None) -> tuple[int, str]:
    """Pytest's exit status and what it said, of these tests on this tree."""
    for name in FOREIGN:
        import_module(name)
    said = tree / "said"
    asked = FORK.Process(target=_pytest, args=(tree, [f"tests/{test}" for test in tests], said))
    asked.start()
    asked.join(limit)
    if asked.exitcode is None:
        asked.kill()
        asked.join()
        return NO_END, f"no end after {LONGEST} seconds"
    return asked.exitcode, said.read_text(encoding="utf-8")


def _pytest(tree: Path, tests: list[str], said: Path) -> None:
    """In a process of its own, which begins with other people's modules and none of ours."""
    with said.open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    for name in [name for name in sys.modules if name.partition(".")[0] in {*ROOMS, "tests"}]:
        del sys.modules[name]
    os.chdir(tree)
    sys.path.insert(0, str(tree))
    sys.dont_write_bytecode = False  # whoever asked for that: it would take three times as long
    sys.exit(int(pytest.main([*OPTIONS, *tests])))


def _widest(tests: Iterable[str]) -> list[str]:
    """Without single tests of files that are run whole."""
    every = list(tests)
    return [test for test in every if "::" not in test or test.partition("::")[0] not in every]


def _noticed(said: str) -> str:
    """The first test that failed, without the folder all of them are in."""
    found = re.search(r"^(?:FAILED|ERROR) (?:tests/)?(.*?)(?: - .*)?$", said, re.MULTILINE)
    return found[1] if found else said[-400:]
