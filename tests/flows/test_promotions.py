"""A study of a promotion of the calendar, from the calendar to the stored answer."""

import re

import numpy as np
import pytest

from checks.errors import ChecksFailed
from flows.analyze import analyze
from flows.replay import replay
from storage import promotions
from storage.errors import UnknownPromotion
from storage.ledger import ledger
from studies.errors import InvalidPromotion
from studies.promotions import Promotion
from tests.flows import shop

PLAN = shop.PLAN.replace(", treatment: promo", "").replace("shop\nq", "display\nq") + "promotion: "
STORES = ("store 0",)


def enter(url: str, reason: str = "", **changed: object) -> None:
    """Put the shop's promotion into the calendar: store 0, from week FIRST to week 12."""
    described = {"promotion": "display", "units": STORES, "start": shop.FIRST, "end": 12}
    with ledger(url) as session:
        one = Promotion.model_validate(described | changed)
        promotions.register(session, one, "planner", reason)


def fill_without_treatment(url: str, weeks: int = shop.WEEKS) -> None:
    """The shop's table with no column that says what was treated."""
    shop.fill(url, shop.sales(weeks=weeks))
    with shop.connection(url) as server, server.cursor() as cursor:
        cursor.execute("ALTER TABLE sales DROP COLUMN promo")


def test_treated_cells_come_from_the_calendar_and_the_panel_needs_no_treatment(
    ledger_url: str,
) -> None:
    fill_without_treatment(ledger_url)
    enter(ledger_url)
    result = analyze(shop.ask(ledger_url, PLAN + "{name: display, after: 2}\n"))
    assert result.estimates[0].att == pytest.approx(5, abs=2)
    assert result.placed is not None
    assert result.placed.periods == (10, 11, 12)
    assert result.placed.after == (("store 0", 13), ("store 0", 14))
    assert result.panel.treatment.sum() == 5
    by_period = [row["period"] for row in result.estimates[0].by_period if row["treated"]]
    assert by_period[:3] == [10, 11, 12]
    assert replay("display", result.version).outcome == "equal"


def test_the_effect_is_that_of_the_promotion_whatever_was_sold_after_it(ledger_url: str) -> None:
    enter(ledger_url)
    data = shop.sales()
    shop.fill(ledger_url, data)
    study = shop.ask(ledger_url, PLAN + "{name: display, after: 2}\n")
    first = analyze(study)
    later = (data.store == "store 0") & (data.week > 12)
    shop.fill(ledger_url, data.assign(units=data.units.where(~later, 1e4)))
    second = analyze(study)
    assert second.version == 2
    for before, now in zip(first.estimates, second.estimates, strict=True):
        assert now.att == before.att
        assert before.counterfactual is not None
        assert now.counterfactual is not None
        assert np.array_equal(now.counterfactual, before.counterfactual, equal_nan=True)


def test_an_end_that_moves_is_a_new_version_of_the_answer(ledger_url: str) -> None:
    shop.fill(ledger_url, shop.sales())
    enter(ledger_url)
    study = shop.ask(ledger_url, PLAN + "{name: display, after: 2}\n")
    first = analyze(study)
    assert analyze(study).version == 1
    enter(ledger_url, "stock was left", actual_end=13)
    moved = analyze(study)
    assert (first.version, moved.version, moved.plan_version) == (1, 2, 1)
    assert moved.placed is not None
    assert (moved.placed.version, moved.placed.periods[-1]) == (2, 13)
    # the same cells are treated in 10 to 14, and the answer is another one all the same
    assert moved.snapshot_hash == first.snapshot_hash
    assert moved.estimates[0].att != first.estimates[0].att


def test_donors_under_another_promotion_are_left_out_where_the_plan_says_so(
    ledger_url: str,
) -> None:
    shop.fill(ledger_url, shop.sales())
    enter(ledger_url)
    enter(ledger_url, promotion="other", units=("store 1", "store 2"), start=1, end=2)
    warned = analyze(shop.ask(ledger_url, PLAN + "{name: display}\n"))
    asked = PLAN + "{name: display, overlaps: exclude}\nrequirements: {observed: 0.9}\n"
    shop.ask(ledger_url, asked)
    excluded = analyze("display")
    assert warned.placed is not None
    assert excluded.placed is not None
    assert warned.placed.overlaps == excluded.placed.overlaps
    assert [(one.promotion, one.cells) for one in warned.placed.overlaps] == [("other", 4)]
    assert warned.panel.observed.all()
    assert (~excluded.panel.observed).sum() == 4
    assert warned.estimates[0].att != excluded.estimates[0].att


def test_what_cannot_be_analysed_leaves_no_answer_and_one_line(ledger_url: str) -> None:
    shop.fill(ledger_url, shop.sales())
    study = shop.ask(ledger_url, PLAN + "{name: display}\n")
    with pytest.raises(UnknownPromotion, match="no promotion 'display' is in the calendar"):
        analyze(study)
    enter(ledger_url)
    enter(ledger_url, "no stock", cancelled=True)
    with pytest.raises(InvalidPromotion, match="was cancelled"):
        analyze(study)
    enter(ledger_url, "wrong year", start=110, end=112)
    with pytest.raises(InvalidPromotion, match="lies after the panel's periods, 1 to 14"):
        analyze(study)
    assert shop.counts(ledger_url)["results"] == 0
    log = shop.rows_of(ledger_url, "SELECT what FROM audit_log ORDER BY id")
    assert [what for (what,) in log].count("run_failed") == 3


def test_periods_that_are_no_grid_are_said_by_the_checks(ledger_url: str) -> None:
    data = shop.sales()
    shop.fill(ledger_url, data[data.week != 5])
    enter(ledger_url)
    with pytest.raises(ChecksFailed) as stopped:
        analyze(shop.ask(ledger_url, PLAN + "{name: display}\n"))
    assert re.search(r"\b5\b", str(stopped.value))
    assert "\n" not in str(stopped.value)
