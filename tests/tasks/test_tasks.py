"""What every step of a run promises: retried if it is the database's fault, and only then."""

from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import TaskRun
from prefect.logging import disable_run_logger
from prefect.states import exception_to_failed_state
from prefect.utilities.asyncutils import run_coro_as_sync

import tasks
from estimators import ESTIMATORS, STANDARD_VARIANCES, VARIANCES, Panel
from estimators.core.fit import Estimate, Refusal
from estimators.variance.placebos import Placebos
from storage.errors import DatabaseUnavailable, StorageError, UnknownStudy
from studies import parse_plan
from tasks.estimates import estimate
from tasks.panels import arrange
from tasks.publishing import artifact_key
from tasks.retries import database_went_away

TEXT = (
    "study: shop\nquestion: What?\npanel: shop\ninference: {placebos: 20}\n"
    "donors: {exclude: [unit 7]}\n"
)
PLAN = parse_plan(TEXT)


def every_task() -> dict[str, "Task[..., Any]"]:
    folder = Path(str(tasks.__file__)).parent
    modules = [import_module(f"tasks.{file.stem}") for file in sorted(folder.glob("[a-z]*.py"))]
    found: dict[str, Task[..., Any]] = {}
    for module in modules:
        found |= {one.name: one for one in vars(module).values() if isinstance(one, Task)}
    return found


def panel(on_and_off: bool = False) -> Panel:
    outcome = np.random.default_rng(5).normal(size=(8, 12)) + np.arange(12)
    treatment = np.zeros((8, 12), dtype=bool)
    treatment[:3, 8:] = True
    if on_and_off:
        treatment[:, ::2] = False
    units = tuple(f"unit {i}" for i in range(8))
    return Panel(outcome, treatment, units, tuple(range(2000, 2012)))


def test_arrays_travel_between_tasks_so_none_hashes_its_inputs() -> None:
    assert {name for name, one in every_task().items() if one.cache_policy is not NO_CACHE} == set()


def test_steps_on_the_database_are_retried_and_no_other_is() -> None:
    steps = every_task()
    retried = {name for name, one in steps.items() if one.retries}
    on_the_database = {name for name, one in steps.items() if "url" in signature(one.fn).parameters}
    # a channel that was away is tried again at the next delivery: alerts.deliveries keeps count
    assert retried == on_the_database - {"deliver alerts over a channel"}
    assert {"read the plan", "store the answers", "claim a run"} < retried


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (DatabaseUnavailable("gone"), True),
        (UnknownStudy("no study"), False),
        (StorageError("refused"), False),
        (ZeroDivisionError("a bug"), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_a_database_that_went_away_is_worth_another_attempt(
    error: Exception, again: bool
) -> None:
    state = run_coro_as_sync(exception_to_failed_state(error))
    assert state is not None
    run = TaskRun.model_validate({"task_key": "pull", "dynamic_key": "0", "run_count": 1})
    with disable_run_logger():
        assert database_went_away(every_task()["pull the panel"], run, state) == again


def test_an_estimator_answers_with_every_variance_or_says_why_not() -> None:
    with disable_run_logger():
        found = estimate.fn(panel(), "did", PLAN)
    assert isinstance(found, Estimate)
    assert len(found.inferences) == len(STANDARD_VARIANCES)


def test_an_estimator_runs_with_the_settings_of_the_plan_and_the_plans_seed() -> None:
    asked = parse_plan(TEXT + "settings: {mc: {lambda_nn: inf}}\nseed: 9\n")
    with disable_run_logger():
        mc, did = (estimate.fn(panel(), key, asked) for key in ("mc", "did"))
    assert isinstance(mc, Estimate)
    assert isinstance(did, Estimate)
    assert (mc.estimator.lambda_nn, mc.estimator.seed) == (np.inf, 9)  # type: ignore[attr-defined]
    assert mc.estimator.tuning is None
    assert mc.att == pytest.approx(did.att, abs=1e-8)  # without factors they are the same method


def test_inference_has_the_level_the_draws_and_the_seed_of_the_plan() -> None:
    settings = "inference: {placebos: 21, level: 0.8, kinds: [bootstrap], primary: bootstrap}"
    asked = parse_plan(TEXT.replace("inference: {placebos: 20}", settings) + "seed: 9\n")
    with disable_run_logger():
        found = estimate.fn(panel(), "did", asked)
    assert isinstance(found, Estimate)
    pools = Placebos(panel(), ESTIMATORS["did"], draws=21, seed=9)
    assert found.inferences == (VARIANCES["bootstrap"].infer(found.att, pools, 0.8),)


def test_a_method_that_cannot_answer_is_an_answer() -> None:
    with disable_run_logger():
        found = estimate.fn(panel(on_and_off=True), "sc", PLAN)
    assert isinstance(found, Refusal)
    assert found.key == "sc"
    assert "on and off" in found.reason


def test_donors_the_plan_excludes_are_not_in_the_panel() -> None:
    whole = panel()
    rows = pd.DataFrame(
        {
            "unit": pd.Categorical([unit for unit in whole.units for _ in range(12)]),
            "period": [period for _ in range(8) for period in whole.periods],
            "outcome": whole.outcome.ravel(),
            "treatment": whole.treatment.ravel().astype(float),
            "observed": True,
        }
    )
    arranged = arrange.fn(rows, PLAN)
    assert arranged.units == whole.units[:7]
    np.testing.assert_array_equal(arranged.outcome, whole.outcome[:7])


def test_any_name_of_a_study_gives_an_artifact_a_key_prefect_accepts() -> None:
    assert artifact_key("Shop_7.north") == "result-shop-7-north"
