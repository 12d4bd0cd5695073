"""What a study may ask for beside its question: settings of estimators, covariates; all of it is
stored with the answer."""

import numpy as np
import pytest

from flows.analyze import analyze
from storage.ledger import ledger
from storage.results import load
from tests.flows import shop

WITH_PRICE = shop.PLAN.replace("treatment: promo", "treatment: promo, covariates: [price]")


def fill_with_price(url: str) -> None:
    shop.fill(url, shop.sales())
    with shop.connection(url) as server, server.cursor() as cursor:
        cursor.execute("ALTER TABLE sales ADD COLUMN price float8")
        cursor.execute("UPDATE sales SET price = length(store) + sin(week)")


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
    assert panel.covariates[store, week, 0] == pytest.approx(7 + np.sin(7), abs=1e-12)


def test_a_covariate_that_is_not_known_somewhere_stops_the_run(ledger_url: str) -> None:
    fill_with_price(ledger_url)
    with shop.connection(ledger_url) as server, server.cursor() as cursor:
        cursor.execute("UPDATE sales SET price = NULL WHERE store = 'store 3' AND week > 12")
    with pytest.raises(Exception, match=r"covariates_known: 2 values .* first \(store 3, 13\)"):
        analyze(shop.ask(ledger_url, WITH_PRICE))
