"""Every estimator beside its slow twin, on every design it answers, with cells missing.

The twins know the definition and nothing else: dummies, proximal and projected gradients, loops.
"""

import numpy as np
import pytest

from estimators import Panel
from estimators.doubly_weighted import DoublyWeighted
from estimators.matrix_completion import MatrixCompletion
from tests.estimators.catalogue import quick
from tests.estimators.panels import noisy
from tests.estimators.truth import MISSING, PATTERNS, PERIODS, SINGLE_RUNS, UNITS, world
from tests.estimators.twins.cohorts import cohort_wise
from tests.estimators.twins.least_squares import two_way_by_dummies
from tests.estimators.twins.low_rank import completed, doubly_weighted_cell

RATES = 0.15, 0.4


def panel_of(pattern: str, missing: str = "nothing") -> Panel:
    return world(pattern, missing, noisy(UNITS, PERIODS, seed=4))


@pytest.mark.parametrize("pattern", SINGLE_RUNS)
@pytest.mark.parametrize("name", ["sc", "difp", "sdid"])
def test_weighting_methods_are_their_definition_cohort_by_cohort(name: str, pattern: str) -> None:
    """Treated cells are missing in half of the panels; to these methods they always are."""
    panel = panel_of(pattern, "nothing" if pattern == "block" else "treated cells")
    fit = quick(name).fit(panel)
    rows = panel.treated_units
    np.testing.assert_allclose(
        fit.counterfactual[rows], cohort_wise(panel, name)[rows], rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("missing", MISSING)
def test_did_is_regression_on_dummies(pattern: str, missing: str) -> None:
    panel = panel_of(pattern, missing)
    asked = panel.treatment & panel.observed
    naive = two_way_by_dummies(np.nan_to_num(panel.outcome), panel.usable)
    found = quick("did").fit(panel).counterfactual
    np.testing.assert_allclose(found[asked], naive[asked], rtol=0, atol=1e-9)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("missing", MISSING)
def test_matrix_completion_is_proximal_gradient(pattern: str, missing: str) -> None:
    panel = panel_of(pattern, missing)
    asked = panel.treatment & panel.observed
    found = MatrixCompletion(lambda_nn=6.0).fit(panel).counterfactual
    naive = completed(panel, 6.0)
    np.testing.assert_allclose(found[asked], naive[asked], rtol=0, atol=1e-4)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("missing", MISSING)
@pytest.mark.parametrize("penalty", [1.5, np.inf])
def test_the_doubly_weighted_estimator_is_proximal_gradient_in_every_cell(
    pattern: str, missing: str, penalty: float
) -> None:
    """Of three cells, drawn: the first, the last, one between."""
    panel = panel_of(pattern, missing)
    method = DoublyWeighted(*RATES, penalty, show_untreated=False)
    found = method.fit(panel).counterfactual
    cells = np.argwhere(panel.treatment & panel.observed)
    for unit, period in cells[[0, len(cells) // 2, -1]]:
        naive = doubly_weighted_cell(panel, int(unit), int(period), *RATES, penalty)
        assert found[unit, period] == pytest.approx(naive, abs=1e-4)
