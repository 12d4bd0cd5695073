"""Effects by period and added up: intervals and bands from paths of placebos."""

import numpy as np
import pytest

from estimators import Panel
from estimators.core.effect import att
from estimators.core.fit import Fit, PeriodEffect, Refusal
from estimators.core.impact import Band, CumulativeEffect
from estimators.core.panel import FloatArray
from estimators.core.placements import across_units
from estimators.difference_in_differences import DifferenceInDifferences
from estimators.synthetic_control import SyntheticControl
from estimators.variance.bands import intervals
from estimators.variance.effects import Effects
from estimators.variance.inference import critical_value
from estimators.variance.kinds import GivenPeriodVariance
from estimators.variance.over_time import OverTime, cumulative_effects, effects_over_time
from estimators.variance.placebos import Placebos
from tests.estimators.panels import DESIGNS, additive, labelled, noisy, small, treated_as

DID = DifferenceInDifferences()


def answered(panel: Panel, level: float = 0.9) -> tuple[OverTime, Fit, Effects, Placebos]:
    pools = Placebos(panel, DID, 200, 0)
    fit = DID.fit(panel)
    return effects_over_time(panel, fit, pools, level), fit, pools.same_period, pools


def with_gaps(panel: Panel) -> Panel:
    """One treated and one untreated outcome are not observed."""
    outcome = panel.outcome.copy()
    outcome[tuple(np.argwhere(panel.treatment)[1])] = np.nan
    outcome[5, 3] = np.nan
    return labelled(outcome, panel.treatment)


def slow_sums(panel: Panel) -> FloatArray:
    """(D, T) for each placement, cell by cell: the sum of its effects up to each period."""
    sums = []
    for placement in across_units(panel, 200, 0).placements:
        placed = placement.panel(panel)
        gaps = placed.outcome - DID.fit(placed).counterfactual
        so_far, path = 0.0, []
        for t in range(len(placed.periods)):
            for i in range(len(placed.units)):
                if placed.treatment[i, t]:
                    so_far += gaps[i, t]
            path.append(so_far)
        sums.append(path)
    return np.array(sums)


@pytest.mark.parametrize("design", ["block", "staggered"])
def test_placebos_of_a_sum_are_sums_over_the_placebos_own_cells(design: str) -> None:
    panel = small(design)
    found, _, pool, _ = answered(panel)
    treated = panel.treatment.any(axis=0)
    error = np.sqrt((slow_sums(panel)[:, treated] ** 2).mean(axis=0))
    assert [row.standard_error for row in found.cumulative] == pytest.approx(error.tolist())
    half = critical_value(min(pool.df, len(pool.overall) - 1), 0.9)
    for row, one in zip(found.cumulative, error, strict=True):
        assert row.ci_high == pytest.approx(row.effect + half * one)


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("gaps", [False, True])
def test_sums_begin_with_the_first_period_and_end_with_the_att_and_its_interval(
    design: str, gaps: bool
) -> None:
    panel = with_gaps(small(design)) if gaps else small(design)
    found, fit, _, pools = answered(panel)
    treated = [row for row in found.by_period if row.treated]
    first, last = found.cumulative[0], found.cumulative[-1]
    assert first.effect == pytest.approx(treated[0].effect * treated[0].treated)
    assert first.standard_error == pytest.approx(treated[0].standard_error * treated[0].treated)  # type: ignore[operator]
    effects = np.array([row.effect * row.treated for row in treated])
    assert [row.effect for row in found.cumulative] == pytest.approx(effects.cumsum().tolist())
    cells = int((panel.treatment & panel.observed).sum())
    variance = GivenPeriodVariance().estimate(pools)
    half = critical_value(variance.df, 0.9) * variance.value**0.5
    effect = att(panel, fit)
    assert (last.treated, last.missing) == (cells, int(gaps))
    assert last.effect == pytest.approx(cells * effect)
    assert last.ci_low == pytest.approx(cells * (effect - half))
    assert last.ci_high == pytest.approx(cells * (effect + half))


@pytest.mark.parametrize("design", DESIGNS)
def test_bands_hold_the_intervals_beside_them_and_share_their_centre(design: str) -> None:
    found, _, _, _ = answered(small(design))
    each, summed = found.bands["by_period"], found.bands["cumulative"]
    assert isinstance(each, Band)
    assert isinstance(summed, Band)
    rows = [row for row in found.by_period if row.treated]
    both: list[PeriodEffect | CumulativeEffect] = [*rows, *found.cumulative]
    for row in both:
        assert row.ci_low is not None
        assert row.ci_high is not None
        assert row.band_low is not None
        assert row.band_high is not None
        assert row.band_low <= row.ci_low < row.effect < row.ci_high <= row.band_high
        assert row.band_low + row.band_high == pytest.approx(2 * row.effect)
    for band, row in ((each, rows[0]), (summed, found.cumulative[-1])):
        assert row.band_high == pytest.approx(
            row.effect + band.critical_value * (row.standard_error or 0)
        )
    assert all(row.band_low is None for row in found.by_period if not row.treated)


def test_one_treated_period_leaves_nothing_to_be_simultaneous_about() -> None:
    treatment = np.zeros((30, 12), dtype=bool)
    treatment[0, -1] = True
    panel = labelled(noisy(30, 12), treatment)
    found, _, pool, _ = answered(panel, level=0.95)
    band, row = found.bands["by_period"], found.by_period[-1]
    assert isinstance(band, Band)
    # 29 placebos: of 30 ranks, 29 cover 29/30, the fewest that are .95 or more
    placebo = abs(pool.by_period[:, -1])
    rest = [np.sqrt(np.mean(np.delete(placebo, d) ** 2)) for d in range(29)]
    assert band.critical_value == pytest.approx(
        max((placebo / rest).max(), critical_value(28, 0.95))
    )
    assert row.band_low == pytest.approx(found.cumulative[0].band_low)


def test_serial_correlation_widens_the_sum_and_not_the_single_period() -> None:
    """Steps that stay: placebo paths sum to K times as much, not √K times."""
    treatment = treated_as("block", units=40, periods=20, treated=1)
    rng = np.random.default_rng(5)
    steps = np.zeros((40, 20))
    steps[:, -3:] = rng.normal(size=(40, 1))
    ratios = []
    for noise in (steps, np.where(steps != 0, rng.normal(size=steps.shape), 0.0)):
        found, _, _, _ = answered(labelled(additive(40, 20) + noise, treatment))
        single = [row.standard_error or 0.0 for row in found.by_period if row.treated]
        ratios.append((found.cumulative[-1].standard_error or 0.0) / float(np.mean(single)))
    assert ratios[0] == pytest.approx(3)
    assert ratios[1] == pytest.approx(3**0.5, rel=0.2)


def test_too_few_placebos_leave_the_single_intervals_and_say_how_many_a_band_needs() -> None:
    treatment = treated_as("block", units=12, periods=16, treated=1)
    found, _, _, _ = answered(labelled(noisy(12, 16), treatment), level=0.95)
    for refusal, name in (
        (found.bands["by_period"], "by_period"), (found.bands["cumulative"], "cumulative")
    ):  # fmt: skip
        assert isinstance(refusal, Refusal)
        assert refusal.key == name
        assert "needs 19 placebo paths" in refusal.reason
        assert "there are 11" in refusal.reason
    assert all(row.ci_low is not None and row.band_low is None for row in found.cumulative)


def test_without_placebos_there_are_sums_and_the_reason_why_nothing_stands_beside_them() -> None:
    panel = labelled(noisy(5, 16), treated_as("block", units=5, periods=16, treated=2))
    fit = DID.fit(panel)
    found = effects_over_time(panel, fit, Placebos(panel, DID, 200, 0), 0.95)
    refusal = found.bands["cumulative"]
    assert isinstance(refusal, Refusal)
    assert "need 4 never-treated units" in refusal.reason
    assert found.cumulative == cumulative_effects(panel, fit)
    assert effects_over_time(panel, fit, None, 0.95).bands == {}


def test_cells_that_a_fit_leaves_out_count_as_missing_and_add_nothing() -> None:
    panel = small("block")
    left_out = np.zeros(panel.outcome.shape, dtype=bool)
    left_out[0, -2] = True
    fit = Fit(DID.fit(panel).counterfactual, left_out=left_out)
    rows = cumulative_effects(panel, fit)
    assert [(row.treated, row.missing) for row in rows] == [(2, 0), (3, 1), (5, 1)]
    assert rows[-1].effect == pytest.approx(5 * att(panel, fit))


def test_placebos_scored_on_fewer_cells_stand_for_as_many_as_there_are() -> None:
    """On/off: a placebo with half the cells has its average counted for all of them."""
    panel = small("on_off")
    found, _, pool, _ = answered(panel)
    columns = [panel.periods.index(row.period) for row in found.cumulative]
    cells = panel.treatment.sum(axis=0)
    for number, row in enumerate(found.cumulative):
        sums = []
        for path, scored in zip(pool.by_period, pool.scored, strict=True):
            seen = [t for t in columns[: number + 1] if scored[t]]
            if seen:
                mean = sum(path[t] * scored[t] for t in seen) / sum(scored[t] for t in seen)
                sums.append(mean * sum(cells[t] for t in columns[: number + 1]))
        assert row.standard_error == pytest.approx(np.sqrt(np.mean(np.square(sums))))


def test_it_is_the_estimator_that_is_asked_that_has_the_paths() -> None:
    panel = small("block", factors=2.0)
    estimator = SyntheticControl()
    pools = Placebos(panel, estimator, 200, 0)
    found, pool = effects_over_time(panel, estimator.fit(panel), pools, 0.9), pools.same_period
    columns = np.flatnonzero(panel.treatment.any(axis=0))
    error = intervals(pool.by_period[:, columns], pool.df, 0.9).standard_error
    assert [row.standard_error for row in found.by_period if row.treated] == pytest.approx(
        error.tolist()
    )
