"""What every part of a plan has in common: how it is read, and what labels and names may be."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


def _a_label(label: object) -> object:
    if isinstance(label, bool) or not isinstance(label, str | int | float):
        raise ValueError("a label is text or a number; put it in quotes")
    return label


def _a_name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(
            "a name has at most 63 letters, digits, dots, dashes and underscores, and starts with "
            "a letter or digit"
        )
    return name


Label = Annotated[str | int | float, BeforeValidator(_a_label)]
Name = Annotated[str, AfterValidator(_a_name)]


class Part(BaseModel):
    """One mapping of a study file: no key but those named, frozen once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
