"""Commands about the installation: start everything, examine it, show what it does."""

from typing import Annotated

import typer

from liftledger.reviewing import PORT as REVIEW_PORT
from liftledger.showing import AsJson, settings, show


def up(
    port: Annotated[int, typer.Option(help="Port of Prefect's pages.", min=1, max=65535)] = 4200,
    review_port: Annotated[
        int, typer.Option(help="Port of the review pages.", min=1, max=65535)
    ] = REVIEW_PORT,
) -> None:
    """Start everything and keep it running until interrupted.

    The database, Prefect's server with its pages, a worker, the deployments of prefect.yaml, an ear
    for what becomes due, and the pages of `liftledger review`.

    Example: liftledger up --port 4200 --review-port 4280
    """
    from liftledger.up import stay_up

    stay_up(port, review_port)


def doctor(as_json: AsJson = False) -> None:
    """Examine this installation: what is wrong, and how to mend it. Exits 1 if something fails.

    Example: liftledger doctor
    """
    from liftledger.doctor import examine

    findings = examine()
    show(findings.facts, findings.text, as_json)
    raise typer.Exit(1 if findings.failed else 0)


def demo() -> None:
    """Answer both example studies from their files, and write their reports.

    Example: liftledger demo
    """
    from liftledger.demo import show as shown

    shown(debug=settings["debug"])
