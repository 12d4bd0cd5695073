"""The plan of a study: the question, the panel, and how it will be answered.

A plan is decided before the result is seen. Its canonical JSON is what is hashed, stored and
compared: two files that mean the same have the same hash, whatever their layout or comments. Keys
that came after plans were first stored are left out of it while they say nothing, so that a plan
without them has the hash it always had.
"""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, ValidationError, ValidationInfo, field_validator

from estimators import ESTIMATORS, STANDARD_VARIANCES, VARIANCES
from studies.economics_plan import no_units
from studies.errors import InvalidPlan
from studies.mistakes import mistakes, not_yaml, repeated_keys
from studies.panels import PanelPlan
from studies.part import Label, Name, Part
from studies.primary import EstimatorKey, Primary, PrimaryRule, asked_for, one_of
from studies.promotion_plan import PromotionPlan
from studies.settings import AllSettings, Settings
from studies.yaml_1_2 import Loader


def _once(listed: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(listed)) != len(listed):
        raise ValueError("each may be listed once")
    return listed


InferenceKind = Annotated[str, one_of(VARIANCES)]
STANDARD = tuple(STANDARD_VARIANCES)


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
    """How sure: level of intervals, which kinds of inference, placebos at most per pool.

    kinds: STANDARD_VARIANCES unless others are asked for      primary: one of them
    time_placebos: how placebos at other times are predicted; auto: as the design is
    """

    level: float = Field(default=0.95, gt=0.5, lt=1)
    kinds: tuple[InferenceKind, ...] = Field(
        default=STANDARD, min_length=1, exclude_if=lambda kinds: kinds == STANDARD
    )
    primary: InferenceKind = Field(default="given_both", validate_default=True)
    placebos: int = Field(default=200, ge=20, le=100_000)
    time_placebos: Literal["auto", "forecast", "interpolation"] = Field(
        default="auto", exclude_if=lambda choice: choice == "auto"
    )

    @field_validator("kinds")
    @classmethod
    def _each_once(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        return _once(kinds)

    @field_validator("primary")
    @classmethod
    def _primary_is_asked_for(cls, primary: str, info: ValidationInfo) -> str:
        asked_for(primary, info.data.get("kinds", (primary,)), "kinds of inference")
        return primary


class Plan(Part):
    """One question asked of one panel.

    incomparable: what to do with units treated in every period, and periods in which nobody is
        untreated: refuse the panel, or drop them and list what was dropped
    primary: the estimator the answer is announced with, or the rule that finds it
    settings: by estimator; see studies.settings
    promotion: of the calendar, where the study is about one; see studies.promotion_plan
    """

    study: Name
    question: str = Field(min_length=1)
    panel: PanelPlan
    promotion: PromotionPlan | None = Field(default=None, exclude_if=lambda one: one is None)
    measure: str = "outcome"
    donors: Donors = Donors()
    treatment: PlannedTreatment = PlannedTreatment()
    requirements: Requirements = Requirements()
    incomparable: Literal["refuse", "drop"] = Field(
        default="refuse", exclude_if=lambda choice: choice == "refuse"
    )
    estimators: tuple[EstimatorKey, ...] = Field(default=tuple(ESTIMATORS), min_length=1)
    primary: Primary = Field(default="sdid", validate_default=True)
    settings: Settings = Field(
        default=Settings(), exclude_if=lambda settings: not settings.written()
    )
    inference: InferencePlan = InferencePlan()
    seed: int = Field(default=1, ge=0)

    @field_validator("measure")
    @classmethod
    def _counts_goods(cls, measure: str, info: ValidationInfo) -> str:
        asked: PromotionPlan | None = info.data.get("promotion")
        for name, prices in (asked.priced if asked else {}).items():
            if reason := no_units(measure, prices):
                raise ValueError(f"promotion.{name} cannot be answered: {reason}")
        return measure

    @field_validator("estimators")
    @classmethod
    def _each_once(cls, estimators: tuple[str, ...]) -> tuple[str, ...]:
        return _once(estimators)

    @field_validator("primary")
    @classmethod
    def _primary_is_asked_for(
        cls, primary: str | PrimaryRule, info: ValidationInfo
    ) -> str | PrimaryRule:
        asked_for(primary, info.data.get("estimators", tuple(ESTIMATORS)), "estimators")
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

    @property
    def candidates(self) -> tuple[str, ...]:
        """Estimators that may be the primary one: all, where a rule is to choose it."""
        return self.estimators if isinstance(self.primary, PrimaryRule) else (self.primary,)

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
