"""Panels simulated from a real one, as the papers on SDID and TROP simulate theirs.

The real outcome, N × T, with overall mean 0 and standard deviation 1 (ddof 0), is taken apart:

    Y = F + M + E      F + M: the first four singular triples of Y
    F_it = row mean + column mean − mean of F + M        (two-way effects)

and drawn again: F + M stay, rows of errors are independent N(0, Σ). Σ has the correlations of the
AR(2) process fitted to E over all units, without intercept, and the Frobenius norm of EᵀE/N.
Units are drawn for treatment one by one with probability π_i, from a logistic regression of who
really had the policy on the four left singular vectors; of more than `most` a random `most` are
kept, and if there is none, one is chosen from all. They are treated in the last periods, to no
effect: what an estimator finds is its error.

Source: Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), section 3; Athey, Imbens, Qu and
Viviano (2025), section 3.1.
"""

import csv
import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from estimators import Panel
from estimators.core.panel import BoolArray, FloatArray
from tests.estimators.panels import labelled

RANK = 4
ROOT = Path(__file__).resolve().parents[3]
# Read, never committed: beside the checkout, or where SHARED_DATA says.
SHARED_DATA = Path(os.environ.get("SHARED_DATA", ROOT.parent / "shared" / "data"))
CPS = SHARED_DATA / "cps_logwage.csv"


@dataclass(frozen=True, eq=False)
class Simulation:
    """two_way, interactive: (N, T) F and M; covariance: (T, T) Σ; propensity: (N,) π;
    persistence: the coefficients of the AR(2) process"""

    two_way: FloatArray
    interactive: FloatArray
    covariance: FloatArray
    propensity: FloatArray
    persistence: tuple[float, float]

    @property
    def noise(self) -> float:
        """Standard deviation of one error."""
        return float(np.sqrt(self.covariance[0, 0]))

    def draw(
        self,
        rng: np.random.Generator,
        *,
        most: int = 10,
        treated_periods: int = 10,
        at_random: bool = False,
    ) -> Panel:
        """Without an effect; `at_random`: exactly `most` units, each as likely as any other."""
        n, t = self.two_way.shape
        spread = np.linalg.cholesky(self.covariance)
        outcome = self.two_way + self.interactive + rng.standard_normal((n, t)) @ spread.T
        drawn = np.arange(n) if at_random else np.flatnonzero(rng.random(n) < self.propensity)
        if not len(drawn):
            drawn = rng.choice(n, size=1)
        treatment = np.zeros((n, t), dtype=bool)
        treatment[rng.permutation(drawn)[:most], t - treated_periods :] = True
        return labelled(outcome, treatment)


def simulation(outcome: FloatArray, policy: BoolArray) -> Simulation:
    """outcome: (N, T) of any scale; policy: (N,) which units really had it."""
    standard = (outcome - outcome.mean()) / outcome.std()
    left, values, right = np.linalg.svd(standard, full_matrices=False)
    systematic = (left[:, :RANK] * values[:RANK]) @ right[:RANK]
    error = standard - systematic
    two_way = systematic.mean(1)[:, None] + systematic.mean(0) - systematic.mean()
    persistence = _persistence(error)
    correlation = _correlation(persistence, outcome.shape[1])
    size = np.linalg.norm(error.T @ error / len(error)) / np.linalg.norm(correlation)
    propensity = _propensity(left[:, :RANK] * np.sqrt(len(error)), policy)
    return Simulation(
        two_way, systematic - two_way, size * correlation, propensity, persistence
    )  # fmt: skip


def without(simulation: Simulation, *parts: str) -> Simulation:
    """The same with some of "two_way", "interactive", "noise", "correlation" taken out."""
    covariance = simulation.covariance
    if "correlation" in parts:
        covariance = np.diag(np.diag(covariance))
    if "noise" in parts:
        covariance = 1e-24 * covariance  # it must have a Cholesky factor
    return replace(
        simulation,
        two_way=simulation.two_way * ("two_way" not in parts),
        interactive=simulation.interactive * ("interactive" not in parts),
        covariance=covariance,
    )


def cps_log_wage(policy: str) -> tuple[FloatArray, BoolArray]:
    """(50, 40) log wages by state, 1979 to 2018, and (50,) which states ever had the policy."""
    with CPS.open(encoding="utf-8", newline="") as lines:
        cells = list(csv.DictReader(lines))
    units = sorted({cell["unit"] for cell in cells})
    periods = sorted({cell["time"] for cell in cells})
    outcome = np.full((len(units), len(periods)), np.nan)
    had = np.zeros(len(units), dtype=bool)
    for cell in cells:
        unit = units.index(cell["unit"])
        outcome[unit, periods.index(cell["time"])] = float(cell["outcome"])
        had[unit] |= cell[policy] == "1"
    return outcome, had


def _persistence(error: FloatArray) -> tuple[float, float]:
    lags = np.stack([error[:, 1:-1].ravel(), error[:, :-2].ravel()], axis=1)
    first, second = np.linalg.lstsq(lags, error[:, 2:].ravel(), rcond=None)[0]
    return float(first), float(second)


def _correlation(persistence: tuple[float, float], periods: int) -> FloatArray:
    first, second = persistence
    by_lag = [1.0, first / (1 - second)]
    while len(by_lag) < periods:
        by_lag.append(first * by_lag[-1] + second * by_lag[-2])
    apart = np.abs(np.subtract.outer(np.arange(periods), np.arange(periods)))
    return np.array(by_lag)[apart]


def _propensity(scores: FloatArray, policy: BoolArray) -> FloatArray:
    """Logistic regression with intercept and without penalty, by Newton's method."""
    X = np.column_stack([np.ones(len(scores)), scores])
    coefficients = np.zeros(X.shape[1])
    step = np.ones(X.shape[1])
    while np.abs(step).max() > 1e-10:
        fitted = 1 / (1 + np.exp(-X @ coefficients))
        step = np.linalg.solve((X.T * (fitted * (1 - fitted))) @ X, X.T @ (policy - fitted))
        coefficients += step
    return np.asarray(1 / (1 + np.exp(-X @ coefficients)))
