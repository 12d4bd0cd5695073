"""The papers of the house: what they name exists, and what exists is named."""

import re
from pathlib import Path

import pytest
import typer.main

from estimators import ESTIMATORS, STANDARD_VARIANCES, Estimate, Refusal, evaluate
from liftledger.command_line import app
from reports.numbers import interval, number
from storage.outcomes import read_file
from storage.panels import to_panel
from studies import Columns, load_plan

ROOT = Path(__file__).parents[1]
PAPERS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "examples/*.md", "benchmarks/*.md", "docker/*.md")
    for path in ROOT.glob(pattern)
)
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
TARGETS = re.findall(
    r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
)


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def called(path: Path) -> list[list[str]]:
    """Every `liftledger ...` line in code, as words, without its comment."""
    code = re.findall(r"```\w*\n(.*?)```|`([^`\n]+)`", text(path), re.DOTALL)
    lines = [line.strip() for block in code for part in block for line in part.splitlines()]
    return [line.split("#")[0].split()[1:] for line in lines if line.startswith("liftledger ")]


def identified(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_documented_and_its_help_ends_in_an_example(name: str) -> None:
    papers = (ROOT / "README.md", ROOT / "ARCHITECTURE.md")
    assert all(re.search(rf"(liftledger |`){name}\b", text(paper)) for paper in papers)
    assert f"Example: liftledger {name}" in (COMMANDS[name].help or "")
    undescribed = [one.name for one in COMMANDS[name].params if not getattr(one, "help", "")]
    assert set(undescribed) <= {"help"}


@pytest.mark.parametrize("paper", PAPERS, ids=identified)
def test_every_command_and_option_a_paper_names_exists(paper: Path) -> None:
    for words in called(paper):
        if not re.fullmatch(r"[a-z]+", words[0]):
            continue  # an option of the program itself, or a placeholder
        assert words[0] in COMMANDS, words
        known = {name for one in COMMANDS[words[0]].params for name in (*one.opts, "--debug")}
        assert {word for word in words if word.startswith("-")} <= known, words


@pytest.mark.parametrize("paper", PAPERS, ids=identified)
def test_every_target_of_make_that_a_paper_names_exists(paper: Path) -> None:
    named = re.findall(r"(?:^|`)make ([a-z-]+)", text(paper), re.MULTILINE)
    assert set(named) <= set(TARGETS)


@pytest.mark.parametrize("paper", PAPERS, ids=identified)
def test_every_relative_link_leads_somewhere(paper: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", text(paper))
    relative = [link.split("#")[0] for link in links if "://" not in link]
    assert not [link for link in relative if link and not (paper.parent / link).exists()]


@pytest.mark.parametrize("paper", PAPERS, ids=identified)
def test_every_file_and_folder_a_paper_names_in_code_exists(paper: Path) -> None:
    rooms = "benchmarks|checks|docker|docs|estimators|examples|flows|liftledger|migrations|reports"
    named = re.findall(rf"`((?:{rooms}|review|storage|studies|tasks|tests)/[\w./]*)`", text(paper))
    for name in named:
        made_by_the_reader = name == "docker/.env" or re.search(r"[A-Z]{3}", name)  # NAME: a blank
        assert made_by_the_reader or (ROOT / name).exists(), name


def test_every_decision_is_numbered_once_and_has_its_three_parts() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [page.name[:5] for page in pages]
    assert all(re.fullmatch(r"\d{4}-", number) for number in numbers)
    assert len(set(numbers)) == len(pages)
    for page in pages:
        headings = re.findall(r"^## (\w+)", text(page), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences"], page.name


def test_the_readme_shows_a_picture_that_needs_nothing_from_elsewhere() -> None:
    (picture,) = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text(ROOT / "README.md"))
    drawn = text(ROOT / picture)
    assert drawn.startswith("<svg ")
    assert not re.search(r"(href|src)=|var\(--", drawn)


def test_the_changelog_has_the_version_that_is_built() -> None:
    version = re.search(r'^version = "([^"]+)"', text(ROOT / "pyproject.toml"), re.MULTILINE)
    assert version
    assert f"## [{version[1]}]" in text(ROOT / "CHANGELOG.md")


@pytest.fixture(scope="module")
def answers() -> dict[str, Estimate]:
    plan = load_plan(ROOT / "examples" / "prop99.yaml")
    panel = to_panel(read_file(ROOT / "examples" / "prop99.csv", Columns()))
    settings = plan.inference
    return {
        key: evaluate(panel, estimator, STANDARD_VARIANCES.values(), level=settings.level,
                      placebos=settings.placebos, seed=plan.seed)
        for key, estimator in ESTIMATORS.items()
    }  # fmt: skip


@pytest.mark.timeout(600)  # the first time, everything is compiled
def test_the_real_result_of_the_readme_is_what_the_code_answers(
    answers: dict[str, Estimate],
) -> None:
    shown = text(ROOT / "README.md").replace("*", "")
    for key, found in answers.items():
        row = re.search(rf"^\| {key.upper()}[^|]*\|(.*)\|$", shown, re.MULTILINE)
        assert row, key
        inferences = {one.kind: one for one in found.inferences if not isinstance(one, Refusal)}
        errors = [number(inferences[kind].standard_error, 1) for kind in STANDARD_VARIANCES]
        both = inferences["given_both"]
        bounds = interval(both.ci_low, both.ci_high, 1)
        assert [cell.strip() for cell in row[1].split("|")] == [
            number(found.att, 1), *errors, bounds
        ]  # fmt: skip


@pytest.mark.timeout(600)  # the first time, everything is compiled
def test_the_effects_in_methods_are_what_the_code_answers(answers: dict[str, Estimate]) -> None:
    page = text(ROOT / "docs" / "methods.md")
    for key, found in answers.items():
        row = re.search(rf"^\| {key.upper()} \|[^|]*\| (−[\d.]+) \|", page, re.MULTILINE)
        assert row, key
        assert row[1] == number(found.att, len(row[1].split(".")[1]))
