"""Results with an account, computed by the estimators from simulated panels and stored as usual."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from estimators import ESTIMATORS, STANDARD_VARIANCES
from estimators.core.panel import Panel
from estimators.economics.account import PROMOTED
from estimators.economics.outcomes import Item, answer_with_account
from storage.answers import stored as as_stored
from storage.placing import parts
from storage.records import StoredResult
from studies import Plan
from studies.placing import Placed
from tests.reports.results import stored

UNITS, WEEKS, FIRST, LAST = 24, 60, 49, 54
PLAN: dict[str, Any] = {
    "study": "coffee",
    "question": "Did the spring promotion of coffee pay?",
    "panel": "coffee",
    "measure": "packs",
    "estimators": ["did"],
    "primary": "did",
    "inference": {"placebos": 60},
    "promotion": {
        "name": "spring_coffee",
        "after": 4,
        "economics": {
            "currency": "EUR",
            "price": 4.5,
            "margin": 1.2,
            "margin_after": 1.6,
            "cost": 500,
            "funding": 120,
        },
        "linked": [
            {"panel": "tea", "role": "cannibalised", "price": 3.1, "margin": 0.9},
            {"panel": "filters", "role": "halo", "price": 2.0, "margin": 0.8},
        ],
        "decide": {"repeat": 0.8, "stop": 0.2},
    },
}
EFFECTS = {PROMOTED: (30.0, -6.0), "tea": (-5.0, 0.0), "filters": (4.0, 0.0)}


def plan(**changed: Any) -> Plan:
    """The plan with other keys of its promotion; None takes one away."""
    promotion = {**PLAN["promotion"], **changed}
    kept = {name: value for name, value in promotion.items() if value is not None}
    return Plan.model_validate({**PLAN, "promotion": kept})


def panel(name: str, after: int, effects: Mapping[str, tuple[float, float]] = EFFECTS) -> Panel:
    """Two of 24 stores, promoted in weeks 49 to 54; sales of about 200 packs a week."""
    rng = np.random.default_rng([len(name), UNITS])
    weeks = np.arange(1, WEEKS + 1)
    level = rng.uniform(150, 250, (UNITS, 1)) + 5 * np.sin(weeks / 5)
    outcome = level + rng.normal(0, 9, (UNITS, WEEKS))
    treatment = np.zeros(outcome.shape, dtype=bool)
    treatment[:2, FIRST - 1 : LAST + after] = True
    during, later = effects[name]
    outcome[:2, FIRST - 1 : LAST] += during
    outcome[:2, LAST : LAST + after] += later
    units = tuple(f"store {i:02}" for i in range(UNITS))
    return Panel(outcome, treatment, units, tuple(int(week) for week in weeks))


def result(**changed: Any) -> StoredResult:
    """The stored answer to the plan so changed."""
    asked = plan(**changed)
    promotion = asked.promotion
    assert promotion is not None
    assert promotion.economics is not None
    after = promotion.after
    items = {
        PROMOTED: Item(panel(PROMOTED, after), PROMOTED, promotion.economics.prices),
        **{
            one.called: Item(panel(one.called, after), one.role, one.prices)
            for one in promotion.linked
        },
    }
    main = items[PROMOTED].panel
    placed = placed_in(main, after)
    found = answer_with_account(
        items,
        ESTIMATORS["did"],
        list(STANDARD_VARIANCES.values()),
        promotion.economics.terms,
        rule=None if promotion.decide is None else promotion.decide.rule,
        primary=asked.inference.primary,
        placebos=asked.inference.placebos,
        seed=asked.seed,
        parts=parts(main, placed),
    )
    estimate = as_stored("did", found)
    for one in estimate.diagnostics.get("linked") or []:
        one["snapshot"] = "0" * 64
    base = stored(asked.model_dump(mode="json"), main, [estimate])
    return type(base)(**{**vars(base), "placed": placed})


def placed_in(main: Panel, after: int) -> Placed:
    """Where the promotion lies in the panel."""
    cells = tuple(
        (unit, week) for unit in main.units[:2] for week in range(LAST + 1, LAST + 1 + after)
    )
    return Placed(
        promotion="spring_coffee",
        version=1,
        details_hash="0" * 64,
        treated="calendar",
        units=tuple(map(str, main.units[:2])),
        unknown=(),
        periods=tuple(range(FIRST, LAST + 1)),
        partly=(),
        running=False,
        after=cells,  # type: ignore[arg-type]
        after_missing=0,
        overlaps=(),
        excluded=False,
        calendar_only=(),
        panel_only=(),
    )
