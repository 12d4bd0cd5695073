"""Cells that a result was computed from and that say something else now."""

import pandas as pd
from prefect import task

from reports.restatements import restatement_to_json
from storage import snapshots, versions
from storage.errors import UnknownResult
from storage.ledger import ledger
from storage.observations import Observation
from storage.restatements import REASON, Restatement, restated
from tasks.narration import narrate
from tasks.retries import ON_THE_LEDGER
from tasks.studies import Question

DATA_RESTATED = "data_restated"


@task(name="compare with the result", task_run_name="restated?", **ON_THE_LEDGER)
def compare(
    url: str, question: Question, rows: pd.DataFrame, threshold: float
) -> Observation | None:
    """What has changed since the newest result, cell by cell; None where there is no result.

    rows: as they would be analysed now
    """
    plan = question.plan
    with ledger(url) as session:
        try:
            result = versions.numbered(session, plan.study)
        except UnknownResult:
            return None
        version, old = result.version, snapshots.load(session, result.snapshot_hash)
    rule = plan.promotion.monitor if plan.promotion else None
    if rule is not None and rule.restated is not None:
        threshold = rule.restated
    found = restated(old, rows, plan.donors.exclude)
    return _observed(version, question, found, threshold)


def reason_for(seen: Observation) -> str:
    """Why the study is asked for again, as its result will say."""
    return f"{REASON}{seen.message}"


def _observed(
    version: int, question: Question, found: Restatement, threshold: float
) -> Observation:
    study, over = question.plan.study, found.over(threshold)
    message = f"since {study}@{version} {found.text if found.count else 'no used cell has changed'}"
    if found.count:
        narrate("restated", message)
    return Observation(
        "restatement",
        study,
        "noticed" if over else "fine",
        message,
        {"version": version, "threshold": threshold, "over": over, **restatement_to_json(found)},
        study,
        question.version,
        alerts={DATA_RESTATED: f"{message}; {study} is answered again" if over else None},
    )
