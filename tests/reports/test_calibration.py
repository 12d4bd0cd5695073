"""Exams as people see them: every number there, axes that do not flatter, nothing fetched."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console

from estimators.calibration.summaries import EFFECTS, Covered, Measured, Score
from reports.calibration import own_sentence, to_json
from reports.calibration_figures import coverage_figure, power_figure
from reports.calibration_page import render
from reports.calibration_tables import calibration_table
from reports.page import render as result_page
from storage.json_values import plain
from storage.records import StoredCalibration
from tests.reports import results
from tests.reports.outline import Outline

SETTINGS = {
    "noise": "multiplicative", "pattern": "cell", "units": 20, "periods": 15, "spread": 0.5,
    "effect": 0.0, "level": 0.95, "replications": 400, "once": ["mc"],
}  # fmt: skip


def scored(estimator: str, kind: str, coverage: float, noisiest: float | None) -> Score:
    numbers = {"coverage": Measured(coverage, 0.011), "length": Measured(4.1234, 0.1),
               "true_variance": Measured(1.0, 0.1), "mean_variance": Measured(1.25, 0.1),
               "variability": Measured(0.5, 0.1)}  # fmt: skip
    if noisiest is not None:
        numbers |= {"coverage_quietest": Measured(1.0, 0.0),
                    "coverage_noisiest": Measured(noisiest, 0.04)}  # fmt: skip
    numbers |= {f"size_adjusted_{k}": Measured(0.3 * k, 0.02) for k in EFFECTS}
    return Score(estimator, kind, 400, 0, None, numbers)


def exam(*scores: Score, study: str | None = None) -> StoredCalibration:
    settings = SETTINGS if study is None else {"level": 0.95, "positions": 40}
    return StoredCalibration(
        "a" * 64, settings, study, None, None, "0.1", "e", 1, "ada",
        datetime(2026, 1, 2, tzinfo=UTC), scores,
    )  # fmt: skip


SIMULATED = exam(
    scored("did", "marginal", 0.9512, 0.755),
    scored("did", "given_both", 0.948, 0.9321),
    Score("sc", "marginal", 0, 400, "treatment switches on and off"),
)
GROUPS = {
    "unit": (Covered("<b>Ohio</b>", 10, 0.8), Covered("Utah", 10, 1.0)),
    "period": (Covered(1999, 20, 0.9),),
    "noise": tuple(Covered(k + 1, 8, 1 - k / 20) for k in range(5)),
}
OWN = exam(replace(scored("sdid", "given_both", 0.94, None), groups=GROUPS), study="prop99")


def in_a_terminal(found: StoredCalibration) -> str:
    console = Console(width=80, no_color=True, record=True, file=None, quiet=False)
    with console.capture() as captured:
        console.print(calibration_table([found]))
    return captured.get()


@pytest.mark.parametrize("found", [SIMULATED, OWN], ids=["simulated", "own"])
def test_the_page_is_well_formed_and_asks_nobody_for_anything(found: StoredCalibration) -> None:
    page = render([found])
    outline = Outline(page)
    assert (outline.unbalanced, outline.open) == ([], [])
    assert "<b>Ohio" not in page
    addresses = set(re.findall(r"(?:https?:)?//[^\s\"'<>)]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert not {"script", "link", "img"} & {tag for tag, _ in outline.tags}
    assert not any("style" in attrs for _, attrs in outline.tags)


def test_the_terminal_shows_every_column_in_eighty() -> None:
    shown = in_a_terminal(SIMULATED)
    assert all(len(line) <= 80 for line in shown.splitlines())
    row = next(line for line in shown.splitlines() if "marginal" in line)
    expected = ["marginal", "1.25", "0.50", "0.951", "1.000", "0.755", "4.12", "0.30", "0.60"]
    assert row.split()[: len(expected)] == expected
    assert "MC tuned once" in " ".join(shown.split())
    assert "in fifths 0.040" in " ".join(shown.split())
    assert "SC, marginal (400): treatment switches on and off." in " ".join(shown.split())


def test_on_a_panel_of_ones_own_the_sentence_says_what_was_promised_and_what_came() -> None:
    said = own_sentence(OWN, OWN.scores[0])
    assert said == (
        "On this panel the 95 % interval (SDID, variance given both) covered 94.0 % (± 1.1) of "
        "400 placebos."
    )
    shown = " ".join(in_a_terminal(OWN).split())
    assert said in shown
    assert "least covered by unit: <b>Ohio</b> (80 %)" in shown
    assert said.replace("’", "'") in render([OWN])


def test_where_every_interval_covered_there_are_limits_and_no_error_of_zero() -> None:
    numbers = {"coverage": Measured(1.0, 0.0)}
    every = Score("did", "conformal", 32, 28, "needs 20 periods", numbers)
    # the lower limit is the share with which 32 of 32 come in a fortieth of exams
    low = 100 * 0.025 ** (1 / 32)
    assert f"covered 100.0 % (95 % limits {low:.1f} to 100.0) of 32 placebos; 28 more" in (
        own_sentence(OWN, every)
    )
    never = replace(every, numbers={"coverage": Measured(0.0, 0.0)})
    assert f"covered 0.0 % (95 % limits 0.0 to {100 - low:.1f})" in own_sentence(OWN, never)


def test_too_few_answers_to_count_are_no_refusal_everywhere() -> None:
    reason = "its past is short; add periods"
    one = Score("sdid", "given_both", 1, 9, reason)
    assert own_sentence(OWN, one) == (
        f"SDID, variance given both: refused at 9 of 10 positions, because {reason}."
    )
    assert "refused at all 9 positions" in own_sentence(OWN, replace(one, answered=0))


def test_axes_of_coverage_begin_below_every_mark_and_end_at_one() -> None:
    figure = coverage_figure(SIMULATED)
    assert figure is not None
    assert "The axis begins at 70 %" in figure.caption
    assert ">70%<" in figure.wide
    assert ">100%<" in figure.wide
    assert "noisiest 75.5 %" in figure.label
    own = coverage_figure(OWN)
    assert own is not None
    assert "noisiest 80 %" in own.label


def test_power_is_drawn_from_zero_to_one_and_not_on_a_panel_of_ones_own() -> None:
    figure = power_figure(SIMULATED)
    assert figure is not None
    assert ">0%<" in figure.wide
    assert ">100%<" in figure.wide
    assert "1 30 %, 2 60 %, 3 90 %" in figure.label
    without = replace(OWN.scores[0], numbers={})
    assert power_figure(exam(without, study="prop99")) is None
    assert coverage_figure(exam(replace(without, groups={}), study="prop99")) is None


def test_json_has_every_number_with_its_error() -> None:
    told = json.loads(json.dumps(plain(to_json(SIMULATED)), allow_nan=False))
    assert told["scores"][0]["numbers"]["coverage"] == {"value": 0.9512, "error": 0.011}
    assert told["scores"][2]["reason"] == "treatment switches on and off"
    own = json.loads(json.dumps(to_json(OWN), allow_nan=False))
    assert own["scores"][0]["groups"]["unit"][0]["coverage"] == 0.8


def test_a_result_shows_what_its_intervals_covered_on_its_own_panel() -> None:
    result = results.prop99()
    assert "liftledger calibrate" in result_page(result)
    primary, kind = result.primary, result.plan.inference.primary
    others = scored(primary, "marginal", 0.991, None)
    found = exam(others, scored(primary, kind, 0.94, None), study=result.study)
    page = result_page(replace(result, calibration=found))
    assert "Not examined yet" not in page
    assert own_sentence(found, found.scores[1]) in page.replace("&#39;", "'")
    assert page.index("covered 94.0 %") < page.index("covered 99.1 %")
    assert page.count('aria-label="Coverage of 95 % intervals.') == 1
