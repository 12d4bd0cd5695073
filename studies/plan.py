"""The plan of a study: the question, the panel, and how it will be answered.

A plan is decided before the result is seen. Its canonical JSON is what is hashed, stored and
compared: two files that mean the same have the same hash, whatever their layout or comments. Keys
that came after plans were first stored are left out of it while they say nothing, so that a plan
without them has the hash it always had.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from estimators import ESTIMATORS, VARIANCES
from studies.errors import InvalidPlan
from studies.mistakes import CHOICES, mistakes, not_yaml, repeated_keys
from studies.part import Part
from studies.settings import AllSettings, Settings
from studies.yaml_1_2 import Loader

NAMED, DESCRIBED = CHOICES
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


def _one_of(known: Iterable[str]) -> AfterValidator:
    choices = tuple(known)

    def check(key: str) -> str:
        if key not in choices:
            raise ValueError(f"choose from {', '.join(choices)}")
        return key

    return AfterValidator(check)


def _name_or_source(panel: Any) -> str | None:
    if isinstance(panel, Source | dict):
        return DESCRIBED
    return NAMED if isinstance(panel, str) else None


Label = Annotated[str | int | float, BeforeValidator(_a_label)]
Name = Annotated[str, AfterValidator(_a_name)]
EstimatorKey = Annotated[str, _one_of(ESTIMATORS)]
VarianceKind = Annotated[str, _one_of(VARIANCES)]
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


class Donors(Part):
    """Units that must not serve as comparison (own promotions, spill-over, closures)."""

    exclude: tuple[Label, ...] = ()


class PlannedTreatment(Part):
    """What the plan says was treated; every key given must be what the data say.

    pattern: block (same run of periods, which may end), staggered (stay treated) or on_off
    units: labels of the treated units      first, last: first and last treated period
    cells: number of treated cells
    """

    pattern: Literal["block", "staggered", "on_off"] | None = None
    units: tuple[Label, ...] | None = None
    first: Label | None = None
    last: Label | None = None
    cells: int | None = Field(default=None, ge=1)


class Requirements(Part):
    """What the data must offer before any estimator sees them.

    observed: share of cells that must be observed (missing outcomes are empty, never 0)
    """

    pre_periods: int = Field(default=5, ge=3)
    donors: int = Field(default=5, ge=1)
    observed: float = Field(default=0.95, gt=0, le=1)


class InferencePlan(Part):
    """How sure: level of intervals, the variance that is primary, placebos at most per pool."""

    level: float = Field(default=0.95, gt=0.5, lt=1)
    primary: VarianceKind = "given_both"
    placebos: int = Field(default=200, ge=20, le=100_000)


class Plan(Part):
    """One question asked of one panel.

    incomparable: what to do with units treated in every period, and periods in which nobody is
        untreated: refuse the panel, or drop them and list what was dropped
    settings: by estimator; see studies.settings
    """

    study: Name
    question: str = Field(min_length=1)
    panel: Annotated[
        Annotated[Name, Tag(NAMED)] | Annotated[Source, Tag(DESCRIBED)],
        Discriminator(
            _name_or_source,
            custom_error_type="no_panel",
            custom_error_message="give the name of an ingested panel, or relation or query",
        ),
    ]
    measure: str = "outcome"
    donors: Donors = Donors()
    treatment: PlannedTreatment = PlannedTreatment()
    requirements: Requirements = Requirements()
    incomparable: Literal["refuse", "drop"] = Field(
        default="refuse", exclude_if=lambda choice: choice == "refuse"
    )
    estimators: tuple[EstimatorKey, ...] = Field(default=tuple(ESTIMATORS), min_length=1)
    primary: EstimatorKey = Field(default="sdid", validate_default=True)
    settings: Settings = Field(
        default=Settings(), exclude_if=lambda settings: not settings.written()
    )
    inference: InferencePlan = InferencePlan()
    seed: int = Field(default=1, ge=0)

    @field_validator("estimators")
    @classmethod
    def _each_once(cls, estimators: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(estimators)) != len(estimators):
            raise ValueError("each may be listed once")
        return estimators

    @field_validator("primary")
    @classmethod
    def _primary_is_asked_for(cls, primary: str, info: ValidationInfo) -> str:
        estimators = info.data.get("estimators", (primary,))
        if primary not in estimators:
            raise ValueError(f"choose from the study's estimators: {', '.join(estimators)}")
        return primary

    @field_validator("settings")
    @classmethod
    def _settings_are_used(cls, settings: AllSettings, info: ValidationInfo) -> AllSettings:
        estimators = info.data.get("estimators", settings.written())
        if idle := [key for key in settings.written() if key not in estimators]:
            raise ValueError(
                f"{', '.join(idle)}: not among the study's estimators: {', '.join(estimators)}"
            )
        return settings

    @field_validator("treatment")
    @classmethod
    def _treated_are_no_donors(
        cls, treatment: PlannedTreatment, info: ValidationInfo
    ) -> PlannedTreatment:
        excluded = {str(label) for label in info.data.get("donors", Donors()).exclude}
        both = [str(label) for label in treatment.units or () if str(label) in excluded]
        if both:
            raise ValueError(f"treated units cannot be in donors.exclude: {', '.join(both)}")
        return treatment

    def canonical(self) -> str:
        """The plan as JSON with sorted keys: what is stored and hashed."""
        return json.dumps(
            self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )

    def sha256(self) -> str:
        """Identity of the plan."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()


def load_plan(path: Path) -> Plan:
    """Read a study file. Raises InvalidPlan naming file, line, key and what is allowed."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidPlan(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InvalidPlan(f"{path}: cannot be read: it is not UTF-8 text") from error
    return parse_plan(text, source=str(path))


def parse_plan(text: str, source: str = "plan") -> Plan:
    """A plan from YAML (JSON is YAML too). Raises InvalidPlan, one line per mistake."""
    try:
        tree = yaml.compose(text, Loader=Loader)
        if not isinstance(tree, yaml.MappingNode):
            raise InvalidPlan(f"{source}: a study file is a mapping that starts with 'study: NAME'")
        if repeated := repeated_keys(tree, source):
            raise InvalidPlan("\n".join(repeated))
        content = yaml.load(text, Loader=Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InvalidPlan(not_yaml(error, source)) from error
    try:
        return Plan.model_validate(content)
    except ValidationError as error:
        raise InvalidPlan("\n".join(mistakes(error, Plan, tree, source))) from error
