"""`liftledger run --all-due` and `liftledger due`: the queue, from the command line.

    find what is due → put it into the queue → worker processes → until every run has ended

No server takes part: the queue and its leases are in the database, so several of these commands and
the worker of a `liftledger up` may be at it together.
"""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from liftledger.ending import Failure
from liftledger.ledger import opened, say

if TYPE_CHECKING:
    from storage.runs import Run
    from studies.cases import Case

LOOK = 0.5  # seconds between looks at the queue
PATIENCE = 120.0  # seconds the database may be away


def run_all_due(workers: int, patience: int) -> "list[Run]":
    """Answer everything that is due or queued; the runs, as they ended. Raises Failure."""
    from storage.runs import OPEN
    from tasks.due import ask_for, find_due, tell_late

    with opened() as url:
        by = _whoami()
        cases = find_due(url, patience)
        asked = ask_for(url, cases, by)
        late = tell_late(url, cases, by)
        waiting = _runs(url, OPEN)
        say("due", f"{asked} newly due, {len(waiting)} in the queue, {late} with late data")
        return _worked_off(url, waiting, workers) if waiting else []


def queue(patience: int) -> "tuple[list[Case], list[Run]]":
    """Where each study of a promotion stands, and what else is in the queue."""
    from storage.runs import OPEN
    from tasks.due import find_due

    with opened() as url:
        cases = find_due(url, patience)
        shown = {case.study for case in cases}
        return cases, [run for run in _runs(url, OPEN) if run.study not in shown]


def ask(study: str, reason: str) -> tuple[int, bool]:
    """Put a study into the queue by hand. Raises UnknownStudy."""
    from tasks.due import ask_by_hand

    with opened() as url:
        return ask_by_hand(url, study, _whoami(), reason)


def _worked_off(url: str, waiting: "Sequence[Run]", workers: int) -> "list[Run]":
    """Worker processes, as long as one of these runs is open."""
    from liftledger.crew import crew
    from storage.server import home_folder

    log = home_folder() / "workers.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    numbers = {run.id for run in waiting}
    ended: set[int] = set()
    with crew(url, min(workers, len(waiting)), log) as members:
        say("workers", f"{min(workers, len(waiting))} start (log: {log})")
        seen = time.monotonic()
        while True:
            members.replace_the_dead()
            found = _looked(url, numbers)
            if found is not None:
                seen = time.monotonic()
                _tell(found, ended)
                if len(ended) == len(numbers):
                    return found
            elif time.monotonic() - seen > PATIENCE:
                raise Failure(
                    f"the database has been away for {PATIENCE:.0f} s; what is done is stored, "
                    "run it again for the rest"
                )
            time.sleep(LOOK)


def _looked(url: str, numbers: set[int]) -> "list[Run] | None":
    """These runs as they are now; None while the database is away."""
    from storage.errors import DatabaseUnavailable
    from tasks.leases import give_up

    try:
        give_up(url, _whoami())
        return [run for run in _runs(url) if run.id in numbers]
    except DatabaseUnavailable:
        return None


def _tell(found: "Sequence[Run]", ended: set[int]) -> None:
    from storage.runs import OPEN

    for run in found:
        if run.state not in OPEN and run.id not in ended:
            ended.add(run.id)
            how = f"{run.study}@{run.result_version}" if run.state == "done" else run.error
            say(run.state, f"{len(ended)} of {len(found)}: {run.study}: {how}")


def _runs(url: str, states: "Sequence[str] | None" = None) -> "list[Run]":
    from storage import runs
    from storage.ledger import ledger

    with ledger(url) as session:
        return runs.every(session, states)


def _whoami() -> str:
    from storage.provenance import whoami

    return whoami()
