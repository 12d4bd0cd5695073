"""A live panel against its own history: each way of going wrong is one message."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from checks.live import LIVE_RULES, Rhythm, live_tables
from checks.live_run import watch
from tests.checks.panels import plan

UNITS, PERIODS = 10, 40


def panel(seed: int = 0) -> pd.DataFrame:
    """Ten units of very different size in forty periods, with a season they share; one promoted."""
    rng = np.random.default_rng(seed)
    size = 10.0 ** rng.uniform(1, 4, (UNITS, 1))
    season = 1 + 0.3 * np.sin(np.arange(PERIODS) / 6)
    outcome = size * (5 * season / size + 1 + 0.05 * rng.normal(size=(UNITS, PERIODS)))
    treated = np.zeros((UNITS, PERIODS))
    treated[0, -3:] = 1
    outcome[0, -3:] *= 3
    return pd.DataFrame(
        {
            "unit": np.repeat([f"u{i}" for i in range(UNITS)], PERIODS),
            "period": np.tile(np.arange(1, PERIODS + 1), UNITS),
            "outcome": outcome.ravel(),
            "treatment": treated.ravel(),
            "observed": True,
        }
    )


def where(rows: pd.DataFrame, unit: str, since: int) -> "pd.Series[bool]":
    found: pd.Series[bool] = (rows.unit == unit) & (rows.period > PERIODS - since)
    return found


def scaled(unit: str, since: int, factor: float) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(rows: pd.DataFrame) -> pd.DataFrame:
        hit = where(rows, unit, since)
        return rows.assign(outcome=rows.outcome.where(~hit, rows.outcome * factor))

    return change


def stuck(rows: pd.DataFrame) -> pd.DataFrame:
    hit = where(rows, "u4", 12)
    return rows.assign(
        outcome=rows.outcome.where(~hit, float(rows.outcome[rows.unit == "u4"].iloc[5]))
    )


def in_cents(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(outcome=rows.outcome.where(rows.period <= PERIODS - 4, rows.outcome * 100))


BROKEN: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = {
    "no_unit_vanished": (lambda rows: rows[~where(rows, "u3", 5)], "u3 after 35"),
    "no_unit_is_new": (
        lambda rows: rows[(rows.unit != "u5") | where(rows, "u5", 2)],
        "u5 since 39",
    ),
    "units_report": (
        lambda rows: rows[(rows.period < PERIODS) | (rows.unit < "u4")],
        "40% of the usual number",
    ),
    "unit_level": (scaled("u6", 4, 2.0), "u6 by"),
    "unit_spread": (stuck, "units vary otherwise than before: u4 "),
    "common_level": (in_cents, "all units together moved"),
}


def failed(rows: pd.DataFrame, rhythm: Rhythm | None = None) -> dict[str, str]:
    checks, evidence = watch(rows, "sales", plan(), rhythm or Rhythm(0))
    assert [check.name for check in checks] == [rule.name for rule in LIVE_RULES]
    assert evidence
    return {check.name: check.message for check in checks if not check.passed}


def test_a_panel_that_is_itself_is_fine_whatever_its_season_and_its_promotion() -> None:
    assert failed(panel()) == {}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_found_and_named(name: str) -> None:
    change, words = BROKEN[name]
    found = failed(change(panel()).reset_index(drop=True))
    assert words in found[name]


def test_a_panel_that_stops_is_late_by_its_own_rhythm_only() -> None:
    assert failed(panel(), Rhythm(1)) == {}
    assert failed(panel(), Rhythm(4, usual=3.0)) == {}
    found = failed(panel(), Rhythm(4, usual=1.0))
    assert found == {
        "still_updated": "4 periods are closed since the last one; see whether its feed still runs"
    }
    assert failed(panel(), Rhythm(None)) == {}


def test_too_little_history_says_nothing() -> None:
    short = panel()
    tables = live_tables(short[short.period > PERIODS - 10], "sales", Rhythm(0))
    assert tables["units"][["level", "spread"]].isna().all(axis=None)
