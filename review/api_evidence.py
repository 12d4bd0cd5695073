"""The same for programs: what the monitor saw, exams, races."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from reports.calibration import to_json as exam_to_json
from reports.monitoring import to_json as seen_to_json
from reports.race import to_json as race_to_json
from review.asking import LINES, REFUSED, Before, Kind, Ledger, Limit, Number, Subject
from storage import calibrations, races, visits
from storage.visits import Visit

router = APIRouter(prefix="/api", tags=["evidence"], responses=REFUSED)


@router.get("/visits")
def visit_list(ledger: Ledger, before: Before = None, limit: Limit = LINES) -> dict[str, Any]:
    """Visits of the monitor, newest first."""
    with ledger() as session:
        found = visits.page(session, before=before, limit=limit)
    return {"visits": [_visit(one) for one in found]}


@router.get("/visits/{number}")
def one_visit(ledger: Ledger, number: Number) -> dict[str, Any]:
    """One visit, with what it saw: as `liftledger monitor --json`."""
    with ledger() as session:
        visit, seen = visits.find(session, number)
    return _visit(visit) | seen_to_json(seen)


@router.get("/observations/{kind}")
def observation_list(
    ledger: Ledger,
    kind: Kind,
    after: Annotated[
        str, Query(description="Subjects that come after this one.", max_length=500)
    ] = "",
    limit: Limit = LINES,
) -> dict[str, Any]:
    """What was seen last of each subject of a kind, by subject."""
    with ledger() as session:
        found = visits.newest(session, kind, after=after, limit=limit)
    return seen_to_json(found)


@router.get("/observations/{kind}/history")
def observation_history(
    ledger: Ledger, kind: Kind, subject: Subject, before: Before = None, limit: Limit = LINES
) -> dict[str, Any]:
    """What was seen of one subject, newest first; before: visits with lower numbers."""
    with ledger() as session:
        found = visits.history(session, kind, subject, before=before, limit=limit)
    seen = seen_to_json([one for _, one in found])["observations"]
    numbered = [{"visit": n} | told for (n, _), told in zip(found, seen, strict=True)]
    return {"observations": numbered}


@router.get("/calibrations")
def exam_list(ledger: Ledger, before: Before = None, limit: Limit = LINES) -> dict[str, Any]:
    """Exams of intervals, newest first."""
    with ledger() as session:
        found = calibrations.page(session, before=before, limit=limit)
    return {"calibrations": [{"number": number} | exam_to_json(one) for number, one in found]}


@router.get("/calibrations/{number}")
def one_exam(ledger: Ledger, number: Number) -> dict[str, Any]:
    """One exam: as `liftledger calibrate --json`."""
    with ledger() as session:
        return exam_to_json(calibrations.numbered(session, number))


@router.get("/races")
def race_list(ledger: Ledger, before: Before = None, limit: Limit = LINES) -> dict[str, Any]:
    """Races of estimators, newest first."""
    with ledger() as session:
        found = races.page(session, before=before, limit=limit)
    return {"races": [{"number": number} | race_to_json(one) for number, one in found]}


@router.get("/races/{number}")
def one_race(ledger: Ledger, number: Number) -> dict[str, Any]:
    """One race: as `liftledger race --json`."""
    with ledger() as session:
        return race_to_json(races.numbered(session, number))


def _visit(one: Visit) -> dict[str, Any]:
    return {
        "visit": one.number,
        "visited_at": one.at.isoformat(),
        "requested_by": one.by,
        "seen": one.seen,
        "noticed": one.noticed,
        "refused": one.refused,
    }
