"""The race as a flow: kept batch by batch, whole or not at all, and never a look at the effect."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from estimators import ESTIMATORS, VARIANCES
from estimators.core.errors import UnsupportedDesign
from estimators.core.parallel import cores
from estimators.race.race import Race, run
from estimators.race.recipes import simulation_of
from estimators.race.standings import standings
from flows.race import race
from flows.side_by_side import SideBySide
from flows.spreading import PAYS, InProcesses, NoTaskRunner, task_runner
from reports.race_page import render
from storage.errors import InvalidFile, UnknownPanel
from storage.ledger import ledger
from storage.outcomes import ingest
from storage.race_records import StoredRace
from storage.rows import to_panel
from tests.flows import shop

TINY: dict[str, Any] = {
    "replications": 24, "intervals": 0, "placements": 8, "estimators": ["did", "sc"],
    "requested_by": "ada",
}  # fmt: skip


def count(url: str, table: str) -> int:
    return int(str(shop.rows_of(url, f"SELECT count(*) FROM {table}")[0][0]))


def only(found: list[StoredRace]) -> StoredRace:
    (one,) = found
    return one


def rows(sales: pd.DataFrame) -> pd.DataFrame:
    """The shop's sales under the names of a panel."""
    names = {"store": "unit", "week": "period", "units": "outcome", "promo": "treatment"}
    found = sales.rename(columns=names).assign(observed=True)
    return found.assign(unit=pd.Categorical(found["unit"]))


def bring(url: str, sales: pd.DataFrame, name: str = "shop panel") -> None:
    with ledger(url) as session:
        ingest(session, name, rows(sales))


def forget(url: str) -> None:
    """Take every race out of the database, as nobody but a test can."""
    with shop.connection(url) as server, server.cursor() as cursor:
        for table in ("race_standings", "races", "race_batches"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER insert_only; DELETE FROM {table}")


def said(found: StoredRace) -> list[Any]:
    """All but the time it took."""
    return [replace(one, seconds=None) for every in found.standings.values() for one in every]


def test_a_study_is_raced_as_its_plan_says_and_stored_as_it_comes_out(ledger_url: str) -> None:
    shop.fill(ledger_url, shop.sales())
    found = only(race(shop.ask(ledger_url), **TINY))
    assert (found.panel, found.settings["replications"]) == ("shop", 24)
    assert list(found.standings) == ["own", "back_test"]
    panel = to_panel(rows(shop.sales())).masked
    own = run(Race(seed=1, intervals=0), simulation_of(panel),
              {key: ESTIMATORS[key] for key in ("did", "sc")},
              [VARIANCES["given_both"]], range(24))  # fmt: skip
    assert said(found)[:2] == [replace(one, seconds=None) for one in standings(own)]
    again = only(race("shop", **TINY))
    assert again == found
    assert count(ledger_url, "races") == 1


def test_no_treated_outcome_changes_a_race(ledger_url: str) -> None:
    shop.fill(ledger_url, shop.sales())
    study = shop.ask(ledger_url)
    first = only(race(study, **TINY))
    changed = shop.sales()
    changed["units"] += 1e6 * changed["promo"]
    shop.fill(ledger_url, changed)
    again = only(race(study, **TINY))
    assert again.request_id == first.request_id
    assert count(ledger_url, "races") == 1
    changed["units"] += 1
    shop.fill(ledger_url, changed)
    assert only(race(study, **TINY)).data_hash != first.data_hash


def test_more_replications_go_on_from_those_there_are_and_come_to_the_same(
    ledger_url: str,
) -> None:
    shop.fill(ledger_url, shop.sales())
    study = shop.ask(ledger_url)
    few = only(race(study, designs=["own"], **{**TINY, "replications": 20}))
    before = shop.rows_of(ledger_url, "SELECT id, content_hash FROM race_batches ORDER BY id")
    more = only(race(study, designs=["own"], **{**TINY, "replications": 34}))
    after = shop.rows_of(ledger_url, "SELECT id, content_hash FROM race_batches ORDER BY id")
    assert (len(before), len(after)) == (2, 4)
    assert after[:2] == before
    assert more.standings["own"][0].rmse != few.standings["own"][0].rmse
    forget(ledger_url)
    at_once = only(race(study, designs=["own"], **{**TINY, "replications": 34}))
    assert said(at_once) == said(more)


def test_batches_may_be_computed_by_any_task_runner_of_prefects(
    ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.fill(ledger_url, shop.sales())
    study = shop.ask(ledger_url)
    here = only(race(study, designs=["own"], **TINY))
    forget(ledger_url)
    monkeypatch.setenv("LIFTLEDGER_TASK_RUNNER", "flows.spreading:InProcesses")
    monkeypatch.setenv("LIFTLEDGER_TASK_RUNNER_OPTIONS", '{"max_workers": 1}')
    there = only(race(study, designs=["own"], **TINY))
    assert said(there) == said(here)


def test_processes_are_started_only_for_work_that_takes_longer_than_that() -> None:
    assert isinstance(task_runner(PAYS, {}), SideBySide)
    expected = InProcesses if cores() > 1 else SideBySide
    assert isinstance(task_runner(PAYS + 1, {}), expected)


def test_a_task_runner_that_is_none_is_named_with_the_variable_to_mend() -> None:
    for setting, said_of_it in (
        ({"LIFTLEDGER_TASK_RUNNER": "nosuch:Runner"}, "no such task runner"),
        ({"LIFTLEDGER_TASK_RUNNER": "pathlib:Path"}, "not a task runner"),
        ({"LIFTLEDGER_TASK_RUNNER": "prefect.task_runners:ThreadPoolTaskRunner",
          "LIFTLEDGER_TASK_RUNNER_OPTIONS": "{"}, "LIFTLEDGER_TASK_RUNNER_OPTIONS"),
    ):  # fmt: skip
        with pytest.raises(NoTaskRunner, match=said_of_it):
            task_runner(0.0, setting)


def test_a_panel_nobody_asks_about_is_raced_by_the_whole_catalogue(ledger_url: str) -> None:
    bring(ledger_url, shop.sales(), "stores")
    found = only(race("stores", replications=20, intervals=0, designs=["own"],
                      estimators=["did", "sdid"]))  # fmt: skip
    assert found.panel == "stores"
    assert [one.estimator for one in found.standings["own"]] == ["did", "sdid"]


def folder_of(path: Path, **texts: str) -> str:
    for name, text in texts.items():
        (path / f"{name}.csv").write_text(text)
    return f"{path}/"


def long(extra: str = "", values: Any = lambda unit, week: "", treated: bool = True) -> str:
    """A panel of 12 units and 14 periods as CSV."""
    sales = rows(shop.sales(stores=12))
    lines = [f"unit,time,outcome{',treated' if treated else ''}{extra}"]
    columns = (sales[name].tolist() for name in ("unit", "period", "outcome", "treatment"))
    for unit, week, outcome, promoted in zip(*columns, strict=True):
        flag = f",{promoted:.0f}" if treated else ""
        lines.append(f"{unit},{week},{outcome}{flag}{values(unit, week)}")
    return "\n".join(lines) + "\n"


def test_every_csv_of_a_folder_is_a_panel_and_its_assignment_columns_are_designs(
    ledger_url: str, tmp_path: Path
) -> None:
    def flags(unit: str, week: int) -> str:
        number = int(unit.split()[1])
        return f",{number % 3 == 0:d},{week % 2},{unit} week {week}"

    folder = folder_of(tmp_path, alone=long(), policies=long(",law,odd,note", flags, treated=False),
                       nothing=long(treated=False))  # fmt: skip
    (tmp_path / "notes.txt").write_text("not a panel")
    found = {one.panel: one for one in race(folder, **TINY)}
    assert {name: list(one.standings) for name, one in found.items()} == {
        "alone": ["own", "back_test"], "nothing": ["uniform"], "policies": ["logistic law"],
    }  # fmt: skip
    assert all(one.answered for every in found.values() for one in said(every)[:2])


def test_a_panel_nobody_can_race_on_does_not_stop_the_others_of_its_folder(
    ledger_url: str, tmp_path: Path
) -> None:
    few = "\n".join(long().splitlines()[: 1 + 5 * 14]) + "\n"  # five units, of which two treated
    folder = folder_of(tmp_path, a_few=few, enough=long(), nothing=long(treated=False))
    found = {one.panel: one for one in race(folder, **TINY)}
    assert list(found) == ["a_few", "enough", "nothing"]
    refused = found["a_few"].standings["own"]
    assert all(not one.answered and "needs 8 units" in str(one.reason) for one in refused)
    assert all(one.answered for name in ("enough", "nothing") for one in said(found[name])[:2])
    assert race(folder, **TINY) == list(found.values())
    page = render(list(found.values()))
    assert "needs 8 units" in page
    assert "Nobody answered enough to be compared" in page
    by_name = {one.panel: one for one in race(folder, **{**TINY, "designs": ["own"]})}
    assert "nothing was done in this panel" in str(by_name["nothing"].standings["own"][0].reason)
    assert by_name["enough"].standings["own"][0].answered


def test_a_folder_that_holds_no_panels_is_one_clear_line(ledger_url: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match="no CSV files in it"):
        race(f"{tmp_path}/")
    with pytest.raises(InvalidFile, match="no such folder"):
        race(f"{tmp_path}/nowhere/")
    folder = folder_of(tmp_path, sales="store,week,units\n1,1,2\n")
    with pytest.raises(InvalidFile, match=r"sales.csv has no column 'unit'.*it has: store, week"):
        race(folder)


def test_what_cannot_be_raced_says_why(ledger_url: str) -> None:
    bring(ledger_url, shop.sales(treated=shop.STORES), "everybody")
    with pytest.raises(UnsupportedDesign, match="nobody can race here"):
        race("everybody", **TINY)
    bring(ledger_url, shop.sales(stores=5), "few")
    with pytest.raises(UnsupportedDesign, match="needs 8 units"):
        race("few", **{**TINY, "designs": ["own"]})
    bring(ledger_url, shop.sales(treated=0), "untouched")
    with pytest.raises(UnsupportedDesign, match="nothing was done in this panel"):
        race("untouched", **{**TINY, "designs": ["own"]})
    with pytest.raises(UnsupportedDesign, match=r"no assignment column 'law'.*are: none"):
        race("untouched", **{**TINY, "designs": ["logistic:law"]})
    with pytest.raises(UnknownPanel, match="nosuch"):
        race("nosuch", **TINY)
    with pytest.raises(UnknownPanel, match="no study and no panel"):
        race("no such thing", **TINY)
    assert count(ledger_url, "races") == 0
