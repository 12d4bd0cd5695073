"""The whole computation: tune once, fit, average, and ask how sure we are."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, is_dataclass, replace
from typing import TypeVar

import numpy as np

from estimators.core.designs import pattern
from estimators.core.effect import By, att, effects_by, effects_by_period
from estimators.core.errors import UnsupportedDesign
from estimators.core.fit import Estimate, Estimator, Fit, Inference, PeriodEffect, Refusal
from estimators.core.panel import Panel
from estimators.variance.inference import critical_value, infer
from estimators.variance.kinds import VarianceKind
from estimators.variance.placebos import Effects, Placebos

E = TypeVar("E", bound=Estimator)
BREAKDOWNS: tuple[By, ...] = ("cohort", "event_time", "unit")
MOST_GROUPS = 200  # units or cohorts; with more, effects by cell say it better


def evaluate(
    panel: Panel,
    estimator: Estimator,
    variance: VarianceKind | Iterable[VarianceKind] = (),
    *,
    level: float = 0.95,
    placebos: int = 200,
    seed: int = 0,
) -> Estimate:
    """One estimator's answer, with every variance asked for.

    level: coverage of intervals      placebos: draws at most per pool
    seed: of whatever is sampled: folds, placebo draws

    Raises UnsupportedDesign or NotConverged when the estimator cannot answer. A variance that
    cannot answer is a Refusal among the inferences.
    """
    tuned = _seeded(estimator, seed).tune(panel)
    fit = tuned.fit(panel)
    effect = att(panel, fit)
    pools = Placebos(panel, tuned, placebos, seed)
    # A protocol cannot be told from an iterable of protocols by type alone: kinds are not iterable.
    kinds = tuple(variance) if isinstance(variance, Iterable) else (variance,)
    inferences = tuple(_infer(effect, kind, pools, level) for kind in kinds)
    asked = bool(kinds)
    return Estimate(
        estimator=tuned,
        att=effect,
        fit=fit,
        inferences=inferences,
        by_period=_with_intervals(panel, fit, pools if asked else None, level),
        diagnostics=_diagnostics(panel, fit, effect, pools if asked else None),
    )


def _seeded(estimator: E, seed: int) -> E:
    """The estimator with this seed, when it samples anything."""
    if is_dataclass(estimator) and any(field.name == "seed" for field in fields(estimator)):
        return replace(estimator, seed=seed)
    return estimator


def _infer(effect: float, kind: VarianceKind, pools: Placebos, level: float) -> Inference | Refusal:
    try:
        return infer(effect, kind.estimate(pools), level)
    except UnsupportedDesign as refusal:
        return Refusal(kind.kind, str(refusal))


def _with_intervals(
    panel: Panel, fit: Fit, pools: Placebos | None, level: float
) -> tuple[PeriodEffect, ...]:
    """Effects by period; where treated, an interval from placebos of other units in that period."""
    rows = effects_by_period(panel, fit)
    same_period = _pool(pools, "same_period")
    if same_period is None:
        return rows
    position = {period: t for t, period in enumerate(panel.periods)}
    return tuple(_interval(row, same_period, position[row.period], level) for row in rows)


def _interval(row: PeriodEffect, effects: Effects, t: int, level: float) -> PeriodEffect:
    placebo = effects.by_period[:, t]
    placebo = placebo[np.isfinite(placebo)]
    if not row.treated or len(placebo) < 2:
        return row
    error = float(np.sqrt(np.mean(placebo**2)))
    half = critical_value(min(effects.df, len(placebo) - 1), level) * error
    return replace(row, standard_error=error, ci_low=row.effect - half, ci_high=row.effect + half)


def _pool(pools: Placebos | None, name: str) -> Effects | None:
    if pools is None:
        return None
    try:
        effects: Effects = getattr(pools, name)
    except UnsupportedDesign:
        return None  # already a refusal, with its reason, among the inferences
    return effects


def _diagnostics(
    panel: Panel, fit: Fit, effect: float, pools: Placebos | None
) -> Mapping[str, object]:
    """Pre-period fit, effects by group, placebo effects by kind, rank among placebos."""
    gaps = (panel.outcome - fit.counterfactual)[panel.usable & panel.treated_units[:, None]]
    gaps = gaps[np.isfinite(gaps)]
    found: dict[str, object] = {"steps": fit.steps, "optimality": fit.optimality}
    if fit.notes:
        found["notes"] = list(fit.notes)
    if fit.coefficients:
        found["coefficients"] = dict(fit.coefficients)
    if len(gaps):
        rmse = float(np.sqrt(np.mean(gaps**2)))
        found["pre_rmse"] = rmse
        found["pre_rmse_share"] = rmse / float(panel.outcome[panel.usable].std() or 1.0)
    groups = _breakdowns(panel, fit)
    if groups:
        found["effects_by"] = groups
    effects = {
        kind: pool.overall.tolist()
        for kind, name in (
            ("given_period", "same_period"),
            ("given_unit", "same_unit"),
            ("marginal", "elsewhere"),
        )
        if (pool := _pool(pools, name)) is not None
    }
    if effects:
        found["placebo_effects"] = effects
    if "given_period" in effects:
        larger = sum(abs(placebo) >= abs(effect) for placebo in effects["given_period"])
        found["placebo_rank"] = {"rank": larger + 1, "of": len(effects["given_period"]) + 1}
    return found


def _breakdowns(panel: Panel, fit: Fit) -> dict[str, list[dict[str, object]]]:
    """Effects by cohort, event time and unit, each where it says more than the att by period.

    In a block, event time is the period under another name. Where treatment comes again there are
    no cohorts.
    """
    found: dict[str, list[dict[str, object]]] = {}
    for by in BREAKDOWNS:
        if by == "event_time" and pattern(panel) == "block":
            continue
        try:
            rows = effects_by(panel, fit, by)
        except UnsupportedDesign:
            continue
        treated = sum(row.treated > 0 for row in rows)
        if treated > 1 and (by == "event_time" or treated <= MOST_GROUPS):
            found[by] = [asdict(row) for row in rows]
    return found
