"""A rule: one thing that must hold, as one Great Expectations expectation on one small table.

Each stage of the checks lays out what it knows in tables named by what one row is:

    columns       one column of the delivered data
    cells         one row of the data: a unit in a period
    units         one unit
    periods       one period
    completeness  one unit, before it is known whether its rows are all there
    covariates    one covariate
    exclusions    one unit the plan excludes
    intentions    one thing the plan says about the treatment
    panel         the whole panel, in a single row

A rule says which table, which expectation, and how to tell a person when it does not hold.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

from studies import Plan

Severity = Literal["stop", "warn"]
Pattern = Literal["block", "staggered", "on_off"]

KEPT = 20  # offending rows kept in the JSON; their number is always complete
LABELS = {
    "columns": ("column",),
    "cells": ("unit", "period"),
    "units": ("unit",),
    "periods": ("period",),
    "completeness": ("unit", "first_absent"),
    "covariates": ("covariate", "first"),
    "exclusions": ("unit",),
    "intentions": ("point",),
    "panel": ("study",),
}


@dataclass(frozen=True)
class Rule:
    """One promise about the data.

    name: its key, in reports and in ARCHITECTURE.md
    severity: stop ends the analysis; warn is shown beside the result
    table: the table its expectation is about, see LABELS
    must: what must hold, as a sentence for the documentation
    expectation: the expectation, from great_expectations.expectations and the plan
    found: what is wrong when it does not hold; may use {count}, {total}, {value} (of the first
        offending row) and {plan}
    remedy: what to do then
    example: how one offending row is named, from the table's label columns and {value}
    sums: the offending column adds up to the count, which otherwise is the number of rows
    patterns: only for these treatment patterns
    droppable: its rows can be left out; where the study says so, it warns instead
    """

    name: str
    severity: Severity
    table: str
    must: str
    expectation: Callable[[ModuleType, Plan], Any]
    found: str
    remedy: str
    example: str = ""
    sums: bool = False
    patterns: tuple[Pattern, ...] | None = None
    droppable: bool = False
