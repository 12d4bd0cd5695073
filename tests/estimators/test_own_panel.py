"""The exam on a panel of one's own: positions, coverage, and what must not be looked at."""

from dataclasses import asdict

import numpy as np
import pytest

from estimators import ESTIMATORS, STANDARD_VARIANCES, Panel, UnsupportedDesign
from estimators.calibration.own_panel import Position, _noise, admissible, own_panel, own_scores
from estimators.calibration.summaries import Covered
from storage.json_values import canonical, plain
from tests.estimators.panels import additive, labelled, noisy, treated_as, with_outcome

KINDS = tuple(STANDARD_VARIANCES.values())
DID = ESTIMATORS["did"]


def one_cell(units: int = 8, periods: int = 14, seed: int = 0) -> Panel:
    treatment = np.zeros((units, periods), dtype=bool)
    treatment[0, -1] = True
    return labelled(noisy(units, periods, seed), treatment)


def test_one_cell_is_placed_at_every_control_in_every_period_with_a_past() -> None:
    panel = one_cell()
    placed = admissible(panel, 1000, 0)
    where = {(int(one.group[0]), int(one.periods[-1])) for one in placed}
    assert len(where) == len(placed)
    # half of 13 earlier periods are training: 6 remain to be shifted by 1 … 7
    assert where == {(unit, period) for unit in range(1, 8) for period in range(6, 14)}


def test_of_more_positions_than_asked_every_period_and_unit_has_its_share() -> None:
    placed = admissible(one_cell(), 24, 0)
    assert len(placed) == 24
    by_period = np.bincount([int(one.periods[-1]) for one in placed])[6:]
    assert set(by_period) == {3}
    assert len({int(one.group[0]) for one in placed}) == 7


@pytest.mark.parametrize("design", ["block", "staggered", "on_off"])
def test_treated_outcomes_are_data_in_no_position(design: str) -> None:
    panel = labelled(noisy(12, 20), treated_as(design, 12, 20))
    wild = with_outcome(panel, np.where(panel.treatment, 1e6, panel.outcome))
    one, other = (own_panel(p, DID, KINDS, positions=6, placebos=20) for p in (panel, wild))
    assert one == other
    assert any(score.numbers for score in one.scores)


def test_positions_are_drawn_by_the_seed_and_nothing_else() -> None:
    one, again = (own_panel(one_cell(), DID, KINDS, positions=8, placebos=20) for _ in "12")
    assert one == again


def test_its_summary_is_json_as_it_stands() -> None:
    found = own_panel(one_cell(), DID, KINDS, positions=8, placebos=20)
    assert canonical(plain(asdict(found)))


def test_without_a_past_the_treatments_own_periods_are_the_positions() -> None:
    treatment = np.zeros((8, 6), dtype=bool)
    treatment[0, 3:] = True
    panel = labelled(additive(8, 6) + np.random.default_rng(0).normal(size=(8, 6)), treatment)
    found = own_panel(panel, DID, KINDS, placebos=20)
    assert found.positions == 7
    by_kind = {score.kind: score for score in found.scores}
    assert by_kind["given_period"].answered == 7
    assert by_kind["given_unit"].refused == 7
    assert "own past" in str(by_kind["given_unit"].reason)


def test_a_treatment_that_fits_nowhere_else_is_refused() -> None:
    treatment = np.zeros((4, 20), dtype=bool)
    treatment[:2, 15:] = True
    with pytest.raises(UnsupportedDesign, match="never-treated units"):
        own_panel(labelled(noisy(4, 20), treatment), DID, KINDS)


def position(unit: str, period: int, effect: float, half: float) -> Position:
    numbers = np.array([[half / 2, 9.0, effect - half, effect + half, 0.5]])
    return Position((unit,), (period,), effect, numbers, {})


def test_coverage_overall_by_unit_and_by_period_are_those_counted_by_hand() -> None:
    asked = [
        position(unit, period, effect=5.0 if unit == "loud" and period == 2 else 0.5, half=1.0)
        for unit in ("calm", "loud")
        for period in (1, 2)
    ]
    (score,) = own_scores("did", KINDS[:1], asked)
    assert score.numbers["coverage"].value == 0.75
    assert score.groups["unit"] == (Covered("calm", 2, 1.0), Covered("loud", 2, 0.5))
    assert score.groups["period"] == (Covered(1, 2, 1.0), Covered(2, 2, 0.5))
    # deviations of units sum to +.5 and −.5: √(.5 · 2 / 1) / 4
    assert score.numbers["coverage"].error == pytest.approx(np.sqrt(0.5 * 2) / 4)
    assert score.groups["noise"] == ()


def test_an_interval_may_miss_on_either_side_and_positions_of_a_unit_err_together() -> None:
    effects = {"calm": 0.5, "loud": 5.0, "low": -5.0, "quiet": -0.5}
    asked = [
        position(unit, period, effect, half=1.0)
        for unit, effect in effects.items()
        for period in (1, 2)
    ]
    (score,) = own_scores("did", KINDS[:1], asked)
    assert score.numbers["coverage"].value == 0.5
    assert score.groups["unit"] == (
        Covered("calm", 2, 1.0), Covered("loud", 2, 0.0), Covered("low", 2, 0.0),
        Covered("quiet", 2, 1.0),
    )  # fmt: skip
    # four units whose deviations sum to ±1: √(4 · 4 / 3) / 8
    assert score.numbers["coverage"].error == pytest.approx(np.sqrt(4 * 4 / 3) / 8)


def test_no_effect_decides_in_which_fifth_it_is_counted() -> None:
    rng = np.random.default_rng(0)
    size = {unit: 2.0 ** (unit - 2) for unit in range(6)}
    asked = [
        position(f"u{unit}", period, float(size[unit] * rng.normal()), half=2.0)
        for unit in size
        for period in range(8)
    ]
    (score,) = own_scores("did", KINDS[:1], asked)
    assert [one.label for one in score.groups["noise"]] == [1, 2, 3, 4, 5]
    shares = [one.coverage for one in score.groups["noise"]]
    assert shares[0] > 0.9 > 0.4 > shares[-1]
    changed = [*asked[:-1], position("u5", 7, 1e9, half=2.0)]
    assert _noise(changed)[-1] == _noise(asked)[-1]
    assert _noise(changed)[-2] != _noise(asked)[-2]


def test_on_even_noise_about_as_many_intervals_cover_as_were_promised() -> None:
    rng = np.random.default_rng(4)
    panel = with_outcome(one_cell(14, 16), additive(14, 16) + rng.normal(size=(14, 16)))
    found = own_panel(panel, DID, KINDS, positions=60, placebos=50)
    for score in found.scores:
        coverage = score.numbers["coverage"]
        assert abs(coverage.value - 0.95) < 4 * max(coverage.error or 0, 0.03), score.kind
