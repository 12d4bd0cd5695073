"""A visit of the monitor: whom it looks at, and what is kept of it."""

from collections.abc import Sequence
from datetime import date

from prefect import task

from storage import alerts, observations, studies, undecided
from storage.clock import today
from storage.decision_records import Undecided
from storage.ledger import ledger
from storage.observations import Observation
from tasks.narration import narrate
from tasks.retries import ON_THE_LEDGER
from tasks.studies import Question

DECISION_MISSING = "decision_missing"


@task(name="find what is watched", task_run_name="what is watched", **ON_THE_LEDGER)
def find_watched(url: str, names: Sequence[str]) -> tuple[list[Question], date]:
    """The current plans of these studies, of all when none is named, and the database's date.

    Raises UnknownStudy.
    """
    with ledger(url) as session:
        chosen = names or studies.known(session)
        found = [Question(*studies.current(session, name)) for name in chosen]
        now = today(session)
    narrate("monitor", f"{len(found)} studies, {now}")
    return found, now


@task(name="find results without a decision", task_run_name="undecided", **ON_THE_LEDGER)
def find_undecided(url: str, names: Sequence[str], days: int) -> list[Observation]:
    """Newest results that nobody decided about within so many days after they were stored."""
    with ledger(url) as session:
        now = alerts.now(session)
        waiting = [one for one in undecided.undecided(session) if one.study in names]
        told = [one.subject for one in alerts.known(session) if one.kind == DECISION_MISSING]
    found = [_undecided(one, (now - one.saved_at).days, days) for one in waiting]
    named = {one.subject for one in found}
    decided = [
        Observation("undecided", subject, "fine", "decided", alerts={DECISION_MISSING: None})
        for subject in told
        if subject not in named and subject.rpartition("@")[0] in names
    ]
    return [*(one for one in found if one.state != "fine"), *decided]


@task(name="keep the visit", task_run_name="visit {visit}", **ON_THE_LEDGER)
def keep_visit(url: str, visit: str, seen: Sequence[Observation], by: str) -> None:
    """All that was seen and every alert it comes to, in one transaction, or nothing."""
    with ledger(url) as session:
        alerts.come_first(session)
        if not observations.save(session, visit, seen, by):
            return
        for one in seen:
            for kind, message in one.alerts.items():
                key = f"{one.kind}:{one.subject}"
                if message is None:
                    alerts.resolve_alert(session, kind, key, one.message, by)
                else:
                    facts = {"message": message, "observation": one.kind}
                    alerts.raise_alert(session, kind, one.subject, facts, key, by)
    noticed = sum(one.state == "noticed" for one in seen)
    narrate("ledger", f"{len(seen)} observations kept, {noticed} to be looked at")


def _undecided(one: Undecided, age: int, days: int) -> Observation:
    subject = f"{one.study}@{one.version}"
    late = age >= days
    why = "waits for a second person's name" if one.waiting else "nobody has decided about it"
    message = f"{subject} was stored {age} days ago and {why}; recommended: {one.recommendation}"
    return Observation(
        "undecided",
        subject,
        "noticed" if late else "fine",
        message,
        {"age": age, "recommendation": one.recommendation, "waiting": one.waiting},
        alerts={DECISION_MISSING: f"{message}; `liftledger decide {subject}` decides"}
        if late
        else {},
    )
