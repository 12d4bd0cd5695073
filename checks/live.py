"""A live panel against its own history: is it still updated, complete, and itself?

Facts about the panel and about each unit, and one expectation on each, as everywhere in this room.
Everything is robust, because what is looked for are mistakes of delivery, not sales: medians, and
median absolute deviations. A unit's outcomes are taken around its own median and around what units
have in common in a period (the median over units), so that seasons are no drift. Treated outcomes
are not looked at: a promotion is no drift either.

    level    |median of the last LAST − median of the history| / (1.2533 s / √LAST), s robust
    spread   median absolute deviation of the last SPREAD over that of the history

None of it stops an analysis; `liftledger monitor` raises an alert.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from checks.facts import BoolArray, Facts, FloatArray, IntArray, rectangle
from checks.outcomes import MEAN_TO_SD, NORMAL
from checks.rule import Rule

LAST = 4  # periods that are compared with the history
SPREAD = 12  # the same where spreads are compared
HISTORY = 12  # periods of history, at least
EARLIER = 8  # periods whose reporting units the last one is compared with
REPORTING = 0.7  # of as many units as usual
PATIENCE = 1  # periods that may be closed and not there, beyond what is usual for the panel
FAR = 8.0  # robust deviations
WIDE = 8.0  # times as wide, or as narrow

LIVE_RULES = (
    Rule(
        name="still_updated",
        severity="warn",
        table="panel",
        must="the last closed period is there, or no later than is usual for the panel",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeBetween(
            column="late", max_value=0
        ),
        found="{value} periods are closed since the last one",
        remedy="see whether its feed still runs",
    ),
    Rule(
        name="units_report",
        severity="warn",
        table="panel",
        must=f"in the last closed period as many units report as usual, or {REPORTING:.0%} of it",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeBetween(
            column="reporting", min_value=REPORTING
        ),
        found="in the last closed period {value:.0%} of the usual number of units report",
        remedy="wait for late data, or see which part of the feed is missing",
    ),
    Rule(
        name="common_level",
        severity="warn",
        table="panel",
        must=f"what units have in common is within {FAR:g} robust deviations of its history",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeBetween(
            column="common_level", max_value=FAR
        ),
        found=f"in the last {LAST} periods all units together moved by {{value:.1f}} deviations",
        remedy="see whether the measure, a currency or a definition has changed",
    ),
    Rule(
        name="no_unit_vanished",
        severity="warn",
        table="units",
        must=f"units that reported before report in one of the last {LAST} periods",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeNull(column="vanished"),
        found="{count} units vanished",
        example="{unit} after {value}",
        remedy="closed, renamed, or missing from the feed? A promoted unit that vanished takes its "
        "study with it",
    ),
    Rule(
        name="no_unit_is_new",
        severity="warn",
        table="units",
        must=f"no unit is first seen in one of the last {LAST} periods",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeNull(column="new"),
        found="{count} units are new",
        example="{unit} since {value}",
        remedy="opened, renamed, or sent by mistake? A new unit has no past to be compared by",
    ),
    Rule(
        name="unit_level",
        severity="warn",
        table="units",
        must=f"no unit's level is more than {FAR:g} robust deviations from its own history",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeBetween(
            column="level", max_value=FAR
        ),
        found="{count} of {total} units have left their own level",
        example="{unit} by {value:.1f} deviations",
        remedy="see whether they were rebuilt, renamed or measured otherwise",
    ),
    Rule(
        name="unit_spread",
        severity="warn",
        table="units",
        must=f"no unit varies {WIDE:g} times as much as before, or as little",
        expectation=lambda expect, _: expect.ExpectColumnValuesToBeBetween(
            column="spread", min_value=1 / WIDE, max_value=WIDE
        ),
        found="{count} of {total} units vary otherwise than before",
        example="{unit} {value:.2g} times as much",
        remedy="a value that is repeated, or a part of the unit that is missing, looks like this",
    ),
)


@dataclass(frozen=True)
class Rhythm:
    """When a panel's data come. behind: closed periods after its last; None: no clock knows them

    usual: the same, at earlier visits that found nothing wrong
    """

    behind: int | None
    usual: float = 0.0


def live_tables(rows: pd.DataFrame, name: str, rhythm: Rhythm) -> dict[str, pd.DataFrame]:
    """Tables `panel` and `units` of rows whose periods are all closed.

    Raises InvalidPeriods for labels that make no grid.
    """
    facts = rectangle(rows)
    gaps, common = _gaps(facts)
    late = rhythm.behind if rhythm.behind is not None and _is_late(rhythm) else 0
    panel = pd.DataFrame(
        {
            "study": [name],
            "late": [late],
            "reporting": [_reporting(facts)],
            "common_level": [float(_level(common[None, :])[0])],
        }
    )
    units = pd.DataFrame(
        {
            "unit": facts.units,
            "vanished": _vanished(facts),
            "new": _new(facts),
            "level": _level(gaps),
            "spread": _spread(gaps),
        }
    )
    return {"panel": panel, "units": units}


def _is_late(rhythm: Rhythm) -> bool:
    return rhythm.behind is not None and rhythm.behind > rhythm.usual + PATIENCE


def _reporting(facts: Facts) -> float:
    """Units observed in the last period over the median of the periods before; nan without any."""
    count = facts.observed.sum(axis=0)
    earlier = count[-1 - EARLIER : -1]
    usual = float(np.median(earlier)) if len(earlier) else 0.0
    return float(count[-1]) / usual if usual > 0 else np.nan


def _vanished(facts: Facts) -> list[str | None]:
    """Last period of each unit that was not seen in the last LAST periods; None for the others."""
    last = len(facts.periods) - 1 - facts.observed[:, ::-1].argmax(axis=1)
    gone = facts.observed.any(axis=1) & ~facts.observed[:, -LAST:].any(axis=1)
    return _named(facts, last, np.asarray(gone))


def _new(facts: Facts) -> list[str | None]:
    """First period of each unit that was not seen before the last LAST; None for the others."""
    since = facts.observed.any(axis=1) & ~facts.observed[:, :-LAST].any(axis=1)
    some_history = len(facts.periods) > LAST
    return _named(facts, facts.observed.argmax(axis=1), np.asarray(since & some_history))


def _named(facts: Facts, where: IntArray, which: BoolArray) -> list[str | None]:
    labels = [str(label) for label in facts.periods]
    return [labels[t] if hit else None for t, hit in zip(where, which, strict=True)]


def _gaps(facts: Facts) -> tuple[FloatArray, FloatArray]:
    """(N, T) usable outcomes around unit and period, and (T,) what units have in common."""
    values = np.where(facts.usable, facts.outcome, np.nan)
    around = values - _medians(values)[:, None]
    common = _medians(around.T)
    return around - common[None, :], common


def _level(gaps: FloatArray) -> FloatArray:
    """(N,) distance of the last periods from the history; nan where there is too little of it."""
    history, recent = gaps[:, :-LAST], gaps[:, -LAST:]
    scale = NORMAL * _medians(np.abs(history - _medians(history)[:, None]))
    error = MEAN_TO_SD * scale / np.sqrt(LAST)
    distance = np.abs(_medians(recent) - _medians(history))
    enough = (np.isfinite(history).sum(axis=1) >= HISTORY) & np.isfinite(recent).all(axis=1)
    return np.divide(distance, error, out=np.full(len(gaps), np.nan), where=enough & (error > 0))


def _spread(gaps: FloatArray) -> FloatArray:
    """(N,) how many times as wide the last periods are; nan where there is too little history."""
    history, recent = gaps[:, :-SPREAD], gaps[:, -SPREAD:]
    wide, before = (_medians(np.abs(v - _medians(v)[:, None])) for v in (recent, history))
    enough = (np.isfinite(history).sum(axis=1) >= HISTORY) & np.isfinite(recent).all(axis=1)
    return np.divide(wide, before, out=np.full(len(gaps), np.nan), where=enough & (before > 0))


def _medians(values: FloatArray) -> FloatArray:
    """(N,) median of what is known in each row; nan where nothing is."""
    found = np.full(len(values), np.nan)
    known = np.isfinite(values).any(axis=1)
    if known.any():
        found[known] = np.nanmedian(values[known], axis=1)
    return found
