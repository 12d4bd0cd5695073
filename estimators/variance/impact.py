"""An interval of the att restated: as a total, and as a percentage of what would have been.

With n treated cells averaged, their observed mean Ȳ, the att τ̂ and its interval [lo, hi],

    total = n τ̂        [n lo, n hi]
    lift  = τ̂ / (Ȳ − τ̂)        [lo / (Ȳ − lo), hi / (Ȳ − hi)]

Ȳ is what it is: the att and the mean counterfactual Ȳ − τ̂ err by the same amount in opposite
directions, so the lift is a function of the att alone, and for Ȳ > 0 an increasing one. Its
interval has the level of the att's own and excludes zero exactly when that does. It is not
symmetric: dividing the ends by Ȳ − τ̂, as is often done, puts both of them elsewhere.

Where hi ≥ Ȳ nothing, or less, might have been there without treatment: no finite interval holds
the percentage, and it is refused. Ratios whose interval is unbounded: Fieller (1954). That here one
error moves both ends of the ratio, so that no joint distribution is needed, is our remark.
"""

from collections.abc import Iterable
from dataclasses import replace

from estimators.core.effect import scored_cells
from estimators.core.fit import Fit, Inference, Refusal
from estimators.core.impact import Impact
from estimators.core.panel import Panel


def impacts(
    panel: Panel, fit: Fit, effect: float, inferences: Iterable[Inference | Refusal]
) -> tuple[Impact, ...]:
    """One entry per answered inference about the att."""
    scored = scored_cells(panel, fit)
    observed, cells = float(panel.outcome[scored].mean()), int(scored.sum())
    return tuple(
        impact(one, effect, observed, cells) for one in inferences if isinstance(one, Inference)
    )


def impact(inference: Inference, effect: float, observed: float, cells: int) -> Impact:
    """What one interval says in total and in percent.

    effect: the att      observed: mean outcome of the treated cells      cells: how many they are
    """
    ends = (effect, inference.ci_low, inference.ci_high)
    total, total_low, total_high = (cells * one for one in ends)
    found = Impact(inference.kind, inference.level, total, total_low, total_high)
    reason = _no_percentage(inference, observed)
    if reason is not None:
        return replace(found, reason=reason)
    lift, lift_low, lift_high = (one / (observed - one) for one in ends)
    return replace(found, lift=lift, lift_low=lift_low, lift_high=lift_high)


def _no_percentage(inference: Inference, observed: float) -> str | None:
    if not observed > 0:
        return (
            f"the treated cells average {observed:.4g}: a percentage needs an outcome that is "
            f"above zero on average"
        )
    if not inference.ci_high < observed:
        return (
            f"the {inference.level * 100:.4g} % interval of the effect reaches "
            f"{inference.ci_high:.4g} and the treated cells average {observed:.4g}: without "
            f"treatment they may have been at zero or below, and nothing is a percentage of that"
        )
    return None
