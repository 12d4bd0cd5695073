"""Covariates that vary over units and periods, before any weight is chosen.

projected: the outcome is replaced by what covariates leave of it, Y − Xβ̂, with β̂ from the two-way
regression on usable cells, which no treated outcome enters:

    minimise Σ_{usable} (Y_it − α_i − β_t − X_it'β)²        Ŷ_it(0) = weighted residuals + X_it'β̂

Source: Arkhangelsky et al. (2021), footnote 4 (residuals, then SDID); Kranz (2022) for β̂ from
untreated cells, which Stata's sdid calls `projected`. There β̂ may come from never-treated units
alone; here untreated cells of treated units count too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import qr

from estimators.core.errors import UnsupportedDesign
from estimators.core.panel import FloatArray, Panel, listed
from estimators.solvers.two_way import TwoWay
from estimators.weighting.options import Options

DEPENDENT = 1e-9  # a share of a covariate's spread: less than this is nothing of its own


@dataclass(frozen=True, eq=False)
class Adjusted:
    """The outcome that weights are chosen for.

    outcome: (N, T)      removed: (N, T) what was taken out and is put back; None for nothing
    coefficients: by name      notes: as in Fit
    """

    outcome: FloatArray
    removed: FloatArray | None = None
    coefficients: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def adjusted(panel: Panel, options: Options) -> Adjusted:
    """The outcome less projected covariates; as it is for the other choices.

    Raises UnsupportedDesign when covariates are asked for and there are none, or when one is a
    combination of others and of unit and period effects.
    """
    names = panel.covariate_names
    if options.covariates != "ignore" and not names:
        raise UnsupportedDesign(
            f"{options.name} was asked for {options.covariates} covariates; the panel has none; "
            f"add them, or leave covariates: ignore"
        )
    if options.covariates != "projected":
        unused: tuple[str, ...] = ()
        if names and options.covariates == "ignore":
            unused = (
                f"{len(names)} covariates are not used ({listed(names)}); covariates: projected "
                f"or joint uses them",
            )
        return Adjusted(panel.outcome, notes=unused)
    beta = _projected(panel, options)
    assert panel.covariates is not None
    removed = panel.covariates @ beta
    return Adjusted(panel.outcome - removed, removed, dict(zip(names, beta.tolist(), strict=True)))


def _projected(panel: Panel, options: Options) -> FloatArray:
    """(K,) coefficients of the two-way regression on usable cells."""
    assert panel.covariates is not None
    usable = panel.usable
    effects = TwoWay(usable, np.ones(usable.shape[0]), np.ones(usable.shape[1]))

    def within(values: FloatArray) -> FloatArray:
        centred = values - values[usable].mean()
        alpha, beta = effects.fit(centred)
        return np.asarray((centred - alpha[:, None] - beta)[usable])

    columns = [panel.covariates[:, :, k].copy() for k in range(len(panel.covariate_names))]
    X = np.column_stack([within(column) for column in columns])
    spreads = np.array([column[usable].std() for column in columns])
    require_independent(X, spreads, panel, options, "unit and period effects")
    return np.asarray(np.linalg.lstsq(X, within(panel.outcome), rcond=None)[0])


def require_independent(
    X: FloatArray, spreads: FloatArray, panel: Panel, options: Options, effects: str
) -> None:
    """Raise UnsupportedDesign when a covariate is nothing but effects and other covariates.

    X: (cells, K) covariates with the effects taken out      spreads: (K,) their spread before that
    """
    lengths = np.sqrt(np.mean(X**2, axis=0))
    absorbed = lengths <= DEPENDENT * spreads
    why = f"does not vary beyond {effects}"
    if not absorbed.any():
        _, R, order = qr(X / lengths, mode="economic", pivoting=True)
        pivots = np.zeros(X.shape[1])
        pivots[: min(R.shape)] = np.abs(np.diag(R))
        absorbed[order] = pivots <= DEPENDENT * pivots[0]
        why = f"is a combination of the others and of {effects}"
    if absorbed.any():
        named = [panel.covariate_names[k] for k in np.flatnonzero(absorbed)]
        raise UnsupportedDesign(
            f"{options.name} cannot tell {len(named)} of {X.shape[1]} covariates apart: "
            f"{listed(named)} {why}; leave it out"
        )
