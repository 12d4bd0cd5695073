"""Leases: who computes a run, for how long it is theirs, and what becomes of it when they die.

Whoever claims a run gets a token and a lease, which signs of life renew. When none came for the
length of the lease, anybody may claim the run again; the old token then marks nothing any more, so
a worker that was only slow cannot overwrite what its successor did. One UPDATE claims, on a row
that nobody else has locked, so a run has one holder however many ask.

Only the database's clock is read. When that clock is set back, a lease or a pause that ends later
than it ever could is over; when it is set forward, leases end early, and the one who lost
the run computes the same answer, which is the same row.
"""

from dataclasses import dataclass

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from storage import audit
from storage.errors import StorageError
from storage.runs import A_WORKER

MOST = 10  # claims, after which a run is given up: it may be what kills its workers
PAUSE = 60.0  # seconds at most between two attempts

READY = """
(state = 'waiting' AND (not_before <= clock_timestamp()
    OR not_before > clock_timestamp() + interval '60 seconds')
 OR state = 'running' AND (lease_until <= clock_timestamp()
    OR lease_until > clock_timestamp() + lease * interval '1 second'))
"""
CLAIM = """
WITH found AS (
    SELECT id, worker AS before FROM runs WHERE {ready} AND attempts < :most {which}
    ORDER BY state = 'running' DESC, not_before, id LIMIT 1 FOR UPDATE SKIP LOCKED
)
UPDATE runs SET state = 'running', waits_for = NULL, token = gen_random_uuid()::text,
    worker = :worker, attempts = attempts + 1, claimed_at = clock_timestamp(), lease = :lease,
    lease_until = clock_timestamp() + :lease * interval '1 second'
FROM found WHERE runs.id = found.id
RETURNING runs.id, study, plan_version, token, attempts, asked_by, reason, before
"""
BEAT = text("""
UPDATE runs SET lease_until = clock_timestamp() + lease * interval '1 second'
WHERE id = :run AND state = 'running' AND token = :token
""")
END = """
UPDATE runs SET {change}, token = NULL, worker = NULL, claimed_at = NULL, lease = NULL,
    lease_until = NULL
WHERE id = :run AND state = 'running' AND token = :token
"""
DONE = text(END.format(change="state = 'done', result_version = :version, ended_at = now()"))
FAILED = text(END.format(change="state = 'failed', error = :error, ended_at = now()"))
GIVEN_UP = text(END.format(change="state = 'given_up', error = :error, ended_at = now()"))
RELEASED = text(
    END.format(
        change="state = 'waiting', waits_for = :waits_for,"
        " not_before = clock_timestamp() + :pause * interval '1 second'"
    )
)
EXHAUSTED = text(f"""
UPDATE runs SET state = 'given_up', waits_for = NULL, token = NULL, worker = NULL,
    claimed_at = NULL, lease = NULL, lease_until = NULL, ended_at = clock_timestamp(),
    error = 'claimed ' || attempts || ' times and never ended; the last to hold it was '
        || coalesce(worker, 'one that let it go')
WHERE id IN (SELECT id FROM runs WHERE {READY} AND attempts >= :most FOR UPDATE SKIP LOCKED)
RETURNING id, study, error
""")  # noqa: S608  (constants of this file)


STARTABLE = text(f"SELECT id FROM runs WHERE {READY} ORDER BY id")  # noqa: S608  (likewise)


class LeaseLost(StorageError):
    """The run is somebody else's by now: this one may mark nothing."""


@dataclass(frozen=True)
class Claim:
    """A run that is ours as long as the lease is renewed.

    before: who held it before and died, if anybody did
    """

    run: int
    study: str
    plan_version: int
    token: str
    attempts: int
    asked_by: str
    reason: str
    before: str | None


def claim(session: Session, worker: str, lease: float, run: int | None = None) -> Claim | None:
    """The run that waits longest, those whose holder died first; None when there is none.

    lease: seconds      run: this one and no other
    """
    found = session.execute(
        _claiming(run is not None),
        {"worker": worker, "lease": lease, "most": MOST, "run": run},
    ).first()
    if found is None:
        return None
    held = Claim(*found)
    if held.before is not None:
        details = {"run": held.run, "from": held.before, "attempt": held.attempts}
        audit.record(session, "run_taken_over", held.study, details, worker)
    return held


def renew(session: Session, held: Claim) -> bool:
    """A sign of life. False: the run is somebody else's, or has ended."""
    return _touched(session, BEAT, held)


def finish(session: Session, held: Claim, version: int) -> None:
    """It is done: this version of the study's result answers it. Raises LeaseLost."""
    _end(session, DONE, held, version=version)


def fail(session: Session, held: Claim, error: str) -> None:
    """It failed, and would fail again. Raises LeaseLost."""
    _end(session, FAILED, held, error=error)


def drop(session: Session, held: Claim, why: str) -> None:
    """It is not wanted any more. Raises LeaseLost."""
    _end(session, GIVEN_UP, held, error=why)


def release(session: Session, held: Claim, why: str = A_WORKER, pause: float = 0.0) -> None:
    """Let go of it for another attempt, after a pause of so many seconds. Raises LeaseLost."""
    _end(session, RELEASED, held, waits_for=why, pause=min(pause, PAUSE))


def startable(session: Session) -> set[int]:
    """Numbers of the runs that may be claimed, or given up, now."""
    return set(session.scalars(STARTABLE))


def give_up(session: Session, by: str) -> list[tuple[int, str, str]]:
    """End runs that were claimed too often; returns (number, study, why) of each."""
    found = [tuple(row) for row in session.execute(EXHAUSTED, {"most": MOST})]
    for number, study, why in found:
        audit.record(session, "run_given_up", study, {"run": number, "error": why}, by)
    return found


def _claiming(one: bool) -> TextClause:
    return text(CLAIM.format(ready=READY, which="AND id = :run" if one else ""))


def _end(session: Session, statement: TextClause, held: Claim, **values: object) -> None:
    if not _touched(session, statement, held, **values):
        raise LeaseLost(
            f"run {held.run} of {held.study} is not ours any more: its lease ran out and it was "
            "claimed again, or it has ended; nothing was marked"
        )


def _touched(session: Session, statement: TextClause, held: Claim, **values: object) -> bool:
    done = session.connection().execute(statement, {"run": held.run, "token": held.token, **values})
    return done.rowcount == 1
