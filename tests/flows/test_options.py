"""What a study may ask for beside its question, and what is stored of it with the answer."""

import numpy as np
import pandas as pd
import pytest

from checks.errors import ChecksFailed
from flows.analyze import analyze
from reports.artifacts import markdown
from reports.page import render
from storage.ledger import ledger
from storage.results import load
from tests.flows import shop

WITH_PRICE = shop.PLAN.replace("treatment: promo", "treatment: promo, covariates: [price]")


def fill_with_price(url: str) -> None:
    shop.fill(url, shop.sales())
    with shop.connection(url) as server, server.cursor() as cursor:
        cursor.execute("ALTER TABLE sales ADD COLUMN price float8")
        cursor.execute(
            "UPDATE sales SET price = length(store) + sin(week * (1 + substr(store, 7)::int))"
        )


def test_settings_are_used_stored_and_another_question_than_none(ledger_url: str) -> None:
    shop.fill(ledger_url, shop.sales())
    plan = shop.PLAN.replace("[did, sc]", "[did, mc]")
    analyze(shop.ask(ledger_url, plan))
    result = analyze(shop.ask(ledger_url, plan + "settings: {mc: {lambda_nn: .inf}}\n"))
    did, mc = result.estimates
    assert result.version == 2
    assert mc.settings["lambda_nn"] == "Infinity"
    assert mc.tuning is None
    assert mc.att == pytest.approx(did.att, abs=1e-8)  # without factors they are the same method
    assert result.plan.settings.of("mc") == {"lambda_nn": np.inf}


def test_covariates_of_a_relation_are_part_of_the_panel_that_is_kept(ledger_url: str) -> None:
    fill_with_price(ledger_url)
    without, result = analyze(shop.ask(ledger_url)), analyze(shop.ask(ledger_url, WITH_PRICE))
    assert without.panel.covariates is None
    assert result.snapshot_hash != without.snapshot_hash
    with ledger(ledger_url) as session:
        panel = load(session, "shop", result.version).panel
    assert panel.covariate_names == ("price",)
    assert panel.covariates is not None
    store, week = panel.units.index("store 3"), panel.periods.index(7)
    assert panel.covariates[store, week, 0] == pytest.approx(7 + np.sin(7 * 4), abs=1e-12)


def test_a_covariate_that_is_not_known_somewhere_stops_the_run(ledger_url: str) -> None:
    fill_with_price(ledger_url)
    with shop.connection(ledger_url) as server, server.cursor() as cursor:
        cursor.execute("UPDATE sales SET price = NULL WHERE store = 'store 3' AND week > 12")
    with pytest.raises(ChecksFailed, match=r"covariates_known: 2 values .* first \(store 3, 13\)"):
        analyze(shop.ask(ledger_url, WITH_PRICE))


def always_promoted() -> pd.DataFrame:
    """A tenth store is promoted in every week, which leaves it without any comparison."""
    data = shop.sales(stores=11)
    return data.assign(promo=data.promo.where(data.store != "store 10", 1.0))


def test_what_cannot_be_compared_stops_a_study_that_does_not_say_otherwise(ledger_url: str) -> None:
    shop.fill(ledger_url, always_promoted())
    with pytest.raises(ChecksFailed, match=r"never_always_treated: 1 of 11 .*store 10.*drop"):
        analyze(shop.ask(ledger_url))


def test_what_cannot_be_compared_is_dropped_listed_and_kept_where_the_study_says_so(
    ledger_url: str,
) -> None:
    shop.fill(ledger_url, shop.sales())
    plain = analyze(shop.ask(ledger_url))
    shop.fill(ledger_url, always_promoted())
    result = analyze(shop.ask(ledger_url, shop.PLAN + "incomparable: drop\n"))
    assert result.dropped is not None
    assert (result.dropped.units, result.dropped.treated, result.dropped.of) == (
        ("store 10",), 14, 19
    )  # fmt: skip
    assert result.panel.units == plain.panel.units
    (warning,) = [one for one in result.validation["checks"] if not one["passed"]]
    assert (warning["name"], warning["severity"]) == ("never_always_treated", "warn")
    assert warning["message"].endswith(
        "left out, as the plan says (incomparable: drop); the effect is about the others"
    )
    with ledger(ledger_url) as session:
        again = load(session, "shop", result.version)
    assert again.dropped == result.dropped
    said = "Left out as not comparable: units never observed untreated, 1 (store 10)"
    assert said in render(result)
    assert "Left out" not in render(plain)
    assert said.split(":")[0] in markdown(result)


def test_a_study_that_drops_and_has_nothing_to_drop_is_answered_as_any(ledger_url: str) -> None:
    shop.fill(ledger_url, shop.sales())
    result = analyze(shop.ask(ledger_url, shop.PLAN + "incomparable: drop\n"))
    assert result.dropped is None
    assert all(check["passed"] for check in result.validation["checks"])


def test_a_study_that_would_drop_everything_is_refused(ledger_url: str) -> None:
    data = shop.sales()
    shop.fill(ledger_url, data.assign(promo=(data.week % 2).astype(float)))
    with pytest.raises(ChecksFailed, match="untreated_in_every_period: in 7 of 14 periods"):
        analyze(shop.ask(ledger_url, shop.PLAN + "incomparable: drop\n"))


def test_an_estimator_told_to_use_covariates_says_what_they_explain(ledger_url: str) -> None:
    fill_with_price(ledger_url)
    with shop.connection(ledger_url) as server, server.cursor() as cursor:
        cursor.execute("UPDATE sales SET units = units - 3 * price")
    plan = WITH_PRICE.replace("[did, sc]", "[did, sdid]")
    result = analyze(shop.ask(ledger_url, plan + "settings: {sdid: {covariates: projected}}\n"))
    did, sdid = result.estimates
    assert sdid.diagnostics["coefficients"]["price"] == pytest.approx(-3, abs=0.5)
    assert "coefficients" not in did.diagnostics
    assert "What covariates explain" in render(result)
