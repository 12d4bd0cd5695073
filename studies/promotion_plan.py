"""The promotion that a study is about, and how its cells are found.

promotion: {name: spring_coffee, settle: 7, after: 4, overlaps: exclude}
"""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from studies.economics_plan import DecisionRule, EconomicsPlan, LinkedOutcome, PricesPlan
from studies.monitor_plan import MonitorRule
from studies.part import Name, Part
from studies.spans import Dates


class PromotionPlan(Part):
    """Which promotion of the calendar, and what the calendar decides.

    treated: calendar, whose units and dates are the treated cells; or panel, whose own treatment
        is kept and compared with the calendar
    settle: days after the last period needed is closed, until late data are in
    after: periods after the end in which pull-forward is looked for; they are never data
    overlaps: cells under another promotion of the calendar are not observed (exclude), or shown
        beside the result (warn)
    dates: whether a date of the panel is the first day of its period or the last
    economics, linked, decide: what it is worth, what else it moves, when to repeat it; see
        studies.economics_plan
    monitor: what somebody wants to be told while it runs; see studies.monitor_plan
    """

    name: Name
    treated: Literal["calendar", "panel"] = "calendar"
    settle: int = Field(default=0, ge=0, le=3650)
    after: int = Field(default=0, ge=0, le=1000)
    overlaps: Literal["exclude", "warn"] = "warn"
    dates: Dates = Field(default="auto", exclude_if=lambda choice: choice == "auto")
    economics: EconomicsPlan | None = Field(default=None, exclude_if=lambda one: one is None)
    linked: tuple[LinkedOutcome, ...] = Field(default=(), exclude_if=lambda listed: not listed)
    decide: DecisionRule | None = Field(default=None, exclude_if=lambda one: one is None)
    monitor: MonitorRule | None = Field(default=None, exclude_if=lambda one: one is None)

    @field_validator("linked")
    @classmethod
    def _each_once(cls, linked: tuple[LinkedOutcome, ...]) -> tuple[LinkedOutcome, ...]:
        called = [one.called for one in linked]
        if twice := sorted({name for name in called if called.count(name) > 1}):
            raise ValueError(f"each may be listed once: {', '.join(twice)}; give them names")
        return linked

    @model_validator(mode="after")
    def _rests_on_economics(self) -> "PromotionPlan":
        if self.economics is None and (self.linked or self.decide):
            raise ValueError("linked and decide need economics: what the promoted item is worth")
        return self

    @property
    def priced(self) -> dict[str, PricesPlan]:
        """Whatever has a price, by its key in the study file."""
        if self.economics is None:
            return {}
        linked = {f"linked, {one.called}": one for one in self.linked}
        return {"economics": self.economics, **linked}
