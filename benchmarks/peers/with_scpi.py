"""scpi-pkg: synthetic control with simplex weights, with and without a constant.

Preparing its data is part of its public call, so it is timed with it.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from scpi_pkg.scdata import scdata
from scpi_pkg.scest import scest

from benchmarks.measuring.panels import Block
from benchmarks.peers.answers import Adapter, Answer
from benchmarks.peers.long_tables import OUTCOME, TIME, UNIT, long_table

Asked = tuple[Callable[[], Any], Callable[[Any], Answer]]
warnings.simplefilter("ignore")


def sc(block: Block) -> Asked:
    """Without a constant."""
    return _simplex(block, constant=False)


def difp(block: Block) -> Asked:
    """With one."""
    return _simplex(block, constant=True)


def _simplex(block: Block, *, constant: bool) -> Asked:
    table = long_table(block)[[UNIT, TIME, OUTCOME]]
    table[UNIT] = table[UNIT].map("u{:06d}".format)
    names = table[UNIT].unique()
    time = np.arange(1, block.outcome.shape[1] + 1)

    def call() -> Any:
        prepared = scdata(
            df=table, id_var=UNIT, time_var=TIME, outcome_var=OUTCOME,
            period_pre=time[: block.start], period_post=time[block.start :],
            unit_tr=names[-1], unit_co=list(names[:-1]), constant=constant, verbose=False,
        )  # fmt: skip
        return scest(prepared, w_constr={"name": "simplex"})

    return call, lambda found: Answer(unit_weights=found.w.to_numpy(float).ravel())


ADAPTERS: dict[str, Adapter] = {"sc": sc, "difp": difp}
