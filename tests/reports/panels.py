"""The real panels of examples/, and plain arithmetic on them, for the results that tests render."""

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from estimators.core.panel import FloatArray, Panel
from storage.records import StoredVariance

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
T_95 = 2.09  # near enough for twenty to forty degrees of freedom
BAND_95 = 3.1  # and for a band over a dozen periods
Weighting = Callable[[Panel], tuple[FloatArray, FloatArray]]


def read_panel(path: Path, period: Callable[[str], Any] = int) -> Panel:
    """A panel from a long file with columns unit, time, outcome, treated."""
    with path.open(encoding="utf-8", newline="") as lines:
        cells = list(csv.DictReader(lines))
    units = tuple(dict.fromkeys(cell["unit"] for cell in cells))
    periods = tuple(sorted({period(cell["time"]) for cell in cells}))
    outcome = np.full((len(units), len(periods)), np.nan)
    treated = np.zeros(outcome.shape, dtype=bool)
    for cell in cells:
        place = units.index(cell["unit"]), periods.index(period(cell["time"]))
        outcome[place] = float(cell["outcome"])
        treated[place] = cell["treated"] == "1"
    return Panel(outcome, treated, units, periods)


def uniform(panel: Panel) -> tuple[FloatArray, FloatArray]:
    """Equal weights on all control units and all pre-periods."""
    return (
        panel.control_units / panel.control_units.sum(),
        panel.pre_periods / panel.pre_periods.sum(),
    )


def similar(panel: Panel) -> tuple[FloatArray, FloatArray]:
    """More weight on controls that moved alike, and on the last three pre-periods."""
    pre = panel.pre_periods
    paths = panel.outcome[:, pre] - panel.outcome[:, pre].mean(axis=1, keepdims=True)
    distance = np.sqrt(((paths - paths[panel.treated_units].mean(axis=0)) ** 2).mean(axis=1))
    units = np.where(panel.control_units, np.exp(-distance / 3), 0.0)
    units[units < 0.02 * units.max()] = 0.0
    last = np.flatnonzero(pre)[-3:]
    periods = np.zeros(len(panel.periods))
    periods[last] = 1 / 3
    return units / units.sum(), periods


def gaps_of(panel: Panel, weighting: Weighting) -> FloatArray:
    """(N, T) own path minus weighted controls (never itself), centred on weighted pre-periods."""
    gaps = np.empty_like(panel.outcome)
    treated = panel.treated_units
    for i in range(len(panel.units)):
        play = np.zeros_like(panel.treatment)
        play[treated if treated[i] else i] = ~panel.pre_periods
        others = panel.control_units & (np.arange(len(panel.units)) != i)
        weights, periods = weighting(Panel(panel.outcome, play, panel.units, panel.periods))
        weights = np.where(others, weights, 0.0)
        path = panel.outcome[i] - weights @ panel.outcome / weights.sum()
        gaps[i] = path - periods @ path
    return gaps


def by_period(panel: Panel, gaps: FloatArray) -> tuple[Mapping[str, Any], ...]:
    found = []
    for t, period in enumerate(panel.periods):
        cells = panel.treatment[:, t]
        who = cells if cells.any() else panel.treated_units
        effect, observed = float(gaps[who, t].mean()), float(panel.outcome[who, t].mean())
        spread = float(np.std(gaps[~cells, t])) / who.sum() ** 0.5 if cells.any() else None
        found.append({
            "period": period, "treated": int(cells.sum()), "observed": observed,
            "counterfactual": observed - effect, "effect": effect, "standard_error": spread,
            "ci_low": None if spread is None else effect - T_95 * spread,
            "ci_high": None if spread is None else effect + T_95 * spread,
            "band_low": None if spread is None else effect - BAND_95 * spread,
            "band_high": None if spread is None else effect + BAND_95 * spread,
        })  # fmt: skip
    return tuple(found)


def cumulative(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Running sums of these effects by period, as if their errors were independent."""
    found: list[dict[str, Any]] = []
    cells, effect, square = 0, 0.0, 0.0
    for row in rows:
        if row["treated"]:
            cells += row["treated"]
            effect += row["treated"] * row["effect"]
            square += (row["treated"] * row["standard_error"]) ** 2
            error = square**0.5
            found.append({
                "period": row["period"], "treated": cells, "missing": 0, "effect": effect,
                "standard_error": error,
                "ci_low": effect - T_95 * error, "ci_high": effect + T_95 * error,
                "band_low": effect - BAND_95 * error, "band_high": effect + BAND_95 * error,
            })  # fmt: skip
    return found


def impacts(panel: Panel, att: float, variances: Sequence[StoredVariance]) -> list[dict[str, Any]]:
    """Each interval as a total and as a share of what would have been."""
    cells, observed = int(panel.treatment.sum()), float(panel.outcome[panel.treatment].mean())
    names = ("", "_low", "_high")
    return [
        {"kind": one.kind, "level": one.level, "reason": None}
        | {f"total{name}": cells * x for name, x in zip(names, ends, strict=True)}
        | {f"lift{name}": x / (observed - x) for name, x in zip(names, ends, strict=True)}
        for one in variances
        if one.ci_low is not None and one.ci_high is not None
        for ends in [(att, one.ci_low, one.ci_high)]
    ]


BANDS: dict[str, Any] = {
    name: {"level": 0.95, "critical_value": 3.1, "p_value": p_value, "placebos": 38,
           "construction": "all 38 placements of never-treated units; rank 38 of 38"}
    for name, p_value in (("by_period", 0.0256), ("cumulative", 0.0004))
}  # fmt: skip


def two_way(panel: Panel) -> FloatArray:
    """(N, T) unit plus period effects, fitted to untreated cells."""
    seen = np.where(panel.treatment, np.nan, panel.outcome)
    unit, period = np.zeros((len(panel.units), 1)), np.zeros((1, len(panel.periods)))
    for _ in range(50):
        unit = np.nanmean(seen - period, axis=1, keepdims=True)
        period = np.nanmean(seen - unit, axis=0, keepdims=True)
    return unit + period
