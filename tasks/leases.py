"""Runs of the queue: claimed, kept alive while they are computed, marked with how they ended."""

import math
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from storage import alerts, leases
from storage.database import lock
from storage.errors import StorageError
from storage.leases import Claim
from storage.ledger import ledger
from tasks.narration import narrate
from tasks.retries import ON_THE_LEDGER
from tasks.step import task

LEASE = "LIFTLEDGER_LEASE"  # seconds after its last sign of life that a run is somebody else's
USUAL = "60"
RUN_FAILED = "run_failed"
SIGNS = 3  # of life within a lease
PAUSE = 5.0  # seconds before a run that lost its database is tried again


@task(name="claim the run", task_run_name="claim run {run}", **ON_THE_LEDGER)
def claim_run(url: str, run: int) -> Claim | None:
    """This run of the queue, if nobody holds it and it has not ended."""
    with ledger(url) as session:
        return leases.claim(session, whoever(), lease_seconds(), run)


@task(name="claim a run", task_run_name="claim", **ON_THE_LEDGER)
def claim_next(url: str) -> Claim | None:
    """The run that waits longest, if one waits or its holder died."""
    with ledger(url) as session:
        return leases.claim(session, whoever(), lease_seconds())


@task(name="mark the run done", task_run_name="done", **ON_THE_LEDGER)
def mark_done(url: str, held: Claim, version: int) -> None:
    """Its answer is this version; an alert that it failed is over. Raises LeaseLost."""
    with ledger(url) as session:
        leases.finish(session, held, version)
        said = f"run {held.run} is done: {held.study}@{version}"
        alerts.resolve_alert(session, RUN_FAILED, held.study, said)
    narrate("queue", f"run {held.run} is done")


@task(name="mark the run failed", task_run_name="failed", **ON_THE_LEDGER)
def mark_failed(url: str, held: Claim, error: str) -> None:
    """It failed, and an alert says so: nobody was waiting at a terminal. Raises LeaseLost."""
    with ledger(url) as session:
        leases.fail(session, held, error)
        details = {"message": error, "run": held.run, "plan_version": held.plan_version}
        alerts.raise_alert(session, RUN_FAILED, held.study, details, held.study)


@task(name="let go of the run", task_run_name="let go", **ON_THE_LEDGER)
def let_go(url: str, held: Claim, why: str, pause: float = PAUSE) -> None:
    """Another attempt may follow after a pause. Raises LeaseLost."""
    with ledger(url) as session:
        leases.release(session, held, why, pause)


@task(name="drop the run", task_run_name="drop", **ON_THE_LEDGER)
def drop_run(url: str, held: Claim, why: str) -> None:
    """It is not wanted any more. Raises LeaseLost."""
    with ledger(url) as session:
        leases.drop(session, held, why)


@task(name="give up what never ends", task_run_name="give up", **ON_THE_LEDGER)
def give_up(url: str, by: str) -> int:
    """End runs that were claimed too often, with an alert for each; how many there were."""
    with ledger(url) as session:
        lock(session, alerts.ALERTS)  # before that of the audit log, as wherever both are held
        found = leases.give_up(session, by)
        for number, study, why in found:
            details = {"message": why, "run": number}
            alerts.raise_alert(session, RUN_FAILED, study, details, study, by)
    return len(found)


@contextmanager
def alive(url: str, held: Claim) -> Iterator[None]:
    """Until the block ends, signs of life renew the lease."""
    ended = threading.Event()
    signs = threading.Thread(target=_signs_of_life, args=(url, held, ended), daemon=True)
    signs.start()
    try:
        yield
    finally:
        ended.set()
        signs.join()


def lease_seconds(environment: Mapping[str, str] = os.environ) -> float:
    """How long a sign of life is good for. Raises StorageError for what is no such number."""
    text = environment.get(LEASE, USUAL)
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 1 <= seconds <= 86_400:
        raise StorageError(f"{LEASE}={text}: give seconds, from 1 to 86400")
    return seconds


def whoever() -> str:
    """This process, as others see it."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _signs_of_life(url: str, held: Claim, ended: threading.Event) -> None:
    while not ended.wait(lease_seconds() / SIGNS):
        try:
            with ledger(url) as session:
                if not leases.renew(session, held):
                    return  # somebody else's by now: marking it will say so
        except StorageError:
            continue  # the database is away: the next sign may reach it
