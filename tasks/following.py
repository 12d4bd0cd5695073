"""A promotion that runs: its boundary, fixed at the first look, and the effect so far."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from prefect import task
from prefect.cache_policies import NO_CACHE

from estimators import ESTIMATORS, Panel
from estimators.core.fit import Estimator
from estimators.core.settings import with_settings
from estimators.monitoring.lives import boundary, started
from estimators.monitoring.looks import Look, look
from estimators.monitoring.rules import verdict
from estimators.variance.bands import Limits
from storage import boundaries, observations, promotions
from storage.ledger import ledger
from storage.observations import Observation
from storage.panels import exclude, to_panel
from studies import Plan
from studies.closing import closed, continued
from studies.monitor_plan import MonitorRule
from studies.primary import PrimaryRule
from studies.promotions import Promotion
from studies.settings import configured
from studies.spans import spans
from tasks.narration import narrate
from tasks.retries import ON_THE_LEDGER
from tasks.studies import Question

ALERTS = {"harmful": "effect_harmful", "futile": "effect_futile", "clear": "effect_clear"}
LOOK_REFUSED = "look_refused"
SAID = {
    "harmful": "surely harmful: the whole interval lies below {harm:.1%}",
    "futile": "surely not worthwhile: the whole interval lies below {worthwhile:.1%}",
    "clear": "clear: the whole interval lies above {worthwhile:.1%}",
}


@dataclass(frozen=True, eq=False)
class Running:
    """A promotion that runs, and its panel up to the last period that is over.

    periods: that it is planned to last      fixed: what was fixed at an earlier look; None: nothing
    """

    name: str
    panel: Panel
    periods: int
    fixed: Observation | None


@task(name="find the running promotion", task_run_name="running?", **ON_THE_LEDGER)
def find_running(url: str, question: Question, rows: pd.DataFrame, today: date) -> Running | None:
    """The promotion of this study while it runs, once a period of it is over; None otherwise.

    rows: with the promotion's treatment
    """
    about = question.plan.promotion
    assert about is not None
    with ledger(url) as session:
        promotion, _, _ = promotions.current(session, about.name)
        fixed = observations.first(session, "boundary", _subject(question))
    labels = list(pd.unique(rows["period"]))
    if not _runs(promotion, labels, today):
        return None
    over = set(closed(labels, today, about.dates))
    kept = rows[rows["period"].isin(over)]
    if not (kept["treatment"] == 1).any():
        return None
    panel = to_panel(exclude(kept, question.plan.donors.exclude))
    return Running(about.name, panel, _planned(promotion, labels, question.plan), fixed)


@task(name="fix the boundary", task_run_name="boundary", cache_policy=NO_CACHE)
def fix_boundary(running: Running, question: Question) -> Observation:
    """What the effect will be judged by at every look: as it was fixed, or fixed now.

    Raises UnsupportedDesign where the promotion cannot be followed.
    """
    if running.fixed is not None:
        return running.fixed
    plan, panel = question.plan, running.panel
    before = started(panel)
    tuned = _tuned(panel, before, plan)
    rule = _rule(plan)
    level = (rule.level if rule else None) or plan.inference.level
    limits = boundary(
        panel, tuned, running.periods, level, draws=plan.inference.placebos, seed=plan.seed
    )
    last = f"{running.periods} periods from {panel.periods[before]} on"
    narrate("monitor", f"{running.name}: boundary fixed for {last}")
    return Observation(
        "boundary",
        _subject(question),
        "fine",
        f"{running.name} is followed for {last}: {limits.construction}",
        {"estimator": _key(plan), "first": str(panel.periods[before]),
         **boundaries.to_json(limits)},
        plan.study,
        question.version,
    )  # fmt: skip


@task(name="look at a running promotion", task_run_name="look", cache_policy=NO_CACHE)
def look_now(running: Running, question: Question, fixed: Observation) -> Observation:
    """The effect so far, what the plan's rules say of it, and the alerts that comes to."""
    before = started(running.panel)
    limits = boundaries.from_json(fixed.details)
    first, subject = str(running.panel.periods[before]), _subject(question)
    if moved := _moved(running, first, limits, fixed):
        return Observation(
            "promotion", subject, "refused", moved, {}, question.plan.study, question.version
        )
    found = look(running.panel, _tuned(running.panel, before, question.plan), limits)
    return _observed(running, question, found)


def told_if_refused(seen: Observation, question: Question) -> Observation:
    """With an alert where a promotion that the plan has rules for cannot be looked at, or is again.

    Who waits for an alert of harm must hear that none can come.
    """
    if seen.kind != "promotion" or _rule(question.plan) is None:
        return seen
    refused = f"{question.plan.study} is not followed: {seen.message}"
    told = {LOOK_REFUSED: refused if seen.state == "refused" else None}
    return replace(seen, alerts={**seen.alerts, **told})


def _observed(running: Running, question: Question, found: Look) -> Observation:
    rule = _rule(question.plan)
    harm, worthwhile = (rule.harm, rule.worthwhile) if rule else (None, None)
    said = verdict(found.impact, harm, worthwhile)
    lift = found.impact
    percent = (
        f", {lift.lift:+.1%} ({lift.lift_low:+.1%} to {lift.lift_high:+.1%})"
        if lift.lift is not None
        else ""
    )
    message = (
        f"{running.name} after {found.number} of {found.life} periods, to {found.period}: effect "
        f"so far {found.effect:.4g} ({found.ci_low:.4g} to {found.ci_high:.4g}){percent}, "
        f"anytime p {found.p_value:.3g}"
    )
    words = (
        SAID[said].format(harm=harm or 0.0, worthwhile=worthwhile or 0.0) if said in SAID else ""
    )
    narrate("monitor", f"{message}{'; ' if words else ''}{words}")
    alerts: Mapping[str, str | None] = (
        {ALERTS[said]: f"{message}; {words}"} if rule is not None and said in ALERTS else {}
    )
    details: dict[str, Any] = asdict(found)
    details["period"] = str(found.period)
    return Observation(
        "promotion",
        _subject(question),
        "noticed" if alerts else "fine",
        f"{message}; {words}" if words else message,
        {**details, "verdict": said, "estimator": _key(question.plan)},
        question.plan.study,
        question.version,
        alerts=alerts,
    )


def _moved(running: Running, first: str, limits: Limits, fixed: Observation) -> str:
    """Why no look can be had since the calendar changed; empty where one can."""
    if first != fixed.details["first"]:
        return (
            f"{running.name} starts in {first} now, and was followed from "
            f"{fixed.details['first']} on: looks before are of another promotion; register the "
            f"plan anew to follow this one, or read the analysis after its end"
        )
    life = len(limits.standard_error)
    number = len(running.panel.periods) - started(running.panel)
    if number > life:
        return (
            f"{running.name} was to last {life} periods when it was first looked at, and is in its "
            f"period {number}: its end was moved, and looks are valid only up to the planned one; "
            f"read the analysis after the actual end"
        )
    return ""


def _runs(promotion: Promotion, labels: list[Any], today: date) -> bool:
    """Whether it goes on: by the date, or, dated in numbers, beyond the panel's last period."""
    state = promotion.state(today)
    if state != "undated":
        return state == "running"
    return max(span.last for span in spans(labels).values()) < promotion.span.last


def _planned(promotion: Promotion, labels: list[Any], plan: Plan) -> int:
    """Periods of the panel's grid, those to come as well, that the plan of the promotion meets."""
    assert plan.promotion is not None
    whole = promotion.model_copy(update={"actual_end": None}).span
    many = whole.last - whole.first + 1  # no period is shorter than a day, or than one number
    found = spans(continued(labels, many), plan.promotion.dates)
    return sum(span.meets(whole) for span in found.values())


def _tuned(panel: Panel, before: int, plan: Plan) -> Estimator:
    """As it is tuned at the first look: later ones, and lives, tune nothing."""
    key = _key(plan)
    asked = with_settings(configured(ESTIMATORS[key], plan.settings.of(key)), seed=plan.seed)
    first = panel.select(np.arange(len(panel.units)), np.arange(before + 1))
    tuned: Estimator = asked.tune(first)
    return tuned


def _key(plan: Plan) -> str:
    """The plan's primary estimator; where a rule is to choose it, what that falls back on."""
    return plan.primary.fallback if isinstance(plan.primary, PrimaryRule) else plan.primary


def _rule(plan: Plan) -> MonitorRule | None:
    return plan.promotion.monitor if plan.promotion else None


def _subject(question: Question) -> str:
    return f"{question.plan.study}, plan version {question.version}"
