"""pysyncon: synthetic control on outcomes alone.

It divides every predictor by its standard deviation over units; V is given as the squares of those,
so that every period before treatment weighs the same, as in our SC.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from pysyncon import Synth

from benchmarks.measuring.panels import Block
from benchmarks.peers.answers import Adapter, Answer
from benchmarks.peers.long_tables import wide_tables

Asked = tuple[Callable[[], Any], Callable[[Any], Answer]]
warnings.simplefilter("ignore")


def sc(block: Block) -> Asked:
    """One treated unit; its matrices are made beforehand."""
    outcome, _ = wide_tables(block)
    before = outcome.iloc[: block.start]
    donors, treated = before.iloc[:, : -block.treated], before.iloc[:, -1]
    square = before.std(axis=1).to_numpy() ** 2

    def call() -> Any:
        method = Synth()
        method.fit(X0=donors, X1=treated, Z0=donors, Z1=treated, custom_V=square)
        return method

    return call, lambda found: Answer(unit_weights=np.asarray(found.W, float))


ADAPTERS: dict[str, Adapter] = {"sc": sc}
