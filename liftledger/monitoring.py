"""The monitor from the command line: one visit, now."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from liftledger.showing import AsJson, settings, show

if TYPE_CHECKING:
    from storage.observations import Observation


def monitor(
    study: Annotated[
        list[str] | None, typer.Argument(help="Registered studies; all of them by default.")
    ] = None,
    positions: Annotated[
        int, typer.Option(help="Placebos asked on each live panel.", min=0, max=10_000)
    ] = 4,
    restated: Annotated[
        float, typer.Option(help="Share of outcomes above which changed data are answered anew.")
    ] = 0.001,
    undecided: Annotated[
        int, typer.Option(help="Days after which a result waits for a decision.", min=0)
    ] = 14,
    as_json: AsJson = False,
) -> None:
    """Look at whatever is live: panels, restated data, running promotions, our own intervals.

    Whatever needs an eye becomes an alert, and everything seen is kept. A running promotion may be
    looked at as often as you like: its interval is valid at every look until its planned end.

    Example: liftledger monitor prop99 --positions 0
    """
    seen = visited(study or (), positions, restated, undecided, debug=settings["debug"])
    from reports.monitoring import to_json, visit_table

    show(to_json(seen), visit_table(seen), as_json)


def visited(
    studies: Sequence[str], positions: int, restated: float, undecided: int, *, debug: bool
) -> "list[Observation]":
    """One visit, as the flow makes it. Raises UnknownStudy."""
    from liftledger.data import require_study
    from liftledger.ledger import opened
    from liftledger.running import flow_ready

    with flow_ready(debug=debug, name="flows.monitor:monitor") as ready, opened() as url:
        for name in studies:
            require_study(url, name)  # before anything slow is waited for
        seen: list[Observation] = ready()(
            tuple(studies), positions=positions, restated=restated, undecided_days=undecided
        )
        return seen
