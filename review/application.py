"""The web application: pages for people, the same for programs under /api, and one policy for both.

Every page is rendered here and needs no script; a result's page has one of ours, for its plots.
Answers are never cached by the browser: whoever logged out has left nothing behind. A name of the
host that is not ours is refused, so that no page from elsewhere can reach a server on somebody's
own machine by a name it made up.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from reports.filling import style_sheet
from review import (
    acting,
    api,
    api_evidence,
    comparing,
    entering,
    exams,
    monitoring,
    pages,
)
from review.persons import NotLoggedIn, person
from review.remembered import Remembered
from review.screen import SCRIPTS, STYLE, query, screen
from review.sessions import Sessions
from storage.database import connect, transaction
from storage.errors import (
    DatabaseUnavailable,
    NotInLedger,
    StorageError,
)

Ledger = Callable[[], AbstractContextManager[Any]]
POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # with none, forms of ours would not say where from
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
HERE = ("127.0.0.1", "localhost", "[::1]")


def application(url: str, hosts: tuple[str, ...] = HERE) -> FastAPI:
    """The application over this database. hosts: names it answers to. Raises DatabaseUnavailable"""
    app = FastAPI(
        title="Liftledger",
        description="Studies, results, decisions, alerts and the log, as the commands' --json.",
        docs_url=None,  # both pages would load scripts from elsewhere
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.ledger = partial(transaction, connect(url))
    app.state.sessions = Sessions()
    app.state.remembered = Remembered()
    for part in (api, api_evidence, pages, comparing, monitoring, exams, acting):
        app.include_router(part.router, dependencies=[Depends(person)])
    app.include_router(entering.router)
    app.add_api_route("/style.css", _style, include_in_schema=False)
    for name in SCRIPTS:
        app.add_api_route(f"/{name}", partial(_script, name), include_in_schema=False)
    app.add_exception_handler(NotLoggedIn, _to_log_in)
    for kind in (StorageError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, _refused)
    app.middleware("http")(_with_headers)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    return app


async def _with_headers(
    request: Request, following: Callable[[Request], Awaitable[Response]]
) -> Response:
    if "\0" in request.url.path or "%00" in request.url.query:  # no text of PostgreSQL has one
        answer: Response = PlainTextResponse("an address has no NUL in it", 400)
    else:
        answer = await following(request)
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    return answer


def _to_log_in(request: Request, _: Exception) -> Response:
    if request.url.path.startswith("/api"):
        return JSONResponse({"error": "log in first: /login"}, 401)
    place = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/login?{query(to=place if request.method == 'GET' else '/')}", 303)


def _refused(request: Request, error: Exception) -> Response:
    """One clear sentence, on a page or as JSON."""
    code, sentence = _explained(error)
    if request.url.path.startswith("/api"):
        return JSONResponse({"error": sentence}, code)
    return screen("refused.html.j2", request, code=code, sentence=sentence)


def _explained(error: Exception) -> tuple[int, str]:
    if isinstance(error, HTTPException):
        return error.status_code, str(error.detail)
    if isinstance(error, RequestValidationError):
        told = [f"{one['loc'][-1]}: {one['msg']}" for one in error.errors()]
        return 422, "; ".join(told)
    if isinstance(error, NotInLedger):
        return 404, str(error)
    return 503 if isinstance(error, DatabaseUnavailable) else 409, str(error)


def _script(name: str) -> Response:
    return PlainTextResponse(SCRIPTS[name], media_type="text/javascript")


def _style() -> Response:
    return PlainTextResponse(style_sheet() + STYLE, media_type="text/css")
