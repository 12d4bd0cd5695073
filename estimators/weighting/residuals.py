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
    notes = require_covariates(panel, options.name, options.covariates, "projected or joint")
    if options.covariates != "projected":
        return Adjusted(panel.outcome, notes=notes)
    beta = _projected(panel, options)
    assert panel.covariates is not None
    removed = panel.covariates @ beta
    return Adjusted(panel.outcome - removed, removed, dict(zip(names, beta.tolist(), strict=True)))


def require_covariates(panel: Panel, method: str, asked: str, others: str) -> tuple[str, ...]:
    """Raise UnsupportedDesign when covariates are asked for and there are none.

    Returns a note where there are some and none is asked for; others: the choices that use them.
    """
    names = panel.covariate_names
    if asked != "ignore" and not names:
        raise UnsupportedDesign(
            f"{method} was asked for {asked} covariates; the panel has none; add them, or leave "
            f"covariates: ignore"
        )
    if asked != "ignore" or not names:
        return ()
    return (
        f"{len(names)} covariates are not used ({listed(names)}); covariates: {others} uses them",
    )


def require_distinct(panel: Panel, method: str, asked: str) -> tuple[str, ...]:
    """What DWCP needs of covariates: to be there when asked for, each with something of its own."""
    notes = require_covariates(panel, method, asked, "linear")
    if asked != "ignore":
        _beyond_two_way(panel, method)
    return notes


def _projected(panel: Panel, options: Options) -> FloatArray:
    """(K,) coefficients of the two-way regression on usable cells."""
    X, outcome = _beyond_two_way(panel, options.name)
    return np.asarray(np.linalg.lstsq(X, outcome, rcond=None)[0])


def _beyond_two_way(panel: Panel, method: str) -> tuple[FloatArray, FloatArray]:
    """(cells, K) covariates and (cells,) outcome of usable cells without two-way effects."""
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
    require_independent(X, spreads, panel, method, "unit and period effects")
    return X, within(panel.outcome)


def require_independent(
    X: FloatArray, spreads: FloatArray, panel: Panel, method: str, effects: str
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
            f"{method} cannot tell {len(named)} of {X.shape[1]} covariates apart: "
            f"{listed(named)} {why}; leave it out"
        )
