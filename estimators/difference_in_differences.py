"""Difference in differences (DID), by imputation.

Two-way effects are fitted to the usable (observed, untreated) cells and predict the rest:

    minimise Σ_{usable} (Y_it − α_i − β_t)²        Ŷ_it(0) = α̂_i + β̂_t

For a block this is the double difference of means; for staggered and on/off treatment it is the
imputation estimator, not the static two-way regression with its negative weights.

Source: Borusyak, Jaravel and Spiess (2024), "Revisiting event study designs", section 4.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from estimators.core.designs import require_identified
from estimators.core.fit import Fit, Tuning
from estimators.core.null_panel import one_more_period
from estimators.core.panel import FloatArray, Panel
from estimators.core.threads import one_thread
from estimators.solvers.two_way import TwoWay, mean_of


@dataclass(frozen=True)
class DifferenceInDifferences:
    """Equal weights on all usable cells; nothing to tune."""

    name: ClassVar[str] = "did"
    tuning: ClassVar[Tuning | None] = None

    def tune(self, panel: Panel) -> Self:
        """Itself: there is no setting."""
        return self

    def for_placebos(self, panel: Panel) -> Self:
        """Itself."""
        return self

    def problems(self, panel: Panel) -> int:
        """One closed form."""
        return 1

    def fit(self, panel: Panel) -> Fit:
        """(N, T) α̂ + β̂. Raises UnsupportedDesign when a treated cell has no comparison."""
        require_identified(panel, self.name)
        with one_thread():
            two_way = TwoWay(panel.usable)
            level = mean_of(panel.outcome, panel.usable)
            alpha, beta = two_way.fit(panel.outcome, level)
        counterfactual = (alpha + level)[:, None] + beta
        no_unit, no_period = two_way.empty()
        counterfactual[no_unit], counterfactual[:, no_period] = np.nan, np.nan
        return Fit(counterfactual)

    def fit_under_null(self, panel: Panel) -> FloatArray:
        """(N, T) two-way effects of all observed cells, treated ones too."""
        return self.fit(one_more_period(panel, "missing")).counterfactual[:, :-1]
