"""Studies that are due: their promotion has ended and settled, and its data have arrived.

    planned, running → ended → closed: the last period needed is over → settled → arrived → due

Where a study stands is found anew each time, from the calendar, the panel and the queue; nothing
has to be remembered, so a look that was missed is made up for by the next.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd

from checks.arrival import missing
from storage import alerts, promotions, runs, snapshots, studies
from storage.clock import today
from storage.errors import DatabaseUnavailable, StorageError
from storage.labels import label_text
from storage.ledger import ledger
from storage.linked import delivered
from storage.panels import pull
from storage.rows import without
from storage.runs import Run, Wanted
from studies import InvalidPeriods
from studies.arrival import needed
from studies.cases import Case
from studies.promotion_plan import PromotionPlan
from tasks.narration import narrate
from tasks.panels import by_calendar
from tasks.retries import ON_THE_LEDGER
from tasks.step import task

PATIENCE = 3  # days after the data should be there before somebody is told that they are not
DATA_LATE = "data_late"
BY_RUN = {"waiting": "asked", "running": "running now", "done": "done"}


@task(name="find what is due", task_run_name="what is due", **ON_THE_LEDGER)
def find_due(url: str, patience: int = PATIENCE) -> list[Case]:
    """Where every study stands whose plan names a promotion.

    patience: days after the data should have arrived, before they are late
    """
    with ledger(url) as session:
        now = today(session)
        named = studies.about_promotions(session)
    cases = [_case(url, study, version, now, patience) for study, version in named]
    due = sum(case.stage == "due" for case in cases)
    narrate("watch", f"{len(cases)} studies of promotions, {due} due")
    for case in cases:
        if case.stage in ("due", "awaited", "unknown"):
            narrate("watch", f"{case.study}: {case.stage}: {case.why}")
    return cases


@task(name="ask for what is due", task_run_name="ask", **ON_THE_LEDGER)
def ask_for(url: str, cases: Sequence[Case], by: str) -> int:
    """Put what is due into the queue, once each however many do; how many were not there."""
    added = 0
    for case in (one for one in cases if one.stage == "due"):
        assert case.data_state is not None
        reason = f"promotion {case.promotion}: {case.why}"
        wanted = Wanted(
            case.study, case.plan_version, case.data_state, by, reason, case.promotion_version
        )
        with ledger(url) as session:
            added += runs.ask(session, wanted)[1]
    return added


@task(name="tell what is late", task_run_name="late?", **ON_THE_LEDGER)
def tell_late(url: str, cases: Sequence[Case], by: str) -> int:
    """An alert for data that do not arrive, resolved when they did; how many are late."""
    for case in cases:
        key = f"{case.study}@{case.plan_version}"
        with ledger(url) as session:
            if case.late:
                details = {
                    "message": f"{case.study}: {case.why}",
                    "promotion": case.promotion,
                    "missing": case.missing,
                }
                alerts.raise_alert(session, DATA_LATE, case.study, details, key, by)
            elif case.stage not in ("awaited", "unknown"):
                alerts.resolve_alert(session, DATA_LATE, key, f"it is {case.stage}", by)
    return sum(case.late for case in cases)


@task(name="ask for a run", task_run_name="ask for {study}", **ON_THE_LEDGER)
def ask_by_hand(url: str, study: str, by: str, reason: str) -> tuple[int, bool]:
    """(number of the run, whether it is new), asked for by a person on the data as they are.

    Raises UnknownStudy, UnknownPanel, InvalidSource.
    """
    with ledger(url) as session:
        plan, version, _ = studies.current(session, study)
        about = plan.promotion
        entered = promotions.current(session, about.name)[2] if about else None
        rows = pull(session, plan.panel, untreated=by_calendar(plan))
        linked = [others for _, others in delivered(session, plan)]
        state = _data_state(rows, entered, linked)
        return runs.ask(session, Wanted(study, version, state, by, reason))


def _case(url: str, study: str, version: int, now: date, patience: int) -> Case:
    with ledger(url) as session:
        plan = studies.plan_of(session, study, version)
        asked = runs.every(session, study=study)
    about = plan.promotion
    assert about is not None
    try:
        with ledger(url) as session:
            promotion, entry, entered = promotions.current(session, about.name)
    except DatabaseUnavailable:
        raise
    except StorageError as error:
        return Case(study, version, about.name, None, "unknown", str(error))

    def case(stage: str, why: str, **more: object) -> Case:
        return Case(study, version, about.name, entry, stage, why, **more)  # type: ignore[arg-type]

    if run := _answering(asked, version, entry):
        return case(BY_RUN[run.state], _told(run))
    state = promotion.state(now)
    if state in ("planned", "running", "cancelled"):
        return case(state, f"{promotion.first}..{promotion.last}")
    over = date.fromordinal(promotion.span.last) if state == "ended" else None
    try:
        with ledger(url) as session:
            rows = pull(session, plan.panel, untreated=by_calendar(plan))
            linked = delivered(session, plan)
        need = needed(list(rows["period"].unique()), promotion, about)
    except DatabaseUnavailable:
        raise
    except (StorageError, InvalidPeriods) as error:
        return case("awaited", str(error), late=_late(over, about, now, patience))
    if need.closed is not None and now < need.closed:
        return case("open", f"the last period needed, {need.periods[-1]}, is over on {need.closed}")
    excluded = {label_text(unit) for unit in plan.donors.exclude}
    for name, panel in (("", rows), *linked):
        compared = without(panel, excluded)
        lacking = missing(compared, need.periods, plan.requirements.observed)
        if lacking:
            late = _late(need.closed, about, now, patience)
            why = f"linked outcome {name}: " if name else ""
            why += f"missing: {lacking.text}"
            return case("awaited", why, missing=lacking.cells, late=late)
    settled = need.settled(about.settle)
    if settled is not None and now < settled:
        return case("settling", f"late data may follow until {settled}")
    data_state = _data_state(rows, entered, [others for _, others in linked])
    before = (one for one in asked if (one.plan_version, one.data_state) == (version, data_state))
    if failed := next((one for one in before if one.state not in BY_RUN), None):
        return case("failed", _told(failed))
    return case("due", f"ended on {promotion.last}, data complete", data_state=data_state)


def _data_state(rows: pd.DataFrame, entered: str | None, linked: Sequence[pd.DataFrame]) -> str:
    return runs.data_state(
        snapshots.identity(rows), entered, [snapshots.identity(one) for one in linked]
    )


def _answering(asked: Sequence[Run], version: int, entry: int) -> Run | None:
    """The run that answers, or will, for these versions of plan and promotion."""
    fitting = (
        one
        for one in reversed(asked)
        if (one.plan_version, one.promotion_version) == (version, entry)
    )
    return next((one for one in fitting if one.state in BY_RUN), None)


def _told(run: Run) -> str:
    if run.state == "done":
        return f"{run.study}@{run.result_version}"
    return run.error or run.waits_for or f"held by {run.worker}"


def _late(closed: date | None, about: PromotionPlan, now: date, patience: int) -> bool:
    return closed is not None and now >= closed + timedelta(days=about.settle + patience)
