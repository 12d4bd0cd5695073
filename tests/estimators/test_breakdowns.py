"""The att taken apart: by cell, unit, period, cohort and event time, and put together again."""

from collections.abc import Hashable
from dataclasses import replace

import numpy as np
import pytest

from estimators import Fit, Panel, UnsupportedDesign, att, effects_by, effects_by_period, evaluate
from estimators.core.effect import By
from estimators.core.panel import BoolArray, FloatArray
from estimators.difference_in_differences import DifferenceInDifferences
from storage.json_values import canonical, plain
from tests.estimators.catalogue import PAIRS, quick, tuned
from tests.estimators.panels import (
    DESIGNS,
    additive,
    labelled,
    noisy,
    small,
    treated_as,
    with_outcome,
)

DID = DifferenceInDifferences()
BREAKDOWNS: tuple[By, ...] = ("cell", "unit", "period", "cohort", "event_time")


def drawn(*rows: str) -> BoolArray:
    """One string for each unit: 1 where treated."""
    return np.array([[cell == "1" for cell in row] for row in rows])


def holed(panel: Panel, seed: int = 0) -> Panel:
    """With a tenth of treated outcomes not observed."""
    missing = np.random.default_rng(seed).random(panel.outcome.shape) < 0.1
    return with_outcome(panel, np.where(missing & panel.treatment, np.nan, panel.outcome))


def run_from(row: BoolArray, t: int) -> int:
    """The first period of the run that period t is in."""
    while t > 0 and row[t - 1]:
        t -= 1
    return t


def key(panel: Panel, by: By, i: int, t: int) -> Hashable:
    """The label of a treated cell's group, walked to on foot."""
    row = panel.treatment[i]
    runs = np.flatnonzero(row)
    return {
        "cell": (panel.units[i], panel.periods[t]),
        "unit": panel.units[i],
        "period": panel.periods[t],
        "cohort": (panel.periods[runs[0]], panel.periods[runs[-1]]),
        "event_time": t - run_from(row, t),
    }[by]


@pytest.mark.parametrize(("name", "design"), PAIRS)
@pytest.mark.parametrize("by", BREAKDOWNS)
def test_every_breakdown_weighted_by_treated_cells_is_the_att(
    name: str, design: str, by: By
) -> None:
    panel = holed(small(design))
    fit = tuned(name, design).fit(panel)
    if by == "cohort" and design == "on_off":
        with pytest.raises(UnsupportedDesign, match="treatment comes again in"):
            effects_by(panel, fit, by)
        return
    rows = [row for row in effects_by(panel, fit, by) if row.treated]
    cells = [row.treated for row in rows]
    assert sum(cells) == int((panel.treatment & panel.observed).sum())
    assert np.average([row.effect for row in rows], weights=cells) == pytest.approx(
        att(panel, fit), rel=1e-12, abs=1e-12
    )
    for row in rows:
        assert row.observed - row.counterfactual == pytest.approx(row.effect, abs=1e-12)


@pytest.mark.parametrize(
    ("design", "by"),
    [(d, by) for d in DESIGNS for by in BREAKDOWNS if (d, by) != ("on_off", "cohort")],
)
def test_groups_are_those_found_cell_by_cell(design: str, by: By) -> None:
    panel = holed(small(design))
    fit = DID.fit(panel)
    gaps: dict[Hashable, list[float]] = {}
    for i, t in np.argwhere(panel.treatment & panel.observed):
        gap = float(panel.outcome[i, t] - fit.counterfactual[i, t])
        gaps.setdefault(key(panel, by, i, t), []).append(gap)
    rows = [row for row in effects_by(panel, fit, by) if row.treated]
    assert {row.label: row.treated for row in rows} == {k: len(v) for k, v in gaps.items()}
    for row in rows:
        assert row.effect == pytest.approx(np.mean(gaps[row.label]), abs=1e-12)


def staircase() -> tuple[Panel, FloatArray]:
    """A noiseless staggered panel whose effects differ by cohort and by event time."""
    treatment = treated_as("staggered", treated=4)
    treatment[1] = treatment[0]
    starts = np.argmax(treatment, axis=1)
    age = np.arange(16) - starts[:, None]
    effects = np.where(treatment, 1.0 + 0.5 * age + 0.25 * starts[:, None], 0.0)
    return labelled(additive(10, 16) + effects, treatment), effects


@pytest.mark.parametrize("name", ["did", "difp", "sdid", "mc", "dwcp"])
def test_effects_that_differ_are_found_in_the_group_they_belong_to(name: str) -> None:
    panel, effects = staircase()
    fit = quick(name, "staggered").fit(panel)
    truth: dict[tuple[By, Hashable], list[float]] = {}
    for by in BREAKDOWNS:
        for i, t in np.argwhere(panel.treatment):
            truth.setdefault((by, key(panel, by, i, t)), []).append(float(effects[i, t]))
        for row in effects_by(panel, fit, by):
            expected = np.mean(truth[by, row.label]) if row.treated else 0.0
            assert row.effect == pytest.approx(expected, abs=1e-8)


def test_cohorts_are_units_with_the_same_first_and_last_treated_period() -> None:
    treatment = drawn("000111", "001111", "000110", "000111", "000000", "000000")
    panel = labelled(noisy(6, 6), treatment)
    rows = effects_by(panel, DID.fit(panel), "cohort")
    assert [(row.label, row.treated) for row in rows] == [((2, 5), 4), ((3, 4), 2), ((3, 5), 6)]


def test_a_unit_treated_twice_has_no_cohort_and_the_refusal_names_it() -> None:
    treatment = drawn("010010", "001110", "000000")
    panel = labelled(noisy(3, 6), treatment)
    with pytest.raises(UnsupportedDesign) as refusal:
        effects_by(panel, DID.fit(panel), "cohort")
    assert str(refusal.value) == (
        "a cohort is units with one and the same run of treatment; treatment comes again in 1 of 2 "
        "treated units (u0); ask by unit, period or event time"
    )


def test_event_time_starts_anew_with_each_run_and_ends_with_the_last() -> None:
    """u0 is at −2 −1 0 1 −1 0 and then nowhere; controls are nowhere."""
    treatment = drawn("0011010", "0000000", "0000000")
    outcome = np.zeros((3, 7))
    outcome[0] = 10, 20, 1, 2, 40, 4, 80
    fit = Fit(np.zeros((3, 7)))
    rows = effects_by(labelled(outcome, treatment), fit, "event_time")
    assert [(row.label, row.treated, row.effect) for row in rows] == [
        (-2, 0, 10.0),
        (-1, 0, 30.0),
        (0, 2, 2.5),
        (1, 1, 2.0),
    ]


def test_before_treatment_a_row_is_the_lack_of_fit_where_the_method_models_it() -> None:
    panel = small("staggered")
    fit = DID.fit(panel)
    leads = [row for row in effects_by(panel, fit, "event_time") if not row.treated]
    assert [row.label for row in leads] == list(range(-13, 0))
    last = [(0, 12), (1, 10)]  # the periods before the first treated ones
    expected = np.mean([panel.outcome[c] - fit.counterfactual[c] for c in last])
    assert leads[-1].effect == pytest.approx(expected, abs=1e-12)
    silent = Fit(np.where(panel.treatment, fit.counterfactual, np.nan))
    assert all(row.treated for row in effects_by(panel, silent, "event_time"))
    assert all(row.treated for row in effects_by_period(panel, silent))


def test_by_period_and_its_intervals_are_about_the_same_groups() -> None:
    panel = small("staggered")
    fit = DID.fit(panel)
    one, other = effects_by(panel, fit, "period"), effects_by_period(panel, fit)
    assert [(row.label, row.treated, row.effect) for row in one] == [
        (row.period, row.treated, row.effect) for row in other
    ]


def test_cells_that_a_fit_leaves_out_are_in_no_group() -> None:
    panel = small("staggered")
    whole = DID.fit(panel)
    gone = panel.treatment & (np.arange(len(panel.periods)) == 15)
    part = Fit(np.where(gone, np.nan, whole.counterfactual), left_out=gone)
    for by in BREAKDOWNS:
        rows = effects_by(panel, part, by)
        assert sum(row.treated for row in rows) == int((panel.treatment & ~gone).sum())


@pytest.mark.parametrize("by", BREAKDOWNS)
def test_a_treated_cell_without_counterfactual_is_an_error_in_every_breakdown(by: By) -> None:
    panel = small("block")
    fit = Fit(np.where(np.arange(16) == 14, np.nan, DID.fit(panel).counterfactual))
    with pytest.raises(UnsupportedDesign, match=r"2 of 6 treated cells .* first \(u0, 14\)"):
        effects_by(panel, fit, by)


@pytest.mark.parametrize(
    ("design", "rows"),
    [
        ("block", {"unit": 2}),
        ("staggered", {"cohort": 2, "event_time": 5 + 13, "unit": 2}),
        ("on_off", {"unit": 8}),
    ],
)
def test_what_is_published_has_the_breakdowns_that_say_something(
    design: str, rows: dict[str, int]
) -> None:
    panel = small(design)
    found = evaluate(panel, DID).diagnostics["effects_by"]
    assert isinstance(found, dict)
    assert {by: len(found[by]) for by in rows} == rows
    assert ("cohort" in found) == (design == "staggered")
    assert ("event_time" in found) == (design != "block")
    stored = plain(found)
    assert canonical(stored)
    assert set(stored["unit"][0]) == {"label", "treated", "observed", "counterfactual", "effect"}


def test_one_treated_unit_has_nothing_to_take_apart() -> None:
    panel = small("block").select(np.arange(1, 10), np.arange(16))
    assert "effects_by" not in evaluate(panel, DID).diagnostics


def test_what_is_published_stays_small_when_thousands_are_treated() -> None:
    treatment = np.zeros((403, 4), dtype=bool)
    treatment[:201, 2:] = True
    treatment[:100, 1] = True
    panel = labelled(additive(403, 4), treatment)
    found = evaluate(panel, DID).diagnostics["effects_by"]
    assert isinstance(found, dict)
    assert set(found) == {"cohort", "event_time"}
    fewer = replace(panel, treatment=treatment & (np.arange(403) != 0)[:, None])
    published = evaluate(fewer, DID).diagnostics["effects_by"]
    assert isinstance(published, dict)
    assert len(published["unit"]) == 200
