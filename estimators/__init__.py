"""Arrays in, arrays out: the catalogue of estimators and variances.

    panel = Panel(outcome, treatment, units, periods)
    evaluate(panel, ESTIMATORS["sdid"], VARIANCES["given_both"])

STANDARD_VARIANCES are the kinds of every study that does not ask otherwise; VARIANCES are all.

The same input gives the same output, bit for bit on one machine.
"""

from estimators.core.designs import Dropped, comparable
from estimators.core.effect import att, effects_by, effects_by_period
from estimators.core.errors import EstimationError, InvalidPanel, NotConverged, UnsupportedDesign
from estimators.core.fit import (
    Estimate,
    Estimator,
    Fit,
    GroupEffect,
    Inference,
    PeriodEffect,
    Refusal,
    Tuning,
    Variance,
    Weights,
)
from estimators.core.impact import Band, CumulativeEffect, Impact
from estimators.core.panel import Panel
from estimators.demeaned_synthetic_control import DemeanedSyntheticControl
from estimators.difference_in_differences import DifferenceInDifferences
from estimators.doubly_weighted import DoublyWeighted
from estimators.matrix_completion import MatrixCompletion
from estimators.synthetic_control import SyntheticControl
from estimators.synthetic_did import SyntheticDifferenceInDifferences
from estimators.variance.bootstrap import BootstrapVariance
from estimators.variance.conformal import ConformalTest
from estimators.variance.design_based import DesignBasedVariance
from estimators.variance.evaluate import evaluate
from estimators.variance.jackknife import JackknifeVariance
from estimators.variance.kinds import (
    AdaptiveVariance,
    GivenBothVariance,
    GivenPeriodVariance,
    GivenUnitVariance,
    InferenceKind,
    MarginalVariance,
    VarianceKind,
)
from estimators.variance.permutation import PermutationRank

_estimators: tuple[Estimator, ...] = (
    DifferenceInDifferences(),
    SyntheticControl(),
    DemeanedSyntheticControl(),
    MatrixCompletion(),
    SyntheticDifferenceInDifferences(),
    DoublyWeighted(),
)
_standard: tuple[VarianceKind, ...] = (
    MarginalVariance(),
    GivenUnitVariance(),
    GivenPeriodVariance(),
    GivenBothVariance(),
    AdaptiveVariance(),
)
_others: tuple[InferenceKind, ...] = (
    DesignBasedVariance(),
    BootstrapVariance(),
    JackknifeVariance(),
    ConformalTest(),
    PermutationRank(),
)

ESTIMATORS: dict[str, Estimator] = {estimator.name: estimator for estimator in _estimators}
STANDARD_VARIANCES: dict[str, VarianceKind] = {kind.kind: kind for kind in _standard}
VARIANCES: dict[str, InferenceKind] = {kind.kind: kind for kind in (*_standard, *_others)}

__all__ = [
    "ESTIMATORS",
    "STANDARD_VARIANCES",
    "VARIANCES",
    "Band",
    "CumulativeEffect",
    "Dropped",
    "Estimate",
    "EstimationError",
    "Estimator",
    "Fit",
    "GroupEffect",
    "Impact",
    "Inference",
    "InferenceKind",
    "InvalidPanel",
    "NotConverged",
    "Panel",
    "PeriodEffect",
    "Refusal",
    "Tuning",
    "UnsupportedDesign",
    "Variance",
    "VarianceKind",
    "Weights",
    "att",
    "comparable",
    "effects_by",
    "effects_by_period",
    "evaluate",
]
