"""What a run promises: an answer, once, whole; or a reason, and nothing half-written."""

import threading
import time
from dataclasses import dataclass
from typing import Self

import pytest
from prefect.client.orchestration import get_client

from checks.errors import ChecksFailed
from estimators import ESTIMATORS, Fit, Panel, Tuning
from flows.analyze import analyze
from storage.errors import InvalidSource, UnknownPanel, UnknownStudy
from tests.flows import shop

NOTHING = dict.fromkeys(("results", "estimates", "variances", "effects", "weights"), 0)


def logged(url: str) -> list[str]:
    return [str(what) for (what,) in shop.rows_of(url, "SELECT what FROM audit_log ORDER BY id")]


def test_a_study_is_answered_by_every_estimator_of_its_plan(ledger_url: str) -> None:
    shop.fill(ledger_url, shop.sales())
    result = analyze(shop.ask(ledger_url), requested_by="ann", reason="the promotion ended")
    assert [estimate.estimator for estimate in result.estimates] == ["did", "sc"]
    assert result.estimates[0].att == pytest.approx(5, abs=2)
    assert (result.version, result.requested_by) == (1, "ann")
    assert result.reason == "the promotion ended"
    assert result.validation["checks"]


def test_the_same_question_is_answered_from_the_ledger(ledger_url: str) -> None:
    shop.fill(ledger_url, shop.sales())
    study = shop.ask(ledger_url)
    first, second = analyze(study), analyze(study)
    assert (first.result_id, first.version) == (second.result_id, second.version)
    assert logged(ledger_url).count("result_saved") == 1
    assert logged(ledger_url).count("checks_passed") == 1


def test_whoever_asks_again_is_in_the_log_with_the_reason_and_the_data(ledger_url: str) -> None:
    shop.fill(ledger_url, shop.sales())
    study = shop.ask(ledger_url)
    first = analyze(study, requested_by="ann")
    before = logged(ledger_url)
    again = analyze(study, requested_by="bob", reason="the board asks")
    assert (again.requested_by, again.reason) == ("ann", "")  # the answer is what it was
    assert logged(ledger_url) == [*before, "answer_found"]
    details = {
        "request_id": first.result_id,
        "snapshot_hash": first.snapshot_hash,
        "reason": "the board asks",
    }
    last = "SELECT who, subject, details FROM audit_log ORDER BY id DESC LIMIT 1"
    assert shop.rows_of(ledger_url, last) == [("bob", "shop@1", details)]


def test_changed_data_or_a_changed_plan_is_the_next_version(ledger_url: str) -> None:
    data = shop.sales()
    shop.fill(ledger_url, data)
    study = shop.ask(ledger_url)
    assert analyze(study).version == 1
    shop.fill(ledger_url, data.assign(units=data.units + 1))
    assert analyze(study).version == 2
    shop.ask(ledger_url, shop.PLAN + "seed: 7\n")
    assert analyze(study).version == 3


def test_an_estimator_that_cannot_answer_is_a_row_and_stops_no_other(ledger_url: str) -> None:
    data = shop.sales(treated=3)
    switching = (data.promo == 1) & (data.week % 2 == 0)
    shop.fill(ledger_url, data.assign(promo=switching.astype(float)))
    did, sc = analyze(shop.ask(ledger_url)).estimates
    assert (did.status, sc.status) == ("answered", "refused")
    assert sc.att is None
    assert sc.reason


@dataclass(frozen=True)
class Defective:
    """An estimator with a bug, in the catalogue like any other."""

    name: str = "sc"
    tuning: Tuning | None = None

    def tune(self, panel: Panel) -> Self:
        return self

    def problems(self, panel: Panel) -> int:
        return 1

    def fit(self, panel: Panel) -> Fit:
        raise ZeroDivisionError("a bug")


def test_a_defect_in_an_estimator_fails_the_run_and_stores_no_answer(
    ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ESTIMATORS, "sc", Defective())
    shop.fill(ledger_url, shop.sales())
    study = shop.ask(ledger_url)
    with pytest.raises(ZeroDivisionError):
        analyze(study)
    assert shop.counts(ledger_url) == NOTHING
    assert logged(ledger_url)[-1] == "run_failed"


def test_the_result_is_an_artifact_beside_the_run(ledger_url: str) -> None:
    shop.fill(ledger_url, shop.sales())
    analyze(shop.ask(ledger_url))
    with get_client(sync_client=True) as client:
        found = client.request("POST", "/artifacts/latest/filter", json={}).json()
        runs = client.request("POST", "/flow_runs/filter", json={"sort": "START_TIME_DESC"}).json()
    texts = {artifact["key"]: artifact["data"] for artifact in found}
    assert "What did the promotion do?" in texts["result-shop"]
    assert runs[0]["name"] == "analyze shop"
    assert runs[0]["state"]["type"] == "COMPLETED"
    assert set(runs[0]["parameters"]) == {"study", "requested_by", "reason", "run"}


def test_a_lost_connection_is_tried_again(ledger_url: str) -> None:
    shop.fill(ledger_url, shop.sales())
    study = shop.ask(ledger_url)
    with shop.connection(ledger_url) as holder, holder.cursor() as lock:
        lock.execute("LOCK TABLE snapshots IN ACCESS EXCLUSIVE MODE")
        ended = threading.Thread(target=end_the_session_that_waits, args=(ledger_url, holder))
        ended.start()
        result = analyze(study)
        ended.join()
    assert result.version == 1
    assert logged(ledger_url).count("snapshot_saved") == 1


def end_the_session_that_waits(url: str, holder: object) -> None:
    """Terminate the run's database session once it waits for the lock, then release the lock."""
    deadline = time.monotonic() + 60
    query = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    while time.monotonic() < deadline and shop.rows_of(url, query)[0][0] == 0:
        time.sleep(0.05)
    holder.commit()  # type: ignore[attr-defined]


def test_an_unknown_study_is_named_beside_those_there_are(ledger_url: str) -> None:
    shop.ask(ledger_url)
    with pytest.raises(UnknownStudy, match=r"shopp.*shop"):
        analyze("shopp")


def test_a_panel_that_is_not_there_is_named(ledger_url: str) -> None:
    relation, panel = shop.PLAN, "study: shop\nquestion: What?\npanel: stores\n"
    with pytest.raises(InvalidSource, match="sales"):
        analyze(shop.ask(ledger_url, relation))
    with pytest.raises(UnknownPanel, match="stores"):
        analyze(shop.ask(ledger_url, panel))


def test_a_column_that_is_not_there_is_named_beside_those_there_are(ledger_url: str) -> None:
    shop.fill(ledger_url, shop.sales())
    study = shop.ask(ledger_url, shop.PLAN.replace("outcome: units", "outcome: unitz"))
    with pytest.raises(InvalidSource, match=r"unitz.*units"):
        analyze(study)


def test_text_where_numbers_belong_is_refused(ledger_url: str) -> None:
    data = shop.sales()
    shop.fill(ledger_url, data.assign(units=data.units.astype(str)), outcome="text")
    with pytest.raises(InvalidSource, match="units"):
        analyze(shop.ask(ledger_url))


def test_checks_that_stop_a_run_are_kept_with_its_snapshot(ledger_url: str) -> None:
    data = shop.sales()
    shop.fill(ledger_url, data.assign(promo=2 * data.promo))
    with pytest.raises(ChecksFailed):
        analyze(shop.ask(ledger_url))
    assert shop.counts(ledger_url) == NOTHING
    kept = "SELECT count(*), count(snapshot_hash), bool_or(passed) FROM validations"
    assert shop.rows_of(ledger_url, kept) == [(1, 1, False)]
    assert logged(ledger_url)[-1] == "checks_failed"
