"""trop: the estimators of Athey, Imbens, Qu and Viviano (2025), by cvxpy.

TROP_TWFE_average has one fit for the treated block, around its middle. With λ_time = 0 and one
treated unit every treated cell has the same weights, and the fit is the published one per cell.
SC, DIFP and TROP return the effect alone.
"""

import warnings
from collections.abc import Callable
from typing import Any

from trop import DID_TWFE, DIFP_TWFE, SC_TWFE, SDID_TWFE, SDID_weights, TROP_TWFE_average

from benchmarks.measuring.panels import Block
from benchmarks.peers.answers import TRIPLES, Adapter, Answer

Asked = tuple[Callable[[], Any], Callable[[Any], Answer]]
warnings.simplefilter("ignore")


def did(block: Block) -> Asked:
    """Two-way regression."""
    treatment = block.treatment.astype(float)
    return lambda: DID_TWFE(block.outcome, treatment), lambda found: Answer(float(found))


def sc(block: Block) -> Asked:
    """Simplex weights."""
    return _block(SC_TWFE, block)


def difp(block: Block) -> Asked:
    """Simplex weights and a constant."""
    return _block(DIFP_TWFE, block)


def sdid(block: Block) -> Asked:
    """Its ζ has the standard deviation with n in the denominator, ours n − 1 as the R code."""
    call, _ = _block(SDID_TWFE, block)
    treated, after = _treated(block)

    def read(found: Any) -> Answer:
        units, periods = SDID_weights(block.outcome, treated, after)
        return Answer(float(found), units[: -block.treated], periods[: block.start])

    return call, read


def dwcp_level(block: Block) -> Asked:
    """The weighted problem with factors."""
    lambda_time, lambda_unit, lambda_nn = TRIPLES["dwcp_level"]
    call, read = _block(
        TROP_TWFE_average, block.standardised,
        lambda_unit=lambda_unit, lambda_time=lambda_time, lambda_nn=lambda_nn,
    )  # fmt: skip
    return call, read


def _block(function: Callable[..., Any], block: Block, **settings: float) -> Asked:
    treatment = block.treatment.astype(float)
    treated, after = _treated(block)
    return (
        lambda: function(block.outcome, treatment, treated_units=treated, treated_periods=after,
                         **settings),
        lambda found: Answer(float(found)),
    )  # fmt: skip


def _treated(block: Block) -> tuple[list[int], int]:
    units, periods = block.outcome.shape
    return list(range(units - block.treated, units)), periods - block.start


ADAPTERS: dict[str, Adapter] = {
    "did": did,
    "sc": sc,
    "difp": difp,
    "sdid": sdid,
    "dwcp_level": dwcp_level,
}
