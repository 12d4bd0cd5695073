"""One visit of the monitor: whatever is live is looked at, and what was seen is kept.

    panels         of the studies: fresh, complete, themselves?
    restatements   cells a result was computed from, compared with the panel as it is; above the
                   threshold the study is asked for again
    promotions     that run: the effect so far, valid however often it is looked at
    placebos       some on each live panel: are our own intervals right?
    decisions      that nobody has made

What cannot be looked at is an observation, too: it says why, and the others are looked at all the
same. All of a visit is written at its end, in one transaction, and then alerts are delivered.
"""

from collections.abc import Callable, Sequence
from datetime import date
from uuid import uuid4

import pandas as pd
from prefect import flow
from threadpoolctl import threadpool_limits

from estimators.core.errors import EstimationError
from flows.deliver import deliver_waiting
from flows.failures import leave_trace
from flows.pulling import Read, pulled
from storage.errors import DatabaseUnavailable, StorageError
from storage.observations import Kind, Observation
from storage.provenance import whoami
from storage.server import database
from studies import InvalidPeriods
from studies.errors import InvalidPromotion
from studies.placing import Placed
from tasks.due import ask_by_hand
from tasks.following import find_running, fix_boundary, look_now, told_if_refused
from tasks.live_panels import check_live, panel_name, recall_rhythm
from tasks.narration import narrate
from tasks.restatements import compare, reason_for
from tasks.standing import ask_some
from tasks.studies import Question
from tasks.visits import find_undecided, find_watched, keep_visit

REFUSED = (StorageError, EstimationError, InvalidPeriods, InvalidPromotion)
Step = Callable[[], Sequence[Observation | None]]


@flow(name="monitor", flow_run_name="monitor")
def monitor(
    studies: Sequence[str] = (),
    positions: int = 4,
    restated: float = 0.001,
    undecided_days: int = 14,
    requested_by: str = "",
) -> list[Observation]:
    """Look at all registered studies, or at these; what was seen.

    positions: placebos asked on each live panel at this visit; 0: none
    restated: share of outcomes, or of cells, above which changed data are answered anew, unless the
        plan says another
    undecided_days: after which a result without a decision is told of
    Raises UnknownStudy, StorageError.
    """
    by = requested_by or whoami()
    with database() as url:
        try:
            questions, today = find_watched(url, studies)
            with threadpool_limits(limits=1):
                seen: list[Observation] = []
                for name, asking in _by_panel(questions).items():
                    read: Read = {}
                    seen += _panel(url, name, asking[0], today, read)
                    for one in asking:
                        seen += _study(url, one, today, positions, restated, by, read)
            seen += find_undecided(url, [one.plan.study for one in questions], undecided_days)
            keep_visit(url, uuid4().hex, seen, by)
            deliver_waiting(url)
        except BaseException as error:
            leave_trace(url, "visit", ", ".join(studies) or "all studies", by, error)
            raise
        return seen


def _by_panel(questions: Sequence[Question]) -> dict[str, list[Question]]:
    """Studies by the panel they ask about, which is read once and let go before the next."""
    found: dict[str, list[Question]] = {}
    for question in questions:
        found.setdefault(panel_name(question.plan), []).append(question)
    return found


def _panel(url: str, name: str, question: Question, today: date, read: Read) -> list[Observation]:
    """The panel, as one of the studies that ask about it reads it."""

    def step() -> list[Observation | None]:
        rows, _ = pulled(url, question.plan, read)
        return [check_live(rows, name, question, today, recall_rhythm(url, name))]

    return _tried("panel", name, step)


def _study(
    url: str,
    question: Question,
    today: date,
    positions: int,
    threshold: float,
    by: str,
    read: Read,
) -> list[Observation]:
    name = f"{question.plan.study}, plan version {question.version}"
    ready: list[tuple[pd.DataFrame, Placed | None]] = []

    def compared() -> list[Observation | None]:
        ready.append(pulled(url, question.plan, read))
        seen = compare(url, question, *ready[0], threshold)
        if seen is not None and seen.state == "noticed":
            ask_by_hand(url, question.plan.study, by, reason_for(seen))
        return [seen]

    def followed() -> list[Observation | None]:
        running = find_running(url, question, ready[0][0], today)
        if running is None:
            return []
        fixed = fix_boundary(running, question)
        new = [] if running.fixed is not None else [fixed]
        return [*new, look_now(running, question, fixed)]

    seen = _tried("restatement", name, compared)
    if ready and question.plan.promotion is not None:
        seen += [told_if_refused(one, question) for one in _tried("promotion", name, followed)]
    if ready and positions:
        seen += _tried("calibration", name, lambda: [ask_some(url, question, *ready[0], positions)])
    return seen


def _tried(kind: Kind, subject: str, step: Step) -> list[Observation]:
    """What a step saw; where it could not look, why. The database going away is no such reason."""
    try:
        return [one for one in step() if one is not None]
    except DatabaseUnavailable:
        raise
    except REFUSED as error:
        narrate("monitor", f"{kind} {subject}: {error}")
        return [Observation(kind, subject, "refused", str(error))]
