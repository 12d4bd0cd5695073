"""The exam in steps: batches of replications or positions, and what they come to."""

from collections.abc import Mapping, Sequence

from prefect.cache_policies import NO_CACHE

from estimators import ESTIMATORS, VARIANCES, Panel
from estimators.calibration.exam import Answers, Exam, prepared, sit, together
from estimators.calibration.own_panel import Position, admissible, own_scores, sit_at
from estimators.calibration.summaries import Score, scores
from estimators.core.errors import NotConverged, UnsupportedDesign
from estimators.core.fit import Estimator, Refusal
from estimators.core.placements import Placement
from estimators.core.settings import with_settings
from storage import calibrations
from storage.calibrations import CalibrationRequest
from storage.ledger import ledger
from storage.records import StoredCalibration
from studies import Plan
from studies.settings import configured
from tasks.narration import Progress, narrate
from tasks.retries import ON_THE_LEDGER
from tasks.step import task

BATCHES = 20  # of one exam: as often a person hears how far it is


@task(name="look for a known exam", task_run_name="known exam?", **ON_THE_LEDGER)
def find_exam(url: str, request_id: str) -> StoredCalibration | None:
    """What came of the same request before, if it was made."""
    with ledger(url) as session:
        found = calibrations.find(session, request_id)
    if found is not None:
        narrate("ledger", f"the same exam was sat before: {request_id[:12]}")
    return found


@task(name="prepare the estimators", task_run_name="prepare", cache_policy=NO_CACHE)
def prepare(exam: Exam, keys: Sequence[str]) -> dict[str, Estimator]:
    """As the exam takes them; those it tunes once are tuned."""
    return prepared(exam, {key: ESTIMATORS[key] for key in keys})


@task(name="sit a batch", task_run_name="batch", cache_policy=NO_CACHE)
def sit_batch(
    exam: Exam,
    estimators: Mapping[str, Estimator],
    kinds: Sequence[str],
    numbers: Sequence[int],
    progress: Progress,
) -> Answers:
    """Some replications. Never retried: they end the same way."""
    found = sit(exam, estimators, [VARIANCES[kind] for kind in kinds], numbers)
    progress.add(len(numbers))
    return found


@task(name="sum up an exam", task_run_name="sum up", cache_policy=NO_CACHE)
def sum_up(exam: Exam, parts: Sequence[Answers]) -> tuple[Score, ...]:
    """One score per estimator and kind."""
    return scores(together(parts), exam.level, uneven=exam.design.uneven)


@task(name="find the positions", task_run_name="positions", cache_policy=NO_CACHE)
def find_positions(panel: Panel, plan: Plan, count: int) -> tuple[Placement, ...]:
    """Where the treatment could have been. Raises UnsupportedDesign when nowhere else."""
    return admissible(panel, count, plan.seed)


@task(name="tune an estimator", task_run_name="tune {key}", cache_policy=NO_CACHE)
def tune(panel: Panel, key: str, plan: Plan) -> Estimator | Refusal:
    """As it is tuned on the real panel, or why it cannot answer there."""
    estimator = with_settings(configured(ESTIMATORS[key], plan.settings.of(key)), seed=plan.seed)
    try:
        tuned: Estimator = estimator.tune(panel)
        tuned.fit(panel)
    except (UnsupportedDesign, NotConverged) as refused:
        narrate(key, f"refused: {refused}")
        return Refusal(key, str(refused))
    return tuned


@task(name="ask at some positions", task_run_name="positions", cache_policy=NO_CACHE)
def sit_positions(
    panel: Panel,
    placed: Sequence[Placement],
    tuned: Estimator,
    plan: Plan,
    kinds: Sequence[str],
    progress: Progress,
) -> list[Position]:
    """What a tuned estimator says at some positions."""
    asked = [VARIANCES[kind] for kind in kinds]
    level, placebos = plan.inference.level, plan.inference.placebos
    found = [sit_at(panel, one, tuned, asked, level, placebos, plan.seed) for one in placed]
    progress.add(len(placed))
    return found


@task(name="sum up the positions", task_run_name="sum up", cache_policy=NO_CACHE)
def sum_up_positions(
    key: str, kinds: Sequence[str], asked: Sequence[Position] | Refusal
) -> tuple[Score, ...]:
    """One score per kind; where the estimator refused the panel, each says so."""
    if isinstance(asked, Refusal):
        return tuple(Score(key, kind, 0, 1, asked.reason) for kind in kinds)
    return own_scores(key, [VARIANCES[kind] for kind in kinds], asked)


@task(name="keep an exam", task_run_name="store", **ON_THE_LEDGER)
def keep_exam(url: str, request: CalibrationRequest, found: Sequence[Score]) -> StoredCalibration:
    """All scores in one transaction, or none; read back. The same request is the same rows."""
    with ledger(url) as session:
        created = calibrations.save(session, request, found)
    with ledger(url) as session:
        stored = calibrations.find(session, request.request_id)
    assert stored is not None
    verb = "stored as" if created else "already stored as"
    narrate("ledger", f"{verb} {request.request_id[:12]}")
    return stored
