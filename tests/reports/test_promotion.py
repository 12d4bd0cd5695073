"""What a reader sees of a promotion: where it lies, what to know, and what was changed when."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from reports.as_json import to_json
from reports.page import render
from reports.promotion import placed_sentence, remarks
from reports.registered import (
    plan_versions,
    promotion_sentence,
    promotion_versions,
    registered_sentence,
)
from reports.tables import result_table
from storage.records import StoredResult
from storage.version_records import PlanVersion, PromotionVersion
from studies.placing import Overlap, Placed
from studies.promotions import Promotion
from tests.reports.results import prop99
from tests.storage.promotions import promotion

PLACED = Placed(
    promotion="spring_coffee",
    version=1,
    details_hash="0" * 64,
    treated="calendar",
    units=("store 1",),
    unknown=(),
    periods=("2024-03-04", "2024-03-11"),
    partly=(),
    running=False,
    after=(),
    after_missing=0,
    overlaps=(),
    excluded=False,
    calendar_only=(),
    panel_only=(),
)
TEA = Overlap("tea", 2, ("store 2", "store 3"), ("2024-03-04", "2024-03-11"), 4, 0)


def test_where_it_lies_is_one_sentence() -> None:
    assert placed_sentence(PLACED) == (
        "Promotion spring_coffee, version 1 of the calendar: 1 unit, 2 periods, 2024-03-04 to "
        "2024-03-11; treated cells as the calendar has them."
    )
    after = tuple((unit, "2024-03-18") for unit in ("store 1", "store 2"))
    assert placed_sentence(replace(PLACED, after=after, treated="panel")).endswith(
        "treated cells as the panel has them. 1 period after its end is kept apart and never data."
    )
    assert remarks(PLACED) == []


SAID: dict[str, tuple[dict[str, Any], str]] = {
    "unknown stores": (
        {"unknown": ("9", "8")}, "2 units of the promotion are not in the panel: 9, 8."
    ),
    "a week in part": (
        {"partly": ("2024-03-04",)},
        "Covered only in part, and treated as a whole: 2024-03-04; the effect there is that of "
        "fewer days.",
    ),
    "running": (
        {"running": True},
        "The promotion goes on after the panel's last period: this is the effect as far as the "
        "data go.",
    ),
    "weeks after not there": (
        {"after_missing": 1}, "1 period of those after the end is not in the panel yet."
    ),
    "another promotion, kept": (
        {"overlaps": (TEA,)},
        "Promotion tea (version 2) covers 4 cells of the panel, store 2, store 3 in 2 periods, "
        "2024-03-04 to 2024-03-11: kept, as the plan says.",
    ),
    "another promotion, excluded": (
        {"overlaps": (TEA,), "excluded": True},
        "Promotion tea (version 2) covers 4 cells of the panel, store 2, store 3 in 2 periods, "
        "2024-03-04 to 2024-03-11: not observed, as the plan says.",
    ),
    "two of the same cells": (
        {"overlaps": (replace(TEA, units=("store 1",), periods=("2024-03-04",), cells=1,
                              shared=1),)},
        "Promotion tea (version 2) covers 1 cell of the panel, store 1 in 2024-03-04: kept, as "
        "the plan says. 1 cell of them is treated by both, and the effect there is that of both "
        "together.",
    ),
    "the calendar's alone": (
        {"calendar_only": (("store 1", "2024-03-11"),)},
        "1 cell is under promotion by the calendar, but not treated in the panel: (store 1, "
        "2024-03-11); the calendar was followed.",
    ),
    "the panel's alone": (
        {"panel_only": (("store 4", 1), ("store 4", 2)), "treated": "panel"},
        "2 cells are treated in the panel, but not under promotion by the calendar: (store 4, 1), "
        "(store 4, 2); the panel was followed.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changed", "said"), SAID.values(), ids=SAID)
def test_what_to_know_is_said_with_labels_and_counts(changed: dict[str, Any], said: str) -> None:
    assert remarks(replace(PLACED, **changed)) == [said]


def test_of_many_other_promotions_the_largest_are_spelled_out() -> None:
    many = tuple(replace(TEA, promotion=f"tea_{size}", cells=size) for size in range(1, 9))
    said = remarks(replace(PLACED, overlaps=many))
    assert [sentence.split()[1] for sentence in said[:5]] == [f"tea_{n}" for n in (8, 7, 6, 5, 4)]
    assert said[5:] == ["3 other promotions cover 6 cells more; --json lists them."]


def entered(number: int, day: int, reason: str, one: Promotion) -> PromotionVersion:
    at = datetime(2024, 3, day, 9, 0, tzinfo=UTC)
    return PromotionVersion(one, number, one.sha256(), "ada", reason, at)


def changed_twice() -> StoredResult:
    """Plan 1 before the promotion, plan 2 while it ran and answered; its end moved since."""
    base = prop99()
    first = base.plan.model_dump(mode="json")
    level = {**first["inference"], "level": 0.9}
    second = {**first, "inference": level, "seed": 7}
    plans = tuple(
        PlanVersion(number, plan, f"{number}" * 64, by, reason, datetime(2024, 3, day, tzinfo=UTC))
        for number, plan, by, reason, day in (
            (1, first, "ada", "", 1), (2, second, "bob", "90 % is enough", 10),
        )
    )  # fmt: skip
    calendar = (
        entered(1, 1, "", promotion()),
        entered(2, 20, "stock was left", promotion(actual_end="2024-04-07")),
    )
    return replace(
        base, plan_version=2, placed=PLACED, plan_versions=plans, promotion_versions=calendar
    )


def test_each_version_says_when_by_whom_why_and_what_it_changed() -> None:
    result = changed_twice()
    first, second = plan_versions(result)
    assert (first.when, first.changes, first.answered) == (
        "before the promotion started",
        (),
        False,
    )
    assert (second.when, second.by, second.reason) == (
        "while the promotion ran", "bob", "90 % is enough"
    )  # fmt: skip
    assert second.changes == ("inference.level: 0.95 → 0.9", "seed: 1 → 7")
    assert second.answered
    planned, moved = promotion_versions(result)
    assert (planned.answered, moved.answered) == (True, False)
    assert moved.changes == ("actual_end: not given → 2024-04-07",)
    assert moved.when == "while the promotion ran"


def test_a_plan_registered_after_the_end_says_so() -> None:
    result = changed_twice()
    late = replace(result.plan_versions[1], registered_at=datetime(2024, 4, 2, tzinfo=UTC))
    told = replace(result, plan_versions=(result.plan_versions[0], late))
    assert plan_versions(told)[1].when == "after the promotion had ended"
    assert "by bob, after the promotion had ended." in registered_sentence(told)


def test_sentences_name_the_version_answered_and_what_came_later() -> None:
    result = changed_twice()
    assert registered_sentence(result) == (
        "The plan was registered on 2024-03-10 00:00 by bob, while the promotion ran. It changed "
        "version 1, because: 90 % is enough."
    )
    assert registered_sentence(replace(result, plan_version=1)).endswith(
        "It was changed since: version 2 is the current one."
    )
    assert promotion_sentence(result) == (
        "Promotion spring_coffee: planned 2024-03-04 to 2024-03-31. The calendar has version 2 of "
        "it by now, this answers version 1: run the study again."
    )
    moved = replace(result, placed=replace(PLACED, version=2))
    assert promotion_sentence(moved) == (
        "Promotion spring_coffee: planned 2024-03-04 to 2024-03-31, went 2024-03-04 to 2024-04-07."
    )


def test_page_terminal_and_json_tell_the_same() -> None:
    result = replace(changed_twice(), placed=replace(PLACED, overlaps=(TEA,)))
    page = render(result)
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(result_table(result))
    terminal = " ".join(console.export_text().split())
    for sentence in (*remarks(result.placed or PLACED), placed_sentence(PLACED)):
        assert sentence in page
        assert sentence in terminal
    for text in ("90 % is enough", "inference.level: 0.95 → 0.9", "stock was left"):
        assert text in page
    found = to_json(result)
    assert found["promotion"]["overlaps"][0]["promotion"] == "tea"
    assert found["promotion"]["remarks"] == remarks(result.placed or PLACED)
    assert found["plan"]["answered"] == 2
    assert found["plan"]["versions"][1]["changes"] == [
        {"key": "inference.level", "before": 0.95, "after": 0.9},
        {"key": "seed", "before": 1, "after": 7},
    ]
    assert found["plan"]["promotion_versions"][1]["registered"] == "while the promotion ran"
    json.dumps(found, allow_nan=False)


def test_a_study_without_promotion_says_nothing_of_one() -> None:
    result = prop99()
    assert to_json(result)["promotion"] is None
    assert promotion_sentence(result) == ""
    assert "romotion spring" not in render(result)
