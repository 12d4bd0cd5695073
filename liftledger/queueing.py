"""Commands about the queue: what is due, and everything that is."""

from typing import Annotated

import typer

from liftledger.showing import AsJson, show

Patience = Annotated[
    int, typer.Option(help="Days after which data that did not arrive are late.", min=0, max=3650)
]


def due(
    study: Annotated[
        str | None, typer.Argument(help="Put this study into the queue, whatever it waits for.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, kept in the ledger.")] = "",
    patience: Patience = 3,
    as_json: AsJson = False,
) -> None:
    """What is due, and what every other study of a promotion waits for.

    A study is due when its promotion has ended and settled and its panel has every unit in every
    period that is needed. With STUDY: it is analysed, on the data as they are, by the next
    `liftledger run --all-due` or by a `liftledger up`.

    Example: liftledger due
    """
    from liftledger import all_due
    from reports.queue import due_table, due_to_json

    if study is None:
        cases, queued = all_due.queue(patience)
        text = due_table(cases, queued) if cases or queued else "nothing is planned or queued"
        show(due_to_json(cases, queued), text, as_json)
        return
    run, new = all_due.ask(study, reason)
    said = f"is run {run} of the queue" if new else f"is answered, or in the queue: run {run}"
    show({"study": study, "run": run, "created": new}, f"{study} {said}", as_json)


def runs_all_due(workers: int | None, as_json: bool) -> None:
    """Answer all that is due. Exits 1 if one of them has no result."""
    from estimators.core.parallel import cores
    from liftledger import all_due
    from reports.queue import run_table, runs_to_json

    runs = all_due.run_all_due(workers or cores(), 3)
    show(runs_to_json(runs), run_table(runs) if runs else "nothing is due", as_json)
    raise typer.Exit(1 if any(run.state != "done" for run in runs) else 0)
