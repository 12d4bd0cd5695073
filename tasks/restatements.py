"""Cells that a result was computed from and that say something else now."""

from collections.abc import Mapping

import pandas as pd
from prefect import task

from reports.restatements import restatement_to_json
from storage import linked, snapshots, versions
from storage.errors import UnknownResult
from storage.ledger import ledger
from storage.observations import Observation
from storage.restatements import REASON, Restatement, linked_of, restated, told
from studies.placing import Placed
from tasks.narration import narrate
from tasks.retries import ON_THE_LEDGER
from tasks.studies import Question

DATA_RESTATED = "data_restated"


@task(name="compare with the result", task_run_name="restated?", **ON_THE_LEDGER)
def compare(
    url: str, question: Question, rows: pd.DataFrame, placed: Placed | None, threshold: float
) -> Observation | None:
    """What has changed since the newest result, cell by cell; None where there is no result.

    rows: as they would be analysed now      placed: where the promotion lies in them
    Linked outcomes that the result rests on are compared as the panel is.
    """
    plan = question.plan
    with ledger(url) as session:
        try:
            result = versions.numbered(session, plan.study)
        except UnknownResult:
            return None
        version, old = result.version, snapshots.load(session, result.snapshot_hash)
        before = linked_of(session, result.id)
        now = dict(linked.delivered(session, plan)) if before else {}
        olds = {name: snapshots.load(session, one) for name, one in before.items() if name in now}
    rule = plan.promotion.monitor if plan.promotion else None
    if rule is not None and rule.restated is not None:
        threshold = rule.restated
    excluded = plan.donors.exclude
    others = {
        name: restated(was, linked.on_the_cells_of(rows, now[name], name, placed), excluded)
        for name, was in olds.items()
    }
    return _observed(version, question, restated(old, rows, excluded), others, threshold)


def reason_for(seen: Observation) -> str:
    """Why the study is asked for again, as its result will say."""
    return f"{REASON}{seen.message}"


def _observed(
    version: int,
    question: Question,
    panel: Restatement,
    others: Mapping[str, Restatement],
    threshold: float,
) -> Observation:
    study, found = question.plan.study, [panel, *others.values()]
    over = any(one.over(threshold) for one in found)
    message = f"since {study}@{version} {told(panel, others)}"
    if any(one.count for one in found):
        narrate("restated", message)
    facts = {"version": version, "threshold": threshold, "over": over}
    more = {"linked": {name: restatement_to_json(one) for name, one in others.items()}}
    return Observation(
        "restatement",
        study,
        "noticed" if over else "fine",
        message,
        {**facts, **restatement_to_json(panel), **(more if others else {})},
        study,
        question.version,
        alerts={DATA_RESTATED: f"{message}; {study} is answered again" if over else None},
    )
