"""The exam: what inference is worth on simulated panels, and on the panel of a study.

    simulated   for each noise and pattern: known already? → batches of replications → store
    own panel   plan → pull → snapshot → known already? → checks → positions → per estimator:
                tune → batches of positions → store

Nothing of an exam is written before its end, and then all of it in one transaction. Exams that
ended before another was interrupted stay: they are whole.
"""

from collections.abc import Sequence
from itertools import product
from typing import TypeVar

from prefect import flow
from threadpoolctl import threadpool_limits

from estimators import STANDARD_VARIANCES
from estimators.calibration.exam import Exam
from estimators.calibration.own_panel import POSITIONS
from estimators.calibration.summaries import Score
from estimators.core.fit import Refusal
from flows.failures import leave_trace
from flows.pulling import pulled
from storage.calibrations import CalibrationRequest, OwnPanel
from storage.json_values import plain
from storage.provenance import code_version, environment_hash, whoami
from storage.records import StoredCalibration
from storage.server import database
from tasks.calibration import (
    BATCHES,
    find_exam,
    find_positions,
    keep_exam,
    prepare,
    sit_batch,
    sit_positions,
    sum_up,
    sum_up_positions,
    tune,
)
from tasks.checks import check_rows, keep_validation
from tasks.narration import Progress
from tasks.panels import arrange, keep_snapshot, leave_out
from tasks.studies import read_plan

SIMULATED = "simulated panels"
Item = TypeVar("Item")


@flow(name="calibrate", flow_run_name="calibrate")
def calibrate(
    noises: Sequence[str] = ("even", "multiplicative"),
    patterns: Sequence[str] = ("cell",),
    estimators: Sequence[str] = ("did", "sdid"),
    kinds: Sequence[str] = tuple(STANDARD_VARIANCES),
    units: int = 20,
    periods: int = 15,
    replications: int = 200,
    spread: float = 0.5,
    effect: float = 0.0,
    level: float = 0.95,
    placebos: int = 200,
    once: Sequence[str] = (),
    seed: int = 1,
    requested_by: str = "",
) -> list[StoredCalibration]:
    """One exam for every noise and pattern; the stored one where the same was sat before.

    See estimators.calibration.exam.Exam for what they mean. Raises InvalidPanel for an exam that
    cannot be set, StorageError.
    """
    by = requested_by or whoami()
    exams = [
        Exam(
            noise=noise,
            pattern=pattern,
            units=units,
            periods=periods,
            spread=spread,
            effect=effect,
            level=level,
            placebos=placebos,
            seed=seed,
            once=tuple(once),
        )
        for noise, pattern in product(noises, patterns)
    ]
    with database() as url:
        try:
            return [_sat(url, exam, estimators, kinds, replications, by) for exam in exams]
        except BaseException as error:
            leave_trace(url, "calibration", SIMULATED, by, error)
            raise


def _sat(
    url: str, exam: Exam, keys: Sequence[str], kinds: Sequence[str], replications: int, by: str
) -> StoredCalibration:
    settings = plain(exam) | {
        "estimators": list(keys), "kinds": list(kinds), "replications": replications
    }  # fmt: skip
    request = CalibrationRequest(settings, exam.seed, code_version(), environment_hash(), by)
    known = find_exam(url, request.request_id)
    if known is not None:
        return known
    with threadpool_limits(limits=1):
        ready = prepare(exam, keys)
        progress = Progress("exam", replications, f"replications, {exam.noise}, {exam.pattern}")
        parts = [
            sit_batch(exam, ready, kinds, numbers, progress)
            for numbers in _batches(range(replications))
        ]
        return keep_exam(url, request, sum_up(exam, parts))


@flow(name="calibrate panel", flow_run_name="calibrate {study}")
def calibrate_panel(
    study: str,
    estimators: Sequence[str] = (),
    kinds: Sequence[str] = (),
    positions: int = POSITIONS,
    requested_by: str = "",
) -> StoredCalibration:
    """The exam of a study's estimators on its own panel; the stored one when it was sat before.

    estimators: the plan's primary when empty; all of the plan's where a rule is to choose it
    kinds: those of the plan when empty
    positions: asked of each estimator, at most
    Raises ChecksFailed and InvalidPanel (the data), StorageError (the database, unknown names),
    UnsupportedDesign when the treatment fits nowhere else.
    """
    by = requested_by or whoami()
    with database() as url:
        try:
            return _sat_on_its_own(url, study, estimators, kinds, positions, by)
        except BaseException as error:
            leave_trace(url, "calibration", study, by, error)
            raise


def _sat_on_its_own(
    url: str, study: str, estimators: Sequence[str], kinds: Sequence[str], positions: int, by: str
) -> StoredCalibration:
    question = read_plan(url, study)
    plan = question.plan
    keys, asked = estimators or plan.candidates, kinds or plan.inference.kinds
    rows, _ = pulled(url, plan)
    snapshot = keep_snapshot(url, rows)
    settings = {
        "estimators": list(keys), "kinds": list(asked), "positions": positions,
        "level": plan.inference.level,
    }  # fmt: skip
    own = OwnPanel(study, question.version, question.sha256, snapshot)
    code, environment = code_version(), environment_hash()
    request = CalibrationRequest(settings, plan.seed, code, environment, by, own)
    known = find_exam(url, request.request_id)
    if known is not None:
        return known
    report = check_rows(rows, plan)
    keep_validation(url, report, snapshot, study)
    report.raise_for_stop()
    panel, _ = leave_out(arrange(rows, plan), plan)
    with threadpool_limits(limits=1):
        placed = find_positions(panel, plan, positions)
        scores: list[Score] = []
        for key in keys:
            tuned = tune(panel, key, plan)
            progress = Progress(key, len(placed), "positions")
            found = tuned if isinstance(tuned, Refusal) else [
                one
                for batch in _batches(placed)
                for one in sit_positions(panel, batch, tuned, plan, asked, progress)
            ]  # fmt: skip
            scores += sum_up_positions(key, asked, found)
        return keep_exam(url, request, scores)


def _batches(items: Sequence[Item]) -> list[Sequence[Item]]:
    """In order, BATCHES at most, none empty."""
    size = -(-len(items) // BATCHES)
    return [items[first : first + size] for first in range(0, len(items), size)]
