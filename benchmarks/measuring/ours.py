"""Panels to measure on, as our estimators take them: apart, for other packages do not have ours."""

from benchmarks.measuring.panels import Block
from estimators import Panel


def panel_of(block: Block) -> Panel:
    """The block, validated."""
    units, periods = block.outcome.shape
    return Panel(block.outcome, block.treatment, tuple(range(units)), tuple(range(periods)))
