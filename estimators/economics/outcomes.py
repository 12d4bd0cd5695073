"""Several outcomes of one promotion, each answered by the same estimator, and the account of them.

Every outcome is tuned on its own panel and answered as if it were alone. Their placebos are placed
in the same units and periods, as many of each, so that sums of them are paired (sums.py). Where one
outcome is refused the others are not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace

from estimators.core.effect import scored_cells
from estimators.core.errors import NotConverged, UnsupportedDesign
from estimators.core.estimands import NET
from estimators.core.fit import Estimate, Estimator, PartEffect, Refusal
from estimators.core.panel import BoolArray, Panel
from estimators.core.settings import with_settings
from estimators.economics.account import Terms, account_of
from estimators.economics.amounts import Asked, Outcome, Prices
from estimators.economics.decision import Rule
from estimators.variance.evaluate import answered, pools_of
from estimators.variance.kinds import InferenceKind
from estimators.variance.placebos import Placebos
from estimators.variance.windows import TimePlacebos

PROMOTION = "promotion"


@dataclass(frozen=True, eq=False)
class Answer:
    """What one outcome was answered with.

    parts, placebos: by name of the part, "promotion" where the treatment has no others; empty when
        it was refused
    """

    estimate: Estimate | Refusal
    parts: Mapping[str, PartEffect] = field(default_factory=dict)
    placebos: Mapping[str, Placebos] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Item:
    """One outcome before it is answered; role: "promoted", "cannibalised" or "halo"."""

    panel: Panel
    role: str
    prices: Prices


def answer_with_account(
    items: Mapping[str, Item],
    estimator: Estimator,
    kinds: Iterable[InferenceKind],
    terms: Terms,
    *,
    rule: Rule | None = None,
    primary: str = "given_both",
    level: float = 0.95,
    placebos: int = 200,
    seed: int = 0,
    time_placebos: TimePlacebos = "auto",
    parts: Mapping[str, BoolArray] | None = None,
) -> Estimate | Refusal:
    """The promoted item's answer, with the account and the linked outcomes among its diagnostics.

    items: by name, the promoted one first      primary: kind of inference the rule is applied to
    Other arguments as those of evaluate. A Refusal is the promoted item's.
    """
    kinds = tuple(kinds)
    answers = answer_outcomes(
        {name: item.panel for name, item in items.items()},
        estimator,
        kinds,
        level=level,
        placebos=placebos,
        seed=seed,
        time_placebos=time_placebos,
        parts=parts,
    )
    promoted, *linked = items
    found = answers[promoted].estimate
    if isinstance(found, Refusal):
        return found
    outcomes = [_outcome(name, item, answers[name]) for name, item in items.items()]
    account = account_of(outcomes, terms, Asked(kinds, level), rule, primary)
    shown = [{"name": name, "role": items[name].role, **_facts(answers[name])} for name in linked]
    kept = {"account": account, **({"linked": shown} if shown else {})}
    return replace(found, diagnostics={**found.diagnostics, **kept})


def _outcome(name: str, item: Item, answer: Answer) -> Outcome:
    estimate = answer.estimate
    reason = estimate.reason if isinstance(estimate, Refusal) else None
    return Outcome(name, item.role, item.prices, answer.parts, answer.placebos, reason)


def _facts(answer: Answer) -> dict[str, object]:
    """What is kept of a linked outcome: enough to be shown, and to be found again by a replay."""
    estimate = answer.estimate
    if isinstance(estimate, Refusal):
        return {"reason": estimate.reason}
    tuned = estimate.estimator
    settings = {
        one.name: getattr(tuned, one.name)
        for one in fields(tuned)  # type: ignore[arg-type]  # every estimator is a dataclass
        if one.compare
    }
    fit = {
        name: value
        for name, value in estimate.diagnostics.items()
        if name.startswith("pre_") or name in ("notes", "placebo_rank")
    }
    return {
        "settings": settings,
        "parts": tuple(answer.parts.values()),
        "by_period": estimate.by_period,
        **fit,
    }


def answer_outcomes(
    panels: Mapping[str, Panel],
    estimator: Estimator,
    kinds: Iterable[InferenceKind],
    *,
    level: float = 0.95,
    placebos: int = 200,
    seed: int = 0,
    time_placebos: TimePlacebos = "auto",
    parts: Mapping[str, BoolArray] | None = None,
) -> dict[str, Answer]:
    """One estimator's answer for every outcome; arguments as those of evaluate."""
    tuned: dict[str, Estimator] = {}
    refused: dict[str, Answer] = {}
    for name, panel in panels.items():
        try:
            tuned[name] = with_settings(estimator, seed=seed).tune(panel)
        except (UnsupportedDesign, NotConverged) as refusal:
            refused[name] = Answer(Refusal(estimator.name, str(refusal)))
    problems = max((one.problems(panels[name]) for name, one in tuned.items()), default=None)
    kinds = tuple(kinds)
    found = dict(refused)
    for name, one in tuned.items():
        pools = pools_of(panels[name], one, placebos, seed, time_placebos, parts, problems)
        try:
            found[name] = _answer(answered(pools, kinds, level), pools)
        except (UnsupportedDesign, NotConverged) as refusal:
            found[name] = Answer(Refusal(estimator.name, str(refusal)))
    return {name: found[name] for name in panels}


def _answer(estimate: Estimate, pools: Mapping[str, Placebos]) -> Answer:
    if estimate.parts:
        return Answer(estimate, {part.name: part for part in estimate.parts}, pools)
    whole = pools[NET]
    cells = int(scored_cells(whole.panel, estimate.fit).sum())
    missing = int(whole.panel.treatment.sum()) - cells
    part = PartEffect(
        PROMOTION, cells, missing, estimate.att, estimate.inferences, estimate.impacts
    )
    return Answer(estimate, {PROMOTION: part}, {PROMOTION: whole})
