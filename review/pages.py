"""Pages that are read: studies, versions, a result, the log, alerts, decisions."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from reports.alerts import deeds, state
from reports.decisions import decision_phrase, record_of, record_sentences
from reports.names import estimator_label
from reports.page import render
from reports.registered import of_study
from reports.tables import summary_numbers
from review.asking import LINES, Before, Ledger, Study, Version, Wanted
from review.remembered import Remembered
from review.screen import alone, frame, query, screen
from storage import (
    alerts,
    decision_counts,
    decisions,
    log,
    overview,
    result_state,
    results,
    studies,
    versions,
)
from storage.records import ResultSummary

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
PLACE = Markup("<!-- where the navigation of the one who asks is put -->")
After = Annotated[str, Query(max_length=63)]


@router.get("/")
def study_list(request: Request, ledger: Ledger, after: After = "") -> HTMLResponse:
    """Studies and their state."""
    with ledger() as session:
        found = overview.study_page(session, after=after, limit=LINES + 1)
    rows = [
        {
            "one": one,
            "answer": _answer(one.newest) if one.newest else None,
            "decided": decision_phrase(one.newest.decisions) if one.newest else "",
        }
        for one in found[:LINES]
    ]
    more = query(after=found[LINES - 1].study) if len(found) > LINES else ""
    return screen("studies.html.j2", request, rows=rows, more=more, first=not after)


@router.get("/studies/{study}")
def study_page(
    request: Request, ledger: Ledger, study: Study, before: Before = None
) -> HTMLResponse:
    """A study: versions of its answer with what changed, and of its plan."""
    with ledger() as session:
        plan, plan_version, _ = studies.current(session, study)
        found = overview.version_page(session, study, before=before, limit=LINES + 1)
        plans = studies.history(session, study)
        newest = versions.newest(session, study)
    rows = [
        {
            "one": one,
            "answer": _answer(one.summary),
            "decided": decision_phrase(one.summary.decisions),
            "official": one.summary.pin and one.summary.pin.version == one.summary.version,
        }
        for one in found[:LINES]
    ]
    more = query(before=found[LINES - 1].summary.version) if len(found) > LINES else ""
    return screen(
        "study.html.j2",
        request,
        study=study,
        question=plan.question,
        plan_version=plan_version,
        plan=plan.canonical(),
        plans=of_study(plans),
        newest=newest,
        rows=rows,
        more=more,
        first=before is None,
    )


@router.get("/studies/{study}/versions/{version}")
def result_page(request: Request, ledger: Ledger, study: Study, version: Version) -> HTMLResponse:
    """The report of one result, below the navigation."""
    with ledger() as session:
        now = result_state.state(session, study, version)
        framed = frame(request, study=study, version=version, later=now.later)
        anyones = replace(framed, navigation=PLACE)
        remembered: Remembered = request.app.state.remembered
        page = remembered.get(
            "page", now.digest, lambda: render(results.load(session, study, version), anyones)
        )
    return alone(page.replace(PLACE, framed.navigation, 1), framed)


@router.get("/log")
def log_page(
    request: Request, ledger: Ledger, wanted: Wanted, before: Before = None
) -> HTMLResponse:
    """The audit log, newest first."""
    with ledger() as session:
        found = log.page(session, wanted, before=before, limit=LINES + 1)
    names = ("who", "what", "subject", "since", "until")
    asked = {name: request.query_params.get(name, "") for name in names}
    more = query(**asked, before=found[LINES - 1].number) if len(found) > LINES else ""
    first = before is None
    return screen(
        "log.html.j2", request, entries=found[:LINES], asked=asked, more=more, first=first
    )


@router.get("/alerts")
def alert_page(
    request: Request,
    ledger: Ledger,
    closed: Annotated[bool, Query(alias="all")] = False,
    before: Before = None,
) -> HTMLResponse:
    """Alerts that are open, or all of them."""
    with ledger() as session:
        found = alerts.known(session, closed=closed, before=before, limit=LINES + 1)
        now = alerts.now(session)
    rows = [{"one": one, "state": state(one, now), "done": deeds(one, now)} for one in found]
    more = ""
    if len(found) > LINES:
        more = query(all="1" if closed else "", before=found[LINES - 1].id)
    return screen("alerts.html.j2", request, rows=rows[:LINES], closed=closed, more=more)


@router.get("/decisions")
def decision_page(request: Request, ledger: Ledger, before: Before = None) -> HTMLResponse:
    """Decisions, newest first, and how often all of them were right."""
    with ledger() as session:
        found = decisions.page(session, before=before, limit=LINES + 1)
        made = decision_counts.counts(session)
    return screen(
        "decisions.html.j2",
        request,
        decided=[one for _, one in found[:LINES]],
        said=record_sentences(record_of(made)) if found else [],
        more=query(before=found[LINES - 1][0]) if len(found) > LINES else "",
        first=before is None,
    )


def _answer(one: ResultSummary) -> dict[str, Any]:
    effect, bounds = summary_numbers(one)
    return {
        "estimator": estimator_label(one.primary),
        "effect": effect.plain,
        "bounds": bounds.plain,
        "reason": one.reason,
    }
