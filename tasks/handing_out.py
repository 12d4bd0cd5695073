"""Runs of the queue, handed to Prefect: one flow run of the deployment `analyze` for each.

A flow run that Prefect lost, or that its worker took to the grave, is followed by another. Two who
hand out at once name it alike (its idempotency key), so Prefect makes one of them. And if it made
two after all, the second finds the run claimed.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import ObjectNotFound

from storage import leases, runs
from storage.ledger import ledger
from storage.runs import Run
from tasks.narration import narrate
from tasks.retries import ON_THE_LEDGER
from tasks.step import task

ANALYZE = "analyze/analyze"
AT_ONCE = 100  # flow runs asked about at a time
STARTING = timedelta(minutes=2)  # in which a flow run that a worker took has claimed its run


class NoDeployment(Exception):
    """Prefect does not know how to start an analysis."""


@task(name="hand out the runs", task_run_name="hand out", **ON_THE_LEDGER)
def hand_out(url: str) -> int:
    """Start a flow run for each run that nobody is at; how many. Raises NoDeployment."""
    with ledger(url) as session:
        free = leases.startable(session)
        waiting = [run for run in runs.every(session, runs.OPEN) if run.id in free]
    if not waiting:
        return 0
    with get_client(sync_client=True) as client:
        known = _flow_runs(client, waiting)
        idle = [run for run in waiting if not _under_way(run, known.get(run.flow_run or ""))]
        for run in idle:
            _start(client, url, run)
    narrate("queue", f"{len(idle)} of {len(waiting)} runs handed out")
    return len(idle)


def _flow_runs(client: SyncPrefectClient, waiting: Sequence[Run]) -> dict[str, FlowRun]:
    """What Prefect knows about the flow runs that were started before."""
    ids = [UUID(run.flow_run) for run in waiting if run.flow_run]
    found: dict[str, FlowRun] = {}
    for first in range(0, len(ids), AT_ONCE):
        some = FlowRunFilter(id=FlowRunFilterId(any_=ids[first : first + AT_ONCE]))
        found |= {str(one.id): one for one in client.read_flow_runs(flow_run_filter=some)}
    return found


def _under_way(run: Run, flow_run: FlowRun | None) -> bool:
    """Whether the flow run of this run may still claim it."""
    state = flow_run.state if flow_run is not None else None
    if state is None or state.is_final():
        return False
    if state.type == StateType.SCHEDULED:
        return True
    if run.state == "running":  # its lease ran out: whoever is said to be at it is dead
        return False
    return datetime.now(UTC) - state.timestamp < STARTING


def _start(client: SyncPrefectClient, url: str, run: Run) -> None:
    try:
        deployment = client.read_deployment_by_name(ANALYZE)
    except ObjectNotFound as unknown:
        raise NoDeployment(
            f"Prefect knows no deployment {ANALYZE}; `liftledger up` brings it, or "
            "`prefect deploy --all`"
        ) from unknown
    flow_run = client.create_flow_run_from_deployment(
        deployment.id,
        parameters={
            "study": run.study,
            "requested_by": run.asked_by,
            "reason": run.reason,
            "run": run.id,
        },
        tags=[run.study],
        idempotency_key=f"{run.study} {run.id} {run.asked_at.isoformat()} {run.hand_outs}",
    )
    with ledger(url) as session:
        runs.handed_out(session, run.id, run.hand_outs, str(flow_run.id))
