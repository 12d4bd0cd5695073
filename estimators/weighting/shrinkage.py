"""The ridge ζ of SDID, which SC and DIFP may borrow.

    ζ = (treated cells)^¼ σ̂,   σ̂ = sd (n − 1) of first differences of the donors before treatment

One for each span of targets: treated cells are those that one set of weights answers for, so that
with weights per_unit N₁ is 1; donors are those of the span, and differences are taken between
neighbouring periods before it in which a donor is usable. Cell by cell σ̂ is one number, from all
neighbouring usable cells of the panel. With covariates projected the outcome is what they leave;
with joint, as it is.

A method without ridge has none but a vanishing one where treatment is answered cell by cell.

Source: Arkhangelsky et al. (2021), section 2; n − 1, and around one mean of all differences, as in
the authors' code.
"""

from typing import NamedTuple

import numpy as np

from estimators.core.errors import UnsupportedDesign
from estimators.core.panel import FloatArray, Panel
from estimators.weighting.options import Options
from estimators.weighting.residuals import adjusted
from estimators.weighting.targets import Targets

VANISHING = 1e-2  # of σ̂: settles which of equally good weights is meant, and moves nothing else


class Ridge(NamedTuple):
    """What weights cost, for each period (each donor) of the squared error: ζ² for donors.

    Cell by cell, donors often outnumber matched periods, and many weights fit alike: the smallest
    are meant, by a ridge of (VANISHING σ̂)² where there would be none.

    noise: σ̂, from which ζ was made
    """

    units: float
    periods: float
    noise: float = 0.0


def measured(panel: Panel, targets: Targets, options: Options) -> tuple[float, ...]:
    """ζ of each span, in the outcome's measure.

    Raises UnsupportedDesign with fewer than two periods before treatment.
    """
    outcome = adjusted(panel, options).outcome
    if targets.one_by_one:
        return (_noise(np.where(panel.usable, outcome, np.nan)),)
    zeta = []
    for span in range(targets.spans):
        members = [target for target in targets.each if target.span == span]
        first = members[0]
        if first.start < 2:
            raise UnsupportedDesign(
                f"{options.name} needs two periods before treatment to measure noise; treatment "
                f"starts in {panel.periods[first.start]}, after {first.start}; add earlier "
                f"periods, or use did, mc or dwcp"
            )
        donors = first.donors
        if len(members) > 1:
            donors = np.unique(np.concatenate([target.donors for target in members]))
        cells = len(first.units) * len(first.scored)
        zeta.append(cells**0.25 * _noise(outcome[donors, : first.start]))
    return tuple(zeta)


def for_spans(
    zeta: tuple[float, ...] | None, targets: Targets, known: FloatArray
) -> tuple[Ridge, ...]:
    """The ridges of each span; a placebo pattern with other spans gets the average ζ.

    known: (N, T) usable outcomes, nan elsewhere
    """
    spans = targets.spans
    least = (VANISHING * _noise(known)) ** 2 if targets.one_by_one else 0.0
    if zeta is None:
        return (Ridge(least, least),) * spans
    values = zeta if len(zeta) == spans else (float(np.mean(zeta)),) * spans
    cells = [1] * spans
    if not targets.one_by_one:
        for target in reversed(targets.each):  # the first of a span, as when ζ was measured
            cells[target.span] = len(target.units) * len(target.scored)
    return tuple(
        Ridge(value**2, least, value / count**0.25)
        for value, count in zip(values, cells, strict=True)
    )


def _noise(outcome: FloatArray) -> float:
    steps = np.diff(outcome, axis=1)
    steps = steps[np.isfinite(steps)]
    return float(steps.std(ddof=1)) if steps.size > 1 else 0.0


def require_ridge_asked_for(method: str, regularize: str, zeta: tuple[float, ...] | None) -> None:
    """Raise ValueError for a ridge that a method without one would ignore."""
    if zeta is not None and regularize != "sdid":
        raise ValueError(f"{method}: zeta is the ridge of regularize: sdid; not of {regularize}")
