"""A study may ask for every kind of inference; each is stored and shown, or says why not."""

import json

import pytest
from rich.console import Console

from estimators import STANDARD_VARIANCES, VARIANCES
from flows.analyze import analyze
from reports.artifacts import markdown
from reports.as_json import to_json
from reports.page import render
from reports.tables import result_table
from storage.ledger import ledger
from storage.records import StoredResult
from storage.results import load
from tests.flows import shop

OTHERS = [kind for kind in VARIANCES if kind not in STANDARD_VARIANCES]
ALL = shop.PLAN.replace(
    "{placebos: 20}", f"{{placebos: 20, kinds: [{', '.join(VARIANCES)}], primary: conformal}}"
)


def asked(url: str, treated: int) -> StoredResult:
    shop.fill(url, shop.sales(treated, stores=24, weeks=24))
    study = shop.ask(url, ALL)
    made = analyze(study)
    with ledger(url) as session:
        return load(session, study, made.version)


def answered(result: StoredResult, estimator: str) -> set[str]:
    (one,) = (one for one in result.estimates if one.estimator == estimator)
    assert [variance.kind for variance in one.variances] == list(VARIANCES)
    return {variance.kind for variance in one.variances if variance.status == "answered"}


@pytest.mark.parametrize(
    ("treated", "did", "sc"),
    [
        (1, {"conformal", "permutation"}, {"conformal", "permutation", "design_based"}),
        # the promoted stores sell least: SC has all weight on one store, the jackknife nothing left
        (3, {"conformal", "permutation", "bootstrap", "jackknife"},
            {"conformal", "permutation", "bootstrap"}),
    ],
)  # fmt: skip
def test_all_kinds_are_answered_or_refused_stored_and_shown(
    ledger_url: str, treated: int, did: set[str], sc: set[str]
) -> None:
    result = asked(ledger_url, treated)
    assert answered(result, "did") & set(OTHERS) == did
    assert answered(result, "sc") & set(OTHERS) == sc
    assert set(STANDARD_VARIANCES) <= answered(result, "did")

    estimates = json.loads(json.dumps(to_json(result)))["estimates"]
    for one in estimates:
        rows = {row["kind"]: row for row in one["variances"]}
        assert list(rows) == list(VARIANCES)
        assert rows["conformal"]["standard_error"] is None
        assert rows["conformal"]["df"] is None
        assert rows["conformal"]["ci_low"] < one["att"] < rows["conformal"]["ci_high"]
        assert all(row["reason"] for row in rows.values() if row["status"] == "refused")

    page, text = render(result), markdown(result)
    console = Console(width=80, color_system=None, force_terminal=False)
    with console.capture() as capture:
        console.print(result_table(result))
    shown = capture.get()
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= 80
    for kind in VARIANCES:
        for written in (page, text, shown):
            assert kind.replace("_", " ") in written
    assert "None" not in shown
    assert "nan" not in text


def test_a_study_that_asks_for_one_kind_has_one(ledger_url: str) -> None:
    shop.fill(ledger_url, shop.sales())
    plan = shop.PLAN.replace("{placebos: 20}", "{kinds: [given_period], primary: given_period}")
    result = analyze(shop.ask(ledger_url, plan))
    for one in result.estimates:
        assert [variance.kind for variance in one.variances] == ["given_period"]
