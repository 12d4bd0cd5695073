"""The outcomes that a promotion moves besides its own: pulled, kept, checked like the panel itself.

A linked outcome whose data do not pass stops the run: without it the account would be of something
else than the plan says.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from estimators.core.designs import Dropped
from storage.linked import LinkedPanel
from studies import Plan
from studies.placing import Placed
from tasks.checks import check_rows, keep_validation
from tasks.panels import arrange_linked, keep_snapshot, pull_linked


@dataclass(frozen=True, eq=False)
class LinkedRows:
    """One linked outcome as it was pulled; snapshot: its hash."""

    name: str
    rows: pd.DataFrame
    snapshot: str


def linked_rows(
    url: str, plan: Plan, rows: pd.DataFrame, placed: Placed | None
) -> list[LinkedRows]:
    """Every linked outcome of the plan, on the cells of the panel, and kept.

    rows: of the panel, with the promotion's treatment
    Raises InvalidPanel when one is about other cells, and as pulling does.
    """
    asked = plan.promotion.linked if plan.promotion else ()
    found = []
    for one in asked:
        others = pull_linked(url, one.called, one, rows, placed)
        found.append(LinkedRows(one.called, others, keep_snapshot(url, others)))
    return found


def linked_panels(
    url: str, plan: Plan, found: Sequence[LinkedRows], dropped: Dropped | None
) -> list[LinkedPanel]:
    """The same as panels, once they have passed the checks. Raises ChecksFailed.

    dropped: what the panel is without for want of a comparison
    """
    panels = []
    for one in found:
        report = check_rows(one.rows, plan)
        keep_validation(url, report, one.snapshot, plan.study)
        report.raise_for_stop(f"linked outcome {one.name}")
        panels.append(arrange_linked(one.name, one.snapshot, one.rows, plan, dropped))
    return panels
