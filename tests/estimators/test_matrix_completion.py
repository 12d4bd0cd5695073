"""Matrix completion and the doubly weighted estimator, against the most naive definitions."""

from dataclasses import replace

import numpy as np
import pytest

from estimators import ESTIMATORS, Panel
from estimators.doubly_weighted import DoublyWeighted
from estimators.matrix_completion import MatrixCompletion
from tests.estimators.panels import DESIGNS, prop99, small
from tests.estimators.twins.low_rank import completed, doubly_weighted_cell


def part_of_prop99() -> Panel:
    """California and eleven other states, 1980 to 1992."""
    panel = prop99()
    california = panel.units.index("California")
    others = [i for i in range(len(panel.units)) if i != california][::3][:11]
    return panel.select([*others[:5], california, *others[5:]], range(10, 23))


@pytest.mark.parametrize("penalty", [5.0, 30.0])
@pytest.mark.parametrize("design", ["part of prop99", "on_off"])
def test_matrix_completion_at_a_fixed_penalty_is_the_naive_one(penalty: float, design: str) -> None:
    panel = part_of_prop99() if design == "part of prop99" else small(design)
    fit = MatrixCompletion(lambda_nn=penalty).fit(panel)
    spread = float(panel.outcome.std())
    np.testing.assert_allclose(
        fit.counterfactual, completed(panel, penalty), atol=1e-4 * spread, rtol=0
    )


@pytest.mark.parametrize("design", ["part of prop99", "on_off"])
@pytest.mark.parametrize(
    "settings", [(0.2, 0.5, 0.5), (0.5, 0.0, np.inf), (0.0, 1.0, 0.2)], ids=str
)
def test_the_doubly_weighted_estimator_is_the_naive_one_cell_by_cell(
    design: str, settings: tuple[float, float, float]
) -> None:
    panel = part_of_prop99() if design == "part of prop99" else small(design)
    fit = DoublyWeighted(*settings).fit(panel)
    spread = float(panel.outcome.std())
    for unit, period in np.argwhere(panel.treatment)[:6]:
        naive = doubly_weighted_cell(panel, int(unit), int(period), *settings)
        assert fit.counterfactual[unit, period] == pytest.approx(naive, abs=1e-4 * spread)


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("penalty", [2.0, 20.0, np.inf])
def test_at_rates_zero_the_doubly_weighted_estimator_is_matrix_completion(
    design: str, penalty: float
) -> None:
    panel = small(design)
    scale = float(panel.outcome[panel.usable].std())  # λ of dwcp are for standardised outcomes
    dwcp = DoublyWeighted(0.0, 0.0, penalty / scale, tolerance=1e-12).fit(panel)
    mc = MatrixCompletion(lambda_nn=penalty, tolerance=1e-12).fit(panel)
    treated = panel.treatment
    np.testing.assert_allclose(dwcp.counterfactual[treated], mc.counterfactual[treated], atol=1e-5)


@pytest.mark.parametrize("design", DESIGNS)
def test_without_factors_and_rates_all_three_are_difference_in_differences(design: str) -> None:
    panel = small(design)
    did = ESTIMATORS["did"].fit(panel).counterfactual
    mc = MatrixCompletion(lambda_nn=np.inf).fit(panel).counterfactual
    dwcp = DoublyWeighted(0.0, 0.0, np.inf).fit(panel).counterfactual
    treated = panel.treatment
    np.testing.assert_allclose(mc[treated], did[treated], atol=1e-8)
    np.testing.assert_allclose(dwcp[treated], did[treated], atol=1e-8)


def test_a_smaller_penalty_fits_the_data_better() -> None:
    panel = small("block")
    errors = [
        np.sum((panel.outcome - replace(MatrixCompletion(), lambda_nn=x).fit(panel).counterfactual)
               [panel.usable] ** 2)
        for x in (np.inf, 20.0, 5.0, 1.0)
    ]  # fmt: skip
    assert errors == sorted(errors, reverse=True)
