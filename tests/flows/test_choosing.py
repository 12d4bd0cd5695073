"""A primary left to a rule: chosen without a look at the effect, and on record before it."""

import pytest
from rich.console import Console

from estimators import ESTIMATORS
from estimators.race.ensemble import weights_of
from estimators.race.race import Race, run
from estimators.race.recipes import simulation_of
from flows.analyze import analyze
from reports.as_json import to_json as result_to_json
from reports.page import render
from reports.tables import result_table
from storage import audit, summaries
from storage.ledger import ledger
from tests.flows import shop

RULE = "primary: {rule: lowest_rmse, replications: 20, fallback: sc}\n"
PLAN = shop.PLAN.replace("primary: did\n", RULE)


ENSEMBLE = PLAN.replace("lowest_rmse", "ensemble")


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
    own, placed = (choice.race.standings[name] for name in ("own", "back_test"))
    assert not any(one.answered for each in own for one in each.intervals.values())
    for each in placed:  # what the table that justifies the choice says of intervals
        assert each.answered
        assert each.intervals["given_both"].coverage is not None
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


def test_an_ensemble_is_on_record_with_its_weights_before_it_answers(ledger_url: str) -> None:
    shop.fill(ledger_url, shop.sales())
    result = analyze(shop.ask(ledger_url, ENSEMBLE))
    choice = result.choice
    assert choice is not None
    assert (result.primary, choice.how) == ("ensemble", "rule")
    assert choice.weights is not None
    assert set(choice.weights) == {"did", "sc"}
    assert sum(choice.weights.values()) == pytest.approx(1)
    assert [one.estimator for one in result.estimates] == ["did", "sc", "ensemble"]
    did, sc, both = result.estimates
    assert did.att is not None
    assert sc.att is not None
    mean = choice.weights["did"] * did.att + choice.weights["sc"] * sc.att
    assert both.att == pytest.approx(mean)
    assert both.settings == {"estimators": ["did", "sc"], "weights": list(choice.weights.values())}
    (said,) = [one for one in both.variances if one.kind == result.plan.inference.primary]
    assert said.ci_low is not None
    assert said.ci_high is not None
    assert both.att is not None
    assert said.ci_low < both.att < said.ci_high
    assert [one.standard_error for one in did.variances] != [
        one.standard_error for one in both.variances
    ]
    assert logged(ledger_url)[-2:] == ["primary_chosen", "result_saved"]
    with ledger(ledger_url) as session:
        assert audit.verify(session) == []
        assert [line.primary for line in summaries.history(session)] == ["ensemble"]


def test_the_weights_come_out_again_by_hand_and_depend_on_no_treated_outcome(
    ledger_url: str,
) -> None:
    shop.fill(ledger_url, shop.sales())
    study = shop.ask(ledger_url, ENSEMBLE)
    first = analyze(study)
    panel = first.panel.masked
    keys = {key: ESTIMATORS[key] for key in ("did", "sc")}
    by_hand = weights_of(run(Race(seed=1, intervals=0), simulation_of(panel), keys, [], range(20)))
    changed = shop.sales()
    changed["units"] += 1000 * changed["promo"]
    shop.fill(ledger_url, changed)
    second = analyze(study)
    assert first.choice is not None
    assert second.choice is not None
    assert first.choice.weights == second.choice.weights == by_hand


def test_what_an_ensemble_says_is_shown_wherever_its_result_is(ledger_url: str) -> None:
    shop.fill(ledger_url, shop.sales())
    result = analyze(shop.ask(ledger_url, ENSEMBLE))
    page, told = " ".join(render(result).split()), result_to_json(result)["choice"]
    console = Console(width=80, no_color=True)
    with console.capture() as captured:
        console.print(result_table(result))
    shown = " ".join(captured.get().split())
    assert result.choice is not None
    assert told["weights"] == result.choice.weights
    for text in (page, shown):
        assert "A weighted mean of" in text
        assert "by weights of other replications than those it is judged on" in text
    assert "their mean, weighted by how they err on panels like this one" in page


def test_an_ensemble_falls_back_as_any_rule_does(ledger_url: str) -> None:
    shop.fill(ledger_url, shop.sales(stores=7))
    result = analyze(shop.ask(ledger_url, ENSEMBLE))
    assert result.choice is not None
    assert (result.primary, result.choice.how, result.choice.weights) == ("sc", "fallback", None)
    assert [one.estimator for one in result.estimates] == ["did", "sc"]
