"""ARCHITECTURE.md and the code say the same, in both directions."""

import ast
import pkgutil
import re
import subprocess
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from prefect import Flow, Task

import flows
import tasks
from checks import CHECKS
from checks.live import LIVE_RULES
from estimators import ESTIMATORS, VARIANCES
from liftledger.command_line import app
from storage.columns import Table
from storage.trail import evidence, matrix

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def listed(heading: str) -> list[list[str]]:
    """The cells of all table rows under a heading, without back-ticks and header rows."""
    section = re.search(rf"^#+ {heading}\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert section, f"no heading {heading!r}"
    tables = re.findall(r"(?:^\|.*\n)+", section[1], re.MULTILINE)
    rows = [line for table in tables for line in table.splitlines()[2:]]
    return [[cell.strip().replace("`", "") for cell in row.strip("|").split("|")] for row in rows]


def names(heading: str) -> list[str]:
    return [row[0] for row in listed(heading)]


def modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(package.__path__):
        yield import_module(f"{package.__name__}.{found.name}")


def defined(package: ModuleType, kind: type) -> dict[str, Any]:
    """Prefect objects by the dotted name of the function they are made of."""
    return {
        f"{module.__name__}.{name}": value
        for module in modules(package)
        for name, value in vars(module).items()
        if isinstance(value, kind) and value.fn.__module__ == module.__name__  # type: ignore[attr-defined]
    }


def test_every_estimator_is_listed_with_its_class_and_module() -> None:
    found = [[key, type(one).__name__, type(one).__module__] for key, one in ESTIMATORS.items()]
    assert [row[:3] for row in listed("Estimators")] == found


def test_every_tuned_estimator_is_listed_as_tuned_and_no_other() -> None:
    tuned = {key for key, one in ESTIMATORS.items() if hasattr(one, "__dataclass_fields__")
             and one.__dataclass_fields__.keys() & {"lambda_nn", "zeta"}}  # fmt: skip
    assert {row[0] for row in listed("Estimators") if row[4] != "–"} == tuned


def test_every_variance_is_listed_with_its_class() -> None:
    found = [[key, type(one).__name__] for key, one in VARIANCES.items()]
    assert [row[:2] for row in listed("Variances")] == found


def test_every_check_is_listed_with_its_severity_and_what_must_hold() -> None:
    rows = {row[0]: row[1:] for row in listed("Checks")}
    assert list(rows) == [rule.name for rule in CHECKS]
    for rule in CHECKS:
        severity, table, must = rows[rule.name]
        assert (severity, table) == (rule.severity, rule.table)
        assert must.startswith(rule.must)


def test_every_check_of_live_panels_is_listed_and_none_stops() -> None:
    found = [[rule.name, rule.table, rule.must] for rule in LIVE_RULES]
    assert listed("Checks of live panels") == found
    assert {rule.severity for rule in LIVE_RULES} == {"warn"}


def test_every_flow_is_listed() -> None:
    found = {name: flow.name for name, flow in defined(flows, Flow).items()}
    assert {row[1]: row[0] for row in listed("Flows")} == found


def test_every_task_is_listed_with_its_retries() -> None:
    found = {
        name: [task.name, str(task.retries or "–")] for name, task in defined(tasks, Task).items()
    }
    assert {row[1]: [row[0], row[2]] for row in listed("Tasks")} == found


def test_every_table_is_listed_and_the_insert_only_ones_are_those_the_migration_guards() -> None:
    for file in (ROOT / "storage").glob("*_tables.py"):  # all parts are loaded
        part = import_module(f"storage.{file.stem}")
        assert part.Table.metadata is Table.metadata
    assert set(names("Tables")) == set(Table.metadata.tables)
    versions = [import_module(f"migrations.versions.{name}") for name in names("Migrations")]
    guarded = {table for one in versions for table in getattr(one, "TABLES", ())}
    assert {row[0] for row in listed("Tables") if row[2] == "yes"} == guarded


def test_every_insert_only_table_has_entries_in_the_log_or_is_part_of_one_that_has() -> None:
    """A new one goes into storage/trail/evidence.py; CONTRIBUTING.md says what else it needs."""
    guarded = {row[0] for row in listed("Tables") if row[2] == "yes"}
    assert guarded == {*evidence.ENTRIES, *evidence.PARTS, *evidence.UNRECORDED, "audit_log"}
    kinds = [kind for kinds in evidence.ENTRIES.values() for kind in kinds]
    assert len(kinds) == len(set(kinds))
    page = (ROOT / "docs" / "trail.md").read_text(encoding="utf-8")
    said = re.findall(r"^\| `(\w+)` \| (`\w+`(?:, `\w+`)*) \|$", page, re.MULTILINE)
    assert {name: tuple(re.findall(r"\w+", kinds)) for name, kinds in said} == evidence.ENTRIES


def test_every_table_has_its_row_in_the_matrix_of_roles() -> None:
    """A new one goes into storage/trail/matrix.py and docs/roles.md: who may do what to it?"""
    assert set(matrix.MATRIX) == set(names("Tables")) | {"liftledger_migrations"}


def test_every_migration_is_listed_in_order() -> None:
    files = sorted((ROOT / "migrations" / "versions").glob("[0-9]*.py"))
    assert names("Migrations") == [file.stem for file in files]


def test_every_command_is_listed() -> None:
    found = [command.name or command.callback.__name__ for command in app.registered_commands]  # type: ignore[union-attr]
    assert names("Commands") == found


def test_every_benchmark_is_listed() -> None:
    here = ROOT / "benchmarks"
    found = {file.stem for file in here.glob("[a-z]*.py")}
    found |= {file.parent.name for file in here.glob("*/__main__.py")}
    assert set(names("Benchmarks")) == found


def test_the_rooms_are_the_layers_that_are_linted_in_the_same_order() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (layers,) = [
        contract["layers"]
        for contract in project["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers" and "containers" not in contract
    ]
    rooms = [room.strip() for layer in layers for room in layer.split("|")]
    listed_rooms = [row[0] for row in listed("Rooms") if len(row) == 3]
    assert listed_rooms == [*rooms, "migrations"]
    assert set(listed_rooms) == set(project["tool"]["importlinter"]["root_packages"])


def test_every_room_imports_exactly_what_is_said() -> None:
    rooms = {row[0]: set(row[2].replace("–", "").split()) for row in listed("Rooms") if row[2:]}
    for room, said in rooms.items():
        trees = (ast.parse(f.read_text(encoding="utf-8")) for f in (ROOT / room).rglob("*.py"))
        imported = {name.split(".")[0] for tree in trees for name in _imports(tree)}
        assert imported & set(rooms) - {room} == said, room


def test_every_folder_is_a_room_or_is_listed_beside_them() -> None:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip("not a git clone")
    folders = {line.split("/")[0] for line in found.stdout.splitlines() if "/" in line}
    assert set(names("Rooms")) == {name for name in folders if not name.startswith(".")}


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
