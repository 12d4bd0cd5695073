"""Panels that estimators are asked about: the real one, and small ones whose truth is known."""

import csv
from functools import cache
from pathlib import Path

import numpy as np

from estimators import Panel
from estimators.core.panel import BoolArray, FloatArray, IntArray

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
EFFECT = 3.0
DESIGNS = ("block", "staggered", "on_off")
ANSWER_ON_OFF = ("did", "mc", "dwcp")


def prop99() -> Panel:
    """Per-capita cigarette sales in 39 states, 1970 to 2000; California is treated from 1989."""
    return _example("prop99.csv")


def softdrinks() -> Panel:
    """Sales of 102 stores in 52 weeks; a display switches on and off in every store."""
    return _example("softdrinks.csv")


@cache
def _example(name: str) -> Panel:
    with (EXAMPLES / name).open(encoding="utf-8", newline="") as lines:
        cells = list(csv.DictReader(lines))
    units = tuple(dict.fromkeys(cell["unit"] for cell in cells))
    periods = tuple(sorted({int(cell["time"]) for cell in cells}))
    outcome = np.full((len(units), len(periods)), np.nan)
    treated = np.zeros(outcome.shape, dtype=bool)
    for cell in cells:
        place = units.index(cell["unit"]), periods.index(int(cell["time"]))
        outcome[place] = float(cell["outcome"])
        treated[place] = cell["treated"] == "1"
    return Panel(outcome, treated, units, periods)


def labelled(outcome: FloatArray, treatment: BoolArray) -> Panel:
    """Units u0, u1, …, or u00, u01, …: in the order of labels; periods 0, 1, …."""
    units, periods = outcome.shape
    digits = len(str(units - 1))
    labels = tuple(f"u{i:0{digits}}" for i in range(units))
    return Panel(outcome, treatment, labels, tuple(range(periods)))


def with_outcome(panel: Panel, outcome: FloatArray) -> Panel:
    """The same design over other outcomes."""
    return Panel(outcome, panel.treatment, panel.units, panel.periods)


def treated_as(
    design: str, units: int = 10, periods: int = 16, seed: int = 0, treated: int = 2
) -> BoolArray:
    """(units, periods) a treatment of this pattern; the first units are the treated ones."""
    treatment = np.zeros((units, periods), dtype=bool)
    if design == "block":
        treatment[:treated, periods - 3 :] = True
    elif design == "staggered":
        for i in range(treated):
            treatment[i, periods - 3 - 2 * i :] = True
    else:
        rng = np.random.default_rng(seed)
        treatment = rng.random((units, periods)) < 0.2
        treatment[0] = [t % 3 == 1 for t in range(periods)]
        treatment[-1] = False
        treatment[:, 0] = False
    return treatment


def additive(units: int, periods: int, seed: int = 0) -> FloatArray:
    """(units, periods) unit and period effects, no noise; the first units lie among the others."""
    rng = np.random.default_rng(seed)
    level = rng.uniform(0, 10, units)
    level[: units // 3] = rng.uniform(4, 6, units // 3)
    level[-2:] = 0, 10
    return level[:, None] + rng.normal(0, 2, periods)


def noisy(units: int, periods: int, seed: int = 0, factors: float = 1.0) -> FloatArray:
    """(units, periods) unit and period effects, two factors, and noise of standard deviation ½."""
    rng = np.random.default_rng(seed + 1000)
    loadings, paths = rng.normal(0, 1, (units, 2)), rng.normal(0, 1, (2, periods)).cumsum(axis=1)
    noise = rng.normal(0, 0.5, (units, periods))
    return additive(units, periods, seed) + factors * loadings @ paths + noise


def small(design: str, seed: int = 0, factors: float = 1.0) -> Panel:
    """A noisy 10 × 16 panel with EFFECT in every treated cell."""
    treatment = treated_as(design, seed=seed)
    units, periods = treatment.shape
    return labelled(noisy(units, periods, seed, factors) + EFFECT * treatment, treatment)


def permuted(panel: Panel, units: IntArray | None = None, periods: IntArray | None = None) -> Panel:
    """Rows and columns in another order, labels going with them."""
    rows = np.arange(len(panel.units)) if units is None else np.asarray(units, dtype=np.intp)
    columns = (
        np.arange(len(panel.periods)) if periods is None else np.asarray(periods, dtype=np.intp)
    )
    return Panel(
        panel.outcome[np.ix_(rows, columns)],
        panel.treatment[np.ix_(rows, columns)],
        tuple(panel.units[i] for i in rows),
        tuple(panel.periods[t] for t in columns),
    )


def noise(seed: int, shape: tuple[int, int] = (24, 24), rho: float = 0.0) -> FloatArray:
    """Normal noise with unit variance and correlation rho between neighbouring periods."""
    found = np.random.default_rng(seed).normal(size=shape)
    for t in range(1, shape[1]):
        found[:, t] = rho * found[:, t - 1] + np.sqrt(1 - rho**2) * found[:, t]
    return found


def block(outcome: FloatArray) -> Panel:
    """One treated unit, in the last periods."""
    units, periods = outcome.shape
    return labelled(outcome, treated_as("block", units, periods, treated=1))
