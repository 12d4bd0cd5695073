"""Runs that are asked for: one for each plan version and state of the data, however many ask.

A run is asked for by whoever finds it due (a promotion ended and its data arrived), by a person, or
because data were restated. Asking again changes nothing while the run waits, runs or is done. Who
computes it, and for how long it is theirs, is in storage.leases.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from storage import audit
from storage.database import lock
from storage.run_tables import RunRow

A_WORKER = "a worker"
OPEN = ("waiting", "running")
ENDED_WITHOUT = ("failed", "given_up")


@dataclass(frozen=True)
class Run:
    """One row, as it is now. See storage.run_tables."""

    id: int
    study: str
    plan_version: int
    data_state: str
    promotion_version: int | None
    asked_by: str
    reason: str
    asked_at: datetime
    state: str
    waits_for: str | None
    attempts: int
    worker: str | None
    hand_outs: int
    flow_run: str | None
    result_version: int | None
    error: str | None
    ended_at: datetime | None


@dataclass(frozen=True)
class Wanted:
    """A run somebody wants.

    data_state: of the panel and the promotion as they are now; see data_state below
    promotion_version: when the calendar asks; None: a person or the monitor does
    """

    study: str
    plan_version: int
    data_state: str
    by: str
    reason: str = ""
    promotion_version: int | None = None


def ask(session: Session, wanted: Wanted) -> tuple[int, bool]:
    """(number of the run, whether it was put into the queue by this).

    What the calendar asks for is asked once for each version of plan and promotion that was, or
    will be, answered; data that changed afterwards are the monitor's affair. A run that failed is
    repeated only where somebody asks who is not the calendar: the same data fail the same way.
    """
    lock(session, f"runs:{wanted.study}")
    known = session.scalars(
        select(RunRow)
        .where(RunRow.study == wanted.study, RunRow.plan_version == wanted.plan_version)
        .order_by(RunRow.id.desc())
    ).all()
    same = next((one for one in known if one.data_state == wanted.data_state), None)
    if same is None and (answers := _answering(known, wanted.promotion_version)):
        return answers, False
    if same is None:
        number = _added(session, wanted)
    elif wanted.promotion_version is None and same.state in ENDED_WITHOUT:
        number = same.id
        _revived(session, number, wanted)
    else:
        return same.id, False
    details = {
        "plan_version": wanted.plan_version,
        "data_state": wanted.data_state,
        "promotion_version": wanted.promotion_version,
        "reason": wanted.reason,
    }
    audit.record(session, "run_asked", wanted.study, details, wanted.by)
    return number, True


def data_state(rows: str, promotion: str | None = None, linked: Sequence[str] = ()) -> str:
    """SHA-256 of what an answer is computed from.

    rows: SHA-256 of the panel's rows      promotion: of its entry in the calendar, if it has one
    linked: of the rows of each linked outcome, in the order of the plan
    """
    parts = [rows, *([] if promotion is None else [promotion]), *linked]
    return rows if len(parts) == 1 else hashlib.sha256(" ".join(parts).encode()).hexdigest()


def every(
    session: Session, states: Iterable[str] | None = None, study: str | None = None
) -> list[Run]:
    """Runs in the order they were asked for; all states unless some are named."""
    query = select(*(getattr(RunRow, name) for name in Run.__dataclass_fields__))
    if states is not None:
        query = query.where(RunRow.state.in_(tuple(states)))
    if study is not None:
        query = query.where(RunRow.study == study)
    return [Run(*row) for row in session.execute(query.order_by(RunRow.id))]


def handed_out(session: Session, run: int, hand_outs: int, flow_run: str) -> None:
    """Keep which flow run of Prefect's was started for a run.

    hand_outs: as it was read; two who hand out at once count once
    """
    session.execute(
        update(RunRow)
        .where(RunRow.id == run, RunRow.hand_outs == hand_outs)
        .values(flow_run=flow_run, hand_outs=hand_outs + 1)
    )


def _answering(known: Iterable[RunRow], promotion_version: int | None) -> int | None:
    """The run that answers, or will, what the calendar asks for; None where the data matter."""
    if promotion_version is None:
        return None
    fitting = (one for one in known if one.promotion_version == promotion_version)
    return next((one.id for one in fitting if one.state not in ENDED_WITHOUT), None)


def _added(session: Session, wanted: Wanted) -> int:
    row = {
        "study": wanted.study,
        "plan_version": wanted.plan_version,
        "data_state": wanted.data_state,
        "promotion_version": wanted.promotion_version,
        "asked_by": wanted.by,
        "reason": wanted.reason,
        "waits_for": A_WORKER,
    }
    statement = insert(RunRow).values(row).returning(RunRow.id)
    return session.connection().execute(statement).scalar_one()


def _revived(session: Session, number: int, wanted: Wanted) -> None:
    session.execute(
        update(RunRow)
        .where(RunRow.id == number)
        .values(
            state="waiting", waits_for=A_WORKER, not_before=func.clock_timestamp(), attempts=0,
            error=None, ended_at=None, asked_by=wanted.by, reason=wanted.reason, flow_run=None,
        )
    )  # fmt: skip
