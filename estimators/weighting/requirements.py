"""What weighting methods need of a panel, and the one line that says so where it is missing."""

import numpy as np

from estimators.core.designs import Cohort, cohorts, pattern, run_starts
from estimators.core.errors import UnsupportedDesign
from estimators.core.panel import IntArray, Panel, listed
from estimators.weighting.options import Options

ELSEWHERE = "use did, mc or dwcp"


def require_single_runs(panel: Panel, method: str) -> None:
    """Raise UnsupportedDesign when treatment comes again, or ends at different times."""
    if pattern(panel) != "on_off":
        return
    several = run_starts(panel.treatment).sum(axis=1) > 1
    if several.any():
        labels = listed([panel.units[i] for i in np.flatnonzero(several)])
        raise UnsupportedDesign(
            f"{method} compares one run of treatment with the periods before it; treatment "
            f"switches on and off in {int(several.sum())} of {int(panel.treated_units.sum())} "
            f"treated units ({labels}); {ELSEWHERE}, or {method} with on_off: per_cell"
        )
    ends = sorted({cohort.stop for cohort in cohorts(panel)})
    labels = listed([panel.periods[stop - 1] for stop in ends])
    raise UnsupportedDesign(
        f"{method} compares runs of treatment that end together or last; here they end at "
        f"{len(ends)} different times (last treated periods {labels}); {ELSEWHERE}, or {method} "
        f"with on_off: per_cell, or make a study of each group of units"
    )


def require_never_treated(panel: Panel, method: str) -> None:
    """Raise UnsupportedDesign when every unit is treated at some time."""
    if not panel.control_units.any():
        remedy = "; donors: not_yet_treated also compares with units treated later"
        raise UnsupportedDesign(
            f"{method} needs 1 never-treated units; there are 0 among {len(panel.units)}"
            f"{remedy if len(cohorts(panel)) > 1 else '; add untreated units'}"
        )


def require_complete_donors(panel: Panel, donors: IntArray, stop: int, method: str) -> None:
    """Raise UnsupportedDesign unless these units are observed in every period before `stop`."""
    gaps = ~panel.observed[donors, :stop]
    if gaps.any():
        row, period = np.argwhere(gaps)[0]
        holders = [panel.units[donors[i]] for i in np.flatnonzero(gaps.any(axis=1))]
        raise UnsupportedDesign(
            f"{method} needs donors observed in every period up to the end of treatment; "
            f"{int(gaps.sum())} cells of {len(holders)} donors are not ({listed(holders)}; first "
            f"{panel.cell(donors[row], period)}); use gaps: drop, which leaves those donors out, "
            f"or did, mc or dwcp"
        )


def require_earlier_periods(panel: Panel, cohort: Cohort, options: Options) -> None:
    """Raise UnsupportedDesign without a period before the run, or with one not observed."""
    if cohort.start == 0:
        raise UnsupportedDesign(
            f"{options.name} needs a period before treatment; "
            f"{listed([panel.units[i] for i in cohort.units])} is treated from the first, "
            f"{panel.periods[0]}; exclude it"
        )
    if options.gaps == "drop":
        return
    gaps = np.argwhere(~panel.observed[cohort.units, : cohort.start])
    if len(gaps):
        unit, period = gaps[0]
        raise UnsupportedDesign(
            f"{options.name} needs treated units observed in every period before treatment; "
            f"{len(gaps)} cells are not, first {panel.cell(cohort.units[unit], period)}; "
            f"use gaps: drop, which does not match those periods, or did, mc or dwcp"
        )
