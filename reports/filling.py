"""A page from its template: with its own style sheet, and a policy that forbids everything else.

Where pages of a server show it, they put their navigation above it: the rest of the page is the
same, and so is its policy.
"""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

NOTHING = Markup()


@dataclass(frozen=True)
class Frame:
    """What a server puts around a page.

    navigation: escaped already      style: added to ours
    script: address of a script of the server's, "" for none      first: what it works on, escaped
    """

    navigation: Markup
    style: str
    script: str = ""
    first: Markup = NOTHING

    @property
    def policy(self) -> str:
        """What a page in this frame may load; forms and frames are for whoever serves it."""
        script = "script-src 'self'; connect-src 'self'; " if self.script else ""
        return f"default-src 'none'; style-src 'sha256-{style_hash(self)}'; {script}base-uri 'none'"


ALONE = Frame(NOTHING, "")


def fill(template: str, frame: Frame = ALONE, **values: Any) -> str:
    """The page as text. Opens offline in any browser; nothing in it changes when it is read."""
    style = style_sheet() + frame.style
    return (
        _environment()
        .get_template(template)
        .render(
            style=Markup(style),  # noqa: S704  our own files
            policy=frame.policy,
            navigation=frame.navigation,
            script=frame.script,
            first=frame.first,
            **values,
        )
    )


def style_sheet() -> str:
    """The style sheet of every page."""
    environment = _environment()
    style, _, _ = environment.loader.get_source(environment, "style.css")  # type: ignore[union-attr]
    return style


def style_hash(frame: Frame = ALONE) -> str:
    """By what a policy knows the style sheet of a page."""
    style = style_sheet() + frame.style
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
