"""Decisions in words, in lists, in JSON and on the page."""

from dataclasses import replace
from datetime import UTC, datetime

from rich.console import Console, RenderableType

from reports.as_json import summary_to_json, to_json
from reports.decisions import decisions_table, record
from reports.page import render
from reports.tables import history_table, result_table
from storage.decision_records import Decision, DecisionOutcome, SignOff
from tests.reports import results

DAY = datetime(2026, 11, 27, 9, tzinfo=UTC)
MADE = Decision(
    study="prop99", version=3, decision="stop", recommendation="stop", reason="it lost money",
    by="carla", at=DAY, content_hash="0" * 64, stands=True, superseded=False,
)  # fmt: skip
AGAINST = replace(MADE, decision="repeat", stands=False, reason="the supplier pays next time")
SIGNED = replace(AGAINST, stands=True, sign_offs=(SignOff("bob", "agreed", DAY),))


def judged(one: Decision, outcome: str) -> Decision:
    return replace(
        one, outcomes=(DecisionOutcome(outcome, "prop99@4", "it lost again", "dora", DAY),)
    )


def shown(text: RenderableType) -> str:
    console = Console(width=80, no_color=True)
    with console.capture() as captured:
        console.print(text, markup=False, highlight=False)
    return " ".join(captured.get().split())


def test_a_result_says_what_was_decided_about_it_and_what_came_of_it() -> None:
    result = replace(results.prop99(), decisions=(judged(SIGNED, "wrong"),))
    said = (
        "Decided: repeat, by carla on 27 November 2026, against the recommendation (stop): "
        "the supplier pays next time.",
        "Signed off by bob on 27 November 2026: agreed.",
        "It turned out wrong, as prop99@4 shows (dora): it lost again.",
    )
    page, terminal = render(result), shown(result_table(result))
    for sentence in said:
        assert f"<li>{sentence}</li>" in page
        assert sentence in terminal


def test_a_decision_that_waits_is_shown_beside_the_one_that_counts() -> None:
    result = replace(results.prop99(), decisions=(MADE, AGAINST))
    terminal = shown(result_table(result))
    assert "Decided: stop, by carla on 27 November 2026, as recommended: it lost money." in terminal
    assert "It does not stand until a second person signs it off." in terminal
    line = shown(history_table([results.summary(result, decisions=result.decisions)]))
    assert "prop99@3: decided stop; repeat waits for a second person." in line


def test_nothing_decided_is_nothing_shown() -> None:
    result = results.prop99()
    assert "decided" not in render(result).partition("<main")[2].lower()
    assert to_json(result)["decisions"] == []


def test_decisions_as_json_are_whole() -> None:
    result = replace(results.prop99(), decisions=(judged(SIGNED, "right"),))
    (found,) = to_json(result)["decisions"]
    assert summary_to_json(results.summary(result, decisions=result.decisions))["decisions"] == [
        found
    ]
    assert (found["decision"], found["recommendation"], found["against"]) == (
        "repeat",
        "stop",
        True,
    )
    assert found["sign_offs"][0]["signed_by"] == "bob"
    assert found["outcome"] == {
        "outcome": "right", "evidence": "prop99@4", "reason": "it lost again", "judged_by": "dora",
        "judged_at": "2026-11-27T09:00:00+00:00",
    }  # fmt: skip


def test_how_often_decisions_were_right_is_counted_over_those_that_count() -> None:
    made = [
        *(judged(MADE, outcome) for outcome in ("right", "right", "wrong", "unclear")),
        judged(SIGNED, "wrong"),
        MADE,
        AGAINST,
        replace(judged(MADE, "right"), superseded=True),
        judged(replace(MADE, recommendation=None), "right"),
    ]
    found = record(made)
    assert found["all"] == {"decisions": 7, "right": 3, "wrong": 2, "unclear": 1, "open": 1,
                            "share_right": 3 / 5}  # fmt: skip
    assert found["as_recommended"]["share_right"] == 2 / 3
    assert found["against"]["share_right"] == 0
    assert found["without_recommendation"]["share_right"] == 1
    terminal = shown(decisions_table(made))
    assert (
        "Right in 3 of 5 decisions judged; as recommended, in 2 of 3; against it, in 0 of 1."
        in (terminal)
    )
    assert record([])["all"]["share_right"] is None
