"""One estimator on one panel: tuned, fitted, with its intervals, or refused with the reason."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from prefect.cache_policies import NO_CACHE

from estimators import ESTIMATORS, VARIANCES, Estimator, InferenceKind, Panel, evaluate
from estimators.core.errors import NotConverged, UnsupportedDesign
from estimators.core.fit import Estimate, Refusal
from estimators.core.panel import BoolArray
from estimators.core.settings import with_settings
from estimators.economics.account import PROMOTED
from estimators.economics.outcomes import Item, answer_with_account
from estimators.race.choice import ENSEMBLE
from estimators.race.ensemble import ensemble
from reports.names import counted
from storage.linked import LinkedPanel
from studies import Plan
from studies.settings import configured
from tasks.narration import narrate
from tasks.step import task

Parts = Mapping[str, BoolArray]
Weights = Mapping[str, float]


@task(name="estimate", task_run_name="estimate {key}", cache_policy=NO_CACHE)
def estimate(
    panel: Panel,
    key: str,
    plan: Plan,
    parts: Parts | None = None,
    weights: Weights | None = None,
) -> Estimate | Refusal:
    """Run one estimator. Never retried: the same panel fails the same way.

    parts: of the treatment, by name      weights: of the ensemble, by estimator
    A method that cannot answer here is an answer too (Refusal). Raises InvalidPanel when no
    method could, and whatever a defect of ours raises: then nothing at all is stored.
    """
    started = time.perf_counter()
    try:
        found = evaluate(
            panel, _chosen(key, plan, weights), _kinds(plan), parts=parts, **_asked(plan)
        )
    except (UnsupportedDesign, NotConverged) as refused:
        return _refused(Refusal(key, str(refused)))
    narrate(key, f"{_summary(found)} in {time.perf_counter() - started:.1f} s")
    return found


@task(name="estimate with its account", task_run_name="estimate {key}", cache_policy=NO_CACHE)
def estimate_with_account(
    panel: Panel,
    key: str,
    plan: Plan,
    parts: Parts | None,
    linked: Sequence[LinkedPanel],
    weights: Weights | None = None,
) -> Estimate | Refusal:
    """Run the primary estimator on the promoted item and those it moves, and draw up the account.

    As estimate does otherwise.
    """
    started = time.perf_counter()
    asked = plan.promotion
    assert asked is not None
    assert asked.economics is not None
    others = {one.called: one for one in asked.linked}
    items = {PROMOTED: Item(panel, PROMOTED, asked.economics.prices)}
    for one in linked:
        items[one.name] = Item(one.panel, others[one.name].role, others[one.name].prices)
    found = answer_with_account(
        items,
        _chosen(key, plan, weights),
        _kinds(plan),
        asked.economics.terms,
        rule=None if asked.decide is None else asked.decide.rule,
        primary=plan.inference.primary,
        parts=parts,
        **_asked(plan),
    )
    if isinstance(found, Refusal):
        return _refused(found)
    took = time.perf_counter() - started
    narrate(
        key, f"{_summary(found)}, {counted(len(items), 'outcome')} accounted for in {took:.1f} s"
    )
    return _with_snapshots(found, linked)


def _with_snapshots(found: Estimate, linked: Sequence[LinkedPanel]) -> Estimate:
    """The estimate, saying which panels its linked outcomes were computed from."""
    if not linked:
        return found
    snapshots = {one.name: one.snapshot for one in linked}
    stored: Any = found.diagnostics["linked"]
    named = [{**one, "snapshot": snapshots[one["name"]]} for one in stored]
    return replace(found, diagnostics={**found.diagnostics, "linked": named})


def _chosen(key: str, plan: Plan, weights: Weights | None) -> Estimator:
    if key != ENSEMBLE:
        return configured(ESTIMATORS[key], plan.settings.of(key))
    assert weights is not None
    members = {
        one: with_settings(configured(ESTIMATORS[one], plan.settings.of(one)), seed=plan.seed)
        for one in weights
    }
    return ensemble(weights, members)


def _kinds(plan: Plan) -> list[InferenceKind]:
    return [VARIANCES[kind] for kind in plan.inference.kinds]


def _asked(plan: Plan) -> dict[str, Any]:
    settings = plan.inference
    return {
        "level": settings.level,
        "placebos": settings.placebos,
        "seed": plan.seed,
        "time_placebos": settings.time_placebos,
    }


def _refused(refusal: Refusal) -> Refusal:
    narrate(refusal.key, f"refused: {refusal.reason}")
    return refusal


def _summary(found: Estimate) -> str:
    refused = sum(isinstance(inference, Refusal) for inference in found.inferences)
    answered = len(found.inferences) - refused
    text = f"tuned, fitted, {answered} kind{'s' if answered != 1 else ''} of inference"
    return text + (f" ({refused} refused)" if refused else "")
