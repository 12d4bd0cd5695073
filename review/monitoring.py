"""Pages of what the monitor saw: visits, what was seen last of everything, and each over time."""

from typing import Annotated, get_args

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from reports.monitoring import check_lines
from reports.monitoring_figures import over_time
from review.asking import LINES, Before, Kind, Ledger, Number, Subject
from review.screen import query, screen
from storage import observations, visits

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
KINDS = get_args(observations.Kind)
SHOWN = 10  # of each kind on the first page


@router.get("/monitoring")
def monitoring_page(request: Request, ledger: Ledger) -> HTMLResponse:
    """What was seen last of everything that is watched, and the last visits."""
    with ledger() as session:
        seen = {kind: visits.newest(session, kind, limit=SHOWN + 1) for kind in KINDS}
        last = visits.page(session, limit=SHOWN + 1)
    return screen(
        "monitoring.html.j2",
        request,
        kinds=[(kind, found[:SHOWN], len(found) > SHOWN) for kind, found in seen.items() if found],
        visits=last[:SHOWN],
        more=len(last) > SHOWN,
    )


@router.get("/monitoring/visits")
def visit_list(request: Request, ledger: Ledger, before: Before = None) -> HTMLResponse:
    """Visits of the monitor, newest first."""
    with ledger() as session:
        found = visits.page(session, before=before, limit=LINES + 1)
    more = query(before=found[LINES - 1].number) if len(found) > LINES else ""
    first = before is None
    return screen("visits.html.j2", request, visits=found[:LINES], more=more, first=first)


@router.get("/monitoring/visits/{number}")
def visit_page(request: Request, ledger: Ledger, number: Number) -> HTMLResponse:
    """All that one visit saw."""
    with ledger() as session:
        visit, seen = visits.find(session, number)
    return screen("visit.html.j2", request, visit=visit, seen=seen)


@router.get("/monitoring/{kind}")
def kind_page(
    request: Request,
    ledger: Ledger,
    kind: Kind,
    after: Annotated[str, Query(max_length=500)] = "",
) -> HTMLResponse:
    """What was seen last of each subject of a kind."""
    with ledger() as session:
        found = visits.newest(session, kind, after=after, limit=LINES + 1)
    more = query(after=found[LINES - 1].subject) if len(found) > LINES else ""
    return screen(
        "kind.html.j2", request, kind=kind, seen=found[:LINES], more=more, first=not after
    )


@router.get("/monitoring/{kind}/history")
def history_page(
    request: Request, ledger: Ledger, kind: Kind, subject: Subject, before: Before = None
) -> HTMLResponse:
    """What was seen of one subject over time."""
    with ledger() as session:
        found = visits.history(session, kind, subject, before=before, limit=LINES + 1)
    shown = [one for _, one in found[:LINES]]
    return screen(
        "history.html.j2",
        request,
        kind=kind,
        subject=subject,
        seen=found[:LINES],
        figure=over_time(shown[::-1]),
        checks=check_lines(shown[0]) if shown else [],
        more=query(subject=subject, before=found[LINES - 1][0]) if len(found) > LINES else "",
        first=before is None,
        start=query(subject=subject),
    )
