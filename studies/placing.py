"""A promotion on the periods of a panel: which of them it covers, and which come after.

A period that a promotion meets on any of its days is under promotion, as a whole: an outcome that
is partly promoted is no example of what would have been sold without. Which ones were met only in
part is kept, because the effect there is that of fewer days.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from estimators.core.panel import listed
from studies.errors import InvalidPromotion
from studies.period_labels import Label
from studies.promotions import Promotion
from studies.spans import Span

Cell = tuple[str, Label]


@dataclass(frozen=True)
class Covered:
    """Where a promotion lies in time. All labels are the panel's, in time order.

    periods: under promotion      partly: those of them that it covers in part
    later: periods after its end that the panel has
    running: whether it goes on after the panel's last period
    """

    periods: tuple[Label, ...]
    partly: tuple[Label, ...]
    later: tuple[Label, ...]
    running: bool


@dataclass(frozen=True)
class Overlap:
    """Cells of the panel that another promotion of the calendar covers: units × periods.

    cells: how many; shared: those of them that are treated by the promotion of the study, too
    """

    promotion: str
    version: int
    units: tuple[str, ...]
    periods: tuple[Label, ...]
    cells: int
    shared: int


@dataclass(frozen=True)
class Placed:
    """What a promotion of the calendar says of a panel: kept with the result.

    promotion, version, details_hash: which entry of the calendar
    treated: whether its cells come from the calendar or from the panel
    units: treated ones that the panel has      unknown: the calendar's that it has not
    periods, partly, running: as Covered has them
    after: cells after the end, never data      after_missing: periods of them not there yet
    overlaps: with other promotions      excluded: whether these cells are not observed
    calendar_only, panel_only: cells that only one of the two calls treated; empty where the panel
        calls none treated
    """

    promotion: str
    version: int
    details_hash: str
    treated: str
    units: tuple[str, ...]
    unknown: tuple[str, ...]
    periods: tuple[Label, ...]
    partly: tuple[Label, ...]
    running: bool
    after: tuple[Cell, ...]
    after_missing: int
    overlaps: tuple[Overlap, ...]
    excluded: bool
    calendar_only: tuple[Cell, ...]
    panel_only: tuple[Cell, ...]


def covered(found: Mapping[Label, Span], promotion: Promotion) -> Covered:
    """Where the promotion lies among the periods of a panel.

    found: what each of them covers, in time order
    Raises InvalidPromotion when it is dated otherwise than they are, or lies outside of them.
    """
    ordered = list(found)
    whole = promotion.span
    first, last = found[ordered[0]], found[ordered[-1]]
    if first.clock != whole.clock:
        raise InvalidPromotion(
            f"promotion {_said(promotion)} is dated in {whole.counts}, the panel's periods are "
            f"{first.counts} ({listed(ordered)}); date both alike"
        )
    met = [label for label in ordered if found[label].meets(whole)]
    if not met:
        where = "before" if whole.last < first.first else "after"
        raise InvalidPromotion(
            f"promotion {_said(promotion)} lies {where} the panel's periods, {ordered[0]} to "
            f"{ordered[-1]}; bring in the data of its time, or correct the calendar"
        )
    return Covered(
        tuple(met),
        tuple(label for label in met if not found[label].within(whole)),
        tuple(label for label in ordered if found[label].first > whole.last),
        running=last.last < whole.last,
    )


def meets(found: Mapping[Label, Span], other: Promotion) -> tuple[Label, ...]:
    """The periods that another promotion covers; none where it lies outside."""
    whole = other.span
    return tuple(label for label, span in found.items() if span.meets(whole))


def concerns(one: Promotion, other: Promotion) -> bool:
    """Whether two promotions are about the same products and segments, at least in part.

    One that names none is about all.
    """
    if other.cancelled or other.promotion == one.promotion:
        return False
    pairs = ((one.products, other.products), (one.segments, other.segments))
    return all(not a or not b or set(a) & set(b) for a, b in pairs)


def _said(promotion: Promotion) -> str:
    return f"{promotion.promotion} ({promotion.first} to {promotion.last})"
