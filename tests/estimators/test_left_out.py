"""Treated cells a fit leaves out: their effects are averaged nowhere."""

from dataclasses import replace

import numpy as np
import pytest

from estimators import Fit, UnsupportedDesign, att, effects_by_period
from tests.estimators.panels import labelled


def test_a_cell_that_is_left_out_enters_no_average() -> None:
    outcome = np.zeros((2, 4))
    outcome[0, 2:] = 1.0, 5.0
    panel = labelled(outcome, np.array([[False, False, True, True], [False] * 4]))
    whole = Fit(np.zeros((2, 4)))
    part = replace(whole, left_out=np.array([[False, False, False, True], [False] * 4]))
    assert att(panel, whole) == 3.0
    assert att(panel, part) == 1.0
    rows = effects_by_period(panel, part)  # a treated outcome is no lack of fit either
    assert [(row.period, row.treated) for row in rows] == [(0, 0), (1, 0), (2, 1)]


def test_a_missing_counterfactual_that_nobody_announced_is_an_error() -> None:
    panel = labelled(np.zeros((2, 3)), np.array([[False, False, True], [False] * 3]))
    gap = np.array([[0.0, 0.0, np.nan], [0.0] * 3])
    with pytest.raises(UnsupportedDesign, match=r"1 of 1 treated cells have no counterfactual"):
        att(panel, Fit(gap))
