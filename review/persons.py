"""Who asks, and whether what they send comes from a page of ours."""

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from review.asking import Ledger
from review.sessions import COOKIE, Login, Sessions
from storage import users
from storage.users import User

LARGEST = 64 * 1024  # bytes of a form


class NotLoggedIn(Exception):
    """Somebody asks for what only users see."""


def person(request: Request, ledger: Ledger) -> User:
    """The user who is logged in. Raises NotLoggedIn."""
    sessions: Sessions = request.app.state.sessions
    login = sessions.read(request.cookies.get(COOKIE, ""))
    if login is None:
        raise NotLoggedIn
    with ledger() as session:
        user = users.find(session, login.name)
    if user is None or not sessions.holds(login, user):
        raise NotLoggedIn
    request.state.login, request.state.person = login, user
    return user


async def form(request: Request) -> dict[str, str]:
    """The fields of a form that a page of ours sent. Raises HTTPException."""
    if request.headers.get("origin") != f"{request.url.scheme}://{request.headers.get('host')}":
        raise HTTPException(403, "this was not sent from a page of this server")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise HTTPException(413, f"a form has at most {LARGEST:,} bytes")
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        raise HTTPException(400, "this is not a form") from None
    if any("\0" in value for values in fields.values() for value in values):
        raise HTTPException(400, "a text has no NUL in it")
    return {name: values[-1] for name, values in fields.items()}


Form = Annotated[dict[str, str], Depends(form)]
Person = Annotated[User, Depends(person)]


def own_form(request: Request, _: Person, fields: Form) -> dict[str, str]:
    """The same, made for this very session. Raises HTTPException."""
    login: Login = request.state.login
    if not request.app.state.sessions.is_form_token(login, fields.get("token", "")):
        raise HTTPException(403, "this form is from another session: load the page again")
    return fields


OwnForm = Annotated[dict[str, str], Depends(own_form)]
