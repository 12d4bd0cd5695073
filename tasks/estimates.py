"""One estimator on one panel: tuned, fitted, with its intervals, or refused with the reason."""

import time

from prefect.cache_policies import NO_CACHE

from estimators import ESTIMATORS, VARIANCES, Panel, evaluate
from estimators.core.errors import NotConverged, UnsupportedDesign
from estimators.core.fit import Estimate, Refusal
from studies import Plan
from studies.settings import configured
from tasks.narration import narrate
from tasks.step import task


@task(name="estimate", task_run_name="estimate {key}", cache_policy=NO_CACHE)
def estimate(panel: Panel, key: str, plan: Plan) -> Estimate | Refusal:
    """Run one estimator. Never retried: the same panel fails the same way.

    A method that cannot answer here is an answer too (Refusal). Raises InvalidPanel when no
    method could, and whatever a defect of ours raises: then nothing at all is stored.
    """
    started = time.perf_counter()
    settings = plan.inference
    try:
        found = evaluate(
            panel,
            configured(ESTIMATORS[key], plan.settings.of(key)),
            [VARIANCES[kind] for kind in settings.kinds],
            level=settings.level,
            placebos=settings.placebos,
            seed=plan.seed,
            time_placebos=settings.time_placebos,
        )
    except (UnsupportedDesign, NotConverged) as refused:
        narrate(key, f"refused: {refused}")
        return Refusal(key, str(refused))
    narrate(key, f"{_summary(found)} in {time.perf_counter() - started:.1f} s")
    return found


def _summary(found: Estimate) -> str:
    refused = sum(isinstance(inference, Refusal) for inference in found.inferences)
    answered = len(found.inferences) - refused
    text = f"tuned, fitted, {answered} kind{'s' if answered != 1 else ''} of inference"
    return text + (f" ({refused} refused)" if refused else "")
