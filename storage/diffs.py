"""What is not the same in two results: the data cell by cell, the plan key by key, what computed
them, and the answer estimator by estimator.

Cells are compared as restatements are (storage.restatements): those the first result was computed
from, and what they say in the second. Cells that only the second has are counted beside them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from storage import results, snapshots
from storage.answers import digest
from storage.records import StoredEstimate, StoredResult
from storage.restatements import Restatement, by_cell, restated
from storage.rows import covariate_names
from studies.changes import Change, changes


@dataclass(frozen=True)
class DataDiff:
    """How the second panel differs from the first.

    restatement: cells of the first that say something else, or are gone
    added: cells that only the second has      units_..., periods_...: labels
    covariates: by name, cells in which its value is another; one that is new or gone counts in all
    """

    restatement: Restatement
    added: int
    units_added: tuple[str, ...]
    units_gone: tuple[str, ...]
    periods_added: tuple[str, ...]
    periods_gone: tuple[str, ...]
    covariates: Mapping[str, int]


@dataclass(frozen=True)
class AnswerDiff:
    """One estimator in both results; None where it was not asked. same: to the last bit"""

    estimator: str
    before: StoredEstimate | None
    after: StoredEstimate | None
    same: bool


@dataclass(frozen=True, eq=False)
class Diff:
    """Two results beside each other.

    data: None when both were computed from the same snapshot      plan: keys that differ
    computed: of code, environment, machine and seed those that differ, before and after
    """

    before: StoredResult
    after: StoredResult
    data: DataDiff | None
    plan: tuple[Change, ...]
    computed: Mapping[str, tuple[str, str]]
    answers: tuple[AnswerDiff, ...]


def diff(session: Session, one: tuple[str, int | None], other: tuple[str, int | None]) -> Diff:
    """Compare two results, each named by study and version. Raises UnknownStudy, UnknownResult."""
    before, after = (results.load(session, *name) for name in (one, other))
    data = None
    if before.snapshot_hash != after.snapshot_hash:
        data = data_diff(*(snapshots.load(session, r.snapshot_hash) for r in (before, after)))
    plans = (result.plan.model_dump(mode="json") for result in (before, after))
    return Diff(
        before=before,
        after=after,
        data=data,
        plan=changes(*plans),
        computed=_computed(before, after),
        answers=_answers(before, after),
    )


def data_diff(before: pd.DataFrame, after: pd.DataFrame) -> DataDiff:
    """How the rows of one snapshot differ from those of another."""
    both = [by_cell(rows) for rows in (before, after)]
    cells = [rows.index for rows in both]
    gone = [[str(label) for label in one] for one in _only_in(cells[0], cells[1])]
    added = [[str(label) for label in one] for one in _only_in(cells[1], cells[0])]
    return DataDiff(
        restatement=restated(before, after, ()),
        added=len(cells[1].difference(cells[0])),
        units_added=tuple(added[0]),
        units_gone=tuple(gone[0]),
        periods_added=tuple(added[1]),
        periods_gone=tuple(gone[1]),
        covariates=_covariates(*both),
    )


def _only_in(some: pd.Index, others: pd.Index) -> list[list[object]]:
    """Units, and periods, that only some have."""
    return [
        sorted(set(some.get_level_values(name)) - set(others.get_level_values(name)), key=str)
        for name in ("unit", "period")
    ]


def _covariates(one: pd.DataFrame, other: pd.DataFrame) -> dict[str, int]:
    """By name, how many cells of both have another value."""
    names = dict.fromkeys([*covariate_names(one), *covariate_names(other)])
    if not names:
        return {}
    both = one.index.intersection(other.index)
    found = {}
    for name in names:
        if name not in one or name not in other:
            found[name] = len(both)
            continue
        values = [frame.loc[both, name].to_numpy(np.float64) for frame in (one, other)]
        same = (values[0] == values[1]) | (np.isnan(values[0]) & np.isnan(values[1]))
        if count := int((~same).sum()):
            found[name] = count
    return found


def _computed(before: StoredResult, after: StoredResult) -> dict[str, tuple[str, str]]:
    facts = {
        "code": (before.code_version, after.code_version),
        "environment": (before.environment_hash, after.environment_hash),
        "machine": (before.machine or "not on record", after.machine or "not on record"),
        "seed": (str(before.seed), str(after.seed)),
    }
    return {name: pair for name, pair in facts.items() if pair[0] != pair[1]}


def _answers(before: StoredResult, after: StoredResult) -> tuple[AnswerDiff, ...]:
    older, newer = ({e.estimator: e for e in result.estimates} for result in (before, after))
    found = []
    for key in dict.fromkeys([*older, *newer]):
        one, other = older.get(key), newer.get(key)
        same = one is not None and other is not None and digest([one]) == digest([other])
        found.append(AnswerDiff(key, one, other, same))
    return tuple(found)
