"""What is asked: the plan of a study, parsed, checked and frozen. Nothing is computed here."""

from studies.calendar import missing_between, ordinals
from studies.errors import InvalidPeriods, InvalidPlan
from studies.panels import Columns, Source
from studies.plan import Plan, load_plan, parse_plan

__all__ = [
    "Columns",
    "InvalidPeriods",
    "InvalidPlan",
    "Plan",
    "Source",
    "load_plan",
    "missing_between",
    "ordinals",
    "parse_plan",
]
