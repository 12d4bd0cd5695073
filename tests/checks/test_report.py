"""What a report promises: the evidence, also when it stops, from any number of threads."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from checks import CHECKS, ChecksFailed, check
from studies import load_plan
from tests.checks.panels import at, block, on_off, plan, with_value

EXAMPLES = Path(__file__).parents[2] / "examples"


def example(name: str) -> pd.DataFrame:
    data = pd.read_csv(EXAMPLES / f"{name}.csv")
    return pd.DataFrame(
        {
            "unit": data["unit"].astype("category"),
            "period": data["time"],
            "outcome": data["outcome"].astype(float),
            "treatment": data["treated"].astype(float),
            "observed": True,
        }
    )


@pytest.mark.parametrize("name", ["prop99", "softdrinks"])
def test_the_example_panels_pass_with_their_plans(name: str) -> None:
    report = check(example(name), load_plan(EXAMPLES / f"{name}.yaml"))
    assert report.stops == ()
    assert report.passed
    assert "treatment_as_planned" in [found.name for found in report.checks]


def test_the_stores_hardly_ever_untreated_are_named_as_a_warning() -> None:
    report = check(example("softdrinks"), load_plan(EXAMPLES / "softdrinks.yaml"))
    thin = next(found for found in report.warnings if found.name == "untreated_periods_by_unit")
    assert thin.examples == ("store_306 in 2", "store_381 in 3")


def test_a_stop_raises_one_line_per_failed_check() -> None:
    data = with_value(block(), "treatment", 2.0, "u0", 2007)
    data = with_value(data, "outcome", np.inf, "u3", 2004)
    with pytest.raises(ChecksFailed) as stopped:
        check(data, plan()).raise_for_stop()
    assert [line.split(":")[0] for line in stopped.value.lines] == [
        "finite_outcome",
        "binary_treatment",
    ]
    assert str(stopped.value).splitlines() == list(stopped.value.lines)


def test_warnings_alone_raise_nothing() -> None:
    report = check(with_value(block(), "outcome", 900.0, "u3", 2004), plan())
    assert [found.name for found in report.warnings] == ["outliers"]
    report.raise_for_stop()


@pytest.mark.parametrize(
    "data",
    [
        block(),
        with_value(block(), "treatment", np.nan, "u0", 2007),
        with_value(block(), "outcome", np.inf, "u0", 2007),
        with_value(block(), "unit", None, "u0", 2007),
        with_value(block().astype({"period": str}), "period", None, "u3"),
        block().assign(outcome="text"),
        block().iloc[:0],
        block().assign(observed=False, outcome=np.nan),
        on_off(),
    ],
    ids=["sound", "no treatment", "infinite", "no unit", "no period", "text", "no rows",
         "nothing observed", "on and off"],
)  # fmt: skip
def test_the_json_is_complete_and_can_be_written(data: pd.DataFrame) -> None:
    report = check(data, plan())
    written = json.loads(json.dumps(report.json, allow_nan=False))
    done = [found["name"] for found in written["checks"]]
    assert sorted(done + written["not_run"]) == sorted(rule.name for rule in CHECKS)
    assert written["passed"] == report.passed
    evidence = [
        result for table in written["great_expectations"].values() for result in table["results"]
    ]
    assert {r["expectation_config"]["meta"]["check"]: r["success"] for r in evidence} == {
        found["name"]: found["passed"] for found in written["checks"]
    }


def test_the_evidence_of_a_stop_holds_the_offending_rows() -> None:
    report = check(with_value(block(), "treatment", 2.0, "u0", 2007), plan())
    cells = report.json["great_expectations"]["2-cells"]["results"]
    found = next(r for r in cells if r["expectation_config"]["meta"]["check"] == "binary_treatment")
    assert found["result"]["unexpected_count"] == 1
    assert found["result"]["partial_unexpected_index_list"] == [
        {"treatment_is": "2", "unit": "u0", "period": 2007}
    ]


def test_the_rows_are_left_as_they_were() -> None:
    data = with_value(block(), "unit", None, "u0", 2007)
    before = data.copy(deep=True)
    check(data, plan())
    pd.testing.assert_frame_equal(data, before)


def test_the_order_of_the_rows_does_not_matter() -> None:
    data = block()
    shuffled = data.sample(frac=1, random_state=3)
    assert check(shuffled, plan()).checks == check(data, plan()).checks


def test_labels_may_be_categories_and_periods_dates() -> None:
    data = block()
    data = data.assign(
        unit=data.unit.astype("category"), period=data.period.map(lambda year: f"{year}-12-31")
    )
    assert check(data, plan()).passed
    late = check(data.replace({"period": {"2004-12-31": "2004-12-30"}}), plan())
    assert late.stops[0].examples == (
        "2004-12-30 (beside the grid of the other periods, which are months apart)",
    )


def test_threads_may_check_at_the_same_time() -> None:
    panels = [block(), on_off(), with_value(block(), "treatment", 2.0, "u0", 2007)] * 4
    with ThreadPoolExecutor(4) as threads:
        reports = list(threads.map(lambda data: check(data, plan()), panels))
    assert [report.passed for report in reports] == [True, True, False] * 4


def test_great_expectations_is_not_imported_before_the_first_check() -> None:
    code = "import sys, checks; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_cell_is_named_once_however_often_it_is_there() -> None:
    data = block()
    data = pd.concat([data, data[at(data, "u3", 2004)], data[at(data, "u3", 2004)]])
    found = check(data, plan()).stops[0]
    assert (found.count, found.examples) == (3, ("(u3, 2004)",))
