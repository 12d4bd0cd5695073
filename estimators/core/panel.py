"""The panel: one outcome, for every unit in every period.

Notation shared by every file in this room:

    N, T         number of units, number of periods
    Y  (N, T)    outcome; rows are units, columns are periods in time order; nan = not observed
    W  (N, T)    treatment; W[i, t] is true when unit i is treated in period t
    X  (N, T, K) covariates that vary over units and periods, where there are any

A cell is *usable* when it is observed and untreated. Usable cells are the only data any
counterfactual may be learned from; a treated outcome never is.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from estimators.core.errors import InvalidPanel

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]

NAMED = 5  # labels spelled out in a message before "and n more"


@dataclass(frozen=True, eq=False)
class Panel:
    """A rectangular panel with a binary treatment. Validated once, here, and read-only after.

    outcome: (N, T) float, in the outcome's own measure; nan where not observed
    treatment: (N, T) bool, true where the unit is under treatment
    units: N distinct labels
    periods: T distinct labels, in time order
    covariates: (N, T, K) float, known in every cell; None when there are none
    covariate_names: K distinct names

    Raises InvalidPanel when shapes disagree, a label repeats, an outcome is infinite, a covariate
    is not finite, or no cell is treated.
    """

    outcome: FloatArray
    treatment: BoolArray
    units: tuple[Hashable, ...]
    periods: tuple[Hashable, ...]
    covariates: FloatArray | None = None
    covariate_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        outcome = np.array(self.outcome, dtype=np.float64, order="C")
        treatment = np.array(self.treatment)
        if treatment.dtype != np.bool_:
            if not np.isin(treatment, (0, 1)).all():
                raise InvalidPanel("treatment must be true or false (or 0 or 1) in every cell")
            treatment = treatment.astype(np.bool_)
        for field, array in (("outcome", outcome), ("treatment", treatment)):
            array.setflags(write=False)
            object.__setattr__(self, field, array)
        object.__setattr__(self, "units", tuple(self.units))
        object.__setattr__(self, "periods", tuple(self.periods))
        object.__setattr__(self, "covariate_names", tuple(self.covariate_names))
        if self.covariates is not None:
            covariates = np.array(self.covariates, dtype=np.float64, order="C")
            covariates.setflags(write=False)
            object.__setattr__(self, "covariates", covariates)
        self._validate()
        self._validate_covariates()

    def _validate(self) -> None:
        shape = (len(self.units), len(self.periods))
        for name in ("outcome", "treatment"):
            found = getattr(self, name).shape
            if found != shape:
                raise InvalidPanel(f"{name} has shape {found}; the labels imply {shape}")
        for name, labels in (("unit", self.units), ("period", self.periods)):
            if len(set(labels)) != len(labels):
                repeated = sorted({str(x) for x in labels if labels.count(x) > 1})
                raise InvalidPanel(f"{name} labels repeat: {listed(repeated)}")
        infinite = np.isinf(self.outcome)
        if infinite.any():
            infinite = np.argwhere(infinite)
            raise InvalidPanel(
                f"outcome is infinite in {len(infinite)} of {self.outcome.size} cells, first at "
                f"{self.cell(*infinite[0])}; correct them, or mark them as not observed"
            )
        if not self.treatment.any():
            raise InvalidPanel("no cell is treated, so there is no effect to estimate")

    def _validate_covariates(self) -> None:
        names = self.covariate_names
        if self.covariates is None:
            if names:
                raise InvalidPanel(f"covariates are named ({listed(names)}) but not given")
            return
        shape = (*self.outcome.shape, len(names))
        if self.covariates.shape != shape:
            raise InvalidPanel(
                f"covariates have shape {self.covariates.shape}; labels and names imply {shape}"
            )
        if len(set(names)) != len(names):
            raise InvalidPanel(f"covariate names repeat: {listed(names)}")
        unknown = np.argwhere(~np.isfinite(self.covariates))
        if len(unknown):
            unit, period, which = unknown[0]
            raise InvalidPanel(
                f"covariates are missing or infinite in {len(unknown)} of {self.covariates.size} "
                f"places, first {names[which]} at {self.cell(unit, period)}; a covariate must be "
                f"known in every cell"
            )

    @cached_property
    def observed(self) -> BoolArray:
        """(N, T) true where the outcome is known."""
        return np.isfinite(self.outcome)

    @cached_property
    def usable(self) -> BoolArray:
        """(N, T) observed and untreated: what a counterfactual may be learned from."""
        return np.asarray(self.observed & ~self.treatment)

    @cached_property
    def treated_units(self) -> BoolArray:
        """(N,) true for units treated in at least one period."""
        return np.asarray(self.treatment.any(axis=1))

    @cached_property
    def control_units(self) -> BoolArray:
        """(N,) true for units never treated: the donors."""
        return np.logical_not(self.treated_units)

    @property
    def pre_periods(self) -> BoolArray:
        """(T,) true for periods before the first treated cell."""
        first = int(np.argmax(self.treatment.any(axis=0)))
        return np.arange(len(self.periods)) < first

    @property
    def masked(self) -> "Panel":
        """The same without treated outcomes: zero where one was observed. For decisions that must
        not depend on any of them, provably: nothing here could."""
        hidden = self.treatment & self.observed
        return replace(self, outcome=np.where(hidden, 0.0, self.outcome))

    def cell(self, unit: int, period: int) -> str:
        """The labels of one cell, for messages."""
        return f"({self.units[unit]}, {self.periods[period]})"

    def select(self, units: npt.ArrayLike, periods: npt.ArrayLike) -> "Panel":
        """The sub-panel of these unit and period positions (or masks), in panel order."""
        rows = np.arange(len(self.units))[np.asarray(units)]
        columns = np.arange(len(self.periods))[np.asarray(periods)]
        return Panel(
            self.outcome[np.ix_(rows, columns)],
            self.treatment[np.ix_(rows, columns)],
            tuple(self.units[i] for i in rows),
            tuple(self.periods[t] for t in columns),
            None if self.covariates is None else self.covariates[np.ix_(rows, columns)],
            self.covariate_names,
        )


def listed(labels: Sequence[object]) -> str:
    """The first few labels, and how many more there are."""
    shown = ", ".join(str(label) for label in labels[:NAMED])
    return shown if len(labels) <= NAMED else f"{shown} and {len(labels) - NAMED} more"
