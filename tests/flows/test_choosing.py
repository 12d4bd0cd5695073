"""A primary left to a rule: chosen without a look at the effect, and on record before it."""

import pytest

from flows.analyze import analyze
from storage import audit, summaries
from storage.ledger import ledger
from tests.flows import shop

RULE = "primary: {rule: lowest_rmse, replications: 20, fallback: sc}\n"
PLAN = shop.PLAN.replace("primary: did\n", RULE)


def logged(url: str) -> list[str]:
    return [str(what) for (what,) in shop.rows_of(url, "SELECT what FROM audit_log ORDER BY id")]


def test_the_choice_and_its_evidence_are_on_record_before_the_result(ledger_url: str) -> None:
    shop.fill(ledger_url, shop.sales())
    result = analyze(shop.ask(ledger_url, PLAN))
    choice = result.choice
    assert choice is not None
    assert choice.race is not None
    assert result.primary == choice.estimator
    assert choice.estimator in ("did", "sc")
    assert set(choice.race.standings) == {"own", "back_test"}
    entries = logged(ledger_url)
    began = entries.index("checks_passed")
    assert set(entries[began + 1 : entries.index("race_saved")]) == {"race_batch_kept"}
    assert entries[-3:] == ["race_saved", "primary_chosen", "result_saved"]
    assert choice.answered is not None
    assert choice.chosen.number + 1 == choice.answered.number
    with ledger(ledger_url) as session:
        assert audit.verify(session) == []


def test_the_treated_outcomes_change_the_effect_and_not_the_choice(ledger_url: str) -> None:
    shop.fill(ledger_url, shop.sales())
    study = shop.ask(ledger_url, PLAN)
    first = analyze(study)
    changed = shop.sales()
    changed["units"] += 1000 * changed["promo"]
    shop.fill(ledger_url, changed)
    second = analyze(study)
    assert first.choice is not None
    assert second.choice is not None
    assert second.choice.race == first.choice.race
    assert (second.choice.estimator, second.choice.reason) == (
        first.choice.estimator, first.choice.reason
    )  # fmt: skip
    before, after = first.estimates[0].att, second.estimates[0].att
    assert before is not None
    assert after == pytest.approx(before + 1000)


def test_a_panel_too_small_for_a_race_gets_the_fall_back_of_its_plan_and_says_why(
    ledger_url: str,
) -> None:
    shop.fill(ledger_url, shop.sales(stores=7))
    result = analyze(shop.ask(ledger_url, PLAN))
    choice = result.choice
    assert choice is not None
    assert (result.primary, choice.how) == ("sc", "fallback")
    assert "no race can choose here" in choice.reason
    assert "needs 8 units" in choice.reason
    assert logged(ledger_url)[-2:] == ["primary_chosen", "result_saved"]
    with ledger(ledger_url) as session:
        assert [line.primary for line in summaries.history(session)] == ["sc"]
