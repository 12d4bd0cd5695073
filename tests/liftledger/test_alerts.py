"""`liftledger alerts`, `acknowledge`, `silence`, `resolve` and `deliver`, as people type them."""

import json

import pytest

from storage import alerts
from storage.ledger import ledger
from tests.channels.receiver import receiver
from tests.liftledger.commands import Shell, complaint

LATE = {"message": "2 of 60 stores have no row for 2024-W09", "missing": ["north", "south"]}


@pytest.fixture
def duty(shell: Shell) -> Shell:
    """A ledger with two open alerts."""
    with ledger(shell.settings["DATABASE_URL"]) as session:
        alerts.raise_alert(session, "data_late", "coffee", LATE, "coffee@2024-W09", by="watch")
        alerts.raise_alert(session, "run_failed", "tea", {"attempts": 3}, "tea", by="watch")
    return shell


def listed(shell: Shell, *words: str) -> dict[int, str]:
    found = json.loads(shell.type("alerts", *words, "--json").stdout)["alerts"]
    return {one["alert"]: one["state"] for one in found}


def test_from_an_open_alert_to_one_that_is_over(duty: Shell) -> None:
    shown = duty.type("alerts").stdout
    for words in ("data_late", "coffee", "2 of 60 stores have no row for 2024-W09", "attempts: 3"):
        assert words in shown
    assert listed(duty) == {2: "open", 1: "open"}
    taken = duty.type("acknowledge", "1", "--reason", "I ask the stores")
    assert "alert 1 (data_late, coffee): acknowledged by" in taken.stdout
    silent = duty.type("silence", "run_failed", "--until", "2999-01-01", "--reason", "upgrade")
    assert "run_failed: nobody is told before 2999-01-01 00:00 UTC (upgrade)" in silent.stdout
    assert listed(duty) == {2: "silenced", 1: "acknowledged"}
    again = duty.type("silence", "run_failed", "--until", "2020-01-01T08:00", "--reason", "done")
    assert again.returncode == 0
    over = duty.type("resolve", "1", "--reason", "the rows came", "--json")
    assert json.loads(over.stdout)["actions"][-1]["reason"] == "the rows came"
    assert listed(duty) == {2: "open"}
    assert listed(duty, "--all") == {2: "open", 1: "resolved"}
    assert "resolved by" in duty.type("alerts", "--all").stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("acknowledge", "9", "--reason", "r"), 2, "no alert has the number 9; open: 2, 1"),
        (("acknowledge", "1", "--reason", " "), 2, "give a reason"),
        (("acknowledge", "one", "--reason", "r"), 2, "valid integer"),
        (("silence", "1", "--until", "soon", "--reason", "r"), 2, "--until 'soon' is no date"),
        (("silence", "dta", "--until", "2999-01-01", "--reason", "r"), 1, "kinds: data_late, run"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else "",
)
def test_a_mistake_is_one_clear_line(
    duty: Shell, words: tuple[str, ...], code: int, said: str
) -> None:
    done = duty.type(*words)
    assert done.returncode == code
    assert said in complaint(done)
    assert len(done.stderr.splitlines()) == 1


def test_without_alerts_there_is_nothing_to_see(shell: Shell) -> None:
    assert shell.type("alerts").stdout.strip() == "No alert is open."


def test_delivering_by_hand_tells_what_was_done_and_no_secret(duty: Shell) -> None:
    with receiver() as box:
        duty.settings |= {
            "LIFTLEDGER_WEBHOOK_URL": box.url,
            "LIFTLEDGER_WEBHOOK_SECRET": "whsec_" + "czNjcmV0" * 6,
            "LIFTLEDGER_SMTP_HOST": "127.0.0.1",
        }
        done = duty.run("deliver")
        assert len(box.requests) == 2
    assert (done.returncode, done.stdout.strip()) == (0, "webhook: 2 delivered")
    assert "no e-mail is sent: LIFTLEDGER_ALERTS_FROM must hold one e-mail address" in done.stderr
    assert "alert 1 (data_late, coffee) delivered: 204 No Content" in done.stderr
    for secret in ("czNjcmV0", "very-secret-path"):
        assert secret not in done.stderr + done.stdout + duty.type("alerts", "--json").stdout
    examined = json.loads(duty.type("doctor", "--json").stdout)["findings"]
    found = {one["name"]: one for one in examined}
    assert found["e-mail"]["state"] == "fail"
    assert "LIFTLEDGER_ALERTS_FROM" in found["e-mail"]["found"]
    assert found["webhook"]["state"] == "fail"  # the receiver is gone
    assert "refused" in found["webhook"]["found"]
