"""Degrees of freedom: how many independent squares a mean of placebo squares is worth.

Placements share units and periods. Let e_d be the placebo effects, ρ_de the correlation of two of
them and σ_d² their variances. The mean of e_d² has as much relative variance as a mean of

    df = (Σ_d σ_d²)² / Σ_de σ_d² σ_e² ρ_de²

independent squares of equal variance. ρ is that of double differences under independent noise of
equal variance, and factors into who is treated and when:

    ρ_de = ρ(groups) · ρ(times)

Two groups of n among N units have the correlation of their indicators around their means, two
windows that of theirs, each over the periods its panel holds. So one unit of N placed everywhere
is worth N − 1, W separate forecasts of one period W, and overlapping windows fewer than there are.

On/off, of the pattern W̃ centred by row and column: rotations have the correlation of W̃ with itself
rotated; two random deals of rows have, on average, ρ² = ‖W̃W̃ᵀ‖² / ((N − 1) tr²(W̃W̃ᵀ)).

Source: Satterthwaite (1946) for the matching of moments. Using it here is ours.
"""

from collections.abc import Sequence

import numpy as np

from estimators.core.panel import BoolArray, FloatArray, IntArray
from estimators.core.placements import Placement

PAIRED = 500  # groups of which every pair is compared, at most


def degrees(groups: IntArray, times: IntArray, share: float, alike: FloatArray) -> float:
    """Degrees of freedom of a mean of squares of equal variance.

    groups, times: (D,) labels of the placements; times index `alike`
    share: squared correlation of two groups, on average
    alike: (W, W) squared correlations of times
    """
    placed = np.zeros((int(groups.max()) + 1, len(alike)))
    np.add.at(placed, (groups, times), 1)
    same_group = float(((placed @ alike) * placed).sum())
    any_groups = float(placed.sum(axis=0) @ alike @ placed.sum(axis=0))
    return len(groups) ** 2 / ((1 - share) * same_group + share * any_groups)


def degrees_uneven(squares: FloatArray, alike: FloatArray) -> float:
    """The same of one group whose squares differ by time.

    squares: (W,) their expectations, up to a factor      alike: (W, W)
    """
    return float(squares.sum() ** 2 / (squares @ alike @ squares))


def shared_by_groups(groups: Sequence[IntArray], units: IntArray) -> float:
    """Squared correlation of two groups treated among `units`, on average."""
    if len(groups) == 1:
        return 0.0
    treated = np.zeros((min(len(groups), PAIRED), len(units)))
    for row, group in zip(treated, groups, strict=False):
        row[np.searchsorted(units, group)] = 1
    alike = _squared(treated - treated.mean(axis=1, keepdims=True))
    pairs = len(alike) * (len(alike) - 1)
    return float((alike.sum() - len(alike)) / pairs)


def shared_by_deals(treatment: BoolArray) -> float:
    """Squared correlation of two random deals of an on/off pattern's rows, on average."""
    centred = _centred(treatment)
    side = centred if len(centred) < centred.shape[1] else centred.T
    products = side @ side.T
    return float((products**2).sum() / np.trace(products) ** 2) / (len(centred) - 1)


def alike_windows(placements: Sequence[Placement], periods: int) -> FloatArray:
    """(W, W) squared correlations of what these placements treat, in time alone."""
    profile = np.zeros((len(placements), periods))
    for row, placement in zip(profile, placements, strict=True):
        worn = placement.pattern.mean(axis=0)
        row[placement.periods] = worn - worn.mean()
    return _squared(profile)


def alike_rotations(treatment: BoolArray) -> FloatArray:
    """(T, T) squared correlations of an on/off pattern rotated by 0, …, T − 1 periods."""
    centred = _centred(treatment)
    spectrum = np.abs(np.fft.rfft(centred, axis=1)) ** 2
    with_itself = np.fft.irfft(spectrum.sum(axis=0), n=centred.shape[1])
    shifts = np.arange(centred.shape[1])
    apart = np.abs(shifts[:, None] - shifts)
    return np.asarray((with_itself / with_itself[0])[apart] ** 2)


def _centred(treatment: BoolArray) -> FloatArray:
    worn = treatment.astype(np.float64)
    return np.asarray(worn - worn.mean(axis=0) - worn.mean(axis=1, keepdims=True) + worn.mean())


def _squared(profiles: FloatArray) -> FloatArray:
    """Squared correlations of rows already centred."""
    unit = profiles / np.linalg.norm(profiles, axis=1, keepdims=True)
    return np.asarray((unit @ unit.T) ** 2)
