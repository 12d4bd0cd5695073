"""The comparison with other packages: what it installs, and what it says about their answers.

Peers are never installed or run here.
"""

import ast
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.measuring.panels import factor_block, prop99
from benchmarks.peers import accuracy, with_liftledger
from benchmarks.peers.__main__ import MODULES, PEERS, SIZES
from benchmarks.peers.answers import QUESTIONS, Answer, keep, kept
from benchmarks.peers.table import Line, promises, table

HERE = Path(__file__).parents[2] / "benchmarks"
FOLDER = HERE / "peers"


def pins(path: Path) -> dict[str, str]:
    text = path.read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z][a-z0-9-]*)==([^\s;]+)", text, re.MULTILINE))


def adapters(program: str) -> set[str]:
    """The questions that a peer's adapter answers, without importing what it imports."""
    module = MODULES.get(program, f"with_{program.replace('-', '_')}")
    tree = ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8"))
    (table,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "ADAPTERS"
    )
    assert isinstance(table, ast.Dict)
    return {str(ast.literal_eval(key)) for key in table.keys if key is not None}


def test_every_peer_is_pinned_in_what_is_asked_for_and_in_the_lock() -> None:
    asked = pins(FOLDER / "requirements.in")
    assert set(asked) == set(PEERS)
    locked = pins(FOLDER / "requirements.lock")
    assert {name: locked[name] for name in asked} == asked


def test_the_lock_of_the_peers_pins_every_file_by_its_hash_and_names_no_host() -> None:
    text = (FOLDER / "requirements.lock").read_text(encoding="utf-8")
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert entries
    assert not [one.split()[0] for one in entries if "==" not in one or "--hash=sha256:" not in one]
    assert "://" not in text
    assert "index-url" not in text


def test_no_peer_is_a_dependency_of_ours() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        assert not set(pins(HERE.parent / lock)) & set(PEERS)


def test_every_peer_is_in_the_readme_with_its_version_and_licence() -> None:
    page = (HERE / "README.md").read_text(encoding="utf-8")
    for name, version in pins(FOLDER / "requirements.in").items():
        row = re.search(rf"^\| {name} {re.escape(version)} \| ([^|]+) \|", page, re.MULTILINE)
        assert row, name
        assert re.search(r"MIT|Apache|GPL", row[1])


def test_every_question_a_peer_is_asked_is_one_its_adapter_answers() -> None:
    for peer, questions in PEERS.items():
        assert set(questions) == adapters(peer), peer
        assert {question.split(":")[0] for question in questions} <= set(QUESTIONS)
    assert set(SIZES) == set(QUESTIONS) == set(with_liftledger.ADAPTERS)


def test_only_the_adapter_of_a_peer_imports_it() -> None:
    for file in FOLDER.glob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        rooted = {
            node.module.split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module
        }
        imported = {name.removesuffix("_pkg") for name in rooted}
        peers = {name.removesuffix("-pkg").replace("-", "_") for name in PEERS}
        assert imported & peers <= {file.stem.removeprefix("with_")}


def test_the_block_of_prop99_has_california_last_and_treated_for_twelve_years() -> None:
    block = prop99()
    assert block.outcome.shape == (39, 31)
    assert int(block.treatment.sum()) == 12
    assert block.outcome[-1, 0] == pytest.approx(123.0, abs=0.01)


@pytest.mark.parametrize("question", ["sc", "difp", "sdid", "mc", "dwcp_level"])
def test_an_answer_is_as_good_as_itself_and_worse_once_it_is_moved(question: str) -> None:
    block = factor_block(12, 16)
    call, read = with_liftledger.ADAPTERS[question](block)
    ours = read(call())
    assert accuracy.difference(question, block, ours, ours).value == 0
    if ours.fits:
        moved = replace(ours, fits=tuple((a + 0.1, b, low) for a, b, low in ours.fits))
    else:
        assert ours.unit_weights is not None
        moved = replace(ours, unit_weights=0.9 * ours.unit_weights + 0.1 / 11)
    far = accuracy.difference(question, block, ours, moved)
    assert (far.kind, far.same) == ("objective", False)
    assert far.value > 0


@pytest.mark.parametrize("question", ["mc", "dwcp", "dwcp_level"])
def test_the_timed_fit_is_the_solution_whose_objective_is_compared(question: str) -> None:
    block = factor_block(12, 16)
    call, read = with_liftledger.ADAPTERS[question](block)
    ours = read(call())
    assert ours.counterfactual is not None
    cells = np.argwhere(block.treatment)
    fits = ours.fits if len(ours.fits) > 1 else ours.fits * len(cells)
    found = [a[i] + b[t] + low[i, t] for (a, b, low), (i, t) in zip(fits, cells, strict=True)]
    np.testing.assert_allclose(ours.counterfactual, found, atol=1e-4)


def test_an_answer_survives_being_written_and_read(tmp_path: Path) -> None:
    weights, parts = np.arange(3.0), (np.ones(3), np.ones(2), np.ones((3, 2)))
    keep(Answer(1.5, weights, fits=(parts, parts)), tmp_path / "answer.npz")
    found = kept(tmp_path / "answer.npz")
    assert found.att == 1.5
    assert found.period_weights is None
    assert found.unit_weights is not None
    np.testing.assert_array_equal(found.unit_weights, weights)
    assert [len(one) for one in found.fits] == [3, 3]


def test_a_fast_wrong_answer_is_marked_and_a_slow_one_of_ours_fails_the_promise() -> None:
    lines = [
        Line("sdid", "50x40", "liftledger", 0.5, 100),
        Line("sdid", "50x40", "azcausal", 0.1, 100, "objective", 1e-3, same=False),
        Line("sdid", "50x40", "trop", failed="> 60 s"),
    ]
    text = "\n".join(table(lines, "liftledger"))
    assert "NOT THE SAME" in text
    assert "> 60 s" in text
    said, kept_all = promises(lines, "liftledger")
    assert not kept_all
    assert "MISSED" in said[0]
