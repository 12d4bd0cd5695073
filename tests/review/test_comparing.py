"""Two versions side by side, and what a result was asked by."""

import json

import httpx
import pandas as pd
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from reports.diffs import to_json as diff_to_json
from storage import diffs, results, snapshots, studies, validations
from storage.database import transaction
from storage.ledger import ledger
from storage.panels import to_panel
from tests.storage.answers import analysis, answered, plan, rows


def test_two_versions_are_compared_as_the_command_does(
    client: httpx.Client, database_url: str
) -> None:
    with ledger(database_url) as session:
        expected = diff_to_json(diffs.diff(session, ("display", 1), ("display", 2)))
    found = client.get("/api/studies/display/diff", params={"one": 1, "other": 2}).json()
    assert found == json.loads(json.dumps(expected))
    page = client.get("/studies/display/diff", params={"one": 1, "other": 2}).text
    assert "Plan: seed: 1 became 2." in page
    assert "Data: the same snapshot." in page
    study = client.get("/studies/display").text
    assert 'href="/studies/display/diff?one=1&amp;other=2">plan, seed</a>' in study


def test_cells_that_say_something_else_are_listed_page_by_page(
    client: httpx.Client, engine: Engine
) -> None:
    changed = rows(units=30)
    before = rows(units=30)
    changed["outcome"] = 2 * changed["outcome"] + 1
    for found in (before, changed):
        with transaction(engine) as session:
            saved(session, found)
    address = "/studies/wide/diff?one=1&other=2"
    page, further = client.get(address).text, client.get(f"{address}&skip=50").text
    found = client.get("/api/studies/wide/diff?one=1&other=2").json()["data"]["restatement"]
    count = len(found["cells"])
    assert found["count"] == count > 100
    assert f"Cells 1 to 50 of {count}, treated ones first" in page
    assert 'rel="next" href="?one=1&amp;other=2&amp;skip=50"' in page
    assert f"Cells 51 to 100 of {count}" in further


def saved(session: Session, found: pd.DataFrame) -> None:
    """A result of the study `wide` on these rows."""
    asked = plan("wide")
    registered = studies.register(session, asked, by="ada")
    sha256 = snapshots.save(session, found)
    validation = validations.save(session, {"passed": True, "checks": []}, sha256, "wide", True)
    panel = to_panel(found)
    made = analysis(
        session, study="wide", panel=panel, snapshot_hash=sha256, validation_id=validation,
        plan_version=registered.version, plan_hash=registered.plan_hash,
        request_id=sha256, answers={"did": answered(panel)},
    )  # fmt: skip
    results.save(session, made)


def test_the_plan_of_a_result_is_there_with_its_changes_and_the_checks(
    client: httpx.Client,
) -> None:
    page = client.get("/studies/display/versions/1/plan").text
    assert "The plan was registered on" in page
    assert "It was changed since: version 2 is the current one." in page
    assert "seed: 1 → 2" in page
    found = client.get("/api/studies/display/results/1/plan").json()
    assert (found["answered"], [one["version"] for one in found["versions"]]) == (1, [1, 2])
    assert found["plan"]["seed"] == 1
