"""The queue in a terminal and as JSON: what each study waits for, and how runs ended."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from reports.plain_text import text
from storage.runs import Run
from studies.cases import Case


def due_table(cases: Sequence[Case], queued: Sequence[Run]) -> Table:
    """One row for each study of a promotion, and for each run that is queued without one."""
    table = _table("study", "promotion", "stands at", "why")
    for case in cases:
        table.add_row(*map(text, (case.study, case.promotion, case.stage, case.why)))
    for run in queued:
        table.add_row(*map(text, (run.study, "–", run.state, _why(run))))
    return table


def due_to_json(cases: Sequence[Case], queued: Sequence[Run]) -> dict[str, Any]:
    """The same as one object; with all that is missing, by period."""
    return {
        "studies": [
            {
                "study": case.study,
                "plan_version": case.plan_version,
                "promotion": case.promotion,
                "stage": case.stage,
                "why": case.why,
                "late": case.late,
                "missing": {period: list(units) for period, units in case.missing.items()},
            }
            for case in cases
        ],
        "queued": [run_to_json(run) for run in queued],
    }


def run_table(runs: Sequence[Run]) -> Table:
    """How runs ended, or what they wait for."""
    table = _table("study", "run", "ended", "result, or why there is none")
    for run in runs:
        table.add_row(*map(text, (run.study, str(run.id), run.state, _why(run))))
    return table


def runs_to_json(runs: Sequence[Run]) -> dict[str, Any]:
    """The same as one object, with how many ended how."""
    counts: Mapping[str, int] = {
        state: sum(run.state == state for run in runs) for state in ("done", "failed", "given_up")
    }
    return {"runs": [run_to_json(run) for run in runs], **counts}


def run_to_json(run: Run) -> dict[str, Any]:
    """One run."""
    return {
        "run": run.id,
        "study": run.study,
        "plan_version": run.plan_version,
        "state": run.state,
        "version": run.result_version,
        "attempts": run.attempts,
        "waits_for": run.waits_for,
        "error": run.error,
    }


def _table(*headings: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading, style="dim" if heading == headings[-1] else "", overflow="fold")
    return table


def _why(run: Run) -> str:
    if run.result_version is not None:
        return f"{run.study}@{run.result_version}"
    return run.error or run.waits_for or f"held by {run.worker}"
