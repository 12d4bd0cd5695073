"""A promotion written into the rows of a panel: treated, after, under others, not observed."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pytest

from storage.copying import LABEL
from storage.json_values import canonical, plain
from storage.placing import from_json, parts, place, to_json
from storage.rows import build, to_panel
from studies import InvalidPeriods, Plan, parse_plan
from studies.errors import InvalidPromotion
from studies.placing import Placed
from studies.promotions import Promotion
from tests.storage.promotions import promotion

MONDAYS = [f"2024-{day}" for day in ("02-19", "02-26", "03-04", "03-11", "03-18", "03-25", "04-01",
                                     "04-08")]  # fmt: skip


def rows(
    units: int = 4, periods: list[Any] = MONDAYS, treated: npt.NDArray[np.bool_] | None = None
) -> pd.DataFrame:
    """Units `store 1` ... over these periods, shuffled; the panel's own treatment, where given."""
    shape = (units, len(periods))
    called = np.full(shape, np.nan) if treated is None else treated.astype(float)
    order = np.random.default_rng(1).permutation(units * len(periods))
    unit = np.repeat([f"store {i + 1}" for i in range(units)], len(periods))[order]
    period = np.tile([str(label) for label in periods], units)[order]
    outcome = np.arange(float(units * len(periods)))[order]
    return build(
        pa.chunked_array([pa.array(unit.tolist()).cast(LABEL)]),
        pa.chunked_array([pa.array(period.tolist()).cast(LABEL)]),
        pa.chunked_array([pa.array(outcome)]),
        pa.chunked_array([pa.array(called.ravel()[order], from_pandas=False)]),
        {},
    )


def plan(text: str = "{name: spring_coffee}", more: str = "") -> Plan:
    return parse_plan(f"study: s\nquestion: q\npanel: p\npromotion: {text}\n{more}")


def placed(
    given: pd.DataFrame,
    asked: Plan,
    one: Promotion,
    *others: Promotion,
) -> tuple[pd.DataFrame, Placed]:
    calendar = [(each, 3) for each in (one, *others)]
    return place(given, asked, one, 3, calendar)


def treated(found: pd.DataFrame) -> dict[str, list[Any]]:
    """The periods in which each unit is treated, in order."""
    panel = to_panel(found)
    periods = np.array(panel.periods, dtype=object)
    return {
        str(unit): periods[cells].tolist()
        for unit, cells in zip(panel.units, panel.treatment, strict=True)
        if cells.any()
    }


def test_treated_cells_are_the_units_and_periods_of_the_calendar() -> None:
    found, what = placed(rows(), plan(), promotion())
    weeks = ["2024-03-04", "2024-03-11", "2024-03-18", "2024-03-25"]
    assert treated(found) == {"store 1": weeks, "store 2": weeks}
    assert (what.units, what.periods) == (("store 1", "store 2"), tuple(weeks))
    assert (what.promotion, what.version, what.details_hash) == (
        "spring_coffee", 3, promotion().sha256()
    )  # fmt: skip
    assert [what.partly, what.after, what.unknown, what.overlaps] == [()] * 4
    assert not what.running
    pd.testing.assert_frame_equal(found.drop(columns="treatment"), rows().drop(columns="treatment"))


def test_a_period_covered_in_part_is_treated_as_a_whole_and_said() -> None:
    found, what = placed(rows(), plan(), promotion(start="2024-03-06", end="2024-03-26"))
    assert treated(found)["store 1"] == ["2024-03-04", "2024-03-11", "2024-03-18", "2024-03-25"]
    assert what.partly == ("2024-03-04", "2024-03-25")


@pytest.mark.parametrize(
    ("periods", "start", "end", "expected"),
    [
        (["2024-01", "2024-02", "2024-03", "2024-04"], "2024-02-15", "2024-03-14",
         ["2024-02", "2024-03"]),
        (["2020-W51", "2020-W52", "2020-W53", "2021-W01"], "2020-12-28", "2021-01-03",
         ["2020-W53"]),
        (["2020-12-21", "2020-12-28", "2021-01-04"], "2020-W53", "2020-W53", ["2020-12-28"]),
        (["2024-03-30", "2024-03-31", "2024-04-01"], "2024-03-31T00:00+01:00",
         "2024-04-01T00:00+02:00", ["2024-03-31", "2024-04-01"]),
        ([1988, 1989, 1990, 1991], 1989, 1990, [1989, 1990]),
        (["2024-01-31", "2024-02-29", "2024-03-31"], "2024-02-01", "2024-02-02", ["2024-02-29"]),
    ],
)  # fmt: skip
def test_dates_are_placed_on_the_grid_of_the_panel(
    periods: list[Any], start: Any, end: Any, expected: list[Any]
) -> None:
    found, _ = placed(rows(periods=periods), plan(), promotion(start=start, end=end))
    assert treated(found)["store 1"] == expected


def test_dates_may_say_the_last_day_of_their_week() -> None:
    sundays = ["2024-03-03", "2024-03-10", "2024-03-17", "2024-03-24", "2024-03-31"]
    asked = plan("{name: spring_coffee, dates: last_day}")
    found, what = placed(rows(periods=sundays), asked, promotion())
    assert treated(found)["store 2"] == sundays[1:]
    assert what.partly == ()


def test_periods_after_the_end_are_treated_too_and_marked() -> None:
    found, what = placed(rows(), plan("{name: spring_coffee, after: 1}"), promotion())
    assert treated(found)["store 1"][-1] == "2024-04-01"
    assert what.after == (("store 1", "2024-04-01"), ("store 2", "2024-04-01"))
    panel = to_panel(found)
    by_part = parts(panel, what)
    assert by_part is not None
    assert [by_part[name].sum() for name in ("promotion", "after")] == [8, 2]
    assert np.array_equal(by_part["promotion"] ^ by_part["after"], panel.treatment)
    assert (what.after_missing, what.running) == (0, False)


def test_what_of_the_periods_after_is_not_there_yet_is_counted() -> None:
    _, what = placed(rows(), plan("{name: spring_coffee, after: 5}"), promotion())
    assert (len(what.after), what.after_missing) == (4, 3)
    _, early = placed(rows(periods=MONDAYS[:4]), plan("{name: spring_coffee, after: 2}"),
                      promotion())  # fmt: skip
    assert early.running
    assert early.periods == ("2024-03-04", "2024-03-11")
    assert (early.after, early.after_missing) == ((), 2)


def test_without_periods_after_there_are_no_parts() -> None:
    found, what = placed(rows(), plan(), promotion())
    assert parts(to_panel(found), what) is None
    assert parts(to_panel(found), None) is None


def test_the_panels_own_treatment_is_compared_with_the_calendar() -> None:
    own = np.zeros((4, 8), dtype=np.bool_)
    own[0, 2:6] = own[2, 4] = True
    asked = plan("{name: spring_coffee, treated: panel, after: 1}")
    found, what = placed(rows(treated=own), asked, promotion())
    assert treated(found) == {
        "store 1": [*MONDAYS[2:6], "2024-04-01"], "store 3": ["2024-03-18", "2024-03-25"]
    }  # fmt: skip
    assert what.panel_only == (("store 3", "2024-03-18"),)
    assert what.calendar_only == tuple(("store 2", label) for label in MONDAYS[2:6])
    assert what.after == (("store 1", "2024-04-01"), ("store 3", "2024-03-25"))
    followed, also = placed(rows(treated=own), plan(), promotion())
    assert set(treated(followed)) == {"store 1", "store 2"}
    assert (also.panel_only, also.calendar_only) == (what.panel_only, what.calendar_only)


OTHER = {"promotion": "tea", "products": [], "units": ["store 2", "store 3", "elsewhere"],
         "start": "2024-02-26", "end": "2024-03-10"}  # fmt: skip


def test_cells_under_another_promotion_are_listed_and_by_the_plan_not_observed() -> None:
    warned, what = placed(rows(), plan(), promotion(), promotion(**OTHER))
    (overlap,) = what.overlaps
    assert (overlap.promotion, overlap.version) == ("tea", 3)
    assert (overlap.units, overlap.periods) == (
        ("store 2", "store 3"),
        ("2024-02-26", "2024-03-04"),
    )
    assert (overlap.cells, overlap.shared, what.excluded) == (4, 1, False)
    assert warned["observed"].all()
    asked = plan("{name: spring_coffee, overlaps: exclude}")
    excluded, what = placed(rows(), asked, promotion(), promotion(**OTHER))
    hidden = excluded[~excluded["observed"]]
    assert set(zip(hidden["unit"], hidden["period"], strict=True)) == {
        (unit, week) for unit in overlap.units for week in overlap.periods
    }
    assert hidden["outcome"].isna().all()
    assert what.excluded
    assert treated(excluded) == treated(warned)


@pytest.mark.parametrize(
    "apart",
    [
        {"products": ["tea"]}, {"segments": ["club"]}, {"cancelled": True},
        {"units": ["elsewhere"]}, {"start": "2023-01-02", "end": "2023-01-08"},
        {"start": 1, "end": 2},
    ],
)  # fmt: skip
def test_promotions_of_other_products_segments_stores_and_times_are_none_of_its_business(
    apart: dict[str, Any],
) -> None:
    one = promotion(segments=["all others"])
    _, what = placed(rows(), plan(), one, promotion(**(OTHER | apart)))
    assert what.overlaps == ()


def test_excluded_donors_are_under_no_promotion_that_matters() -> None:
    asked = plan(more="donors: {exclude: ['store 3']}")
    _, what = placed(rows(), asked, promotion(), promotion(**(OTHER | {"units": ["store 3"]})))
    assert what.overlaps == ()


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "cancelled": (
        {"cancelled": True},
        "promotion spring_coffee was cancelled (version 3 of it in the calendar): there is nothing "
        "to analyse",
    ),
    "no store of it": (
        {"units": ["101", "102"]},
        "promotion spring_coffee is in 2 units, none of which the panel has (101, 102); its units "
        "are called store 1, store 2, store 3, store 4: correct the calendar or the panel",
    ),
    "before the panel": (
        {"start": "2023-03-06", "end": "2023-03-12"},
        "promotion spring_coffee (2023-03-06 to 2023-03-12) lies before the panel's periods, "
        "2024-02-19 to 2024-04-08; bring in the data of its time, or correct the calendar",
    ),
    "after the panel": (
        {"start": "2024-04-15", "end": "2024-04-21"},
        "promotion spring_coffee (2024-04-15 to 2024-04-21) lies after the panel's periods, "
        "2024-02-19 to 2024-04-08; bring in the data of its time, or correct the calendar",
    ),
    "dated in numbers": (
        {"start": 3, "end": 4},
        "promotion spring_coffee (3 to 4) is dated in whole numbers, the panel's periods are days "
        "(2024-02-19, 2024-02-26, 2024-03-04, 2024-03-11, 2024-03-18 and 3 more); date both alike",
    ),
}


@pytest.mark.parametrize(("changed", "said"), WRONG.values(), ids=WRONG)
def test_a_promotion_that_cannot_be_analysed_here_is_refused_in_one_line(
    changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidPromotion) as refused:
        placed(rows(), plan(), promotion(**changed))
    assert str(refused.value) == said


def test_two_promotions_of_the_same_cells_cannot_be_told_apart() -> None:
    both = promotion(promotion="twin", products=[])
    asked = plan("{name: spring_coffee, overlaps: exclude}")
    with pytest.raises(InvalidPromotion) as refused:
        placed(rows(), asked, promotion(), both)
    assert str(refused.value) == (
        "every treated cell of promotion spring_coffee is under twin as well: the two cannot be "
        "told apart; 'overlaps: warn' answers for both together"
    )
    _, what = placed(rows(), plan(), promotion(), both)
    assert [(one.cells, one.shared) for one in what.overlaps] == [(8, 8)]


def test_some_unknown_stores_are_named() -> None:
    _, what = placed(rows(), plan(), promotion(units=["store 9", "store 1", "store 8"]))
    assert (what.units, what.unknown) == (("store 1",), ("store 8", "store 9"))


def test_periods_that_are_no_grid_are_left_to_the_checks() -> None:
    with pytest.raises(InvalidPeriods, match="beside the grid"):
        placed(rows(periods=[*MONDAYS[:7], "2024-04-09"]), plan(), promotion())


def test_what_was_done_comes_back_from_what_is_stored() -> None:
    asked = plan("{name: spring_coffee, after: 2}")
    _, what = placed(rows(), asked, promotion(units=["store 1", "x"]), promotion(**OTHER))
    stored = to_json(what)
    assert from_json(stored) == what
    assert canonical(plain(stored)) == canonical(stored)
    assert to_json(None) is None
    assert from_json(None) is None
