"""Panels of linked outcomes: put on the cells of the study's panel, and read again for a replay.

A linked outcome is about the same units and periods, and what was treated is what the promotion
treated: its rows take the treatment of the study's panel, whatever they said themselves. Cells
hidden there for another promotion are hidden here as well. So they become a snapshot of their own,
which is part of the request.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from sqlalchemy.orm import Session

from estimators.core.designs import Dropped
from estimators.core.errors import InvalidPanel
from estimators.core.panel import Panel, listed
from storage import snapshots
from storage.errors import InvalidSource, UnknownPanel
from storage.labels import label_text
from storage.leaving_out import leave_out
from storage.panels import pull
from storage.records import StoredResult
from storage.rows import to_panel, without
from studies import Plan
from studies.placing import Placed

CELL = ["unit", "period"]


@dataclass(frozen=True, eq=False)
class LinkedPanel:
    """One linked outcome, ready to be estimated.

    snapshot: SHA-256 of its rows      panel: on the cells of the study's panel
    """

    name: str
    snapshot: str
    panel: Panel


def delivered(session: Session, plan: Plan) -> list[tuple[str, pd.DataFrame]]:
    """(name, rows) of each linked outcome of a plan, as they are.

    Raises as storage.panels.pull does, naming the outcome.
    """
    found = []
    for one in plan.promotion.linked if plan.promotion else ():
        try:
            found.append((one.called, pull(session, one.panel, untreated=True)))
        except (UnknownPanel, InvalidSource) as error:
            raise type(error)(f"linked outcome {one.called}: {error}") from error
    return found


def on_the_cells_of(
    main: pd.DataFrame, rows: pd.DataFrame, name: str, placed: Placed | None
) -> pd.DataFrame:
    """The rows of a linked outcome with the treatment of the study's panel.

    main: rows of the study's panel, with the promotion's treatment
    Raises InvalidPanel when the two are not about the same cells.
    """
    treatment = _cells(main).assign(treatment=main["treatment"]).drop_duplicates(CELL)
    found = _cells(rows).merge(treatment, on=CELL, how="left", indicator=True)
    stray = found.loc[(found["_merge"] != "both").to_numpy(), CELL]
    there = pd.MultiIndex.from_frame(_cells(rows))
    lacking = treatment.loc[~pd.MultiIndex.from_frame(treatment[CELL]).isin(there), CELL]
    for cells, what in ((lacking, "lacks"), (stray, "has besides")):
        if len(cells):
            said = [f"({unit}, {period})" for unit, period in cells.itertuples(index=False)]
            raise InvalidPanel(
                f"linked outcome {name} is not about the cells of the study's panel: it {what} "
                f"{len(cells)} of them ({listed(said)}); give both the same units and periods"
            )
    hidden = _hidden(rows, placed)
    return rows.assign(
        treatment=found["treatment"].to_numpy(),
        outcome=rows["outcome"].where(~hidden),
        observed=rows["observed"] & ~hidden,
    )


def arranged(rows: pd.DataFrame, plan: Plan, dropped: Dropped | None) -> Panel:
    """Rows of a linked outcome as a panel, without what the study's panel is without."""
    kept = without(rows, {label_text(unit) for unit in plan.donors.exclude})
    return leave_out(to_panel(kept), dropped)


def read(session: Session, result: StoredResult) -> tuple[LinkedPanel, ...]:
    """The linked panels of a stored result, as they were analysed."""
    return tuple(
        LinkedPanel(
            one["name"],
            one["snapshot"],
            arranged(snapshots.load(session, one["snapshot"]), result.plan, result.dropped),
        )
        for one in stored(result)
    )


def stored(result: StoredResult) -> Sequence[Mapping[str, str]]:
    """What the primary estimate keeps of each linked outcome; none where it was refused."""
    for estimate in result.estimates:
        if estimate.estimator == result.primary:
            found: Sequence[Mapping[str, str]] = estimate.diagnostics.get("linked") or []
            return found
    return []


def _cells(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[CELL].astype({"unit": str}).reset_index(drop=True)


def _hidden(rows: pd.DataFrame, placed: Placed | None) -> "pd.Series[bool]":
    found = pd.Series(data=False, index=rows.index)
    if placed is not None and placed.excluded:
        for one in placed.overlaps:
            found |= rows["unit"].isin(one.units) & rows["period"].isin(one.periods)
    return found
