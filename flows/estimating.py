"""All estimators of a plan, side by side on one panel: what a run and its replay have in common."""

from threadpoolctl import threadpool_limits

from estimators import Panel
from estimators.core.fit import Estimate, Refusal
from studies import Plan
from studies.placing import Placed
from tasks.estimates import estimate
from tasks.promotions import headline


def estimated(
    panel: Panel, plan: Plan, placed: Placed | None = None
) -> dict[str, Estimate | Refusal]:
    """The answer of each estimator, in the order of the plan. Raises what a defect of ours raises.

    panel: as the plan wants it, without what it excludes or drops
    placed: where the promotion lies in it, in a study that names one
    """
    seen = headline(panel, placed)
    # one thread per matrix product: the order of additions, so every digit, is the same each time
    with threadpool_limits(limits=1):
        running = {key: estimate.submit(seen, key, plan) for key in plan.estimators}
        return {key: task.result() for key, task in running.items()}
