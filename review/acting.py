"""What is written from the pages, by the functions that the commands use, in the user's name."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException

from reports.decisions import needed, sentences
from reports.pins import pinned
from review.asking import Ledger, Number, Study, Version
from review.persons import OwnForm, Person
from review.screen import screen
from storage import alerts, decisions, pins, versions
from storage.decision_tables import DECISIONS
from storage.errors import StorageError, UnknownResult, UnknownStudy
from storage.users import User

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
DECIDE = "/studies/{study}/versions/{version}/decide"


@router.get(DECIDE)
def decide_page(request: Request, ledger: Ledger, study: Study, version: Version) -> Response:
    """What was decided about a result, and the forms for what this user may do about it."""
    return _decide_page(request, ledger, study, version)


@router.post(DECIDE)
def act(
    request: Request, ledger: Ledger, study: Study, version: Version, user: Person, fields: OwnForm
) -> Response:
    """Decide, sign off or pin."""
    reason, decision = fields.get("reason", "").strip(), fields.get("decision", "")
    acts: dict[str, tuple[str, Callable[[Any], object]]] = {
        "decide": (
            "decisions",
            lambda session: decisions.decide(
                session, study, version, decision, by=user.name, reason=reason
            ),
        ),
        "sign": (
            "sign_offs",
            lambda session: decisions.sign_off(
                session, study, version, by=user.name, reason=reason
            ),
        ),
        "pin": (
            "pins",
            lambda session: pins.pin(session, study, version, by=user.name, reason=reason),
        ),
    }
    what = fields.get("what", "")
    if what not in acts or (what == "decide" and decision not in DECISIONS):
        raise HTTPException(422, "the form does not say what to do")
    table, write = acts[what]
    _require(user, table, what)
    try:
        if not reason:
            raise StorageError("give a reason; it is kept in the ledger")
        with ledger() as session:
            write(session)
    except (UnknownStudy, UnknownResult):
        raise
    except StorageError as error:
        said = str(error)
        return _decide_page(request, ledger, study, version, code=409, refused=said, reason=reason)
    return RedirectResponse(request.url.path, 303)


@router.post("/alerts/{number}")
def act_on_alert(ledger: Ledger, number: Number, user: Person, fields: OwnForm) -> Response:
    """Take an alert on, or close it."""
    acts = {"acknowledge": alerts.acknowledge, "resolve": alerts.resolve}
    what, reason = fields.get("what", ""), fields.get("reason", "").strip()
    if what not in acts:
        raise HTTPException(422, "the form does not say what to do")
    _require(user, "alert_actions", what)
    if not reason:
        raise StorageError("give a reason; it is kept in the ledger")
    with ledger() as session:
        acts[what](session, number, reason, user.name)
    return RedirectResponse("/alerts", 303)


@router.get("/alerts/{number}")
def alert_page(request: Request, ledger: Ledger, number: Number, user: Person) -> Response:
    """One alert, and the forms about it."""
    with ledger() as session:
        found = alerts.find(session, number)
    may = user.may_write("alert_actions") and found.open
    return screen("alert.html.j2", request, alert=found, may=may)


def _decide_page(
    request: Request,
    ledger: Any,
    study: str,
    version: int,
    *,
    code: int = 200,
    refused: str = "",
    reason: str = "",
) -> Response:
    with ledger() as session:
        asked_by = versions.numbered(session, study, version).requested_by
        recommended = decisions.recommended(session, study, version)
        decided = decisions.of_result(session, study, version)
        pin = pins.current(session, study)
    user: User = request.state.person
    return screen(
        "decide.html.j2",
        request,
        code=code,
        study=study,
        version=version,
        said=sentences(decided),
        recommended=recommended,
        needs=needed(recommended, asked_by),
        pinned=pinned(pin) if pin else "",
        official=pin is not None and pin.version == version,
        decided=bool(decided),
        may={name: user.may_write(name) for name in ("decisions", "sign_offs", "pins")},
        choices=DECISIONS,
        refused=refused,
        reason=reason,
    )


def _require(user: User, table: str, what: str) -> None:
    if not user.may_write(table):
        words = {"sign": "sign decisions off", "pin": "pin versions", "decide": "decide"}
        raise HTTPException(403, f"an {user.role} may not {words.get(what, f'{what} alerts')}")
