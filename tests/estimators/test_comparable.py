"""What cannot be compared can be left out: all of it, nothing else, and each piece by its label."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from estimators import Panel, UnsupportedDesign, att, comparable
from estimators.core.designs import identified, pattern
from estimators.core.panel import BoolArray, IntArray
from tests.estimators.catalogue import quick
from tests.estimators.panels import EFFECT, additive, labelled


def drawn(*rows: str) -> Panel:
    """One string for each unit: 1 treated, 0 untreated, x treated and . untreated, not observed."""
    cells = np.array([list(row) for row in rows])
    treated = np.isin(cells, ("1", "x"))
    outcome = additive(*cells.shape) + EFFECT * treated
    outcome[np.isin(cells, ("x", "."))] = np.nan
    return labelled(outcome, treated)


def test_a_panel_in_which_all_is_comparable_is_returned_as_it_is() -> None:
    panel = drawn("0011", "0.01", "0000")
    kept, dropped = comparable(panel)
    assert kept is panel
    assert not dropped
    assert dropped.text == "everything can be compared; nothing was left out"


def test_units_always_treated_and_periods_without_anyone_untreated_go_together() -> None:
    panel = drawn("11111", "00110", "00010", "00010", "....x")
    kept, dropped = comparable(panel)
    assert kept.units == ("u1", "u2", "u3")
    assert kept.periods == (0, 1, 2, 4)
    assert (dropped.units, dropped.periods, dropped.cells) == (("u0", "u4"), (3,), ())
    assert (dropped.treated, dropped.of) == (8, 9)
    assert dropped.text == (
        "left out as not comparable: units never observed untreated, 2 (u0, u4); periods in which "
        "no unit is observed untreated, 1 (3); with them 8 of 9 observed treated cells"
    )
    assert pattern(kept) == "block"
    for name in ("did", "sc", "difp", "mc", "sdid", "dwcp"):
        fit = quick(name).fit(kept)
        assert np.isfinite(att(kept, fit))


def test_treated_cells_that_nothing_connects_are_asked_for_no_longer() -> None:
    panel = drawn("00111", "000..", "...00", "1..00")
    with pytest.raises(UnsupportedDesign, match=r"cannot impute 3 treated cells, first \(u0, 3\)"):
        quick("did").fit(panel)
    kept, dropped = comparable(panel)
    assert dropped.cells == (("u0", 3), ("u0", 4), ("u3", 0))
    assert (dropped.units, dropped.periods, dropped.treated, dropped.of) == ((), (), 3, 4)
    assert np.argwhere(kept.treatment).tolist() == [[0, 2]]
    assert np.isnan(kept.outcome[[0, 0, 3], [3, 4, 0]]).all()
    assert att(kept, quick("did").fit(kept)) == pytest.approx(EFFECT, abs=1e-9)


def test_nothing_left_to_estimate_is_one_refusal_with_labels_counts_and_a_way_out() -> None:
    with pytest.raises(UnsupportedDesign) as refusal:
        comparable(drawn("0011", "0011", "1100", "1100"))
    assert str(refusal.value) == (
        "nothing is left to estimate; left out as not comparable: treated cells that untreated "
        "ones do not connect, 8 ((u0, 2), (u0, 3), (u1, 2), (u1, 3), (u2, 0) and 3 more); with "
        "them 8 of 8 observed treated cells; add untreated units or periods"
    )
    with pytest.raises(UnsupportedDesign, match="none of the 2 treated cells has an observed"):
        comparable(drawn("00xx", "0000"))


masks = st.tuples(st.integers(2, 6), st.integers(2, 6)).flatmap(
    lambda shape: arrays(np.int8, shape, elements=st.sampled_from([0, 0, 0, 1, 1, 2, 3]))
)


@settings(max_examples=60, derandomize=True)
@given(cells=masks)
def test_whatever_the_pattern_no_usable_cell_is_lost_and_the_rest_can_be_imputed(
    cells: IntArray,
) -> None:
    """0 untreated, 1 treated; 2 and 3 likewise, not observed."""
    treated = cells % 2 == 1
    assume(treated.any())
    outcome = np.where(cells >= 2, np.nan, additive(*cells.shape) + EFFECT * treated)
    panel = labelled(outcome, treated)
    asked = panel.treatment & panel.observed
    answerable = asked & identified(panel)
    if not answerable.any():
        with pytest.raises(UnsupportedDesign, match=r"add untreated units|observe some"):
            comparable(panel)
        return
    kept, dropped = comparable(panel)
    assert by_label(kept, kept.usable) == by_label(panel, panel.usable)
    assert by_label(kept, kept.treatment & kept.observed) == by_label(panel, answerable)
    assert dropped.treated == int(asked.sum() - answerable.sum())
    assert comparable(kept)[0] is kept
    assert att(kept, quick("did").fit(kept)) == pytest.approx(EFFECT, abs=1e-8)


def by_label(panel: Panel, cells: BoolArray) -> set[tuple[object, object]]:
    return {(panel.units[i], panel.periods[t]) for i, t in np.argwhere(cells)}


def test_covariates_and_labels_go_with_the_cells_that_stay() -> None:
    panel = drawn("1111", "0011", "0000")
    covariates = np.arange(12.0).reshape(3, 4, 1)
    kept, _ = comparable(replace(panel, covariates=covariates, covariate_names=("price",)))
    assert kept.units == ("u1", "u2")
    assert kept.covariate_names == ("price",)
    np.testing.assert_array_equal(kept.covariates, covariates[1:])
