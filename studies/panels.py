"""The panel of a study: which one, where it lives, and which columns play its roles."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    Discriminator,
    Field,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from studies.errors import InvalidPlan
from studies.mistakes import CHOICES
from studies.part import Name, Part

NAMED, DESCRIBED = CHOICES[:2]
ROLES = ("unit", "period", "outcome", "treatment", "observed")


class Columns(Part):
    """Which columns of the user's relation or query play the four roles of a panel.

    covariates: columns of numbers, known in every cell, that estimators may be asked to use
    """

    unit: str = "unit"
    period: str = "period"
    outcome: str = "outcome"
    treatment: str = "treatment"
    covariates: tuple[str, ...] = Field(default=(), exclude_if=lambda names: not names)

    @field_validator("covariates")
    @classmethod
    def _names_of_their_own(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if len(set(names)) != len(names):
            raise ValueError("each may be listed once")
        if taken := [name for name in names if name in {*ROLES, *info.data.values()}]:
            raise ValueError(
                f"{', '.join(taken)}: the name of another column of the panel; call it otherwise"
            )
        return names


def named_columns(named: Mapping[str, Any]) -> Columns:
    """Columns as a command names them. Raises InvalidPlan."""
    try:
        return Columns(**named)
    except ValidationError as error:
        said = [mistake["msg"].removeprefix("Value error, ") for mistake in error.errors()]
        raise InvalidPlan(f"covariates: {'; '.join(said)}") from error


class Source(Part):
    """Where the panel lives when it was not ingested: a relation or a query of the user's."""

    relation: str | None = None
    query: str | None = None
    columns: Columns = Columns()

    @model_validator(mode="after")
    def _one_of_them(self) -> "Source":
        if (self.relation is None) == (self.query is None):
            raise ValueError("give either relation or query")
        return self


def _name_or_source(panel: Any) -> str | None:
    if isinstance(panel, Source | dict):
        return DESCRIBED
    return NAMED if isinstance(panel, str) else None


PanelPlan = Annotated[
    Annotated[Name, Tag(NAMED)] | Annotated[Source, Tag(DESCRIBED)],
    Discriminator(
        _name_or_source,
        custom_error_type="no_panel",
        custom_error_message="give the name of an ingested panel, or relation or query",
    ),
]
