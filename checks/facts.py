"""The panel as a rectangle, and what can be counted on it.

Only rows that are labelled, unique and complete make a rectangle. Units that the plan excludes
are not in it: their gaps are nobody's business.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from checks.rule import Pattern
from estimators.core.designs import comparable, pattern_of
from estimators.core.errors import UnsupportedDesign
from estimators.core.panel import Panel
from studies.calendar import ordinals

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Facts:
    """N units in T periods, in time order.

    units (N,), periods (T,): labels        outcome (N, T): nan where not observed
    treatment, observed (N, T)
    """

    units: npt.NDArray[np.object_]
    periods: npt.NDArray[np.object_]
    outcome: FloatArray
    treatment: BoolArray
    observed: BoolArray

    @cached_property
    def usable(self) -> BoolArray:
        """(N, T) observed and untreated."""
        return self.observed & ~self.treatment

    @cached_property
    def treated(self) -> BoolArray:
        """(N,) units treated in some period."""
        return np.asarray(self.treatment.any(axis=1))

    @cached_property
    def pattern(self) -> Pattern | None:
        """How the treatment runs; None when nothing is treated."""
        return classify(self.treatment)

    @cached_property
    def treated_periods(self) -> npt.NDArray[np.object_]:
        """Labels of the periods in which some unit is treated."""
        return self.periods[self.treatment.any(axis=0)]


def classify(treatment: BoolArray) -> Pattern | None:
    """The pattern estimators see in a treatment (N, T); None when no cell is treated."""
    return pattern_of(treatment) if treatment.any() else None


def rectangle(rows: pd.DataFrame) -> Facts:
    """Facts of labelled, unique, complete rows."""
    unit_codes, units, period_codes, periods = codes(rows)
    shape = (len(units), len(periods))
    outcome = np.full(shape, np.nan)
    treatment = np.zeros(shape, dtype=bool)
    observed = np.zeros(shape, dtype=bool)
    at = (unit_codes, period_codes)
    observed[at] = rows["observed"].to_numpy()
    outcome[at] = np.where(rows["observed"], rows["outcome"], np.nan)
    treatment[at] = rows["treatment"].to_numpy() == 1
    return Facts(units, periods, outcome, treatment, observed)


def without_incomparable(facts: Facts) -> Facts | None:
    """What is left once all that has no comparison is left out; None when nothing is."""
    if not facts.treatment.any():
        return None
    whole = Panel(facts.outcome, facts.treatment, tuple(facts.units), tuple(facts.periods))
    try:
        kept, _ = comparable(whole)
    except UnsupportedDesign:
        return None
    return Facts(
        np.array(kept.units, dtype=object),
        np.array(kept.periods, dtype=object),
        kept.outcome,
        kept.treatment,
        kept.observed,
    )


def codes(
    rows: pd.DataFrame,
) -> tuple[IntArray, npt.NDArray[np.object_], IntArray, npt.NDArray[np.object_]]:
    """Position of each row's unit and period, and the labels in order."""
    unit_codes, units = pd.factorize(rows["unit"], sort=True)
    period_codes, periods = pd.factorize(rows["period"])
    labels = periods.tolist()
    order = np.argsort(ordinals(labels), kind="stable")
    rank = np.empty(len(labels), dtype=np.intp)
    rank[order] = np.arange(len(labels))
    in_order = np.array(labels, dtype=object)[order]
    return unit_codes, np.asarray(units, dtype=object), rank[period_codes], in_order
