"""Pages of exams and races: lists of those that are stored, and each with its figures."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from reports import calibration, calibration_page, race, race_page
from review.asking import LINES, Before, Ledger, Number
from review.screen import framed, query, screen
from storage import calibrations, races

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/calibrations")
def exam_list(request: Request, ledger: Ledger, before: Before = None) -> HTMLResponse:
    """Exams of intervals, newest first."""
    with ledger() as session:
        found = calibrations.page(session, before=before, limit=LINES + 1)
    rows = [
        (number, calibration.title(one), calibration.setting(one), one) for number, one in found
    ]
    return _listed(request, "Exams of intervals", "/calibrations", rows, before)


@router.get("/calibrations/{number}")
def exam_page(request: Request, ledger: Ledger, number: Number) -> HTMLResponse:
    """One exam, with its figures and tables."""
    with ledger() as session:
        found = calibrations.numbered(session, number)
    about = ("Exams", "/calibrations", f"exam {number}", f"/api/calibrations/{number}")
    return framed(request, lambda frame: calibration_page.render([found], frame), about)


@router.get("/races")
def race_list(request: Request, ledger: Ledger, before: Before = None) -> HTMLResponse:
    """Races of estimators, newest first."""
    with ledger() as session:
        found = races.page(session, before=before, limit=LINES + 1)
    rows = [(number, race.title(one), _best(one), one) for number, one in found]
    return _listed(request, "Races of estimators", "/races", rows, before)


@router.get("/races/{number}")
def race_one(request: Request, ledger: Ledger, number: Number) -> HTMLResponse:
    """One race, with its figure and the standings of each design."""
    with ledger() as session:
        found = races.numbered(session, number)
    about = ("Races", "/races", f"race {number}", f"/api/races/{number}")
    return framed(request, lambda frame: race_page.render([found], frame), about)


def _best(one: Any) -> str:
    """Who errs least in each design."""
    said = (
        f"{race.design_words(design)}: {race.verdict(found)}"
        for design, found in one.standings.items()
    )
    return " ".join(said)


def _listed(
    request: Request, heading: str, place: str, rows: list[Any], before: int | None
) -> HTMLResponse:
    more = query(before=rows[LINES - 1][0]) if len(rows) > LINES else ""
    return screen(
        "evidence.html.j2",
        request,
        heading=heading,
        address=place,
        rows=rows[:LINES],
        more=more,
        first=before is None,
    )
