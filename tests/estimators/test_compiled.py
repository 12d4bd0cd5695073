"""Machine code is kept, and never outlives the code it was compiled from."""

import importlib
import os
import pkgutil
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from numba.core.dispatcher import Dispatcher

from estimators import solvers
from estimators.solvers import compiled
from estimators.weighting import cells

CALLER = """
from estimators.solvers.compiled import compiled
from estimators.solvers.called import one

@compiled()
def two():
    return one() + one()
"""
CALLED = """
from estimators.solvers.compiled import compiled

@compiled()
def one():
    return {}
"""


def test_every_compiled_function_is_kept_in_the_folder_of_this_very_code() -> None:
    names = [f"{solvers.__name__}.{one.name}" for one in pkgutil.iter_modules(solvers.__path__)]
    modules = [*map(importlib.import_module, names), cells]
    kernels = {id(one): one for module in modules for one in vars(module).values()
               if isinstance(one, Dispatcher)}  # fmt: skip
    assert len(kernels) > 50
    for kernel in kernels.values():
        assert Path(str(kernel.stats.cache_path)).is_relative_to(compiled.FOLDER)


@pytest.mark.timeout(300)
def test_a_change_in_a_function_that_is_called_from_another_file_is_seen(tmp_path: Path) -> None:
    here = tmp_path / "estimators" / "solvers"
    here.mkdir(parents=True)
    shutil.copy(compiled.__file__, here)
    (here / "calling.py").write_text(CALLER)
    # -B: byte-code of a file as long, written in the same second, would pass for the new one's
    question = "from estimators.solvers.calling import two; print(two())"
    words = [sys.executable, "-B", "-c", question]

    def answer(said: int) -> int:
        (here / "called.py").write_text(CALLED.format(said))
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
        return int(done.stdout)

    assert answer(1) == 2
    kept = {file.parent for file in tmp_path.rglob("*.nbi")}
    assert answer(3) == 6  # without folders of their own: 2, by the machine code of before
    assert answer(1) == 2
    assert len({file.parent for file in tmp_path.rglob("*.nbi")} - kept) == 1


def test_a_new_version_removes_what_none_has_used_for_a_month_and_no_more(tmp_path: Path) -> None:
    now, day = time.time(), 86400.0
    for name, age in (("compiled-old", 31), ("compiled-before", 29), ("compiled-first", 31),
                      ("other", 400)):  # fmt: skip
        (tmp_path / name / "kept").mkdir(parents=True)
        os.utime(tmp_path / name, (now - age * day, now - age * day))
    compiled.used(tmp_path / "compiled-first", now)  # an old one that is started from again
    assert len(list(tmp_path.iterdir())) == 4
    compiled.used(tmp_path / "compiled-new", now)
    left = {one.name for one in tmp_path.iterdir()}
    assert left == {"compiled-before", "compiled-first", "other"}
