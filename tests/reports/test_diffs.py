"""What changed from one result to another, for people and as JSON."""

import json
from dataclasses import replace

from reports.diffs import diff_text, to_json
from storage.diffs import AnswerDiff, Diff, data_diff
from studies.changes import Change
from tests.reports import results
from tests.reports.test_decisions import shown
from tests.storage.answers import rows


def example() -> Diff:
    before = results.prop99()
    after = replace(before, version=4)
    changed = rows()
    changed.loc[3, "outcome"] = 1.0
    did, sc = before.estimates[0], before.estimates[1]
    assert did.att is not None
    return Diff(
        before,
        after,
        data_diff(rows(), changed),
        (Change("inference.level", 0.95, 0.9),),
        {"code": ("0.1.0+aaa", "0.1.0+bbb")},
        (
            AnswerDiff("did", did, replace(did, att=did.att + 2), same=False),
            AnswerDiff("sc", sc, sc, same=True),
            AnswerDiff("mc", None, did, same=False),
        ),
    )


def test_people_are_told_what_changed_part_by_part() -> None:
    said = shown(diff_text(example()))
    assert "prop99@3 and prop99@4" in said
    assert "Data: 1 of 23 cells restated (1 changed; 0 treated)" in said
    assert "Plan: inference.level: 0.95 became 0.9." in said
    assert "Code: 0.1.0+aaa became 0.1.0+bbb." in said
    assert "2.00" in said
    assert "none, bit for bit" in said
    assert "not asked" in said
    assert "changed" in said.split("before")[-1]


def test_two_results_that_differ_in_nothing_say_so() -> None:
    result = results.prop99()
    same = tuple(AnswerDiff(e.estimator, e, e, same=True) for e in result.estimates)
    said = shown(diff_text(Diff(result, result, None, (), {}, same)))
    assert "Data: the same snapshot." in said
    assert "Plan: the same." in said
    assert "Computed by the same code, in the same environment, on the same machine." in said


def test_as_json_every_part_is_whole_and_null_where_it_is_the_same() -> None:
    found = to_json(example())
    json.dumps(found, allow_nan=False)
    assert (found["before"]["version"], found["after"]["version"]) == (3, 4)
    assert found["plan"] == [{"key": "inference.level", "before": 0.95, "after": 0.9}]
    assert found["data"]["restatement"]["count"] == 1
    assert found["data"]["restatement"]["cells"][0]["what"] == "changed"
    assert found["computed"]["code"] == {"before": "0.1.0+aaa", "after": "0.1.0+bbb"}
    did, sc, mc = found["answers"]
    assert (did["same"], sc["same"], mc["before"]) == (False, True, None)
    assert sc["before"]["reason"]
    assert did["after"]["variances"][0]["ci_low"] is not None
    result = results.prop99()
    assert to_json(Diff(result, result, None, (), {}, ()))["data"] is None
