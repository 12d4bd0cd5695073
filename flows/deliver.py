"""Alerts delivered: people and programs are told what is open and was not told yet.

Scheduled every few minutes, and the last step of the flows that raise alerts. Doing it twice at
once is safe: each delivery has one claim.
"""

from prefect import flow

from storage.server import database
from tasks.alerts import channels, deliver, find_waiting
from tasks.narration import narrate


@flow(name="deliver alerts", flow_run_name="deliver alerts")
def deliver_alerts() -> dict[str, dict[str, int]]:
    """Tell whoever is to be told; by channel, how many were delivered, failed and given up."""
    with database() as url:
        return deliver_waiting(url)


def deliver_waiting(url: str) -> dict[str, dict[str, int]]:
    """The same inside a flow that has the database already."""
    ways = channels()
    if not ways:
        narrate("alerts", "no channel is configured; `liftledger doctor` says how")
        return {}
    waiting = find_waiting(url, sorted(ways))
    if not waiting:
        narrate("alerts", f"nothing to tell over {', '.join(sorted(ways))}")
    return {key: dict(deliver(url, key, found, ways[key])) for key, found in waiting.items()}
