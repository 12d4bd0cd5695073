"""A page of the application from its template, with the navigation that all of them share."""

import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined
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
    known = _known(request) | values
    texts = (
        _environment().get_template(name).render(known)
        for name in ("frame.html.j2", "explore.html.j2")
    )
    navigation, explore = map(Markup, texts)  # escaped by the templates
    return Frame(navigation, STYLE, "/plots.js", explore)


def framed(
    request: Request, render: Callable[[Frame], str], about: tuple[str, str, str, str]
) -> HTMLResponse:
    """A page of reports below the navigation. about: list, its address, this one, its JSON"""
    listed, address, name, as_json = about
    page = _environment().get_template("evidence_frame.html.j2")
    text = page.render(_known(request), listed=listed, address=address, name=name, as_json=as_json)
    around = Frame(Markup(text), STYLE)  # noqa: S704  escaped by the template
    return alone(render(around), around)


def alone(page: str, around: Frame) -> HTMLResponse:
    """A page that carries its style sheet, under a policy that allows its script and no more."""
    policy = f"{around.policy}; form-action 'none'; frame-ancestors 'none'"
    return HTMLResponse(page, headers={"Content-Security-Policy": policy})


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
        loader=ChoiceLoader(
            [
                PackageLoader("review", "templates"),
                PrefixLoader({"reports": PackageLoader("reports", "templates")}),
            ]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["segment"] = lambda text: quote(str(text), safe="")
    environment.filters["indented"] = lambda found: json.dumps(found, ensure_ascii=False, indent=2)
    return environment


STYLE = _read("review.css")
SCRIPTS = {
    name: (files("review") / "static" / name).read_text("utf-8")
    for name in ("charts.js", "plots.js")
}
