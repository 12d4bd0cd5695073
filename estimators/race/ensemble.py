"""Several estimators as one: a weighted mean of their counterfactuals, weights from a race.

    Ŷ_it(0) = Σ_e w_e Ŷ_it(0; e)        w: minimise Σ_r (Σ_e w_e e_re)² over the simplex

e_re is the error of estimator e in replication r of a race: weights know how large the errors of
each are and how alike those of two. Errors that cancel make the mean better than the best; where
one estimator is far ahead it gets all the weight. Replications that one of them refused are left
out, and so is an estimator that refuses more of them than may be.

Source: combining forecasts with the covariance of their errors is Bates and Granger (1969), with
weights that are positive and sum to one; errors from simulated panels, and combining these
estimators, are ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from estimators.core.errors import UnsupportedDesign
from estimators.core.fit import Estimator, Fit, Tuning
from estimators.core.panel import Panel
from estimators.race.choice import FEWEST
from estimators.race.results import Results
from estimators.race.standings import standings
from estimators.solvers.simplex import simplex_least_squares


@dataclass(frozen=True)
class Ensemble:
    """members: estimators, tuned or not      weights: of each, positive, summing to one"""

    name: ClassVar[str] = "ensemble"
    members: tuple[Estimator, ...]
    weights: tuple[float, ...]
    tuning: Tuning | None = None

    def tune(self, panel: Panel) -> Self:
        """Every member by its own rule; weights stay."""
        return replace(self, members=tuple(one.tune(panel) for one in self.members))

    def problems(self, panel: Panel) -> int:
        """Those of all members."""
        return sum(one.problems(panel) for one in self.members)

    def for_placebos(self, panel: Panel) -> Self:
        """Every member prepared."""
        return replace(self, members=tuple(one.for_placebos(panel) for one in self.members))

    def fit(self, panel: Panel) -> Fit:
        """(N, T), finite where every member's is. Raises what a member raises."""
        fits = [one.fit(panel) for one in self.members]
        parts = [w * one.counterfactual for w, one in zip(self.weights, fits, strict=True)]
        said = ", ".join(
            f"{one.name} {weight:.2f}"
            for one, weight in zip(self.members, self.weights, strict=True)
        )
        left_out = [one.left_out for one in fits if one.left_out is not None]
        return Fit(
            np.sum(parts, axis=0),
            steps=sum(one.steps for one in fits),
            optimality=max(one.optimality for one in fits),
            notes=(f"a weighted mean of {said}", *(note for one in fits for note in one.notes)),
            left_out=np.any(left_out, axis=0) if left_out else None,
        )


def weights_of(results: Results) -> dict[str, float]:
    """By estimator, those of weight zero too. Raises UnsupportedDesign on too few replications."""
    able = np.array([one.eligible for one in standings(results)])
    answered = np.isfinite(results.error[:, able]).all(axis=1) & able.any()
    if answered.sum() < FEWEST:
        raise UnsupportedDesign(
            f"an ensemble needs {FEWEST} replications that its estimators all answer; there are "
            f"{int(answered.sum())}; run more, or use a fixed estimator"
        )
    found = np.zeros(len(able))
    error = results.error[np.ix_(answered, able)]
    found[able] = simplex_least_squares(error, np.zeros(len(error)))[0]
    return dict(zip(results.estimators, map(float, found), strict=True))


def ensemble(results: Results, estimators: Mapping[str, Estimator]) -> Ensemble:
    """Of those that weigh anything, in the order asked. estimators: those of the race"""
    weights = {key: weight for key, weight in weights_of(results).items() if weight > 0}
    return Ensemble(tuple(estimators[key] for key in weights), tuple(weights.values()))
