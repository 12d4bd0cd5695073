"""`liftledger review`: the pages of reviewers, until interrupted."""

from typing import Annotated

import typer

PORT = 4280


def review(
    port: Annotated[int, typer.Option(help="Port of the pages.", min=1, max=65535)] = PORT,
) -> None:
    """Show the ledger in a browser until interrupted: studies, results, decisions, alerts, the log.

    Only this machine is answered. The same is at /api as JSON, described in /api/openapi.json.

    Example: liftledger review --port 4280
    """
    import uvicorn

    from liftledger.ending import Interrupted, Terminated
    from liftledger.ledger import opened, say
    from liftledger.ports import listening_at
    from review.application import application

    with listening_at(port) as listening, opened() as url:
        server = uvicorn.Server(uvicorn.Config(application(url), log_level="warning"))
        greet(url, port)
        try:
            server.run(sockets=[listening])  # ends in order first, then hands the signal on
        except (Interrupted, Terminated):
            say("review", "ended")


def greet(url: str, port: int) -> None:
    """Say where the pages are, and how somebody gets in where nobody can yet."""
    from liftledger.ledger import say
    from storage import users
    from storage.ledger import ledger

    say("review", f"pages at http://127.0.0.1:{port}")
    with ledger(url) as session:
        if not users.listed(session):
            how = "liftledger users add NAME --role approver"
            say("review", f"nobody can log in yet; `{how}` makes the first user")
