"""The whole computation: tune once, fit, average, and ask how sure we are."""

from collections.abc import Iterable, Mapping

from estimators.core.effect import att, scored_cells
from estimators.core.errors import NotConverged, UnsupportedDesign
from estimators.core.estimands import NET, parts_of
from estimators.core.fit import Estimate, Estimator, Inference, PartEffect, Refusal
from estimators.core.panel import BoolArray, Panel
from estimators.core.settings import with_settings
from estimators.diagnostics.evidence import evidence
from estimators.variance.facts import facts
from estimators.variance.impact import impacts
from estimators.variance.kinds import InferenceKind
from estimators.variance.over_time import effects_over_time
from estimators.variance.parts import Together
from estimators.variance.placebos import Placebos
from estimators.variance.windows import TimePlacebos


def evaluate(
    panel: Panel,
    estimator: Estimator,
    variance: InferenceKind | Iterable[InferenceKind] = (),
    *,
    level: float = 0.95,
    placebos: int = 200,
    seed: int = 0,
    time_placebos: TimePlacebos = "auto",
    parts: Mapping[str, BoolArray] | None = None,
) -> Estimate:
    """One estimator's answer, with every kind of inference asked for.

    level: coverage of intervals      placebos: draws at most per pool
    seed: of whatever is sampled: folds, placebo draws
    time_placebos: whether placebos at other times forecast or interpolate; auto: as the design does
    parts: of the treatment, by name: cells (N, T), the headline first; see core/estimands.py

    Raises UnsupportedDesign or NotConverged when the estimator cannot answer. A kind that cannot
    answer is a Refusal among the inferences.
    """
    tuned = with_settings(estimator, seed=seed).tune(panel)
    pools = pools_of(panel, tuned, placebos, seed, time_placebos, parts)
    # A protocol cannot be told from an iterable of protocols by type alone: kinds are not iterable.
    kinds = tuple(variance) if isinstance(variance, Iterable) else (variance,)
    return answered(pools, kinds, level)


def pools_of(
    panel: Panel,
    tuned: Estimator,
    placebos: int,
    seed: int,
    time_placebos: TimePlacebos = "auto",
    parts: Mapping[str, BoolArray] | None = None,
    problems: int | None = None,
) -> dict[str, Placebos]:
    """Placebos by part of the treatment, nothing fitted yet; the net, alone, where it has no parts.

    The headline comes first. problems: optimisations one fit takes; None for what the tuned
    estimator says
    """
    whole = Placebos(panel, tuned, placebos, seed, time_placebos, problems)
    cells = parts_of(panel, parts) if parts else {}
    return dict(Together(whole, cells).parts) if cells else {NET: whole}


def answered(
    pools: Mapping[str, Placebos], kinds: Iterable[InferenceKind], level: float
) -> Estimate:
    """Everything about one estimator's answer. Raises as evaluate does."""
    kinds = tuple(kinds)
    headline, net = next(iter(pools.values())), pools[NET]
    panel, fit = headline.panel, headline.fit
    effect = att(panel, fit)
    parts = tuple(_part(name, part, kinds, level) for name, part in pools.items())
    inferences = parts[0].inferences
    over_time = effects_over_time(net.panel, fit, net if kinds else None, level)
    worth = {one.kind: one.df for one in inferences if isinstance(one, Inference)}
    return Estimate(
        estimator=headline.tuned,
        att=effect,
        fit=fit,
        inferences=inferences,
        by_period=over_time.by_period,
        cumulative=over_time.cumulative,
        bands=over_time.bands,
        impacts=parts[0].impacts,
        parts=parts if len(parts) > 1 else (),
        diagnostics={
            **facts(panel, fit, effect, headline if kinds else None),
            **evidence(panel, headline.tuned.for_placebos(panel), fit, effect, worth),
        },
    )


def _part(name: str, pools: Placebos, kinds: tuple[InferenceKind, ...], level: float) -> PartEffect:
    """The effect over one part, with every kind of inference; or why there is none."""
    panel, fit = pools.panel, pools.fit
    cells = int(scored_cells(panel, fit).sum())
    missing = int(panel.treatment.sum()) - pools.outside - cells
    try:
        effect = att(panel, fit)
    except UnsupportedDesign as refusal:
        return PartEffect(name, cells, missing, None, reason=str(refusal))
    inferences = tuple(inferred(effect, kind, pools, level) for kind in kinds)
    found = impacts(panel, fit, effect, inferences)
    return PartEffect(name, cells, missing, effect, inferences, found)


def inferred(
    effect: float, kind: InferenceKind, pools: Placebos, level: float
) -> Inference | Refusal:
    """What this kind says about the estimate, or why it says nothing."""
    try:
        return kind.infer(effect, pools, level)
    except (UnsupportedDesign, NotConverged) as refusal:
        return Refusal(kind.kind, str(refusal))
