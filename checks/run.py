"""All checks of one panel for one plan, stage by stage.

A stage is only reached when nothing before it stopped: counting pre-periods makes no sense on
rows that are there twice. Within a stage everything wrong is found at once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

import pandas as pd

from checks import covariates, delivered, design, grid, outcomes
from checks.evidence import gathering
from checks.facts import Facts, rectangle, without_incomparable
from checks.report import Check, Report
from checks.rule import Rule
from studies import Plan

CHECKS: tuple[Rule, ...] = (
    *delivered.COLUMN_RULES,
    *delivered.CELL_RULES,
    *grid.GRID_RULES,
    *grid.COMPLETENESS_RULES,
    *covariates.COVARIATE_RULES,
    *design.DESIGN_RULES,
    *outcomes.OUTCOME_RULES,
)

DROPPED = "left out, as the plan says (incomparable: drop); the effect is about the others"

Stage = tuple[Mapping[str, pd.DataFrame], tuple[Rule, ...]]


def check(rows: pd.DataFrame, plan: Plan) -> Report:
    """What holds and what does not, with the complete Great Expectations result.

    rows: unit, period, outcome, treatment, observed, then covariates; one row per cell, all units
        of the panel (those the plan excludes too). Left as they are. Safe to call from several
        threads.
    """
    checks: list[Check] = []
    with gathering(plan) as evidence:
        for tables, rules in _stages(rows, plan):
            checks += evidence.validate(tables, rules)
            if any(c.severity == "stop" and not c.passed for c in checks):
                break
    passed = all(c.passed or c.severity == "warn" for c in checks)
    return Report(passed, tuple(checks), _as_json(passed, checks, evidence.results))


def _stages(rows: pd.DataFrame, plan: Plan) -> Iterator[Stage]:
    """Tables and the rules about them; each stage may rely on what those before it promise."""
    columns = delivered.columns_table(rows)
    yield {"columns": columns}, delivered.COLUMN_RULES

    rows = delivered.labelled(rows)
    yield {"cells": delivered.cells_table(rows)}, delivered.CELL_RULES

    exclusions = grid.exclusions_table(rows, plan)
    rows = grid.kept(rows, plan)
    tables = {"exclusions": exclusions, "periods": grid.periods_table(rows)}
    yield tables, _applicable(grid.GRID_RULES, tables)

    tables = {
        "completeness": grid.completeness_table(rows),
        "covariates": covariates.covariates_table(rows),
    }
    given = _applicable(covariates.COVARIATE_RULES, tables)
    yield tables, (*grid.COMPLETENESS_RULES, *given)

    facts = rectangle(rows)
    intentions = design.intentions_table(facts, plan)
    rules: tuple[Rule, ...] = (*design.DESIGN_RULES, *outcomes.OUTCOME_RULES)
    kept = without_incomparable(facts) if plan.incomparable == "drop" else None
    if kept is not None:
        yield _what_is_dropped(facts)
        facts, rules = kept, tuple(rule for rule in rules if not rule.droppable)
    tables = {
        "panel": design.panel_table(facts, plan),
        "units": design.units_table(facts).join(outcomes.units_columns(facts)),
        "periods": design.periods_table(facts),
        "intentions": intentions,
        "cells": outcomes.cells_table(facts),
    }
    yield (
        tables,
        tuple(
            rule
            for rule in _applicable(rules, tables)
            if rule.patterns is None or facts.pattern in rule.patterns
        ),
    )


def _what_is_dropped(facts: Facts) -> Stage:
    """The rules that would stop, as warnings about what will be left out."""
    tables = {"units": design.units_table(facts), "periods": design.periods_table(facts)}
    return tables, tuple(
        replace(rule, severity="warn", remedy=DROPPED)
        for rule in design.DESIGN_RULES
        if rule.droppable
    )


def _applicable(rules: tuple[Rule, ...], tables: Mapping[str, pd.DataFrame]) -> tuple[Rule, ...]:
    """Rules about a table that has rows: not every study excludes, foretells or has covariates."""
    return tuple(rule for rule in rules if len(tables[rule.table]))


def _as_json(passed: bool, checks: list[Check], results: Mapping[str, Any]) -> dict[str, Any]:
    done = {check.name for check in checks}
    return {
        "passed": passed,
        "checks": [{**asdict(check), "examples": list(check.examples)} for check in checks],
        "not_run": [rule.name for rule in CHECKS if rule.name not in done],
        "great_expectations": dict(results),
    }
