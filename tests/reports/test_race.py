"""Races and choices as people see them: every number there, nothing flattered, nothing fetched."""

import json
import re
from dataclasses import replace

import pytest
from rich.console import Console, RenderableType

from estimators.calibration.summaries import Measured
from estimators.race.assignments import WAYS
from reports.artifacts import markdown
from reports.as_json import to_json as result_to_json
from reports.drawing import INK
from reports.page import render as result_page
from reports.race import DESIGN_WORDS, design_words, to_json, verdict
from reports.race_figures import race_figure
from reports.race_page import render
from reports.race_tables import race_table
from reports.tables import result_table
from storage.json_values import plain
from storage.race_records import StoredRace
from storage.records import StoredResult
from studies import parse_plan
from tasks.race_designs import BACK_TEST
from tests.reports import races, results
from tests.reports.outline import Outline


def by_rule(how: str = "tie") -> StoredResult:
    """prog99's result, had its plan left the primary to a rule."""
    result = results.prop99()
    text = "study: a\nquestion: b\npanel: c\nprimary: {rule: lowest_rmse}\n"
    plan = result.plan.model_copy(update={"primary": parse_plan(text).primary})
    found = races.race() if how == "tie" else None
    return replace(result, plan=plan, choice=races.choice(how, found))


def in_a_terminal(what: RenderableType) -> str:
    console = Console(width=80, no_color=True)
    with console.capture() as captured:
        console.print(what)
    return captured.get()


@pytest.mark.parametrize("shown", [[races.race()], races.nine()], ids=["one", "nine"])
def test_the_page_is_well_formed_and_asks_nobody_for_anything(shown: list[StoredRace]) -> None:
    page = render(shown)
    outline = Outline(page)
    assert (outline.unbalanced, outline.open) == ([], [])
    assert "<b>switches" not in page
    addresses = set(re.findall(r"(?:https?:)?//[^\s\"'<>)]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert not {"script", "link", "img"} & {tag for tag, _ in outline.tags}
    assert not any("style" in attrs for _, attrs in outline.tags)


def test_nine_panels_are_nine_groups_labelled_as_our_own_benchmark() -> None:
    page, figure = render(races.nine()), race_figure(races.nine())
    assert figure is not None
    assert "Our own benchmark" in figure.caption
    assert page.count("Our own benchmark") >= 2
    for found in races.nine():
        assert f">{found.panel}<" in figure.wide
        assert f">{found.panel}<" in figure.narrow
    assert "Our own benchmark" not in render([races.race()])


def test_bars_begin_at_zero_and_one_that_is_cut_says_its_number() -> None:
    figure = race_figure([races.race()])
    assert figure is not None
    assert "Bars beyond 3 are cut" in figure.caption
    assert ">4.44<" in figure.wide
    assert ">0<" in figure.wide
    assert ">refused<" in figure.wide
    assert "simulated panels: DID 1.91, SC 4.44" in figure.label
    assert not set(INK.values()) & set(re.findall(r"#0a00\w\w", figure.wide))


def test_the_terminal_shows_every_column_in_eighty() -> None:
    shown = in_a_terminal(race_table([races.race()]))
    assert all(len(line.rstrip()) <= 80 for line in shown.splitlines())
    lines = shown.splitlines()
    (best,) = [line for line in lines[: len(lines) // 2] if line.startswith("▸ DWCP")]
    assert best.split() == ["▸", "DWCP", "5.67", "1.00", "−0.43", "0.95", "21.4", "0.14"]
    assert any(line.startswith("= MC") for line in lines)
    assert any(line.startswith("  DID") for line in lines)
    said = " ".join(shown.split())
    assert "DWCP errs least; MC cannot be told apart from it." in said
    assert "× best ± 0.18, covered ± 0.05" in said
    assert "Refused, SDID: treatment <b>switches</b> off again" in said


def test_designs_are_said_in_words() -> None:
    assert {*WAYS, BACK_TEST} == set(DESIGN_WORDS)
    assert design_words("own").startswith("simulated panels, the study’s own treatment")
    assert design_words("logistic min_wage").endswith("make likely (min_wage)")
    assert design_words("uniform without noise and two_way").endswith(
        "at random, without noise and two-way effects"
    )


def test_nobody_errs_least_where_nobody_answered_enough() -> None:
    alone = [races.refused("did")]
    assert verdict(alone) == "Nobody answered enough to be compared."
    assert race_figure([races.race(own=(*alone,))]) is None
    shown = in_a_terminal(race_table([races.race(own=(*alone,))]))
    assert "Nobody answered enough" in shown


def test_json_has_every_number_with_its_error_and_no_infinity() -> None:
    endless = replace(races.standing("did"), relative=Measured(float("inf"), None))
    told = json.loads(json.dumps(plain(to_json(races.race(own=(endless,)))), allow_nan=False))
    (design,) = told["designs"]
    (one,) = design["standings"]
    assert (design["design"], one["relative"]) == ("own", {"value": None, "error": None})
    assert one["rmse"] == {"value": 5.6708 * 1.91, "error": 0.31 * 1.91}
    assert one["intervals"][0]["coverage"] == {"value": 0.95, "error": 0.049}


def test_a_result_shows_the_table_that_justified_its_primary_and_when_it_was_chosen() -> None:
    result = by_rule()
    page = " ".join(result_page(result).replace("&#39;", "'").split())
    shown = " ".join(in_a_terminal(result_table(result)).split())
    for text in (page, shown, markdown(result)):
        assert "MC (tied with DWCP)" in text
        assert "entry 41 of the audit log, 2026-01-02 12:00:01 UTC" in text
        assert "the result is entry 42, 2026-01-02 12:00:09 UTC" in text
        assert "1.020 ± 0.041 times that of DWCP" in text
    assert "chosen as primary by the plan’s rule" in page
    assert "the one that errs least on panels like this one, which is MC (tied with DWCP)" in page
    for text in (page, shown):
        assert "10.83" in text
        assert "RMSE" in text
    outline = Outline(result_page(result))
    assert (outline.unbalanced, outline.open) == ([], [])


def test_a_fall_back_says_why_instead_of_a_table() -> None:
    result = by_rule("fallback")
    assert result.primary == "sdid"
    page = result_page(result)
    shown = " ".join(in_a_terminal(result_table(result)).split())
    for text in (page, shown):
        assert "SDID (the fall-back)" in text
        assert "no race can choose here: 5 units are too few" in text
        assert "× best" not in text


def test_json_of_a_result_has_the_choice_only_where_a_rule_made_one() -> None:
    assert "choice" not in result_to_json(results.prop99())
    told = json.loads(json.dumps(plain(result_to_json(by_rule())["choice"]), allow_nan=False))
    assert (told["estimator"], told["how"], told["tied_with"]) == ("mc", "tie", ["dwcp"])
    assert told["chosen"]["audit_entry"] < told["answered"]["audit_entry"]
    assert told["race"]["designs"][0]["standings"][0]["estimator"] == "did"
    assert result_to_json(by_rule("fallback"))["choice"]["race"] is None
