"""docs/mutants.md: the list of planted faults with what became of each, and the score."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tests.mutants.trial import ROOT, Trial

PAGE = ROOT / "docs" / "mutants.md"
WORDS = {"killed": "noticed", "alive": "**not noticed**", "broken": "**could not be tried**"}
HEAD = """# Planted faults

Would the tests notice if the inference were wrong? `make mutants` plants each of the faults below
in a copy of the source, one at a time, runs the tests named beside it in `tests/mutants/faults/`,
and writes this page. A fault counts as noticed when one of those tests fails.

The faults are mistakes that a competent programmer makes, named as an econometrician would name
them ([decision 49](decisions/0049-planted-faults-are-chosen-by-hand.md)). They were written down
before any was tried, and none was taken out for having survived; one was added for another that
turned out to be none. One that survived has got a test, or a reason why nothing can tell it from
the original: both are said below. That each still fits today's source is part of `make check`.
"""


def written(trials: Mapping[str, Sequence[Trial]], when: str, commit: str) -> Path:
    """The page, written. trials: by heading"""
    every = [trial for part in trials.values() for trial in part]
    real = [trial for trial in every if not trial.fault.same]
    lived = [trial.fault for trial in real if trial.fault.lived]
    same = [trial.fault for trial in every if trial.fault.same]
    killed, at_first = noticed(real), len(real) - len(lived)
    parts = [
        HEAD,
        f"**{killed} of {len(real)} noticed ({killed / len(real):.0%})**, on {when}, at commit "
        f"`{commit}`. When first planted, before tests were sharpened, {at_first} of them were "
        f"({at_first / len(real):.0%}). {len(same)} more turned out to be no faults.\n",
    ]
    for heading, part in trials.items():
        parts += [f"## {heading}\n", "| fault | in | |", "|---|---|---|"]
        parts += [_row(trial) for trial in part]
        parts.append("")
    parts += ["## Those that lived at first\n", *(f"* {one.name}: {one.lived}" for one in lived)]
    parts += ["\n## No faults after all\n", *(f"* {one.name}: {one.same}" for one in same)]
    PAGE.write_text("\n".join(parts) + "\n", encoding="utf-8")
    return PAGE


def noticed(trials: Iterable[Trial]) -> int:
    """How many were killed."""
    return sum(trial.verdict == "killed" for trial in trials)


def _row(trial: Trial) -> str:
    by = f" by `{_test(trial.by)}`" if trial.verdict == "killed" else ""
    word = "the same" if trial.fault.same else WORDS[trial.verdict]
    return f"| {trial.fault.name} | `{trial.fault.file}` | {word}{by} |"


def _test(by: str) -> str:
    """The name of a test without its parameters and without that of its file."""
    return by.partition("[")[0].rpartition("::")[2]
