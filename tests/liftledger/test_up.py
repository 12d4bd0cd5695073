"""`liftledger up`: one of it, while everything it does is asked of it, and what it gives away."""

import signal
import socket
import urllib.request
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import yaml
from prefect.client.base import PrefectHttpxSyncClient
from sqlalchemy.engine import make_url

from storage.columns import Table
from tests.flows import promoted, shop
from tests.liftledger.commands import PROJECT, Shell, until
from tests.liftledger.test_commands import INGEST, write_shop
from tests.liftledger.test_secrets import Onlooker, files, of_prefect, rows, spilled

ENDED = ("COMPLETED", "FAILED", "CRASHED")


@pytest.mark.timeout(1200)
def test_up_keeps_everything_running_answers_what_is_asked_or_due_and_leaves_nothing_nor_a_secret(
    owner: Shell,
) -> None:
    """Its worker's runs, one of which fails, say no password: parameters, logs, settings."""
    url = owner.settings["DATABASE_URL"]
    write_shop(owner.folder)
    owner.type(*INGEST)
    owner.type("register", "shop.yaml")
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("", 0)) as other:
        port, review_port = one.getsockname()[1], other.getsockname()[1]
    with Onlooker(owner) as ps:
        up = owner.start("--debug", "up", "--port", str(port), "--review-port", str(review_port))
        ready = "waiting for work"  # on a busy machine, minutes
        until(lambda: ready in owner.said or up.poll() is not None, "everything to be up", 300)
        assert up.poll() is None, owner.said
        greets(owner, port, review_port)
        answers(url, port)
        up.send_signal(signal.SIGTERM)
        assert up.wait(60) == 0, owner.said
    assert owner.left_behind() == []
    assert any("prefect worker start" in line for line in ps.seen)
    assert [line for line in ps.seen if spilled(line)] == []
    keeps_no_secret(owner)


def greets(owner: Shell, port: int, review_port: int) -> None:
    """It says where everything is, and there it is."""
    assert f"http://127.0.0.1:{port}" in owner.said
    assert f"http://127.0.0.1:{review_port}" in owner.said
    assert "`liftledger users add NAME --role approver` makes the first user" in owner.said
    with urllib.request.urlopen(f"http://127.0.0.1:{review_port}/", timeout=30) as answer:
        assert answer.url == f"http://127.0.0.1:{review_port}/login?to=%2F"
    listed = yaml.safe_load((PROJECT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    assert set(deployments(port)) == {one["name"] for one in listed}


def answers(url: str, port: int) -> None:
    """What is asked for, though it fails; what is due, though nobody asks; what an event starts."""
    known = deployments(port)
    ends = {"shop": "COMPLETED", "nosuch": "FAILED"}
    runs = {
        study: api(
            port,
            f"deployments/{known['analyze']}/create_flow_run",
            {"parameters": {"study": study}, "state": {"type": "SCHEDULED"}},
        )["id"]
        for study in ends
    }
    for study, run in runs.items():
        until(lambda: state(port, run) in ENDED, study)  # noqa: B023
        assert state(port, run) == ends[study]
    assert shop.counts(url)["results"] == 1
    until(lambda: "did      tuned, fitted" in logs(port), "what the run says, in Prefect's pages")

    promoted.due(url, "coffee")  # and nobody asks for the answer
    answered = "SELECT state FROM runs WHERE study = 'coffee'"
    until(lambda: shop.rows_of(url, answered) == [("done",)], "coffee")

    arrived = {
        "id": str(uuid4()),
        "occurred": datetime.now(UTC).isoformat(),
        "event": "liftledger.data-arrived",
        "resource": {"prefect.resource.id": "liftledger.panel.sales"},
    }
    api(port, "events", [arrived])
    until(lambda: woken(port, known["watch"]) == ["COMPLETED"], "the flow that an event starts")


def keeps_no_secret(owner: Shell) -> None:
    """Nowhere it left anything: our tables, Prefect's books, its files and what it said."""
    url = owner.settings["DATABASE_URL"]
    if "SQLite" not in owner.said:
        books = make_url(url).set(database="prefect").render_as_string(hide_password=False)
        assert len(of_prefect(books)) > 10
        assert rows(books, of_prefect(books)) == []
    else:  # this server offers too little: they are a file, which is looked through below
        assert b"Finished in state" in (owner.folder / "home/prefect/prefect.db").read_bytes()
    assert rows(url, sorted(Table.metadata.tables)) == []
    assert spilled(owner.said) == []
    assert files(owner.folder) == []


def api(port: int, path: str, question: Any) -> Any:
    """Asked as flows ask, which wait a moment when Prefect's database is busy (503)."""
    with PrefectHttpxSyncClient(base_url=f"http://127.0.0.1:{port}/api/", timeout=30) as client:
        answer = client.post(path, json=question)
        return answer.json() if answer.content else None


def deployments(port: int) -> dict[str, str]:
    """Their ids, by name."""
    return {one["name"]: one["id"] for one in api(port, "deployments/filter", {})}


def state(port: int, run: str) -> str:
    runs = api(port, "flow_runs/filter", {"flow_runs": {"id": {"any_": [run]}}})
    return str(runs[0]["state"]["type"])


def logs(port: int) -> str:
    return "\n".join(one["message"] for one in api(port, "logs/filter", {}))


def woken(port: int, deployment: str) -> list[str]:
    """States of the flow runs of a deployment that an automation started, not a schedule."""
    runs = api(port, "flow_runs/filter", {"deployments": {"id": {"any_": [deployment]}}})
    started = [one for one in runs if (one["created_by"] or {}).get("type") == "AUTOMATION"]
    return [one["state"]["type"] for one in started]
