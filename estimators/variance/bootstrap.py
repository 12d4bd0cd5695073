"""Bootstrap variance: units are drawn again, whole rows with replacement, and all is refitted.

    V = mean of (τ̂ᵇ − mean τ̂)² over B draws of N units      interval  τ̂ ± z √V

A draw without a treated unit, or without one to compare with, is discarded and drawn again, and
settings stay as they were tuned. It says what another sample of units would have given: marginal
over units, the periods held fixed. With one treated unit every draw has the same one, or copies of
it, and V misses its noise: refused. With few of them it is too small.

Source: Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), Algorithm 2, for SDID; normal
critical values as there. That the other estimators are drawn and refitted likewise is ours. Where
treatment comes in cohorts, a draw has those that it happens to contain; with other cohorts than the
panel, ζ is the average one, as in placebos.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from estimators.core.designs import pattern
from estimators.core.draws import by_label
from estimators.core.effect import att
from estimators.core.errors import UnsupportedDesign
from estimators.core.fit import Inference, Variance
from estimators.core.panel import FloatArray, IntArray, Panel
from estimators.core.parallel import anywhere
from estimators.variance.inference import infer
from estimators.variance.placebos import Placebos

ATTEMPTS = 5  # draws at most, for each that is wanted
ROUNDING = 1e-10  # of the outcome's spread: effects that differ by less are the same
STREAM = 2  # of this seed: no draw is shared with a pool of placebos


@dataclass(frozen=True)
class BootstrapVariance:
    """Units drawn again; for two treated units or more."""

    kind: ClassVar[str] = "bootstrap"

    def estimate(self, placebos: Placebos) -> Variance:
        """V; raises UnsupportedDesign for one treated unit, or too few draws that can be fitted."""
        panel = placebos.panel
        require_several(panel, self.kind)
        found, drawn = _draws(placebos)
        if len(found) < placebos.draws:
            raise UnsupportedDesign(
                f"{self.kind}: {len(found)} of {drawn} resamples of units can be fitted, of "
                f"{placebos.draws} wanted; treat and observe more units, or read another kind"
            )
        value = float(np.mean((found - found.mean()) ** 2))
        if not value > (ROUNDING * float(np.nanstd(panel.outcome))) ** 2:
            raise UnsupportedDesign(
                f"{self.kind}: all {len(found)} resamples of units give the same effect, which "
                f"says nothing about noise"
            )
        text = f"{len(found)} resamples of {len(panel.units)} units with replacement"
        if drawn > len(found):
            text += f" ({drawn - len(found)} more could not be fitted)"
        return Variance(self.kind, value, np.inf, len(found), text)

    def infer(self, effect: float, placebos: Placebos, level: float) -> Inference:
        """The normal interval of V."""
        return infer(effect, self.estimate(placebos), level)


def require_several(panel: Panel, kind: str) -> None:
    """Raise UnsupportedDesign with fewer than two treated units."""
    treated = int(panel.treated_units.sum())
    if treated < 2:
        (unit,) = (panel.units[i] for i in np.flatnonzero(panel.treated_units))
        raise UnsupportedDesign(
            f"{kind} needs 2 treated units; there is {treated} ({unit}), whose own noise no draw "
            f"of units shows; read a kind that rests on placebos"
        )


def _draws(placebos: Placebos) -> tuple[FloatArray, int]:
    """(B,) effects in the first B resamples that can be fitted, and how many were drawn."""
    ordered = by_label(placebos.panel.units)  # lots are drawn over labels
    rng = np.random.default_rng([placebos.seed, STREAM])
    found: list[float] = []
    drawn = 0
    while len(found) < placebos.draws and drawn < ATTEMPTS * placebos.draws:
        missing = placebos.draws - len(found)
        rows = ordered[rng.integers(len(ordered), size=(missing, len(ordered)))]
        effects = anywhere(lambda units: _effect(placebos, units), rows)
        found += [effect for effect in effects if np.isfinite(effect)]
        drawn += missing
    return np.array(found), drawn


def _effect(placebos: Placebos, units: IntArray) -> float:
    """The effect in one resample; nan when it cannot be fitted."""
    panel = placebos.panel
    treated = panel.treated_units[units]
    if not treated.any() or (treated.all() and pattern(panel) != "on_off"):
        return np.nan
    drawn = resampled(panel, units)
    try:
        return att(drawn, placebos.estimator.fit(drawn))
    except UnsupportedDesign:
        return np.nan


def resampled(panel: Panel, units: IntArray) -> Panel:
    """These units in this order, as often as they come; labels say which copy each is."""
    return replace(
        panel,
        outcome=panel.outcome[units],
        treatment=panel.treatment[units],
        units=tuple((panel.units[i], copy) for copy, i in enumerate(units.tolist())),
        covariates=None if panel.covariates is None else panel.covariates[units],
    )
