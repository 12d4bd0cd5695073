"""The same for programs: what the commands print with --json, at an address."""

import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from reports.alerts import to_json as alerts_to_json
from reports.as_json import summary_to_json, to_json
from reports.decisions import record_of
from reports.decisions import to_json as decisions_to_json
from reports.diffs import to_json as diff_to_json
from reports.pins import pin_to_json
from reports.plots import plots
from reports.registered import to_json as registered_to_json
from review.asking import (
    LINES,
    REFUSED,
    Before,
    Ledger,
    Limit,
    One,
    Other,
    Study,
    Version,
    Wanted,
)
from review.remembered import Remembered
from storage import (
    alerts,
    asked,
    decision_counts,
    decisions,
    deliveries,
    diffs,
    log,
    overview,
    result_state,
    results,
    studies,
)
from storage.records import StoredResult

router = APIRouter(prefix="/api", tags=["ledger"], responses=REFUSED)


@router.get("/studies")
def study_list(
    ledger: Ledger,
    after: Annotated[str, Query(description="Names after this one.", max_length=63)] = "",
    limit: Limit = LINES,
) -> dict[str, Any]:
    """Studies by name, and the state of each."""
    with ledger() as session:
        found = overview.study_page(session, after=after, limit=limit)
    listed = [
        {
            "study": one.study,
            "question": one.question,
            "plan_version": one.plan_version,
            "registered_at": one.registered_at.isoformat(),
            "newest": summary_to_json(one.newest) if one.newest else None,
            "pin": pin_to_json(one.pin),
            "open_alerts": one.open_alerts,
        }
        for one in found
    ]
    return {"studies": listed}


@router.get("/studies/{study}")
def one_study(ledger: Ledger, study: Study) -> dict[str, Any]:
    """The versions of a study's plan, oldest first."""
    with ledger() as session:
        studies.current(session, study)
        found = studies.history(session, study)
    listed = [
        {
            "version": one.version,
            "plan": one.plan,
            "plan_hash": one.plan_hash,
            "registered_by": one.registered_by,
            "reason": one.reason,
            "registered_at": one.registered_at.isoformat(),
        }
        for one in found
    ]
    return {"study": study, "plans": listed}


@router.get("/studies/{study}/results")
def result_list(
    ledger: Ledger, study: Study, before: Before = None, limit: Limit = LINES
) -> dict[str, Any]:
    """Results of a study, newest first, with what changed from each to the next."""
    with ledger() as session:
        studies.current(session, study)
        found = overview.version_page(session, study, before=before, limit=limit)
    listed = [
        summary_to_json(one.summary)
        | {
            "plan_version": one.plan_version,
            "requested_by": one.requested_by,
            "request_reason": one.reason,
            "changed": one.changed,
        }
        for one in found
    ]
    return {"study": study, "results": listed}


@router.get("/studies/{study}/results/{version}", response_model=dict[str, Any])
def one_result(request: Request, ledger: Ledger, study: Study, version: Version) -> Response:
    """One result: as `liftledger show --json`. Its ETag holds until something is decided anew."""
    return _of_result(request, ledger, study, version, "result", to_json)


@router.get("/studies/{study}/results/{version}/plots", response_model=dict[str, Any])
def one_result_plotted(
    request: Request, ledger: Ledger, study: Study, version: Version
) -> Response:
    """The numbers behind the plots of one result, estimator by estimator."""
    return _of_result(request, ledger, study, version, "plots", plots)


@router.get("/studies/{study}/results/{version}/plan")
def one_plan(ledger: Ledger, study: Study, version: Version) -> dict[str, Any]:
    """What a result was asked by: plan, its versions with reasons, and the checks of the data."""
    with ledger() as session:
        found = asked.asked(session, study, version)
    checks = found.validation.get("checks") or []
    return {
        "study": found.study,
        "version": found.version,
        "result_id": found.result_id,
        "requested_by": found.requested_by,
        "request_reason": found.reason,
        "plan": found.plan.model_dump(mode="json"),
        **registered_to_json(found),
        "checks": checks,
    }


@router.get("/studies/{study}/results/{version}/decisions")
def decisions_about(ledger: Ledger, study: Study, version: Version) -> dict[str, Any]:
    """What the plan's rule recommends about one result, and what was decided, oldest first."""
    with ledger() as session:
        recommended = decisions.recommended(session, study, version)
        found = decisions.of_result(session, study, version)
    return {"recommendation": recommended, "decisions": decisions_to_json(found)}


@router.get("/studies/{study}/diff")
def difference(ledger: Ledger, study: Study, one: One, other: Other) -> dict[str, Any]:
    """What changed from one version to another: as `liftledger diff --json`."""
    with ledger() as session:
        return diff_to_json(diffs.diff(session, (study, one), (study, other)))


@router.get("/decisions")
def decision_list(ledger: Ledger, before: Before = None, limit: Limit = LINES) -> dict[str, Any]:
    """Decisions, newest first, and how often all of them were right.

    As `liftledger decisions --json`; `number` is what `before` takes.
    """
    with ledger() as session:
        found = decisions.page(session, before=before, limit=limit)
        made = decision_counts.counts(session)
    told = decisions_to_json([one for _, one in found])
    numbered = [{"number": n} | one for (n, _), one in zip(found, told, strict=True)]
    return {"decisions": numbered, "record": record_of(made)}


@router.get("/alerts")
def alert_list(
    ledger: Ledger,
    closed: Annotated[bool, Query(alias="all", description="Those resolved, too.")] = False,
    before: Before = None,
    limit: Limit = LINES,
) -> dict[str, Any]:
    """Alerts, newest first: as `liftledger alerts --json`."""
    with ledger() as session:
        found = alerts.known(session, closed=closed, before=before, limit=limit)
        told = deliveries.steps(session, [one.id for one in found])
        return {"alerts": alerts_to_json(found, told, alerts.now(session))}


@router.get("/log")
def entry_list(
    ledger: Ledger, wanted: Wanted, before: Before = None, limit: Limit = LINES
) -> dict[str, Any]:
    """Entries of the audit log, newest first."""
    with ledger() as session:
        found = log.page(session, wanted, before=before, limit=limit)
    listed = [
        {
            "number": one.number,
            "at": one.at.isoformat(),
            "who": one.who,
            "what": one.what,
            "subject": one.subject,
            "details": one.details,
            "role": one.role,
            "hash": one.hash,
        }
        for one in found
    ]
    return {"entries": listed}


def _of_result(
    request: Request,
    ledger: Any,
    study: str,
    version: int,
    what: str,
    told: Callable[[StoredResult], dict[str, Any]],
) -> Response:
    """An object about one result, or 304 to whoever has it as it is."""
    with ledger() as session:
        now = result_state.state(session, study, version)
        tag = {"ETag": f'"{what}-{now.digest}"'}
        if tag["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=tag)
        remembered: Remembered = request.app.state.remembered
        text = remembered.get(
            what,
            now.digest,
            lambda: json.dumps(told(results.load(session, study, version)), allow_nan=False),
        )
    return Response(text, media_type="application/json", headers=tag)
