"""Several outcomes of one promotion, each answered by the same estimator, placed alike.

Every outcome is tuned on its own panel and answered as if it were alone. Their placebos are placed
in the same units and periods, as many of each, so that sums of them are paired (sums.py). Where one
outcome is refused the others are not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from estimators.core.effect import scored_cells
from estimators.core.errors import NotConverged, UnsupportedDesign
from estimators.core.estimands import NET
from estimators.core.fit import Estimate, Estimator, PartEffect, Refusal
from estimators.core.panel import BoolArray, Panel
from estimators.core.settings import with_settings
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
