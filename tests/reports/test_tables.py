"""Results in a terminal."""

from dataclasses import replace

import pytest
from rich.console import Console, RenderableType

from estimators.core.panel import Panel
from reports.impact import impact_sentence
from reports.tables import history_table, result_table
from storage.records import StoredResult
from tests.reports import results


def printed(table: RenderableType, width: int = 80) -> str:
    console = Console(width=width, color_system=None, force_terminal=False)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def words(table: RenderableType, width: int = 200) -> str:
    return " ".join(printed(table, width).split())


@pytest.fixture(params=["prop99", "softdrinks"])
def result(request: pytest.FixtureRequest) -> StoredResult:
    made: StoredResult = getattr(results, request.param)()
    return made


def test_the_table_fits_into_eighty_columns(result: StoredResult) -> None:
    lines = printed(result_table(result), 80).splitlines()
    assert max(len(line.rstrip()) for line in lines) <= 80
    assert any(line.startswith("▸") for line in lines)
    assert not any("…" in line for line in lines)


def test_the_table_shows_every_estimator_and_every_variance(result: StoredResult) -> None:
    shown = words(result_table(result))
    for label in ("DID", "SC", "DIFP", "MC", "SDID", "DWCP"):
        assert label in shown
    for kind in ("marginal", "given unit", "given period", "given both"):
        assert kind in shown


def test_estimate_standard_error_and_interval_stand_together() -> None:
    shown = printed(result_table(results.prop99()), 120)
    row, below = (
        (line, after)
        for line, after in zip(shown.splitlines(), shown.splitlines()[1:], strict=False)
        if line.startswith("DID")
    ).__next__()
    assert "−27.3" in row
    assert "refused" in row
    assert "[−63.5, 8.8]" in below


def test_the_level_of_intervals_is_the_plans() -> None:
    made = results.prop99()
    inference = made.plan.inference.model_copy(update={"level": 0.9})
    other = replace(made, plan=made.plan.model_copy(update={"inference": inference}))
    assert "standard error and 95 % interval" in words(result_table(made))
    assert "standard error and 90 % interval" in words(result_table(other))


def test_the_primary_estimator_and_variance_are_marked() -> None:
    shown = printed(result_table(results.prop99()))
    assert "▸ SDID" in shown
    assert "▸ given both" in shown
    assert shown.count("▸") == 4  # SDID once for each table; and once where the mark is explained


def test_refusals_are_listed_below_with_their_reasons_in_full() -> None:
    shown = words(result_table(results.prop99()))
    assert "Two estimators and one variance were refused:" in shown
    assert "SC: California cannot be reproduced: 3 donors, 5 were needed." in shown
    assert "DID, variance given unit: 2 placebo windows" in shown


def test_equal_reasons_are_given_once() -> None:
    shown = words(result_table(results.softdrinks()))
    assert shown.count("needs a block") == 1
    assert "SC, DIFP and SDID: treatment switches off again" in shown


def test_reasons_that_differ_only_in_who_gives_them_are_given_once() -> None:
    result = results.prop99()
    two = tuple(
        results.refused_estimate(key, f"{key} compares runs; use did") for key in ("sc", "sdid")
    )
    shown = words(result_table(replace(result, estimates=(result.estimates[0], *two))))
    assert "SC and SDID: each compares runs; use did." in shown
    shown = words(result_table(replace(result, estimates=(result.estimates[0], two[0]))))
    assert "SC: sc compares runs; use did." in shown


def test_the_answer_comes_last_and_after_it_what_it_amounts_to() -> None:
    result = results.prop99()
    end = words(result_table(result)).split("SDID, variance given both). ")[1]
    assert end == " ".join(impact_sentence(result).split())
    plain = tuple(replace(one, diagnostics={}) for one in result.estimates)
    older = words(result_table(replace(result, estimates=plain)))
    assert older.endswith("SDID, variance given both).")


def test_labels_are_text_and_never_markup_or_terminal_codes() -> None:
    result = results.prop99()
    plan = result.plan.model_copy(update={"question": "What [bold]now[/bold]\x1b[31m?"})
    shown = printed(result_table(replace(result, plan=plan)))
    assert "[bold]now[/bold]" in shown
    assert "\x1b" not in shown


def test_a_result_in_which_all_was_refused_is_still_a_table() -> None:
    result = results.prop99()
    refused = tuple(results.refused_estimate(e.estimator, "no donor") for e in result.estimates)
    shown = words(result_table(replace(result, estimates=refused)))
    assert "DID, SC, DIFP, MC, SDID and DWCP: no donor." in shown
    assert "There is no answer: 6 estimators refused." in shown


def test_an_unknown_estimator_and_variance_are_shown_by_their_keys() -> None:
    result = results.prop99()
    new = replace(
        result.estimates[0], estimator="new", variances=(results.variance("odd", -27.3, 3.0),)
    )
    shown = words(result_table(replace(result, estimates=(*result.estimates, new))))
    assert "NEW" in shown
    assert "odd" in shown


def test_the_list_of_results_names_what_a_report_can_be_asked_for() -> None:
    shown = printed(history_table([results.summary(results.prop99())]))
    assert "prop99@3" in shown
    assert "−15.6" in shown
    assert "−25.0 to −6.2" in shown


def test_the_list_of_results_tells_what_was_refused() -> None:
    line = results.summary(results.prop99(), att=None, ci_low=None, ci_high=None, reason="no [x]")
    assert "prop99@3: no [x]." in printed(history_table([line]))


def test_an_empty_list_says_what_to_do() -> None:
    assert "liftledger run STUDY" in printed(history_table([]))


def test_text_periods_are_shown_as_they_are() -> None:
    result = results.prop99()
    old = result.panel
    weeks = tuple(f"2024-W{week:02}" for week in range(1, len(old.periods) + 1))
    panel = Panel(old.outcome, old.treatment, old.units, weeks)
    assert "from 2024-W20 to 2024-W31" in words(result_table(replace(result, panel=panel)))
