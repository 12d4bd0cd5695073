"""The catalogue of refusals: one line each, with labels, a count, what is needed, a way out."""

import re

import numpy as np
import pytest

from estimators import ESTIMATORS, Fit, Panel, UnsupportedDesign, att, comparable, effects_by
from tests.estimators.panels import ANSWER_ON_OFF, labelled, noisy

WEIGHTING = ("sc", "difp", "sdid")
IMPUTING = ANSWER_ON_OFF
WAYS_OUT = (
    r"exclude|use |ask |add |observe |correct |lengthen|compares with|make a study|says which"
)


def drawn(*rows: str) -> Panel:
    """One string for each unit: 1 treated, 0 untreated, x treated and . untreated, not observed."""
    cells = np.array([list(row) for row in rows])
    outcome = noisy(*cells.shape)
    outcome[np.isin(cells, ("x", "."))] = np.nan
    return labelled(outcome, np.isin(cells, ("1", "x")))


# what is wrong, the panel, who refuses it, and the label that the line has to name
CASES = [
    ("always treated", drawn("1111", "0011", "0000"), IMPUTING, "u0"),
    ("nobody untreated", drawn("0011", "0001", "0101"), IMPUTING, "3"),
    ("no chain of cells", drawn("0011", "0011", "1100", "1100"), IMPUTING, "(u0, 2)"),
    ("on and off", drawn("010100", "001100", "000000"), WEIGHTING, "u0"),
    ("different ends", drawn("000110", "001110", "001111", "000000"), WEIGHTING, "4, 5"),
    ("everyone treated", drawn("00011", "00111", "00001"), WEIGHTING, "3"),
    ("a donor with a gap", drawn("0011", "0000", "0.00"), WEIGHTING, "(u2, 1)"),
    ("a gap before", drawn("0.0011", "000000", "000000"), WEIGHTING, "(u0, 1)"),
    ("everyone treated at once", drawn("0011", "0011"), WEIGHTING, "0 among 2"),
    ("no noise to measure", drawn("0111", "0000", "0000"), ("sdid",), "after 1"),
    ("no period before", drawn("1100", "0000", "0000"), WEIGHTING, "u0"),
]


def refusal_of(name: str, panel: Panel) -> str:
    with pytest.raises(UnsupportedDesign) as refusal:
        ESTIMATORS[name].fit(panel)
    return str(refusal.value)


def is_complete(text: str, label: str) -> None:
    assert "\n" not in text
    assert len(text) < 400
    assert label in text
    assert re.search(r"\d", text)
    assert re.search(WAYS_OUT, text.split("; ", 1)[1])


@pytest.mark.parametrize(
    ("panel", "name", "label"),
    [
        pytest.param(panel, name, label, id=f"{what}-{name}")
        for what, panel, names, label in CASES
        for name in names
    ],
)
def test_every_refusal_is_one_line_with_labels_a_count_and_a_way_out(
    panel: Panel, name: str, label: str
) -> None:
    text = refusal_of(name, panel)
    is_complete(text, label)
    assert re.search(rf"\b{name}\b", text)


def test_refusals_of_an_average_are_no_less_complete() -> None:
    panel = drawn("00xx", "0000")
    with pytest.raises(UnsupportedDesign) as unobserved:
        att(panel, Fit(np.zeros((2, 4))))
    is_complete(str(unobserved.value), "none of 2 treated cells")
    with pytest.raises(UnsupportedDesign) as unanswered:
        att(drawn("0011", "0000"), Fit(np.full((2, 4), np.nan)))
    is_complete(str(unanswered.value), "(u0, 2)")
    with pytest.raises(UnsupportedDesign) as without_cohort:
        effects_by(drawn("0101", "0000"), Fit(np.zeros((2, 4))), "cohort")
    is_complete(str(without_cohort.value), "u0")
    with pytest.raises(UnsupportedDesign) as nothing_left:
        comparable(drawn("0011", "0011", "1100", "1100"))
    is_complete(str(nothing_left.value), "(u0, 2)")
