"""The exam as a flow: whole or not at all, once per request, in batches."""

from typing import Any

import pytest

from checks.errors import ChecksFailed
from estimators import ESTIMATORS, STANDARD_VARIANCES
from estimators.calibration.exam import Exam, prepared, sit
from estimators.calibration.summaries import scores
from flows.calibrate import calibrate, calibrate_panel
from storage.records import StoredCalibration
from tests.flows import shop

TINY: dict[str, Any] = {
    "noises": ["multiplicative"], "estimators": ["did"], "units": 8, "periods": 12,
    "replications": 24, "placebos": 20, "seed": 3, "requested_by": "ada",
}  # fmt: skip


def rows(url: str) -> tuple[int, int]:
    return tuple(  # type: ignore[return-value]
        int(str(shop.rows_of(url, f"SELECT count(*) FROM {table}")[0][0]))
        for table in ("calibrations", "calibration_scores")
    )


def test_an_exam_is_stored_as_it_comes_out_and_the_same_request_is_the_same_rows(
    ledger_url: str,
) -> None:
    (found,) = calibrate(**TINY)
    exam = Exam(units=8, periods=12, placebos=20, seed=3)
    one = {"did": ESTIMATORS["did"]}
    answers = sit(exam, prepared(exam, one), tuple(STANDARD_VARIANCES.values()), range(24))
    assert found.scores == scores(answers, 0.95, uneven=True)
    (again,) = calibrate(**TINY)
    assert again == found
    assert rows(ledger_url) == (1, len(STANDARD_VARIANCES))
    (other,) = calibrate(**{**TINY, "replications": 25})
    assert other.request_id != found.request_id
    assert rows(ledger_url) == (2, 2 * len(STANDARD_VARIANCES))


def own(study: str) -> StoredCalibration:
    found: StoredCalibration = calibrate_panel(study, positions=10, kinds=["marginal"])
    return found


def test_a_studys_own_panel_is_asked_as_its_plan_says(ledger_url: str) -> None:
    shop.fill(ledger_url, shop.sales())
    study = shop.ask(ledger_url)
    found = own(study)
    assert (found.study, found.settings["level"]) == ("shop", 0.95)
    (score,) = found.scores  # the plan's primary, the kind that was asked for
    assert (score.estimator, score.kind, score.answered) == ("did", "marginal", 10)
    assert {one.label for one in score.groups["unit"]} <= {f"store {i}" for i in range(1, 10)}
    assert own(study).request_id == found.request_id
    assert rows(ledger_url) == (1, 1)
    shop.fill(ledger_url, shop.sales(treated=2))
    assert own(study).request_id != found.request_id


def test_data_that_do_not_pass_the_checks_are_not_examined(ledger_url: str) -> None:
    shop.fill(ledger_url, shop.sales(treated=shop.STORES))
    with pytest.raises(ChecksFailed):
        own(shop.ask(ledger_url))
    assert rows(ledger_url) == (0, 0)


def test_an_estimator_that_refuses_the_panel_says_so_in_every_row(ledger_url: str) -> None:
    sales = shop.sales()
    sales.loc[(sales["store"] == "store 3") & (sales["week"] == 2), "units"] = None
    shop.fill(ledger_url, sales)
    plan = shop.PLAN + "requirements: {observed: 0.9}\n"
    found = calibrate_panel(shop.ask(ledger_url, plan), estimators=["sc", "did"], positions=4,
                            kinds=["marginal", "given_period"])  # fmt: skip
    by_estimator = {score.estimator: score for score in found.scores}
    assert by_estimator["did"].answered == 4
    assert by_estimator["sc"].answered == 0
    assert "store 3" in str(by_estimator["sc"].reason)
