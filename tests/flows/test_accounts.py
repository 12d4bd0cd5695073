"""A promotion with prices, a cost, weeks after and linked items: from the tables to the account."""

import numpy as np
import pandas as pd
import pytest

from checks.errors import ChecksFailed
from estimators.core.errors import InvalidPanel
from flows.analyze import analyze
from flows.monitor import monitor
from flows.replay import replay
from reports.lineage import openlineage, prov
from storage import alerts, audit, promotions, runs
from storage.accounts import account_in, linked_in, parts_in, primary_of
from storage.ledger import ledger
from storage.trail import bundle
from storage.versions import numbered
from studies.promotions import Promotion
from tests.flows import shop

PLAN = """
study: coffee
question: Did the promotion of coffee pay?
panel: {relation: sales, columns: {unit: store, period: week, outcome: units, treatment: promo}}
measure: packs
estimators: [did, sc]
primary: did
inference: {placebos: 20}
promotion:
  name: display
  after: 2
  economics: {currency: EUR, price: 4.5, margin: 1.2, cost: 12, funding: 3}
  linked:
    - {panel: {relation: tea, columns: {unit: store, period: week, outcome: units}}, name: tea,
       role: cannibalised, price: 3, margin: 0.9}
  decide: {repeat: 0.8, stop: 0.2}
"""
TABLE = "CREATE TABLE tea (store text, week int, units float8)"


def enter(url: str) -> None:
    """Store 0, weeks 10 to 12; so weeks 13 and 14 come after."""
    with ledger(url) as session:
        described = {"promotion": "display", "units": ("store 0",), "start": 10, "end": 12}
        promotions.register(session, Promotion.model_validate(described), "planner", "")


def fill_tea(url: str, rows: pd.DataFrame) -> None:
    """A table of another item, without any word of a promotion."""
    with shop.connection(url) as server, server.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS tea")
        cursor.execute(TABLE)
        for row in rows[["store", "week", "units"]].itertuples(index=False):
            cursor.execute("INSERT INTO tea VALUES (%s, %s, %s)", tuple(row))


def tea() -> pd.DataFrame:
    """Half of what coffee sells, and 2 packs less in store 0 from week 10 to 12."""
    rows = shop.sales(treated=0)
    noise = np.random.default_rng(9).normal(size=len(rows))
    lost = 2.0 * ((rows.store == "store 0") & rows.week.between(10, 12))
    return rows.assign(units=0.5 * rows.units + noise - lost)


def fill(url: str) -> None:
    """Coffee gains 5 packs in weeks 10 to 12, and loses 2 in the two weeks after."""
    rows = shop.sales()
    after = (rows.store == "store 0") & (rows.week > 12)
    shop.fill(url, rows.assign(units=rows.units.where(~after, rows.units - 7)))
    fill_tea(url, tea())


def test_the_account_is_stored_with_the_result_and_covered_by_its_hash(ledger_url: str) -> None:
    fill(ledger_url)
    enter(ledger_url)
    result = analyze(shop.ask(ledger_url, PLAN))
    account = account_in(result)
    assert account is not None
    margin, gain = account.find("margin", "all", "net"), account.find("return")
    assert margin is not None
    assert gain is not None
    assert margin.value is not None
    assert gain.value == pytest.approx(margin.value - 9)
    units = {part: account.find("units", "promoted", part) for part in ("promotion", "after")}
    values = {part: one.value for part, one in units.items() if one is not None}
    assert values["promotion"] == pytest.approx(15, abs=6)
    assert values["after"] == pytest.approx(-4, abs=6)
    (linked,) = linked_in(result)
    assert (linked.name, linked.role, linked.reason) == ("tea", "cannibalised", None)
    assert linked.parts["promotion"].att == pytest.approx(-2, abs=2)
    assert account.recommendation is not None
    assert account.recommendation.verdict in ("repeat", "change", "stop", "inconclusive")
    estimate = primary_of(result)
    assert estimate is not None
    assert estimate.att == parts_in(estimate)["promotion"].att
    sc = next(one for one in result.estimates if one.estimator == "sc")
    assert list(parts_in(sc)) == ["promotion", "after", "net"]
    assert "account" not in sc.diagnostics
    with ledger(ledger_url) as session:
        assert audit.verify(session) == []
        roots = bundle.about(session, numbered(session, "coffee", 1)).roots
    assert ("snapshots", (linked.snapshot,)) in roots
    assert sum(name == "validations" for name, _ in roots) == 2
    used = openlineage(result, result.created_at)[1]["inputs"]
    assert [one["name"] for one in used] == [
        f"snapshot:{name}" for name in (result.snapshot_hash, linked.snapshot)
    ]
    assert f"sha256:{linked.snapshot}" in prov(result, result.created_at)["entity"]
    assert replay("coffee", result.version).outcome == "equal"


def test_a_linked_panel_is_part_of_the_request(ledger_url: str) -> None:
    fill(ledger_url)
    enter(ledger_url)
    study = shop.ask(ledger_url, PLAN)
    first = analyze(study)
    assert analyze(study).version == first.version
    rows = tea()
    fill_tea(ledger_url, rows.assign(units=rows.units + (rows.week == 3)))
    second = analyze(study)
    assert (first.version, second.version) == (1, 2)
    assert second.snapshot_hash == first.snapshot_hash
    assert linked_in(second)[0].snapshot != linked_in(first)[0].snapshot
    kept = shop.rows_of(ledger_url, "SELECT count(*) FROM snapshots")
    assert kept == [(3,)]


def test_a_linked_panel_of_other_cells_or_bad_data_stops_the_run(ledger_url: str) -> None:
    fill(ledger_url)
    enter(ledger_url)
    study = shop.ask(ledger_url, PLAN)
    rows = tea()
    fill_tea(ledger_url, rows[rows.store != "store 4"])
    with pytest.raises(InvalidPanel, match=r"linked outcome tea .* lacks 14 of them \(\(store 4"):
        analyze(study)
    more = rows[rows.store == "store 4"].assign(store="store 44")
    fill_tea(ledger_url, pd.concat([rows, more]))
    with pytest.raises(InvalidPanel, match="it has besides 14 of them"):
        analyze(study)
    fill_tea(ledger_url, pd.concat([rows, rows.head(1)]))
    with pytest.raises(ChecksFailed, match="linked outcome tea, one_row_per_cell"):
        analyze(study)
    assert shop.counts(ledger_url)["results"] == 0


def test_a_plan_without_money_has_parts_and_no_account(ledger_url: str) -> None:
    fill(ledger_url)
    enter(ledger_url)
    result = analyze(shop.ask(ledger_url, PLAN.split("  economics")[0]))
    assert account_in(result) is None
    assert linked_in(result) == ()
    assert all(list(parts_in(one)) == ["promotion", "after", "net"] for one in result.estimates)


def test_a_linked_outcome_that_changes_is_seen_and_answered_anew(ledger_url: str) -> None:
    fill(ledger_url)
    enter(ledger_url)
    study = shop.ask(ledger_url, PLAN)
    first = analyze(study)
    (calm,) = [one for one in monitor([study], positions=0) if one.kind == "restatement"]
    assert calm.message == "since coffee@1 no used cell has changed"
    rows = tea()
    hit = (rows.store == "store 0") & (rows.week == 11)
    fill_tea(ledger_url, rows.assign(units=rows.units.where(~hit, 90.0)))
    monitor([study], positions=0)
    (seen,) = [one for one in monitor([study], positions=0) if one.kind == "restatement"]
    assert "since coffee@1 linked outcome tea: 1 of 140 cells restated" in seen.message
    (cell,) = seen.details["linked"]["tea"]["cells"]
    assert (cell["unit"], cell["period"], cell["new"]) == ("store 0", 11, 90.0)
    assert seen.details["count"] == 0  # of the panel itself
    with ledger(ledger_url) as session:
        (run,) = runs.every(session)
        assert [one.kind for one in alerts.known(session)] == ["data_restated"]
    second = analyze(study, run=run.id)
    assert (second.version, second.reason) == (2, f"restated: {seen.message}")
    assert second.restated is not None
    assert second.restated.version == 1
    assert second.restated.text in seen.message
    assert [one.unit for one in second.restated.cells] == ["store 0 (tea)"]
    before, now = account_in(first), account_in(second)
    assert before is not None
    assert now is not None
    assert before.find("margin", "all", "net") != now.find("margin", "all", "net")
    (calm,) = [one for one in monitor([study], positions=0) if one.kind == "restatement"]
    assert calm.message == "since coffee@2 no used cell has changed"
