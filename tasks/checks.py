"""What must hold before any estimator sees the data, and the record that it was asked."""

import time

import pandas as pd
from prefect.cache_policies import NO_CACHE

import checks
from checks import Report
from storage import validations
from storage.ledger import ledger
from studies import Plan
from tasks.narration import narrate
from tasks.retries import ON_THE_LEDGER
from tasks.step import task


@task(name="check the rows", task_run_name="checks", cache_policy=NO_CACHE)
def check_rows(rows: pd.DataFrame, plan: Plan) -> Report:
    """Every check of the house, whether it holds or not; stopping is the flow's decision."""
    started = time.perf_counter()
    report = checks.check(rows, plan)
    took = time.perf_counter() - started
    narrate("checks", f"{_summary(report)} in {took:.1f} s")
    for warning in report.warnings:
        narrate("warning", f"{warning.name}: {warning.message}")
    return report


@task(name="keep the validation", task_run_name="validation", **ON_THE_LEDGER)
def keep_validation(url: str, report: Report, snapshot_hash: str, study: str) -> int:
    """Store the complete report, also when it stops the run; returns its id."""
    with ledger(url) as session:
        return validations.save(session, report.json, snapshot_hash, study, report.passed)


def _summary(report: Report) -> str:
    passed = sum(check.passed for check in report.checks)
    text = f"{passed} of {len(report.checks)} hold"
    if report.stops:
        text += f"; {len(report.stops)} stop the run"
    return text
