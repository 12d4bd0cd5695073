"""Every text that comes from outside stays text: labels, reasons, notes, names, questions."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from estimators.core.designs import Dropped
from estimators.core.panel import Panel
from reports.calibration_page import render as calibration_page
from reports.page import render
from reports.race_page import render as race_page
from reports.tables import result_table
from storage.decision_records import Decision, DecisionOutcome, SignOff
from storage.records import Pin, StoredResult
from storage.restatements import Restated
from storage.version_records import PlanVersion, PromotionVersion
from studies.placing import Overlap
from tests.reports import accounts, races, results
from tests.reports.outline import Outline
from tests.reports.test_calibration import OWN as OWN_EXAM
from tests.reports.test_calibration import SIMULATED
from tests.reports.test_restatements import ANSWERS, FOUND
from tests.storage.promotions import promotion

DAY = datetime(2026, 11, 27, 9, tzinfo=UTC)
ATTACK = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>"


def attacked(diagnostics: Mapping[str, Any], periods: Mapping[Any, str]) -> dict[str, Any]:
    """Notes, periods of sums, and the reasons why there is no band and no percentage."""
    sums = [
        {**row, "period": periods[row["period"]], "band_low": None, "band_high": None}
        for row in diagnostics.get("cumulative", [])
    ]
    return {
        **diagnostics,
        "notes": [ATTACK],
        "cumulative": sums,
        "bands": {"cumulative": {"key": "cumulative", "reason": ATTACK}},
        "impacts": [
            {**one, "lift": None, "reason": ATTACK} for one in diagnostics.get("impacts", [])
        ],
    }


def with_attack() -> StoredResult:
    """Every text that comes from outside is an attack."""
    result = results.prop99()
    old = result.panel
    units = (ATTACK, *(f"{unit}<b>" for unit in old.units[1:]))
    periods = tuple(f"{ATTACK}{period}" for period in old.periods)
    by_period = {period: f"{ATTACK}{period}" for period in old.periods}
    estimates = [
        replace(
            e,
            reason=e.reason and ATTACK,
            by_period=tuple({**row, "period": by_period[row["period"]]} for row in e.by_period),
            diagnostics=attacked(e.diagnostics, by_period),
            settings={ATTACK: ATTACK},
            weights=tuple(replace(w, label=ATTACK) for w in e.weights),
            variances=tuple(
                replace(v, reason=v.reason and ATTACK, construction=ATTACK) for v in e.variances
            ),
        )
        for e in result.estimates
    ]
    check = {"name": ATTACK, "severity": "warn", "passed": False, "message": ATTACK, "count": 1,
             "examples": [ATTACK]}  # fmt: skip
    return replace(
        result,
        panel=Panel(old.outcome, old.treatment, units, periods),
        estimates=tuple(estimates),
        plan=result.plan.model_copy(update={"question": ATTACK, "measure": ATTACK}),
        validation={"checks": [check]},
        requested_by=ATTACK,
        reason=ATTACK,
    )


def test_text_from_outside_is_escaped_in_html_and_in_drawings() -> None:
    page = render(with_attack())
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 20
    svgs = "".join(re.findall(r"<svg viewBox=\"0 0 .*?</svg>", page, re.DOTALL))
    assert "&lt;script&gt;" in svgs
    assert Outline(page).unbalanced == []


def shape(page: str) -> set[tuple[str, tuple[str, ...]]]:
    """Elements with the names of their attributes."""
    return {(tag, tuple(sorted(attributes))) for tag, attributes in Outline(page).tags}


def test_an_attack_adds_no_element_and_no_attribute_to_the_page() -> None:
    attacked = shape(render(with_attack()))
    assert attacked <= shape(render(results.prop99()))
    assert "img" not in {tag for tag, _ in attacked}


OURS = {  # fields whose words the code chooses, or by which things are found
    "estimator", "status", "kind", "how", "what", "treated", "decision", "recommendation",
    "outcome", "evidence", "axes", "rule", "study", "request_id", "result_id", "role", "key",
    "pattern", "noise", "numbers", "interval",
}  # fmt: skip


def hostile(value: Any, name: str = "") -> Any:
    """The same value in which every text that people wrote, or brought, is an attack."""
    if name in OURS or name.endswith(("_hash", "_version")):
        return value
    if isinstance(value, str):
        return f"{ATTACK}{value}"
    if is_dataclass(value) and not isinstance(value, type):
        changed = {one.name: hostile(getattr(value, one.name), one.name) for one in fields(value)}
        return replace(value, **changed)
    if isinstance(value, Mapping):
        return {key: hostile(one, str(key)) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(hostile(one, name) for one in value)
    return value


def grown() -> StoredResult:
    """A result to which everything has happened that a report can tell of."""
    result = accounts.result()
    race = races.race()
    decision = Decision(
        result.study, 3, "stop", "repeat", "too dear", "bob", DAY, "0" * 64, True, False,
        (SignOff("carla", "read it", DAY),),
        (DecisionOutcome("right", f"{result.study}@3", "sales held", "bob", DAY),),
    )  # fmt: skip
    plan = result.plan.model_dump(mode="json")
    versions = (
        PlanVersion(1, plan, "1" * 64, "ann", "", DAY),
        PlanVersion(
            2, plan | {"question": "Another?", "seed": 5}, "2" * 64, "ann", "asked anew", DAY
        ),
    )
    promoted = (
        PromotionVersion(promotion(), 1, "1" * 64, "ann", "", DAY),
        PromotionVersion(promotion(end="2024-04-07"), 2, "2" * 64, "ann", "a week more", DAY),
    )
    assert result.placed is not None
    placed = replace(
        result.placed,
        unknown=("nowhere",),
        overlaps=(Overlap("easter", 1, ("store 00",), (22,), 1, 1),),
        calendar_only=(("store 00", 22),),
        panel_only=(("store 01", 22),),
        partly=(result.placed.periods[0],),
    )
    return replace(
        result,
        dropped=Dropped(("old store",), ("week 0",), (("store 5", 3),), 2, 24),
        placed=placed,
        choice=races.choice("tie", race),
        calibration=OWN_EXAM,
        pin=Pin(result.study, 2, "told to the board", "bob", DAY),
        later=results.summary(result, version=4, created_at=DAY, reason="late"),
        decisions=(decision,),
        restated=Restated(2, FOUND, ANSWERS),
        plan_versions=versions,
        promotion_versions=promoted,
        machine="a processor",
    )


def test_what_happened_to_a_result_stays_text_on_its_page() -> None:
    """Decisions, signatures, pins, versions, restated cells, promotions, races, exams."""
    whole = grown()
    kept = ("plan", "panel", "estimates", "created_at")
    changed = {
        one.name: hostile(getattr(whole, one.name), one.name)
        for one in fields(whole)
        if one.name not in kept
    }
    attacked = replace(whole, **changed)
    page = render(attacked)
    assert "<script" not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;alert(1)") > 25
    assert Outline(page).unbalanced == []
    assert shape(page) <= shape(render(whole))


PAGES: dict[str, Callable[[], str]] = {
    "race": lambda: race_page([hostile(races.race())]),
    "races": lambda: race_page([hostile(one) for one in races.nine()]),
    "exam": lambda: calibration_page([hostile(SIMULATED)]),
    "own exam": lambda: calibration_page([replace(hostile(OWN_EXAM), study=ATTACK)]),
    "refused": lambda: race_page([hostile(races.race(own=(races.refused("sdid"),)))]),
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_races_and_exams_stay_text_too(page: Callable[[], str]) -> None:
    text = page()
    assert "<script" not in text
    assert "<img" not in text
    assert Outline(text).unbalanced == []


MARKUP = (
    "[bold red]loud[/bold red] [link=http://x.example]here[/link] [/] \x1b[31mred\x1b]0;title\x07"
)


def test_a_terminal_shows_what_people_wrote_and_obeys_none_of_it() -> None:
    """Neither markup nor the escape sequences that rename a window or hide a line."""
    whole = grown()
    decisions = tuple(replace(one, reason=MARKUP, by=MARKUP) for one in whole.decisions)
    shown = replace(whole, decisions=decisions, reason=MARKUP, requested_by=MARKUP)
    console = Console(width=200, force_terminal=True, color_system="standard")
    with console.capture() as captured:
        console.print(result_table(shown))
    text = captured.get()
    assert "[bold red]loud" in text
    assert "\x1b[31mred" not in text
    assert "\x1b]0;" not in text
    assert "\x07" not in text
