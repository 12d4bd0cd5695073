"""synthdid: the Python package of that name.

Its `synth=True` is no synthetic control (it keeps ζ, the intercept and equal period weights), so
only SDID and DID are asked.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from synthdid.synthdid import Synthdid

from benchmarks.measuring.panels import Block
from benchmarks.peers.answers import Adapter, Answer
from benchmarks.peers.long_tables import OUTCOME, TIME, TREATED, UNIT, long_table

Asked = tuple[Callable[[], Any], Callable[[Any], Answer]]
warnings.simplefilter("ignore")


def did(block: Block) -> Asked:
    """From the long table, with equal weights."""
    return _public(block, did=True)


def sdid(block: Block) -> Asked:
    """From the long table."""
    return _public(block)


def _public(block: Block, **method: bool) -> Asked:
    table = long_table(block)

    def read(found: Any) -> Answer:
        att = float(found.att_info.att_time[0])  # `att` itself is rounded to five digits
        (units,), (periods,) = found.weights["omega"], found.weights["lambda"]
        return Answer(att, np.asarray(units), np.asarray(periods))

    return lambda: Synthdid(table, UNIT, TIME, TREATED, OUTCOME).fit(**method), read


ADAPTERS: dict[str, Adapter] = {"did": did, "sdid": sdid}
