"""Several estimators as one: a weighted mean of their counterfactuals, weights from a race.

    Ŷ_it(0) = Σ_e w_e Ŷ_it(0; e)        w: minimise Σ_r (Σ_e w_e e_re)² over the simplex

e_re is the error of estimator e in replication r of a race: weights know how large the errors of
each are and how alike those of two. Errors that cancel make the mean better than the best; where
one estimator is far ahead it gets all the weight. Replications that one of them refused are left
out, and so is an estimator that refuses more of them than may be. Weights below LEAST are dropped,
and the others found again: who has next to none would only cost time.

What errs least on the replications that found its weights looks better than it is. `combined` says
what it is worth on others: each fifth of the replications is judged by weights of the rest.

Source: combining forecasts with the covariance of their errors is Bates and Granger (1969), with
weights that are positive and sum to one; errors from simulated panels, and combining these
estimators, are ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import numpy as np

from estimators.core.errors import UnsupportedDesign
from estimators.core.fit import Estimator, Fit, Tuning
from estimators.core.panel import BoolArray, FloatArray, Panel
from estimators.race.choice import ENSEMBLE, FEWEST, Choice
from estimators.race.results import Results
from estimators.race.standings import best_of, relative, standings
from estimators.solvers.simplex import simplex_least_squares

LEAST = 0.01
FOLDS = 5


@dataclass(frozen=True)
class Ensemble:
    """members: estimators, tuned or not; on a study's panel each as it answers for itself there
    weights: of each, positive, summing to one      estimators: the names of the members
    """

    name: ClassVar[str] = ENSEMBLE
    members: tuple[Estimator, ...] = field(compare=False)
    weights: tuple[float, ...]
    tuning: Tuning | None = field(default=None, compare=False)
    estimators: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "estimators", tuple(one.name for one in self.members))

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
    able, answered = _comparable(results)
    if answered.sum() < FEWEST:
        raise UnsupportedDesign(
            f"an ensemble needs {FEWEST} replications that its estimators all answer; there are "
            f"{int(answered.sum())}; run more, or use a fixed estimator"
        )
    found = np.zeros(len(able))
    found[able] = _weights(results.error[np.ix_(answered, able)])
    return dict(zip(results.estimators, map(float, found), strict=True))


def ensemble(weights: Mapping[str, float], estimators: Mapping[str, Estimator]) -> Ensemble:
    """Of those that weigh anything, in the order given. estimators: those of the race"""
    some = {key: weight for key, weight in weights.items() if weight > 0}
    return Ensemble(tuple(estimators[key] for key in some), tuple(some.values()))


def combined(results: Results) -> Choice:
    """What the rule `ensemble` takes: a weighted mean; one estimator, where that has all weight.

    Raises UnsupportedDesign on too few replications.
    """
    weights = {key: weight for key, weight in weights_of(results).items() if weight > 0}
    best = best_of(results)
    assert best is not None
    known = f"errors over {int(_comparable(results)[1].sum())} replications"
    if len(weights) == 1:
        (only,) = weights
        return Choice(only, ENSEMBLE, f"{only}: all the weight, by {known}")
    shares = ", ".join(
        f"{key} {weight:.2f}" for key, weight in sorted(weights.items(), key=lambda one: -one[1])
    )
    judged = relative(_with_itself(results), len(results.estimators), best)
    assert judged is not None
    error = "" if judged.error is None else f" ± {judged.error:.3f}"
    why = (
        f"a weighted mean of {shares}, by {known}; by weights of other replications than those it "
        f"is judged on, its RMSE is {judged.value:.3f}{error} times that of "
        f"{results.estimators[best]}, the least of one estimator alone"
    )
    return Choice(ENSEMBLE, ENSEMBLE, why, weights=weights)


def _comparable(results: Results) -> tuple[BoolArray, BoolArray]:
    """Which estimators answered enough, and which replications all of those answered."""
    able = np.array([one.eligible for one in standings(results)])
    return able, np.asarray(np.isfinite(results.error[:, able]).all(axis=1) & able.any())


def _weights(error: FloatArray) -> FloatArray:
    """On the simplex, none of them below LEAST but zero. error: (R, E)"""
    kept = np.ones(error.shape[1], dtype=np.bool_)
    while True:
        found = np.zeros(len(kept))
        found[kept] = simplex_least_squares(error[:, kept], np.zeros(len(error)))[0]
        if np.array_equal(found >= LEAST, kept):
            return found
        kept = found >= LEAST


def _with_itself(results: Results) -> Results:
    """The results, and after them an ensemble with weights of other replications."""
    able, answered = _comparable(results)
    places = np.flatnonzero(answered)
    error = results.error[np.ix_(answered, able)]
    own = np.full(len(results.error), np.nan)
    fold = np.arange(len(places)) % FOLDS
    for one in range(FOLDS):
        own[places[fold == one]] = error[fold == one] @ _weights(error[fold != one])
    return replace(
        results,
        estimators=(*results.estimators, ENSEMBLE),
        error=np.column_stack([results.error, own]),
    )
