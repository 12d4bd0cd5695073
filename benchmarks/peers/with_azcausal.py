"""azcausal: its estimators on its own panel, which is made beforehand."""

import warnings
from collections.abc import Callable
from typing import Any

from azcausal.core.panel import CausalPanel
from azcausal.estimators.panel.did import DID
from azcausal.estimators.panel.sdid import SDID

from benchmarks.measuring.panels import Block
from benchmarks.peers.answers import Adapter, Answer
from benchmarks.peers.long_tables import wide_tables

Asked = tuple[Callable[[], Any], Callable[[Any], Answer]]
warnings.simplefilter("ignore")


def did(block: Block) -> Asked:
    """The double difference, without the effect of every period."""
    panel = _panel(block)
    return lambda: DID().fit(panel, by_time=False), lambda found: Answer(float(found.effect.value))


def sdid(block: Block) -> Asked:
    """Two passes of Frank–Wolfe, as the authors' R code has them."""
    panel = _panel(block)

    def read(found: Any) -> Answer:
        units, periods = found.effect["omega"], found.effect["lambd"]
        return Answer(float(found.effect.value), units.to_numpy(), periods.to_numpy())

    return lambda: SDID().fit(panel, by_time=False), read


def _panel(block: Block) -> Any:
    outcome, treatment = wide_tables(block)
    return CausalPanel({"outcome": outcome, "intervention": treatment}).setup()


ADAPTERS: dict[str, Adapter] = {"did": did, "sdid": sdid}
