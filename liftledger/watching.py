"""Commands of those who are on duty: what needs an eye, and what was done about it."""

from typing import Annotated

import typer

from liftledger.showing import AsJson, settings, show

Number = Annotated[int, typer.Argument(help="Number of the alert.", min=1)]
Why = Annotated[str, typer.Option("--reason", help="Why, kept in the ledger.")]


def alerts(
    everything: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what needs somebody's eye, newest first: what was done about it, and who was told.

    Example: liftledger alerts --all
    """
    from liftledger import alerting
    from reports.alerts import alerts_table, to_json

    found, told, now = alerting.known(everything)
    show({"alerts": to_json(found, told, now)}, alerts_table(found, told, now), as_json)


def acknowledge(alert: Number, reason: Why, as_json: AsJson = False) -> None:
    """Take an alert on: nobody is told of it any more. It stays open until it is over.

    Example: liftledger acknowledge 7 --reason "I ask the stores"
    """
    from liftledger import alerting

    done = alerting.acknowledge(alert, reason)
    show(done.facts, done.text, as_json)


def silence(
    about: Annotated[
        str, typer.Argument(help="Number of an alert, or a kind of alert, as data_late.")
    ],
    until: Annotated[str, typer.Option(help="Date, or date and time (UTC), when that ends.")],
    reason: Why,
    as_json: AsJson = False,
) -> None:
    """Tell nobody of an alert, or of a kind of alert, for a time. A moment in the past ends that.

    Example: liftledger silence data_late --until 2027-01-07 --reason "stock-taking"
    """
    from liftledger import alerting

    done = alerting.silence(about, until, reason)
    show(done.facts, done.text, as_json)


def resolve(alert: Number, reason: Why, as_json: AsJson = False) -> None:
    """Say that what an alert says is over. The same may then be raised again.

    Example: liftledger resolve 7 --reason "the rows came with the next file"
    """
    from liftledger import alerting

    done = alerting.resolve(alert, reason)
    show(done.facts, done.text, as_json)


def deliver(as_json: AsJson = False) -> None:
    """Tell people and programs of open alerts now; `liftledger up` does it every few minutes.

    Example: liftledger deliver
    """
    from liftledger import alerting

    done = alerting.deliver(debug=settings["debug"])
    show(done.facts, done.text, as_json)
