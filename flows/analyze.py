"""One study, answered: from the rows in the database to a stored, versioned result.

    plan → pull → promotion placed, where one is named → snapshot → known already? → checks
         (linked outcomes of a promotion take the same way)
         → primary chosen, where a rule is to choose it → tune, fit, variances → store → publish

The answers of all estimators are stored in one transaction or not at all. The snapshot and the
validation are kept also when the checks stop the run, because they say why. Where the plan has a
rule for its primary estimator, the race and the choice are on record before anything is estimated.
"""

from prefect import flow

from flows.estimating import estimated
from flows.failures import leave_trace
from flows.leasing import answered, claimed
from flows.linking import linked_panels, linked_rows
from flows.pulling import pulled
from flows.racing import chosen_before
from flows.side_by_side import SideBySide
from storage.placing import to_json
from storage.provenance import code_version, environment_hash, whoami
from storage.records import StoredResult
from storage.results import Analysis, request_id
from storage.server import database
from tasks.checks import check_rows, keep_validation
from tasks.narration import narrate
from tasks.panels import arrange, keep_snapshot, leave_out
from tasks.publishing import publish
from tasks.results import find_answer, read_result, store_answers
from tasks.studies import read_plan


@flow(name="analyze", flow_run_name="analyze {study}", task_runner=SideBySide())  # type: ignore[arg-type]
def analyze(
    study: str, requested_by: str = "", reason: str = "", run: int | None = None
) -> StoredResult:
    """Answer a registered study; the stored answer when the same was asked before.

    study: its name        requested_by: who asks; the user of this process when empty
    reason: why it is asked, kept with the result; of what was answered before, in the audit log
    run: its number in the queue, which says who asked and why; None: nobody queued
    Raises ChecksFailed and InvalidPanel (the data), StorageError (the database, unknown names),
    RunElsewhere (somebody else is at it).
    """
    by = requested_by or whoami()
    with database() as url:
        if run is None:
            version = answer(url, study, by, reason)
        else:
            version = answered(url, claimed(url, run), answer)
        try:
            result = read_result(url, study, version)
            publish(result)
        except BaseException as error:
            error.add_note(f"the answer is stored as {study}@{version}")
            raise
        return result


def answer(url: str, study: str, by: str, reason: str) -> int:
    """Answer it; the version of the result. How it ended otherwise is in the audit log."""
    try:
        return _answer(url, study, by, reason)
    except BaseException as error:
        leave_trace(url, "run", study, by, error)
        raise


def _answer(url: str, study: str, by: str, reason: str) -> int:
    """The steps in order; returns the version of the result."""
    question = read_plan(url, study)
    plan = question.plan
    rows, placed = pulled(url, plan)
    snapshot = keep_snapshot(url, rows)
    linked = linked_rows(url, plan, rows, placed)
    code, environment = code_version(), environment_hash()
    request = request_id(
        question.sha256,
        snapshot,
        code,
        environment,
        plan.seed,
        study,
        to_json(placed),
        {one.name: one.snapshot for one in linked},
    )
    known = find_answer(url, request, by, reason)
    if known is not None:
        narrate("ledger", f"the same request was answered before: {study}@{known}")
        return known

    report = check_rows(rows, plan)
    validation = keep_validation(url, report, snapshot, study)
    report.raise_for_stop()

    panel, dropped = leave_out(arrange(rows, plan), plan)
    others = linked_panels(url, plan, linked, dropped)
    choice = chosen_before(url, question, request, panel, snapshot, by)
    primary = choice.estimator if choice else str(plan.primary)
    weights = choice.weights if choice else None
    answers = estimated(panel, plan, primary, placed, others, weights)
    return store_answers(
        url,
        Analysis(
            request_id=request,
            study=study,
            plan_version=question.version,
            plan_hash=question.sha256,
            snapshot_hash=snapshot,
            code_version=code,
            environment_hash=environment,
            seed=plan.seed,
            requested_by=by,
            reason=reason,
            validation_id=validation,
            panel=panel,
            answers=answers,
            dropped=dropped,
            placed=placed,
        ),
    )
