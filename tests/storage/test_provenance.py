"""Where numbers come from, and how they become JSON."""

import json
import math
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import storage
from storage import provenance
from storage.json_values import canonical, plain
from studies import parse_plan
from tests.storage.answers import STUDY


def test_the_same_code_and_environment_have_the_same_hash() -> None:
    assert provenance.code_version() == provenance.code_version()
    assert provenance.environment_hash() == provenance.environment_hash()
    assert re.fullmatch(r"[0-9.]+\+[0-9a-f]{64}", provenance.code_version())
    assert re.fullmatch(r"[0-9a-f]{64}", provenance.environment_hash())


def test_any_change_of_the_code_changes_its_version(tmp_path: Path) -> None:
    """On a copy of the rooms, asked in a process of its own."""
    home = Path(storage.__file__).resolve().parent.parent
    for room in provenance.ROOMS:
        if (home / room).exists():
            shutil.copytree(home / room, tmp_path / room)
    asking = "from storage.provenance import code_version; print(code_version())"

    def version() -> str:
        ran = subprocess.run(
            [sys.executable, "-c", asking], cwd=tmp_path, capture_output=True, text=True,
            check=True, env=os.environ | {"PYTHONPATH": str(tmp_path)},
        )  # fmt: skip
        return ran.stdout.strip()

    before = version()
    assert before == provenance.code_version()
    target = tmp_path / "estimators" / "core" / "effect.py"
    target.write_text(target.read_text() + "\n# one more line\n")
    changed = version()
    target.rename(target.with_name("effects.py"))
    assert len({before, changed, version()}) == 3


def test_who_asks_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    assert provenance.whoami() == "ada"


@dataclass(frozen=True)
class Setting:
    penalty: float
    grid: tuple[float, ...]


def test_values_become_json_deliberately() -> None:
    value = {
        "numpy": [np.float64(0.1), np.int64(3), np.bool_(True), np.array([1.5, np.nan])],
        "setting": Setting(np.inf, (-np.inf, 1.0)),
        "day": date(2024, 3, 31),
        2001: {"b", "a"},
    }
    assert plain(value) == {
        "numpy": [0.1, 3, True, [1.5, None]],
        "setting": {"penalty": "Infinity", "grid": ["-Infinity", 1.0]},
        "day": "2024-03-31",
        "2001": ["a", "b"],
    }
    with pytest.raises(TypeError, match="object has no JSON form"):
        plain({"what": object()})
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"share": math.nan})


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_reads_back_as_what_was_written(value: object) -> None:
    assert json.loads(canonical(plain(value))) == plain(value)


@given(
    seed=st.integers(0, 10**9), exclude=st.lists(st.integers(0, 99) | st.text("ab'\"é", max_size=4))
)
def test_a_plan_has_the_same_hash_however_its_file_is_laid_out(
    seed: int, exclude: list[int | str]
) -> None:
    text = STUDY.format(study="display", seed=seed, exclude=json.dumps(exclude))
    asked = parse_plan(text)
    lines = text.strip().splitlines()
    assert parse_plan("# a comment\n" + "\n".join(reversed(lines))).sha256() == asked.sha256()
    assert parse_plan(asked.canonical()).sha256() == asked.sha256()
    assert canonical(asked.model_dump(mode="json")) == asked.canonical()
