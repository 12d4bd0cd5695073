"""A promotion of the calendar written into the rows of a panel, before they become a snapshot.

So the snapshot is the panel as it was analysed: a date that moves is another snapshot, and another
snapshot is another answer. What was done to the rows is a value beside them (studies.placing),
which the result keeps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd

from estimators.core.panel import BoolArray, Panel, listed
from storage.json_values import plain
from storage.labels import label_text
from studies import Plan
from studies.errors import InvalidPromotion
from studies.period_labels import Label
from studies.placing import Cell, Covered, Overlap, Placed, concerns, covered, meets
from studies.promotion_plan import PromotionPlan
from studies.promotions import Promotion
from studies.spans import Span, spans


def place(
    rows: pd.DataFrame,
    plan: Plan,
    promotion: Promotion,
    version: int,
    calendar: Sequence[tuple[Promotion, int]],
) -> tuple[pd.DataFrame, Placed]:
    """The rows with the promotion's treatment, and what was done.

    plan: one that names a promotion      calendar: every promotion there is, with its version
    Raises InvalidPromotion when it cannot be analysed here; InvalidPeriods when the panel's
    periods are no grid, which the checks say in more words.
    """
    asked = plan.promotion
    assert asked is not None
    if promotion.cancelled:
        raise InvalidPromotion(
            f"promotion {promotion.promotion} was cancelled (version {version} of it in the "
            "calendar): there is nothing to analyse"
        )
    periods = spans(rows["period"].unique().tolist(), asked.dates)
    units = _units(rows, promotion)
    where = covered(periods, promotion)
    called = rows["treatment"] == 1.0
    meant = rows["unit"].isin(units) & rows["period"].isin(where.periods)
    treated = meant if asked.treated == "calendar" else called
    when = rows["period"].map({label: t for t, label in enumerate(periods)})
    after = _after(rows, when, treated, asked, where)
    overlaps, other = _overlaps(rows, plan, promotion, calendar, treated, periods)
    hidden = other if asked.overlaps == "exclude" else other & False
    if treated.any() and not (treated & ~hidden).any():
        raise InvalidPromotion(
            f"every treated cell of promotion {promotion.promotion} is under "
            f"{listed([one.promotion for one in overlaps if one.shared])} as well: the two cannot "
            "be told apart; 'overlaps: warn' answers for both together"
        )
    placed = Placed(
        promotion=promotion.promotion,
        version=version,
        details_hash=promotion.sha256(),
        treated=asked.treated,
        units=tuple(str(unit) for unit in rows["unit"].cat.categories if unit in units),
        unknown=tuple(sorted(set(promotion.units) - units)),
        periods=where.periods,
        partly=where.partly,
        running=where.running,
        after=_cells(rows, when, after),
        after_missing=0 if asked.after == 0 else max(asked.after - len(where.later), 0),
        overlaps=overlaps,
        excluded=bool(hidden.any()),
        calendar_only=_cells(rows, when, meant & ~called) if called.any() else (),
        panel_only=_cells(rows, when, called & ~meant) if called.any() else (),
    )
    return _written(rows, treated | after, hidden, asked), placed


def parts(panel: Panel, placed: Placed | None) -> dict[str, BoolArray] | None:
    """The treated cells of the panel by what they are: promotion, after. None without `after`.

    panel: the rows of `place` as a panel, without what the plan leaves out
    """
    if placed is None or not placed.after:
        return None
    row = {unit: i for i, unit in enumerate(panel.units)}
    column = {period: t for t, period in enumerate(panel.periods)}
    after = np.zeros(panel.treatment.shape, dtype=np.bool_)
    for unit, period in placed.after:
        if unit in row and period in column:
            after[row[unit], column[period]] = True
    return {"promotion": panel.treatment & ~after, "after": panel.treatment & after}


def to_json(placed: Placed | None) -> dict[str, Any] | None:
    """What is stored; None where the study names no promotion."""
    return None if placed is None else plain(placed)


def from_json(stored: "dict[str, Any] | None") -> Placed | None:
    """What was stored."""
    if stored is None:
        return None
    found: dict[str, Any] = {field.name: _frozen(stored[field.name]) for field in fields(Placed)}
    found["overlaps"] = tuple(
        Overlap(**{name: _frozen(value) for name, value in one.items()})
        for one in stored["overlaps"]
    )
    return Placed(**found)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _units(rows: pd.DataFrame, promotion: Promotion) -> set[str]:
    """The promotion's units that the panel has. Raises InvalidPromotion when it has none."""
    known = [str(unit) for unit in rows["unit"].cat.categories]
    found = set(known) & set(promotion.units)
    if not found:
        raise InvalidPromotion(
            f"promotion {promotion.promotion} is in {len(promotion.units)} units, none of which "
            f"the panel has ({listed(sorted(promotion.units))}); its units are called "
            f"{listed(known)}: correct the calendar or the panel"
        )
    return found


def _after(
    rows: pd.DataFrame,
    when: "pd.Series[int]",
    treated: "pd.Series[bool]",
    asked: PromotionPlan,
    where: Covered,
) -> "pd.Series[bool]":
    """Cells in the periods after the last treated one of their unit. when: place of the period"""
    if asked.after == 0 or not treated.any():
        return treated & False
    last = when.where(treated).groupby(rows["unit"], observed=False).transform("max")
    if asked.treated == "calendar":  # where a unit's rows have gaps, the calendar says when it ends
        last = last.mask(last.notna(), when[rows["period"] == where.periods[-1]].iloc[0])
    return (when > last) & (when <= last + asked.after) & ~treated


def _overlaps(
    rows: pd.DataFrame,
    plan: Plan,
    promotion: Promotion,
    calendar: Sequence[tuple[Promotion, int]],
    treated: "pd.Series[bool]",
    spans_of: Mapping[Label, Span],
) -> tuple[tuple[Overlap, ...], "pd.Series[bool]"]:
    """The other promotions that cover cells of the panel, and which cells those are."""
    excluded = {label_text(unit) for unit in plan.donors.exclude}
    place = {str(unit): i for i, unit in enumerate(rows["unit"].cat.categories)}
    column = {label: t for t, label in enumerate(spans_of)}
    unit = rows["unit"].cat.codes.to_numpy()
    period = rows["period"].map(column).to_numpy()
    own = treated.to_numpy()
    under, found = np.zeros(len(rows), dtype=np.bool_), []
    for other, version in calendar:
        units = tuple(sorted(place.keys() & set(other.units) - excluded))
        periods = meets(spans_of, other)
        if not units or not periods or not concerns(promotion, other):
            continue
        here, then = np.zeros(len(place), np.bool_), np.zeros(len(column), np.bool_)
        here[[place[label] for label in units]] = True
        then[[column[label] for label in periods]] = True
        cells = here[unit] & then[period]
        if cells.any():
            size, shared = int(cells.sum()), int((cells & own).sum())
            found.append(Overlap(other.promotion, version, units, periods, size, shared))
            under |= cells
    return tuple(found), pd.Series(under, index=rows.index)


def _written(
    rows: pd.DataFrame,
    treated: "pd.Series[bool]",
    hidden: "pd.Series[bool]",
    asked: PromotionPlan,
) -> pd.DataFrame:
    """The rows as they are analysed; a panel's own treatment keeps what is no 0 and no 1."""
    changed = rows.assign(
        outcome=rows["outcome"].where(~hidden), observed=rows["observed"] & ~hidden
    )
    if asked.treated == "calendar":
        return changed.assign(treatment=treated.astype("float64"))
    return changed.assign(treatment=rows["treatment"].mask(treated, 1.0))


def _cells(
    rows: pd.DataFrame, when: "pd.Series[int]", chosen: "pd.Series[bool]"
) -> tuple[Cell, ...]:
    """Labels of these cells, unit by unit in time order, each once."""
    found = rows.loc[chosen, ["unit", "period"]].assign(when=when[chosen]).drop_duplicates()
    found = found.assign(unit=found["unit"].astype(str)).sort_values(["unit", "when"])
    return tuple(zip(found["unit"].tolist(), found["period"].tolist(), strict=True))
