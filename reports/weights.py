"""What treated cells were compared with: unit and period weights, largest first, for the page."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from estimators.core.fit import Weights
from estimators.core.panel import FloatArray
from reports.headline import estimate_answered
from reports.names import counted, estimator_label, estimator_title
from reports.numbers import number
from storage.records import StoredEstimate, StoredResult

GROUPS = 6  # groups listed one by one; with more of them their average comes first
SHOWN = 12  # weights listed before "and n more"
SMALLEST = 0.0005  # share of the largest weight below which a weight is not worth a line


@dataclass(frozen=True)
class Weight:
    """One weight: its label, its value as text, and its length as a share of the largest."""

    label: str
    value: str
    length: float


@dataclass(frozen=True)
class WeightList:
    """The weights of one group on units or on periods.

    title: "Units: 27 of 38 controls"      rest: what is not listed, in words; "" when all are
    """

    title: str
    listed: tuple[Weight, ...]
    rest: str


@dataclass(frozen=True)
class WeightGroup:
    """One group of treated cells and what it was compared with."""

    label: str
    lists: tuple[WeightList, ...]


@dataclass(frozen=True)
class Comparison:
    """All weights of one estimator; more: how many groups are not listed, in words."""

    label: str
    title: str
    primary: bool
    groups: tuple[WeightGroup, ...]
    more: str


def comparisons(result: StoredResult) -> list[Comparison]:
    """Estimators that have weights: the primary first, then in the order of the plan."""
    found = [_comparison(result, e) for e in result.estimates if estimate_answered(e) and e.weights]
    return sorted(
        (one for one in found if one.groups), key=lambda one: not one.primary
    )  # sorted() is stable: the rest keep their order


def _comparison(result: StoredResult, estimate: StoredEstimate) -> Comparison:
    groups = list(estimate.weights)
    more = ""
    if len(groups) > GROUPS:
        more = (
            f"Each of the {len(groups):,} groups of treated cells has its own weights; shown are "
            f"their average and the first {GROUPS - 1} groups. All are stored with the result."
        )
        groups = [_average(groups), *groups[: GROUPS - 1]]
    listed = [_group(result, group) for group in groups]
    return Comparison(
        estimator_label(estimate.estimator),
        estimator_title(estimate.estimator),
        estimate.estimator == result.primary,
        tuple(group for group in listed if group.lists),
        more,
    )


def _group(result: StoredResult, group: Weights) -> WeightGroup:
    panel = result.panel
    lists = []
    if group.units is not None:
        lists.append(_listed("Units", "unit", panel.units, group.units))
    if group.periods is not None:
        lists.append(_listed("Periods", "period", panel.periods, group.periods))
    return WeightGroup(group.label, tuple(lists))


def _listed(title: str, noun: str, labels: Sequence[Hashable], weights: FloatArray) -> WeightList:
    sizes = np.abs(np.nan_to_num(weights))
    largest = float(sizes.max()) or 1.0
    order = [i for i in np.argsort(-sizes, kind="stable") if sizes[i] > SMALLEST * largest]
    shown = tuple(
        Weight(str(labels[i]), number(float(weights[i]), 3), float(sizes[i]) / largest)
        for i in order[:SHOWN]
    )
    left = order[SHOWN:]
    rest = ""
    if left:
        together = number(float(weights[left].sum()), 3)
        rest = f"and {counted(len(left), f'more {noun}')}, together {together}"
    if left and np.ptp(sizes[order]) < 1e-9 * largest:
        each = f"{number(float(weights[order[0]]), 3)} each"
        used = f"{len(order):,} of {len(labels):,}"
        return WeightList(f"{title}: the same weight on {used}", (), each)
    total = float(weights[order].sum())
    # weights of a weighted average sum to one; where they do not, a reader must know
    scale = "" if abs(total - 1) < 0.01 else f", sum {number(total, 2)}"
    return WeightList(f"{title}: {len(order):,} of {len(labels):,} used{scale}", shown, rest)


def _average(groups: Sequence[Weights]) -> Weights:
    units = [group.units for group in groups if group.units is not None]
    periods = [group.periods for group in groups if group.periods is not None]
    return Weights(
        f"average over {len(groups):,} groups of treated cells",
        np.mean(units, axis=0) if units else None,
        np.mean(periods, axis=0) if periods else None,
    )
