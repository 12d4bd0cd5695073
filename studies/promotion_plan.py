"""The promotion that a study is about, and how its cells are found.

promotion: {name: spring_coffee, settle: 7, after: 4, overlaps: exclude}
"""

from typing import Literal

from pydantic import Field

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
    """

    name: Name
    treated: Literal["calendar", "panel"] = "calendar"
    settle: int = Field(default=0, ge=0, le=3650)
    after: int = Field(default=0, ge=0, le=1000)
    overlaps: Literal["exclude", "warn"] = "warn"
    dates: Dates = Field(default="auto", exclude_if=lambda choice: choice == "auto")
