"""A panel taken apart, so that panels like it can be drawn; and one drawn.

    Y_it = m + s (F_it + M_it + a_i b_t u_it) + τ_it W_it      u_i ~ N(0, Σ), independent over units

F are two-way effects, M is a low-rank part, both kept; noise u, treatment W and effects τ are drawn
anew in every replication from [seed, number, which of the three], so that no replication depends on
another, and the same noise meets every assignment and effect. Where the panel has no outcome, drawn
ones have none either, but for its treated cells, of which nothing is known here.

How a panel is taken apart is said in recipes.py.

Source: Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), section 3; Athey, Imbens, Qu and
Viviano (2025), section 3.1.
"""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from estimators.core.panel import BoolArray, FloatArray, Panel
from estimators.race.assignments import Assignment, Source, treatment_drawn
from estimators.race.effects import Effect, effects_drawn
from estimators.race.propensity import Policies, policies_behind, propensity

Part = Literal["two_way", "interactive", "noise", "correlation"]
SILENT = 1e-12  # what is left of noise that is taken out: it must have a Cholesky factor


@dataclass(frozen=True, eq=False)
class Simulation:
    """What panels are drawn from, in standard deviations of the outcome.

    two_way, interactive: (N, T) F and M      covariance: (T, T) Σ
    unit_scale, period_scale: (N,) and (T,) a and b
    persistence: coefficients of the autoregression behind Σ      rank: of what was fitted
    scores: (N, r) what the assignment may depend on: left singular vectors × √N
    treatment: (N, T) the panel's own      policy: (N,) who is, or was, treated
    missing: (N, T) untreated and not observed
    centre, scale: m and s, in the outcome's measure      recipe: how it was taken apart
    covariates: (N, T, K), drawn panels have the same
    """

    two_way: FloatArray
    interactive: FloatArray
    covariance: FloatArray
    unit_scale: FloatArray
    period_scale: FloatArray
    persistence: tuple[float, ...]
    rank: int
    scores: FloatArray
    treatment: BoolArray
    policy: BoolArray
    missing: BoolArray
    centre: float
    scale: float
    recipe: str
    units: tuple[Hashable, ...]
    periods: tuple[Hashable, ...]
    covariates: FloatArray | None = None
    covariate_names: tuple[str, ...] = ()

    @cached_property
    def spread(self) -> FloatArray:
        """(T, T) Cholesky factor of Σ."""
        return np.asarray(np.linalg.cholesky(self.covariance))

    @cached_property
    def propensity(self) -> FloatArray:
        """(N,) probability of treatment given the factors."""
        return propensity(self.scores, self.policy)

    @cached_property
    def policies(self) -> Policies | None:
        """What the panel's own treatment says of its policy; of all or of none it says nothing."""
        treated = np.asarray(self.treatment.any(axis=1))
        if treated.all() or not treated.any():
            return None
        return policies_behind(self.scores, treated)

    @property
    def noise(self) -> float:
        """Standard deviation of an error, on average over cells, in those of the outcome."""
        scales = np.mean(self.unit_scale**2) * np.mean(self.period_scale**2)
        return float(np.sqrt(np.mean(np.diag(self.covariance)) * scales))

    def with_panel(
        self, missing: BoolArray, covariates: FloatArray | None, names: tuple[str, ...]
    ) -> "Simulation":
        """The same for a panel with gaps and covariates."""
        return replace(self, missing=missing, covariates=covariates, covariate_names=names)

    def source(self, assignment: Assignment) -> Source:
        """What an assignment is drawn from."""
        return Source(
            self.treatment,
            self.propensity if assignment.how == "logistic" else None,
            self.policies if assignment.how == "own" else None,
            self.periods,
        )


@dataclass(frozen=True, eq=False)
class Drawn:
    """A simulated panel, and the effect in it: the mean over its treated cells that are observed,
    in the outcome's measure; nan where there are none."""

    panel: Panel
    effect: float


def drawn(
    simulation: Simulation, assignment: Assignment, effect: Effect, seed: int, number: int
) -> Drawn:
    """One replication. The same arguments give the same bits.

    number: 0, 1, …      Raises UnsupportedDesign for an assignment that this panel cannot have.
    """
    noise, who, what = (np.random.default_rng([seed, number, which]) for which in range(3))
    shape = simulation.two_way.shape
    u = noise.standard_normal(shape) @ simulation.spread.T
    u *= simulation.unit_scale[:, None] * simulation.period_scale
    treatment = treatment_drawn(simulation.source(assignment), assignment, who)
    effects = effects_drawn(effect, shape, what) * (simulation.scale * simulation.noise)
    systematic = simulation.two_way + simulation.interactive
    outcome = simulation.centre + simulation.scale * (systematic + u)
    outcome = np.where(treatment, outcome + effects, outcome)
    outcome[simulation.missing] = np.nan
    scored = treatment & ~simulation.missing
    panel = Panel(
        outcome,
        treatment,
        simulation.units,
        simulation.periods,
        simulation.covariates,
        simulation.covariate_names,
    )
    return Drawn(panel, float(effects[scored].mean()) if scored.any() else float(np.nan))


def without(simulation: Simulation, *parts: Part) -> Simulation:
    """The same with some of its parts taken out."""
    covariance = simulation.covariance
    if "correlation" in parts:
        covariance = np.diag(np.diag(covariance))
    if "noise" in parts:
        covariance = SILENT**2 * covariance
    return replace(
        simulation,
        two_way=simulation.two_way * ("two_way" not in parts),
        interactive=simulation.interactive * ("interactive" not in parts),
        covariance=covariance,
    )
