"""Alerts reach people and programs: once, through servers in trouble and a kill in the middle."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect.logging import disable_run_logger
from sqlalchemy.orm import Session

from channels.message import Message
from flows.deliver import deliver_alerts
from storage import alerts, deliveries
from storage.ledger import ledger
from tasks.alerts import channels, deliver, find_waiting, message_of
from tests.channels.mail_server import Mailbox, mail_server
from tests.channels.receiver import Received, receiver

ROOT = Path(__file__).parents[2]
SECRET = "whsec_" + "czNjcmV0" * 6
DELIVER_ONE = """
from prefect.logging import disable_run_logger
from tasks.alerts import channels, deliver, find_waiting
url = {url!r}
with disable_run_logger():
    waiting = find_waiting.fn(url, ["webhook"])
    deliver.fn(url, "webhook", waiting["webhook"], channels()["webhook"])
"""


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    with mail_server() as box:
        for name, value in {
            "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(box.port), "SMTP_SECURITY": "none",
            "ALERTS_FROM": "lift@example.org", "ALERTS_TO": "ada@example.org",
        }.items():  # fmt: skip
            monkeypatch.setenv(f"LIFTLEDGER_{name}", value)
        yield box


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Received]:
    with receiver() as box:
        monkeypatch.setenv("LIFTLEDGER_WEBHOOK_URL", box.url)
        monkeypatch.setenv("LIFTLEDGER_WEBHOOK_SECRET", SECRET)
        yield box


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIFTLEDGER_ALERTS_PAUSES", "0,0")


def raised(session: Session, key: str = "coffee@2024-W09") -> int:
    told = {"message": "2 of 60 stores have no row for 2024-W09", "missing": ["north", "south"]}
    return alerts.raise_alert(session, "data_late", "coffee", told, key, by="watch")


def raise_one(url: str, key: str = "coffee@2024-W09") -> int:
    with ledger(url) as session:
        return raised(session, key)


def told(url: str, number: int, channel: str) -> list[tuple[int, str]]:
    with ledger(url) as session:
        steps = deliveries.steps(session, [number])[number]
    return [(one.attempt, one.outcome) for one in steps if one.channel == channel]


def test_an_alert_is_delivered_once_over_each_channel(
    ledger_url: str, mailbox: Mailbox, hook: Received
) -> None:
    raise_one(ledger_url)
    assert deliver_alerts() == {"email": {"delivered": 1}, "webhook": {"delivered": 1}}
    assert deliver_alerts() == {}
    (letter,), ((_, body),) = mailbox.letters, hook.requests
    assert letter["subject"] == "Liftledger: coffee: data late"
    text = letter.get_payload()
    assert isinstance(text, str)
    assert "2 of 60 stores have no row for 2024-W09" in text
    assert "liftledger acknowledge 1 --reason" in text
    data = json.loads(body)["data"]
    assert (data["alert"], data["kind"], data["about"]) == (1, "data_late", "coffee")
    assert data["details"]["missing"] == ["north", "south"]
    assert letter["message-id"] == f"<{hook.ids[0]}@liftledger>"


def test_a_receiver_in_trouble_is_tried_again_with_the_same_id_and_then_given_up(
    ledger_url: str, hook: Received
) -> None:
    first = raise_one(ledger_url)
    hook.answers = [500, 204]
    assert deliver_alerts() == {"webhook": {"failed": 1}}
    assert deliver_alerts() == {"webhook": {"delivered": 1}}
    assert len(set(hook.ids)) == 1
    assert told(ledger_url, first, "webhook") == [
        (1, "started"), (1, "failed"), (2, "started"), (2, "delivered"),
    ]  # fmt: skip
    second = raise_one(ledger_url, "another")
    hook.answers = [500, 503, 500]
    outcomes = [deliver_alerts()["webhook"] for _ in range(3)]
    assert outcomes == [{"failed": 1}, {"failed": 1}, {"given_up": 1}]
    assert deliver_alerts() == {}
    assert told(ledger_url, second, "webhook")[-1] == (3, "given_up")
    third = raise_one(ledger_url, "a third")
    hook.answers = [410]
    assert deliver_alerts() == {"webhook": {"given_up": 1}}
    assert told(ledger_url, third, "webhook") == [(1, "started"), (1, "given_up")]


def test_one_channel_in_trouble_does_not_keep_the_other_from_telling(
    ledger_url: str, mailbox: Mailbox, hook: Received
) -> None:
    mailbox.trouble["MAIL"] = "451 try later"
    number = raise_one(ledger_url)
    assert deliver_alerts() == {"email": {"failed": 1}, "webhook": {"delivered": 1}}
    mailbox.trouble.clear()
    assert deliver_alerts() == {"email": {"delivered": 1}}
    assert (len(mailbox.letters), len(hook.requests)) == (1, 1)
    assert told(ledger_url, number, "email")[-1] == (2, "delivered")


def test_of_many_that_deliver_at_once_one_sends(ledger_url: str, hook: Received) -> None:
    numbers = [raise_one(ledger_url, key) for key in "abc"]
    waiting = find_waiting.fn(ledger_url, ["webhook"])["webhook"]
    send = channels()["webhook"]

    def one(_: int) -> dict[str, int]:
        return dict(deliver.fn(ledger_url, "webhook", waiting, send))

    # around them all: left by threads one after the other, it would stay disabled
    with disable_run_logger(), ThreadPoolExecutor(8) as pool:
        done = list(pool.map(one, range(16)))
    assert sum(counts.get("delivered", 0) for counts in done) == len(numbers)
    assert len(hook.ids) == len(set(hook.ids)) == len(numbers)


def test_a_process_killed_between_sending_and_recording_leaves_a_repeat_that_can_be_dropped(
    ledger_url: str, hook: Received
) -> None:
    number = raise_one(ledger_url)
    program = [sys.executable, "-c", DELIVER_ONE.format(url=ledger_url)]
    running = subprocess.Popen(program, cwd=ROOT, env=dict(os.environ))
    hook.arrived = lambda: os.kill(running.pid, signal.SIGKILL)  # sent, not answered
    assert running.wait(120) == -signal.SIGKILL
    assert told(ledger_url, number, "webhook") == [(1, "started")]
    hook.arrived = lambda: None
    assert deliver_alerts() == {"webhook": {"delivered": 1}}
    assert told(ledger_url, number, "webhook")[1:] == [(2, "started"), (2, "delivered")]
    assert len(hook.ids) == 2
    assert len(set(hook.ids)) == 1


def test_while_one_sends_nobody_else_does_and_the_kill_frees_the_claim(
    ledger_url: str, hook: Received
) -> None:
    number = raise_one(ledger_url)
    arrived, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        arrived.set()
        go_on.wait(60)

    hook.arrived = wait
    program = [sys.executable, "-c", DELIVER_ONE.format(url=ledger_url)]
    running = subprocess.Popen(program, cwd=ROOT, env=dict(os.environ))
    assert arrived.wait(120)
    assert deliver_alerts() == {"webhook": {}}
    assert len(hook.requests) == 1
    running.kill()
    running.wait()
    hook.arrived = lambda: None
    go_on.set()
    with deliveries.claimed(ledger_url, number, "webhook") as ours:
        assert ours


def test_an_event_arrives_at_prefects_server_once_and_can_be_matched(
    ledger_url: str, prefect_api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LIFTLEDGER_PRIVATE_SERVER")
    raise_one(ledger_url)
    assert deliver_alerts() == {"event": {"delivered": 1}}
    with ledger(ledger_url) as session:
        message = message_of(alerts.find(session, 1))
    channels()["event"](message)  # again, as after a kill
    (event,) = _events(prefect_api, message)
    assert event["event"] == "liftledger.alert.data_late"
    assert event["resource"] == {
        "prefect.resource.id": "liftledger.alert.1",
        "prefect.resource.name": "Liftledger: coffee: data late",
        "liftledger.kind": "data_late",
        "liftledger.subject": "coffee",
    }
    assert event["related"][0]["prefect.resource.id"] == "liftledger.subject.coffee"
    assert event["payload"]["details"]["missing"] == ["north", "south"]


def test_a_server_that_serves_one_run_is_told_nothing(ledger_url: str, hook: Received) -> None:
    raise_one(ledger_url)
    assert sorted(channels()) == ["webhook"]


def _events(api: str, message: Message) -> list[dict[str, Any]]:
    """Those of this message that the server has written down, a moment after it took them."""
    for _ in range(100):
        asked = {"filter": {"id": {"id": [str(message.id)]}}}
        found = httpx.post(f"{api}/events/filter", json=asked).raise_for_status().json()["events"]
        if found:
            return list(found)
        threading.Event().wait(0.2)
    return []
