"""Small panels of every design, with effects that are known cell by cell, and cells missing."""

import numpy as np

from estimators import Panel
from estimators.core.panel import BoolArray, FloatArray
from tests.estimators.panels import additive, labelled

UNITS, PERIODS = 12, 14
SINGLE_RUNS = ("single cell", "block", "ended block", "staggered")
PATTERNS = (*SINGLE_RUNS, "on/off")
MISSING = ("nothing", "treated cells", "donor cells", "a tenth")


def treated_in(pattern: str) -> BoolArray:
    """(UNITS, PERIODS); the first four units at most are treated, on/off all but two."""
    treatment = np.zeros((UNITS, PERIODS), dtype=bool)
    if pattern == "single cell":
        treatment[0, -1] = True
    elif pattern == "block":
        treatment[:4, 10:] = True
    elif pattern == "ended block":
        treatment[:3, 9:12] = True
    elif pattern == "staggered":
        treatment[:2, 8:] = treatment[2, 10:] = treatment[3, 11:] = True
    else:
        treatment = np.random.default_rng(3).random(treatment.shape) < 0.25
        treatment[-2:] = False
    return treatment


def effects_of(treatment: BoolArray) -> FloatArray:
    """Growing with time since the panel began, and different in every unit; zero elsewhere."""
    unit, period = np.indices(treatment.shape)
    return np.where(treatment, 1.0 - 0.7 * unit + 0.3 * period, 0.0)


def hidden(treatment: BoolArray, missing: str) -> BoolArray:
    """Cells not observed."""
    draw = np.random.default_rng(11).random(treatment.shape)
    never = np.asarray(~treatment.any(axis=1))[:, None]
    cells = {
        "nothing": np.zeros(treatment.shape, dtype=bool),
        "treated cells": treatment & (draw < 0.4),
        "donor cells": never & (draw < 0.1),
        "a tenth": draw < 0.1,
    }[missing]
    if not (treatment & ~cells).any():
        cells &= ~treatment
    return np.asarray(cells)


def world(pattern: str, missing: str = "nothing", untreated: FloatArray | None = None) -> Panel:
    """Known effects on top of untreated outcomes: additive ones without noise, if none is given."""
    treatment = treated_in(pattern)
    plain = additive(UNITS, PERIODS) if untreated is None else untreated
    outcome = plain + effects_of(treatment)
    return labelled(np.where(hidden(treatment, missing), np.nan, outcome), treatment)


def true_att(panel: Panel) -> float:
    """Of the cells that are observed."""
    return float(effects_of(panel.treatment)[panel.treatment & panel.observed].mean())


def factors(seed: int = 0) -> FloatArray:
    """Unit and period effects and a factor; the first four paths are mixtures of the last four."""
    rng = np.random.default_rng(seed)
    loadings, levels = rng.normal(0, 1, UNITS), rng.normal(0, 3, UNITS)
    path = rng.normal(0, 1, PERIODS).cumsum()
    plain = levels[:, None] + np.outer(loadings, path)
    plain[:4] = rng.dirichlet(np.ones(4), 4) @ plain[-4:]
    return plain + rng.normal(0, 2, PERIODS)
