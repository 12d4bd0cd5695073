"""Logging in and out."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from review.asking import Ledger
from review.passwords import matches
from review.persons import Form, OwnForm, Person
from review.screen import screen
from review.sessions import COOKIE, LIFETIME
from storage import users

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/login")
def login_page(request: Request, to: str = "/") -> Response:
    """The form to log in with."""
    return screen("login.html.j2", request, to=to, refused="")


@router.post("/login")
def log_in(request: Request, ledger: Ledger, fields: Form) -> Response:
    """Begin a session, or say that name and password do not go together, not which is wrong."""
    name, to = fields.get("name", "").strip().lower(), fields.get("to", "/")
    with ledger() as session:
        user = users.find(session, name)
    if not matches(fields.get("password", ""), user.password_hash if user else None) or not user:
        said = "No user has this name and this password."
        return screen("login.html.j2", request, code=403, to=to, refused=said)
    answer = RedirectResponse(_inside(to), 303)
    answer.set_cookie(
        COOKIE,
        request.app.state.sessions.begin(user),
        max_age=LIFETIME,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


@router.get("/account")
def account_page(request: Request, _: Person) -> Response:
    """Who is logged in, and the way out."""
    return screen("account.html.j2", request)


@router.post("/logout")
def log_out(request: Request, _: OwnForm) -> Response:
    """End the session here, not only in the browser."""
    request.app.state.sessions.end(request.state.login)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


def _inside(to: str) -> str:
    """A place on this server, whatever the address said."""
    return to if to.startswith("/") and to[1:2] not in ("/", "\\") else "/"
