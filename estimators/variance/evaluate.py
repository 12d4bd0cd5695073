"""The whole computation: tune once, fit, average, and ask how sure we are."""

from collections.abc import Iterable

from estimators.core.effect import att
from estimators.core.errors import NotConverged, UnsupportedDesign
from estimators.core.fit import Estimate, Estimator, Inference, Refusal
from estimators.core.panel import Panel
from estimators.core.settings import with_settings
from estimators.diagnostics.evidence import evidence
from estimators.variance.facts import facts
from estimators.variance.impact import impacts
from estimators.variance.kinds import InferenceKind
from estimators.variance.over_time import effects_over_time
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
) -> Estimate:
    """One estimator's answer, with every kind of inference asked for.

    level: coverage of intervals      placebos: draws at most per pool
    seed: of whatever is sampled: folds, placebo draws
    time_placebos: whether placebos at other times forecast or interpolate; auto: as the design does

    Raises UnsupportedDesign or NotConverged when the estimator cannot answer. A kind that cannot
    answer is a Refusal among the inferences.
    """
    tuned = with_settings(estimator, seed=seed).tune(panel)
    pools = Placebos(panel, tuned, placebos, seed, time_placebos)
    fit = pools.fit
    effect = att(panel, fit)
    # A protocol cannot be told from an iterable of protocols by type alone: kinds are not iterable.
    kinds = tuple(variance) if isinstance(variance, Iterable) else (variance,)
    inferences = tuple(inferred(effect, kind, pools, level) for kind in kinds)
    asked = pools if kinds else None
    over_time = effects_over_time(panel, fit, asked, level)
    return Estimate(
        estimator=tuned,
        att=effect,
        fit=fit,
        inferences=inferences,
        by_period=over_time.by_period,
        cumulative=over_time.cumulative,
        bands=over_time.bands,
        impacts=impacts(panel, fit, effect, inferences),
        diagnostics={
            **facts(panel, fit, effect, asked),
            **evidence(panel, tuned.for_placebos(panel), fit, effect, _worth(inferences)),
        },
    )


def _worth(inferences: Iterable[Inference | Refusal]) -> dict[str, float | None]:
    """Degrees of freedom of each kind that answered."""
    return {one.kind: one.df for one in inferences if isinstance(one, Inference)}


def inferred(
    effect: float, kind: InferenceKind, pools: Placebos, level: float
) -> Inference | Refusal:
    """What this kind says about the estimate, or why it says nothing."""
    try:
        return kind.infer(effect, pools, level)
    except (UnsupportedDesign, NotConverged) as refusal:
        return Refusal(kind.kind, str(refusal))
