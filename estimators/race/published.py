"""The engine of the papers on SDID and TROP: rank four, two lags, noise alike everywhere.

    L: the first four singular triples of Y      F_it = row + column mean − mean of L, M = L − F
    E = Y − L, φ from two lags, R their autocorrelations
    Σ = R ‖EᵀE / N‖_F / ‖R‖_F, a = b = 1

Source: Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), section 3; Athey, Imbens, Qu and
Viviano (2025), section 3.1. Where cells are missing, EᵀE is divided by the pairs there are: ours.
"""

import numpy as np

from estimators.core.panel import BoolArray, FloatArray
from estimators.race.parts import Parts, Systematic
from estimators.race.persistence import autocorrelation, autoregression, require_stationary

RANK, LAGS = 4, 2


def systematic(outcome: FloatArray, rank: int) -> Systematic:
    """Of (N, T)."""
    left, values, right = np.linalg.svd(outcome, full_matrices=False)
    L = (left[:, :rank] * values[:rank]) @ right[:rank]
    two_way = L.mean(axis=1)[:, None] + L.mean(axis=0) - L.mean()
    return Systematic(two_way, L - two_way)


def filling(outcome: FloatArray, _usable: BoolArray, rank: int) -> FloatArray:
    """What is put where nothing usable is: L itself."""
    found = systematic(outcome, rank)
    return found.two_way + found.interactive


def enough(_standard: FloatArray, _usable: BoolArray, rank: int) -> bool:
    """At RANK."""
    return rank == RANK


def parts(standard: FloatArray, usable: BoolArray, rank: int) -> Parts:
    """Raises UnsupportedDesign where the autoregression has no stationary process."""
    found = systematic(standard, rank)
    error = np.where(usable, standard - found.two_way - found.interactive, 0.0)
    persistence = autoregression(error, usable, LAGS)
    require_stationary(persistence)
    correlation = autocorrelation(persistence, error.shape[1])
    pairs = np.maximum(usable.astype(np.float64).T @ usable, 1)
    size = np.linalg.norm(error.T @ error / pairs) / np.linalg.norm(correlation)
    units, periods = (np.ones(length) for length in standard.shape)
    return Parts(found, size * correlation, units, periods, persistence)
