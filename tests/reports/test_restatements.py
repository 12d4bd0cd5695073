"""What was restated, and what the monitor saw: in the terminal, in JSON and on the page."""

import json
from dataclasses import replace

from rich.console import Console, RenderableType

from reports.as_json import to_json
from reports.monitoring import to_json as visit_to_json
from reports.monitoring import visit_table
from reports.page import render
from reports.tables import result_table
from storage.observations import Observation
from storage.restatements import Answered, Cell, Restated, Restatement
from tests.reports import results

FOUND = Restatement(
    used=1209, count=2, by_what={"changed": 1, "withdrawn": 1}, treated=1, share=2 / 1209,
    moved=0.0012, shift=-0.5,
    cells=(
        Cell("California", 1990, "changed", 82.4, 76.0, -0.0777),
        Cell("<b>Utah</b>", 1971, "withdrawn", 44.1, None, None),
    ),
)  # fmt: skip
ANSWERS = (Answered("did", (-27.3, -53.6, -1.1), (-28.0, -54.0, -2.0)),)
RESTATED = replace(results.prop99(), restated=Restated(2, FOUND, ANSWERS))


def shown(text: RenderableType) -> str:
    console = Console(width=100, no_color=True)
    with console.capture() as captured:
        console.print(text, markup=False, highlight=False)
    return " ".join(captured.get().split())


def test_cells_and_both_answers_stand_side_by_side_in_the_terminal_and_on_the_page() -> None:
    terminal, page = shown(result_table(RESTATED)), render(RESTATED)
    sentence = "Since prop99@2: 2 of 1,209 cells restated (1 changed, 1 withdrawn; 1 treated)"
    assert sentence in terminal
    assert sentence in page
    assert "California 1990 changed 82.4 76.0 −7.77 %" in terminal
    assert "DID −27.3 −53.6 to −1.1 −28.0 −54.0 to −2.0" in terminal
    assert "<td>−28.0</td>" in page
    assert "<h2>What was restated</h2>" in page
    assert "&lt;b&gt;Utah" in page
    assert "<b>Utah" not in page


def test_json_has_every_cell_that_is_listed() -> None:
    found = json.loads(json.dumps(to_json(RESTATED)))["restated"]
    assert (found["since"], found["count"], found["moved"]) == (2, 2, 0.0012)
    assert found["cells"][1] == {
        "unit": "<b>Utah</b>", "period": 1971, "what": "withdrawn",
        "old": 44.1, "new": None, "relative": None,
    }  # fmt: skip
    assert found["answers"][0]["new"] == {"att": -28.0, "ci_low": -54.0, "ci_high": -2.0}


def test_a_result_that_answers_no_restatement_shows_none() -> None:
    assert "restated" not in to_json(results.prop99())
    assert "What was restated" not in render(results.prop99())


SEEN = [
    Observation("panel", "sales", "fine", "up to date", {"great_expectations": {"huge": 1}}),
    Observation("promotion", "tea", "noticed", "surely harmful", {"effect": float("nan")},
                alerts={"effect_harmful": "surely harmful"}),
    Observation("calibration", "tea", "refused", "the treatment fits nowhere else"),
]  # fmt: skip


def test_a_visit_is_a_line_for_each_thing_and_json_without_the_suites() -> None:
    text = shown(visit_table(SEEN))
    assert "panel sales up to date." in text
    assert "promotion tea noticed surely harmful." in text
    assert "3 observations, 1 with an alert." in text
    found = json.loads(json.dumps(visit_to_json(SEEN), allow_nan=False))["observations"]
    assert found[0]["details"] == {}
    assert found[1]["details"] == {"effect": None}


def test_a_visit_of_nothing_says_how_to_begin() -> None:
    assert "Start with: liftledger register" in shown(visit_table([]))
