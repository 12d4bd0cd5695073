"""A result as one HTML page that stands alone: no script, no request, every label escaped.

The page's own policy forbids whatever it does not carry: only its style sheet, known by its hash,
applies. Figures are inline SVG.
"""

import json
from datetime import UTC
from typing import Any

from reports import account, account_rows, decisions, pins, registered, restatements
from reports.account_figure import decomposition
from reports.breakdowns import breakdowns
from reports.calibration import own_sentence
from reports.calibration_figures import coverage_figure
from reports.checked import check_rows
from reports.choice import choice_label, choice_sentences, named, planned_primary
from reports.diagnostics import diagnoses
from reports.drawing import Figure
from reports.effects import cumulative_effect, effects_by_period
from reports.evidence import favoured_sentence, leverage, noise_sentences
from reports.facts import facts
from reports.filling import ALONE, Frame, fill
from reports.forest import forest
from reports.headline import estimate_answered, headline, kinds
from reports.impact import lifts, lines, not_in_percent
from reports.names import (
    VARIANCE_WORDS,
    closed,
    spelled,
    variance_label,
    variance_phrase,
)
from reports.numbers import percent
from reports.over_time import cumulative_rows, period_rows
from reports.parts import promoted
from reports.paths import has_paths, observed_and_counterfactual
from reports.pattern import dropped_sentence, panel_sentence, treatment_sentence
from reports.placebos import placebos
from reports.promotion import placed_sentence, remarks
from reports.race_figures import race_figure
from reports.race_page import design_of
from reports.rows import refusals, refused_count, rows
from reports.sentences import answer
from reports.weights import comparisons
from storage.records import StoredResult


def render(result: StoredResult, frame: Frame = ALONE) -> str:
    """The page as text. Opens offline in any browser; nothing in it changes when it is read."""
    return fill(
        "page.html.j2",
        frame,
        result=result,
        made=result.created_at.astimezone(UTC),
        answer=answer(result),
        panel=panel_sentence(result.panel),
        treatment=treatment_sentence(promoted(result)),
        account=_account(result),
        facts=facts(result),
        not_in_percent=not_in_percent(result),
        planned=_planned(result),
        choice=_choice(result),
        named=named(result),
        figures=_figures(result),
        kinds=[_kind(kind, result) for kind in kinds(result)],
        level=percent(result.plan.inference.level),
        rows=rows(result),
        lifts=lifts(result),
        in_percent=any(lifts(result).values()),
        amounts=lines(result),
        heading=_heading(result),
        effects=period_rows(result),
        sums=cumulative_rows(result),
        breakdowns=breakdowns(result),
        comparisons=comparisons(result),
        diagnoses=diagnoses(result),
        noise=noise_sentences(result),
        favoured=favoured_sentence(result),
        leverage=leverage(result),
        covered=_covered(result),
        refusals=refusals(result),
        refused_count=refused_count(result),
        dropped=closed(dropped_sentence(result)) if result.dropped else "",
        checks=check_rows(result.validation),
        restated=_restated(result),
        decided=decisions.sentences(result.decisions),
        official=pins.sentences(result),
        promotion=_promotion(result),
        registered=registered.registered_sentence(result),
        plan_versions=registered.plan_versions(result),
        promotion_versions=registered.promotion_versions(result),
        identity=_identity(result),
        plan=json.dumps(json.loads(result.plan.canonical()), indent=2, ensure_ascii=False),
    )


def _account(result: StoredResult) -> dict[str, Any] | None:
    """What the merchandiser reads first; None where the plan asks for no account."""
    if not account.asks_for_account(result):
        return None
    return {
        "verdict": account.verdict(result),
        "facts": account_rows.facts(result),
        "figure": decomposition(result),
        "lines": account_rows.lines(result),
        "rule": account.rule_sentences(result),
        "notes": [*account.cautions(result), *account.notes(result)],
    }


def _heading(result: StoredResult) -> str:
    estimators, intervals = len(result.estimates), len(kinds(result))
    what = f"{spelled(estimators)} estimator{'s' if estimators != 1 else ''}"
    each = f"{spelled(intervals)} interval{'s' if intervals != 1 else ''}"
    return f"{what[:1].upper()}{what[1:]}, {each}{' each' if estimators > 1 else ''}"


def _planned(result: StoredResult) -> str:
    plan = result.plan
    return (
        f"Decided in plan version {result.plan_version}, before this result was known: "
        f"{planned_primary(result)}, "
        f"{variance_phrase(plan.inference.primary)}, {percent(plan.inference.level)} intervals."
    )


def _promotion(result: StoredResult) -> dict[str, Any] | None:
    """Where the promotion lies, its dates, and what to know; None where the study names none."""
    if result.placed is None:
        return None
    return {
        "placed": placed_sentence(result.placed),
        "dates": registered.promotion_sentence(result),
        "remarks": remarks(result.placed),
    }


def _choice(result: StoredResult) -> dict[str, Any] | None:
    """Where a rule chose the primary estimator: why, and the tables it rests on."""
    choice = result.choice
    if choice is None:
        return None
    race = choice.race
    return {
        "label": choice_label(result),
        "sentences": choice_sentences(choice),
        "figure": None if race is None else race_figure([race]),
        "designs": [] if race is None else [design_of(race, name) for name in race.standings],
    }


def _figures(result: StoredResult) -> dict[str, Figure | None]:
    estimate = headline(result).estimate
    paths = estimate is not None and has_paths(estimate)
    return {
        "paths": observed_and_counterfactual(result, estimate) if paths and estimate else None,
        "effects": effects_by_period(result, estimate) if paths and estimate else None,
        "cumulative": cumulative_effect(result, estimate) if estimate else None,
        "forest": forest(result) if any(map(estimate_answered, result.estimates)) else None,
        "placebos": placebos(result, estimate) if estimate else None,
        "coverage": coverage_figure(result.calibration) if result.calibration else None,
    }


def _covered(result: StoredResult) -> list[str]:
    """What intervals covered on this panel: the primary's, the planned kind first."""
    found, plan = result.calibration, result.plan
    if found is None:
        return []
    scores = [score for score in found.scores if score.estimator == result.primary]
    ordered = sorted(scores or found.scores, key=lambda score: score.kind != plan.inference.primary)
    return [own_sentence(found, score) for score in ordered]


def _kind(kind: str, result: StoredResult) -> dict[str, Any]:
    return {
        "kind": kind,
        "label": variance_label(kind),
        "primary": kind == result.plan.inference.primary,
        "words": VARIANCE_WORDS.get(kind),
    }


def _restated(result: StoredResult) -> dict[str, Any] | None:
    found = result.restated
    if found is None:
        return None
    return {
        "sentence": restatements.sentence(result),
        "since": found.version,
        "cells": restatements.cell_rows(found.cells),
        "count": found.count,
        "answers": restatements.answer_rows(found.answers),
    }


def _identity(result: StoredResult) -> list[tuple[str, str]]:
    return [
        ("Result", result.result_id),
        ("Plan", result.plan_hash),
        ("Panel snapshot", result.snapshot_hash),
        ("Code", result.code_version),
        ("Environment", result.environment_hash),
        ("Seed", str(result.seed)),
    ]
