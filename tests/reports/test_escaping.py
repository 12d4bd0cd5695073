"""Every text that comes from outside stays text: labels, reasons, notes, names, questions."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from estimators.core.panel import Panel
from reports.page import render
from storage.records import StoredResult
from tests.reports import results
from tests.reports.outline import Outline

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


def test_an_attack_adds_no_element_and_no_attribute_to_the_page() -> None:
    def shape(result: StoredResult) -> set[tuple[str, tuple[str, ...]]]:
        return {(tag, tuple(sorted(attrs))) for tag, attrs in Outline(render(result)).tags}

    assert shape(with_attack()) <= shape(results.prop99())
    assert "img" not in {tag for tag, _ in shape(with_attack())}
