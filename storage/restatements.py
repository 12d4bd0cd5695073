"""Restatements: cells that a result was computed from and that say something else now.

A result's snapshot is what was analysed; rows pulled today are what the panel says now. A cell that
was used, of a unit the plan did not exclude, is restated when

    changed      it was observed and is observed, with another outcome
    withdrawn    it was observed and is not any more, or its row is gone
    filled       it was not observed, and is
    treatment    it was under treatment and is not, or the other way round

New periods and new units restate nothing. Cells are counted, and weighed: `share` of the cells that
were used, `moved` = Σ|new − old| / Σ|old| over cells observed both times, and `shift`, the change
of the mean outcome over cells treated both times, which moves every estimate by as much.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from storage import snapshots
from storage.answer_tables import EstimateRow, VarianceRow
from storage.json_values import plain
from storage.labels import label_text
from storage.rows import without
from storage.tables import Result
from studies import Plan

REASON = "restated: "  # how the reason of such a result begins
Numbers = tuple[float | None, float | None, float | None]
NOTHING: Numbers = (None, None, None)
What = Literal["changed", "withdrawn", "filled", "treatment"]
LISTED = 1_000  # cells written one by one; their number is always complete


@dataclass(frozen=True)
class Cell:
    """One restated cell. old, new: None where not observed      relative: (new − old) / |old|"""

    unit: str
    period: int | str
    what: What
    old: float | None
    new: float | None
    relative: float | None


@dataclass(frozen=True)
class Restatement:
    """What changed between two states of a panel.

    used: cells of the older one      count: those restated, by what      treated: of them, treated
    cells: the first of them, treated ones first, then those that changed most
    """

    used: int
    count: int
    by_what: Mapping[str, int]
    treated: int
    share: float
    moved: float
    shift: float
    cells: tuple[Cell, ...]

    def over(self, threshold: float) -> bool:
        """Whether it weighs as much: more than this share of what was sold, or of the cells."""
        return max(self.moved, self.share) > threshold

    @property
    def text(self) -> str:
        """For people: "12 of 1,209 cells restated (10 changed, 2 withdrawn; 3 treated), ..."."""
        kinds = ", ".join(f"{count:,} {what}" for what, count in self.by_what.items())
        return (
            f"{self.count:,} of {self.used:,} cells restated ({kinds}; {self.treated:,} treated), "
            f"outcomes moved by {self.moved:.2%} in total, the treated mean by {self.shift:+.4g}"
        )


def told(panel: Restatement, linked: Mapping[str, Restatement]) -> str:
    """What changed of a panel and of linked outcomes, in words."""
    said = [panel.text] if panel.count else []
    said += [f"linked outcome {name}: {one.text}" for name, one in linked.items() if one.count]
    return "; ".join(said) or "no used cell has changed"


def restated(old: pd.DataFrame, now: pd.DataFrame, excluded: tuple[object, ...]) -> Restatement:
    """How the rows now differ from the old ones in cells that the old ones have."""
    names = {label_text(unit) for unit in excluded}
    shown = ["outcome", "treatment", "observed"]
    before, after = (by_cell(without(rows, names))[shown] for rows in (old, now))
    after = after.reindex(before.index)
    both = before.join(after, rsuffix="_now")
    seen, seen_now = both["observed"].to_numpy(bool), both["observed_now"].eq(True).to_numpy()
    values, values_now = both["outcome"].to_numpy(), both["outcome_now"].to_numpy(np.float64)
    treated, known = both["treatment"].to_numpy() == 1, both["treatment_now"].notna().to_numpy()
    treated_now = both["treatment_now"].to_numpy() == 1
    what = np.select(
        [seen & ~seen_now, ~seen & seen_now, known & (treated != treated_now),
         seen & seen_now & (values != values_now)],
        ["withdrawn", "filled", "treatment", "changed"], "",
    )  # fmt: skip
    hit, kept = what != "", seen & seen_now & np.isfinite(values) & np.isfinite(values_now)
    size = float(np.abs(values[kept]).sum())
    moved = float(np.abs(values_now[kept] - values[kept]).sum())
    scored = kept & treated & treated_now
    shift = float((values_now[scored] - values[scored]).mean()) if scored.any() else 0.0
    relative = _relative(values, values_now)
    size_of = np.where(np.isfinite(relative), np.abs(relative), np.inf)
    order = np.lexsort((-size_of, ~(treated | treated_now)))
    order = order[hit[order]][:LISTED]
    kinds, counts = np.unique(what[hit], return_counts=True)
    return Restatement(
        used=len(both),
        count=int(hit.sum()),
        by_what=dict(zip(kinds.tolist(), counts.tolist(), strict=True)),
        treated=int((hit & (treated | treated_now)).sum()),
        share=float(hit.mean()) if len(hit) else 0.0,
        moved=moved / size if size > 0 else float(moved > 0),
        shift=shift,
        cells=tuple(
            Cell(
                str(both.index[i][0]), plain(both.index[i][1]), what[i],
                _number(values[i], seen[i]), _number(values_now[i], seen_now[i]),
                _number(relative[i], bool(np.isfinite(relative[i]))),
            )
            for i in order
        ),
    )  # fmt: skip


@dataclass(frozen=True)
class Answered:
    """What one estimator said in two versions: att, and the ends of the plan's primary interval."""

    estimator: str
    old: Numbers
    new: Numbers


@dataclass(frozen=True)
class Restated:
    """A result that was computed again because its data had changed.

    version: of the older one      linked: of each linked outcome that had changed
    """

    version: int
    restatement: Restatement
    answers: tuple[Answered, ...]
    linked: Mapping[str, Restatement] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What had changed, for people: of the panel, then of linked outcomes."""
        return told(self.restatement, self.linked)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells that are listed; those of linked outcomes say so beside the unit."""
        others = (
            replace(cell, unit=f"{cell.unit} ({name})")
            for name, one in self.linked.items()
            for cell in one.cells
        )
        return (*self.restatement.cells, *others)

    @property
    def count(self) -> int:
        """All that changed."""
        return self.restatement.count + sum(one.count for one in self.linked.values())


def of_result(session: Session, row: Result, plan: Plan) -> Restated | None:
    """What had changed since the version before, and both answers; None unless it answers that.

    The version before is the last that answered the same plan from other data.
    """
    if not row.reason.startswith(REASON):
        return None
    linked = linked_of(session, row.id)
    older = session.scalars(
        select(Result)
        .where(
            Result.study == row.study,
            Result.version < row.version,
            Result.plan_hash == row.plan_hash,
        )
        .order_by(Result.version.desc())
    ).all()
    for old in older:
        was = linked_of(session, old.id)
        if (old.snapshot_hash, was) != (row.snapshot_hash, linked):
            break
    else:
        return None

    def between(before: str, after: str) -> Restatement:
        then, now = (snapshots.load(session, one) for one in (before, after))
        return restated(then, now, plan.donors.exclude)

    found = between(old.snapshot_hash, row.snapshot_hash)
    others = {
        name: between(was[name], now) for name, now in linked.items() if was.get(name, now) != now
    }
    kind = plan.inference.primary
    said, says = (_answers(session, one.id, kind) for one in (old, row))
    both = tuple(Answered(key, said.get(key, NOTHING), says[key]) for key in says)
    return Restated(old.version, found, both, others)


def linked_of(session: Session, result: int) -> dict[str, str]:
    """By linked outcome, the snapshot that a result rests on; none where nothing is linked.

    result: the id of its row; of its estimates the primary one keeps them
    """
    query = select(EstimateRow.diagnostics["linked"]).where(EstimateRow.result_id == result)
    kept = [one for found in session.scalars(query) for one in found or []]
    return {one["name"]: one["snapshot"] for one in kept}


def _answers(session: Session, result: int, kind: str) -> dict[str, Numbers]:
    """By estimator, in the order asked."""
    rows = session.execute(
        select(EstimateRow.estimator, EstimateRow.att, VarianceRow.ci_low, VarianceRow.ci_high)
        .outerjoin(
            VarianceRow,
            and_(VarianceRow.estimate_id == EstimateRow.id, VarianceRow.kind == kind),
        )
        .where(EstimateRow.result_id == result)
        .order_by(EstimateRow.position)
    )
    return {row.estimator: (row.att, row.ci_low, row.ci_high) for row in rows}


def by_cell(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows by (unit, period); of a doubled cell, which the checks refuse, the first."""
    cells = rows.assign(unit=rows["unit"].astype(str))
    return cells.drop_duplicates(["unit", "period"]).set_index(["unit", "period"])


def _relative(old: "np.ndarray[Any, Any]", new: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    found = np.full(len(old), np.nan)
    np.divide(new - old, np.abs(old), out=found, where=(old != 0) & np.isfinite(old))
    return found


def _number(value: float, known: bool) -> float | None:
    return float(value) if known else None
