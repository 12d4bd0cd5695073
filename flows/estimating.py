"""All estimators of a plan, side by side on one panel: what a run and its replay have in common."""

from collections.abc import Mapping, Sequence

from threadpoolctl import threadpool_limits

from estimators import Panel
from estimators.core.fit import Estimate, Refusal
from estimators.race.choice import ENSEMBLE
from storage.linked import LinkedPanel
from storage.placing import parts
from studies import Plan
from studies.placing import Placed
from tasks.cluster import spread
from tasks.estimates import estimate, estimate_with_account


def estimated(
    panel: Panel,
    plan: Plan,
    primary: str,
    placed: Placed | None = None,
    linked: Sequence[LinkedPanel] = (),
    weights: Mapping[str, float] | None = None,
) -> dict[str, Estimate | Refusal]:
    """The answer of each estimator, in the order of the plan. Raises what a defect of ours raises.

    panel: as the plan wants it, without what it excludes or drops
    primary: the estimator that draws up the account, where the plan asks for one
    placed: where the promotion lies in it, in a study that names one
    weights: of an ensemble that answers after them; None where there is none
    """
    found = parts(panel, placed)
    accounted = primary if plan.promotion and plan.promotion.economics else None
    # one thread per matrix product: the order of additions, so every digit, is the same each time
    with threadpool_limits(limits=1), spread():
        running = {
            key: estimate_with_account.submit(panel, key, plan, found, linked, weights)
            if key == accounted
            else estimate.submit(panel, key, plan, found, weights)
            for key in (*plan.estimators, *((ENSEMBLE,) if weights else ()))
        }
        return {key: task.result() for key, task in running.items()}
