"""What is left of the outcome when units and periods are taken out, and how long it lasts.

    e_it = Y_it − α̂_i − β̂_t                     least squares over usable cells

Serial correlation is one ρ for the panel, e_it on e_i,t−1 over neighbours that are both usable:

    ρ̂ = Σ e_it e_i,t−1 / Σ e²_i,t−1              ρ = ρ̂ + (1 + ρ̂) / T̄

Taking out means biases ρ̂ by −(1 + ρ) / T to first order (Nickell 1981), which the second formula
undoes (Hahn and Kuersteiner 2002); T̄ is the mean number of usable cells of a unit. Without any
serial correlation e_it and e_i,t−1 still correlate by r_i = −1/(T_i − 1), which is the null:

    z = Σ_i ψ_i / √Σ_i ψ_i²      ψ_i = Σ_t e_i,t−1 (e_it − r_i e_i,t−1)      p from the normal

Each unit is one draw in z, so that neither uneven noise nor heavy tails matter; a shock shared by
units in different measure does: it lets units agree, and p is then too small.

*Innovations* are what is new in each period, centred by medians of units and of periods in turn,
so that one wild cell moves no other:

    u_it = e_it − ρ e_i,t−1      then twice u −= median over t, u −= median over i

Source: Nickell (1981); Hahn and Kuersteiner (2002); the test for fixed effects is Wooldridge's
(2010, section 10.5.4), pooled and clustered by unit as in Born and Breitung (2016); medians in turn
are Tukey's (1977) median polish. The combination is this project's own.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from estimators.core.errors import UnsupportedDesign
from estimators.core.panel import BoolArray, FloatArray, Panel
from estimators.solvers.two_way import TwoWay

LEAST = 5  # innovations a unit or a period must have to be compared with others
LARGEST = 0.99  # ρ beyond which differences are taken as good as whole
SWEEPS = 2


@dataclass(frozen=True)
class SerialCorrelation:
    """ρ of the residuals, corrected for bias, and z and p of the test that there is none."""

    rho: float
    statistic: float
    p_value: float


def two_way_residuals(panel: Panel) -> FloatArray:
    """e above, (N, T); nan in cells that are not usable."""
    known = np.where(panel.usable, panel.outcome, 0.0)
    level = float(known.sum() / panel.usable.sum())
    alpha, beta = TwoWay(panel.usable).fit(known, level)
    left = known - level - alpha[:, None] - beta[None, :]
    return np.where(panel.usable, left, np.nan)


def serial_correlation(residuals: FloatArray) -> SerialCorrelation:
    """ρ and its test from residuals e (N, T), nan where there are none.

    Raises UnsupportedDesign when fewer than five units have neighbouring cells, or nothing is left
    to correlate.
    """
    there = np.isfinite(residuals)
    both = there[:, 1:] & there[:, :-1]
    before = np.where(both, residuals[:, :-1], 0.0)
    now = np.where(both, residuals[:, 1:], 0.0)
    count = there.sum(axis=1)
    squares = (before**2).sum(axis=1)
    units = int(both.any(axis=1).sum())
    if units < LEAST or not squares.sum() > 0:
        raise UnsupportedDesign(
            f"serial correlation needs {LEAST} units with untreated cells in neighbouring periods "
            f"and some noise in them; {units} have such cells"
        )
    products = (now * before).sum(axis=1)
    raw = float(products.sum() / squares.sum())
    rho = raw + (1 + raw) / float(count[both.any(axis=1)].mean())
    psi = products + squares / np.maximum(count - 1, 1)
    spread = float(np.sqrt((psi**2).sum()))
    statistic = float(psi.sum()) / spread if spread > 0 else 0.0
    return SerialCorrelation(min(rho, LARGEST), statistic, float(2 * ndtr(-abs(statistic))))


def innovations(residuals: FloatArray, rho: float) -> FloatArray:
    """u above, (N, T); nan where a cell or the one before it is missing.

    Units and periods with fewer than five innovations have none. Raises UnsupportedDesign when
    fewer than five units or periods are left.
    """
    new = np.full(residuals.shape, np.nan)
    new[:, 1:] = residuals[:, 1:] - rho * residuals[:, :-1]
    rows, columns = _compared(np.isfinite(new))
    if min(rows.sum(), columns.sum()) < LEAST:
        raise UnsupportedDesign(
            f"comparing noise needs {LEAST} units and {LEAST} periods with {LEAST} untreated cells "
            f"each that follow an untreated one; of {len(rows)} units and {len(columns)} periods "
            f"{int(rows.sum())} and {int(columns.sum())} are left"
        )
    inside = np.ix_(rows, columns)
    kept = new[inside]
    for _ in range(SWEEPS):
        kept = kept - np.nanmedian(kept, axis=1, keepdims=True)
        kept = kept - np.nanmedian(kept, axis=0, keepdims=True)
    found = np.full(residuals.shape, np.nan)
    found[inside] = kept
    return found


def _compared(there: BoolArray) -> tuple[BoolArray, BoolArray]:
    """(N,), (T,) true for units and periods with enough cells in the periods and units kept."""
    rows, columns = np.ones(there.shape[0], np.bool_), np.ones(there.shape[1], np.bool_)
    while True:
        enough = there[:, columns].sum(axis=1) >= LEAST
        kept = there[enough].sum(axis=0) >= LEAST
        if (enough == rows).all() and (kept == columns).all():
            return rows, columns
        rows, columns = np.asarray(enough), np.asarray(kept)
