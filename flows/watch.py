"""After a promotion: what has become due is asked for once, and handed out to be analysed.

    give up what never ends → find what is due → ask for it → tell what is late → hand out

Scheduled, and woken by notices of the database (flows.listening) or an event of Prefect's. However
often and however many of it run at once, one analysis comes of each plan version and state of the
data: the queue sees to that (storage.runs).
"""

from prefect import flow

from storage.provenance import whoami
from storage.server import database
from tasks.due import PATIENCE, ask_for, find_due, tell_late
from tasks.handing_out import hand_out
from tasks.leases import give_up


@flow(name="watch", flow_run_name="watch")
def watch(patience: int = PATIENCE, requested_by: str = "") -> int:
    """Start what is due; how many analyses were started.

    patience: days after which data that did not arrive are late
    Raises StorageError, and NoDeployment where Prefect cannot start an analysis.
    """
    by = requested_by or whoami()
    with database() as url:
        give_up(url, by)
        cases = find_due(url, patience)
        ask_for(url, cases, by)
        tell_late(url, cases, by)
        return hand_out(url)
