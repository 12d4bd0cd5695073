"""A page of the application from its template, with the navigation that all of them share."""

import json
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports.filling import Frame


def _read(name: str) -> str:
    environment = _environment()
    source, _, _ = environment.loader.get_source(environment, name)  # type: ignore[union-attr]
    return source


def screen(template: str, request: Request, *, code: int = 200, **values: Any) -> HTMLResponse:
    """A page as a response."""
    known = _known(request) | {"code": code} | values
    page = _environment().get_template(template).render(known)
    return HTMLResponse(page, code)


def frame(request: Request, **values: Any) -> Frame:
    """The navigation above a result's own page. values: of frame.html.j2"""
    page = _environment().get_template("frame.html.j2")
    text = page.render(_known(request) | values)
    return Frame(Markup(text), STYLE)  # noqa: S704  escaped by the template


def _known(request: Request) -> dict[str, Any]:
    """What every page may show: where it is, who reads it, what its forms carry."""
    person = getattr(request.state, "person", None)
    token = request.app.state.sessions.form_token(request.state.login) if person else ""
    return {"place": request.url.path, "person": person, "token": token}


def query(**values: object) -> str:
    """The end of an address; what is empty is left out."""
    return urlencode({name: value for name, value in values.items() if value not in ("", None)})


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("review", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["segment"] = lambda text: quote(str(text), safe="")
    environment.filters["indented"] = lambda found: json.dumps(found, ensure_ascii=False, indent=2)
    return environment


STYLE = _read("review.css")
