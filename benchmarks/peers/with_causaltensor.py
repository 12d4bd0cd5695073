"""causaltensor: panel estimators on arrays.

Its matrix completion halves the squared loss, so that its penalty is half of ours. Its
cross-validation has folds, a grid and a stopping rule of its own: time can be compared, λ cannot.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from causaltensor.cauest.DID import DIDPanelSolver
from causaltensor.cauest.MCNNM import MCNNMPanelSolver
from causaltensor.cauest.OLSSyntheticControl import OLSSCPanelSolver
from causaltensor.cauest.SDID import SDIDPanelSolver

from benchmarks.measuring.panels import Block
from benchmarks.peers.answers import Adapter, Answer

Asked = tuple[Callable[[], Any], Callable[[Any], Answer]]
warnings.simplefilter("ignore")


def did(block: Block) -> Asked:
    """Two-way regression by alternating means."""
    treatment = block.treatment.astype(float)
    return lambda: DIDPanelSolver(treatment).fit(block.outcome), _effect


def sc(block: Block) -> Asked:
    """Simplex weights by sequential quadratic programming."""
    outcome, treatment = block.outcome.T, block.treatment.T.astype(float)
    return (
        lambda: OLSSCPanelSolver(outcome, treatment).fit(),
        lambda found: Answer(float(found.tau), np.asarray(found.beta[0], float)),
    )


def sdid(block: Block) -> Asked:
    """By cvxpy; its ζ has n in the denominator of the noise, ours n − 1 as the R code."""
    treatment = block.treatment.astype(float)
    return lambda: SDIDPanelSolver(Z=treatment, O=block.outcome).fit(), _effect


def mc(block: Block) -> Asked:
    """At the λ all programs get."""
    treatment, penalty = block.treatment.astype(float), block.penalty / 2

    def read(found: Any) -> Answer:
        effects = (found.row_fixed_effects.ravel(), found.column_fixed_effects.ravel())
        surface = effects[0][:, None] + effects[1] + found.M
        wanted = surface[block.treatment]
        att = float((block.outcome[block.treatment] - wanted).mean())
        return Answer(att, fits=((*effects, found.M),), counterfactual=wanted)

    return (
        lambda: MCNNMPanelSolver(Z=treatment).solve_with_regularizer(O=block.outcome, l=penalty),
        read,
    )


def mc_cv(block: Block) -> Asked:
    """Two folds and five λ, its defaults."""
    treatment = block.treatment.astype(float)
    return (
        lambda: MCNNMPanelSolver(Z=treatment).solve_with_cross_validation(
            O=block.outcome, list_l=[]
        ),
        _effect,
    )


def _effect(found: Any) -> Answer:
    return Answer(float(np.ravel(found.tau)[0]))


ADAPTERS: dict[str, Adapter] = {"did": did, "sc": sc, "sdid": sdid, "mc": mc, "mc_cv": mc_cv}
