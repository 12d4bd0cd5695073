"""The catalogue of refusals: one line each, with labels, a count, what is needed, a way out."""

import re
from collections.abc import Callable

import numpy as np
import pytest

from estimators import (
    ESTIMATORS,
    VARIANCES,
    Fit,
    NotConverged,
    Panel,
    Refusal,
    UnsupportedDesign,
    att,
    comparable,
    effects_by,
    evaluate,
)
from estimators.core.placements import across_both, across_units
from estimators.doubly_weighted import DoublyWeighted
from estimators.matrix_completion import MatrixCompletion
from estimators.solvers.elastic_net import elastic_net_path
from estimators.solvers.low_rank import two_way_low_rank
from estimators.solvers.simplex import simplex_least_squares
from estimators.synthetic_control import SyntheticControl
from estimators.variance.windows import windows
from tests.estimators.panels import ANSWER_ON_OFF, labelled, noisy

WEIGHTING = ("sc", "difp", "sdid")
IMPUTING = ANSWER_ON_OFF
WAYS_OUT = (
    r"exclude|use |ask |add |observe |correct |lengthen|compares with|make a study|says which|"
    r"rescale|a larger|give |raise |read |lower "
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


ALONE = drawn("01", "00")  # each untreated cell is all that joins its unit and period
UNSEEN = drawn("0001", "0000", "000.", "000.")  # who else could be treated is not observed then
ALL_OF_THEM = "(u0, 0)"
OF_SETTINGS: dict[str, tuple[Callable[[], object], str]] = {
    "mc, no cell to leave out": (lambda: ESTIMATORS["mc"].tune(ALONE), ALL_OF_THEM),
    "dwcp, no cell to leave out": (lambda: ESTIMATORS["dwcp"].tune(ALONE), ALL_OF_THEM),
    "mc, no placement is observed": (lambda: ESTIMATORS["mc"].tune(UNSEEN), ALL_OF_THEM),
    "dwcp, no placement is observed": (lambda: ESTIMATORS["dwcp"].tune(UNSEEN), ALL_OF_THEM),
    "too few cells to draw from": (
        lambda: MatrixCompletion(cross_validation="independent").tune(ALONE),
        ALL_OF_THEM,
    ),
    "no period to pool": (
        lambda: DoublyWeighted(0.1, 0.5, 1.0, pooled=True).fit(drawn(".01", "0.1", "000")),
        "u0",
    ),
    "nobody for any cell": (
        lambda: SyntheticControl(on_off="per_cell").fit(drawn("0101", "0101")),
        "(u0, 1)",
    ),
    "only donors with gaps": (
        lambda: SyntheticControl(gaps="drop").fit(drawn("0011", "0.00", "0.00")),
        "(u0, 2)",
    ),
}
OF_PLACEBOS: dict[str, tuple[Callable[[], object], str]] = {
    "too few units": (lambda: across_units(drawn("0001", "0000"), 20, 0), "(u1)"),
    "no earlier time": (lambda: across_both(drawn("0011", "0000", "0000"), 20, 0), "before 2"),
    "a short past": (lambda: windows(drawn("00001", "00000", "00000")), "before 4"),
    "little time without treatment": (
        lambda: windows(drawn("000110", "000000", "000000")),
        "(0 to 2)",
    ),
    "forecasts where treatment switches": (
        lambda: windows(drawn("000101", "000010", "000000"), "forecast"),
        "(u0, u1)",
    ),
}


@pytest.mark.parametrize("what", [*OF_SETTINGS, *OF_PLACEBOS])
def test_refusals_of_tuning_options_and_placebos_are_no_less_complete(what: str) -> None:
    asked, label = {**OF_SETTINGS, **OF_PLACEBOS}[what]
    with pytest.raises(UnsupportedDesign) as refusal:
        asked()
    is_complete(str(refusal.value), label)


def test_placebos_that_are_all_zero_say_so_and_what_would_help() -> None:
    panel = labelled(np.zeros((8, 16)), np.arange(128).reshape(8, 16) == 15)
    (inference,) = evaluate(panel, ESTIMATORS["did"], VARIANCES["given_period"]).inferences
    assert isinstance(inference, Refusal)
    is_complete(inference.reason, "placebo effects are all zero")


NOT_CONVERGED: dict[str, Callable[[], object]] = {
    "simplex": lambda: simplex_least_squares(np.full((3, 2), 1e200), np.zeros(3)),
    "elastic net": lambda: elastic_net_path(
        noisy(8, 5).T, noisy(8, 5, 1)[0], np.array([0.1]), 0.5, tolerance=-1.0
    ),
    "low rank": lambda: two_way_low_rank(
        noisy(6, 8), np.ones((6, 8), dtype=bool), 1.0, tolerance=-1.0
    ),
}


@pytest.mark.parametrize("solver", NOT_CONVERGED)
def test_a_solver_that_falls_short_says_by_how_much_and_what_would_help(solver: str) -> None:
    with pytest.raises(NotConverged) as fell_short:
        NOT_CONVERGED[solver]()
    text = str(fell_short.value)
    assert "\n" not in text
    assert re.search(WAYS_OUT, text.split("; ", 1)[1])
    if solver != "simplex":  # which was given no number to work with
        assert re.search(r"gap [\d.e+-]+ of .* after \d+ (steps|sweeps), needed", text)
