"""One small program for each target, pasted into one counterfactual."""

from collections.abc import Callable, Mapping

import numpy as np

from estimators.core.designs import pattern
from estimators.core.errors import UnsupportedDesign
from estimators.core.fit import Estimator, Fit, Weights
from estimators.core.null_panel import one_more_period
from estimators.core.panel import FloatArray, Panel
from estimators.core.threads import one_thread
from estimators.weighting.cells import cell_targets
from estimators.weighting.cohorts import cohort_targets
from estimators.weighting.collapsed import Collapsed, Weighted, collapse, predict
from estimators.weighting.joint import jointly
from estimators.weighting.options import Options
from estimators.weighting.residuals import Adjusted, adjusted
from estimators.weighting.shrinkage import Ridge, for_spans
from estimators.weighting.targets import Target, Targets

Weigh = Callable[[Collapsed, Ridge], Weighted]


def find_targets(panel: Panel, options: Options) -> Targets:
    """What is fitted together, and with whom it is compared.

    Raises UnsupportedDesign when nothing can be.
    """
    found = cell_targets if options.on_off == "per_cell" else cohort_targets
    return found(panel, options)


def fit_by_target(
    panel: Panel, options: Options, weigh: Weigh, zeta: tuple[float, ...] | None = None
) -> Fit:
    """Weigh donors (and periods) for each target, and predict its untreated outcomes.

    weigh: a target's data and its ridges -> its weights; it sees usable cells only
    zeta: ζ of each span of targets; None for no ridge

    Raises UnsupportedDesign or NotConverged when a target cannot be answered.
    """
    with one_thread():
        targets = find_targets(panel, options)
        base = adjusted(panel, options)
        known = np.where(panel.usable, base.outcome, np.nan)
        ridges = for_spans(zeta, targets, known)
        return _fit(panel, options, weigh, targets, base, known, ridges)


def _fit(
    panel: Panel,
    options: Options,
    weigh: Weigh,
    targets: Targets,
    base: Adjusted,
    known: FloatArray,
    ridges: tuple[Ridge, ...],
) -> Fit:
    counterfactual = np.full(known.shape, np.nan)
    weights: list[Weighted] = []
    coefficients: list[FloatArray] = []
    for target in targets.each:
        donors, treated = known[target.donors], known[target.units]
        # Around a common level large offsets lose no digits; weights sum to one, so it cancels.
        level = float(treated[:, target.before].mean())
        donors -= level
        treated -= level
        data, ridge = collapse(donors, treated, target), ridges[target.span]
        if options.covariates == "joint":
            assert panel.covariates is not None  # `adjusted` refuses
            X, Z = panel.covariates[target.donors], panel.covariates[target.units]
            found, beta = jointly(
                data, collapse(X, Z, target), weigh, ridge, panel, options, target.label
            )
            paths = predict(donors - X @ beta, treated - Z @ beta, target, found) + Z @ beta
            coefficients.append(beta)
        else:
            found = weigh(data, ridge)
            paths = predict(donors, treated, target, found)
        place = np.ix_(target.units, target.shown)
        counterfactual[place] = paths[:, target.shown] + level
        weights.append(found)
    if base.removed is not None:
        counterfactual += base.removed
    shown = _average if targets.one_by_one else _of_each
    return Fit(
        counterfactual,
        shown(panel, targets, weights),
        sum(found.steps for found in weights),
        max(found.optimality for found in weights),
        targets.notes + base.notes,
        targets.left_out,
        base.coefficients or _named(panel, targets, coefficients),
    )


def to_all_periods(panel: Panel, estimator: Estimator) -> FloatArray:
    """(N, T) what a method of weights makes of treated units, all periods untreated and matched.

    Raises UnsupportedDesign for cohorts, whose weights rest on different periods.
    """
    if pattern(panel) != "block":
        raise UnsupportedDesign(
            f"{estimator.name} has weights for each run of treatment, and no fit to all periods at "
            f"once unless all treated units share one run; use did or mc"
        )
    return estimator.fit(one_more_period(panel, "mean")).counterfactual[:, :-1]


def _of_each(panel: Panel, targets: Targets, found: list[Weighted]) -> tuple[Weights, ...]:
    return tuple(
        Weights(target.label, *_spread(panel, target, one))
        for target, one in zip(targets.each, found, strict=True)
    )


def _average(panel: Panel, targets: Targets, found: list[Weighted]) -> tuple[Weights, ...]:
    """Of thousands of cells nobody reads the weights of each."""
    units, periods = np.zeros(len(panel.units)), np.zeros(len(panel.periods))
    for target, one in zip(targets.each, found, strict=True):
        units[target.donors] += one.units / len(found)
        if one.periods is not None:
            periods[target.before] += one.periods / len(found)
    label = f"average over {len(found)} treated cells"
    return (Weights(label, units, periods if found[0].periods is not None else None),)


def _spread(panel: Panel, target: Target, found: Weighted) -> tuple[FloatArray, FloatArray | None]:
    """(N,) and (T,) weights."""
    units = np.zeros(len(panel.units))
    units[target.donors] = found.units
    if found.periods is None:
        return units, None
    periods = np.zeros(len(panel.periods))
    periods[target.before] = found.periods
    return units, periods


def _named(panel: Panel, targets: Targets, found: list[FloatArray]) -> Mapping[str, float]:
    """Coefficients fitted target by target; cell by cell their average."""
    if not found:
        return {}
    names = panel.covariate_names
    if targets.one_by_one or len(found) == 1:
        return dict(zip(names, np.mean(found, axis=0).tolist(), strict=True))
    return {
        f"{name}, {target.label}": float(value)
        for target, beta in zip(targets.each, found, strict=True)
        for name, value in zip(names, beta, strict=True)
    }
