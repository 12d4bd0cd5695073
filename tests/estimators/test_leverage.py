"""What an estimate owes to one donor, one period or one treated unit."""

import numpy as np
import pytest

from estimators import ESTIMATORS, UnsupportedDesign, att
from estimators.core.settings import with_settings
from estimators.diagnostics.leverage import donor_leverage, period_leverage, treated_leverage
from tests.estimators.panels import block, labelled, noise, prop99, treated_as, with_outcome


@pytest.mark.parametrize("name", ["did", "sc", "sdid", "mc"])
def test_leaving_a_donor_out_is_what_the_tuned_estimator_says_without_it(name: str) -> None:
    panel = prop99()
    given: dict[str, object] = {"lambda_nn": 10.0} if name == "mc" else {}
    tuned = with_settings(ESTIMATORS[name], **given).tune(panel)
    fit = tuned.fit(panel)
    found = donor_leverage(panel, tuned.for_placebos(panel), fit, att(panel, fit))
    for one in found.largest:
        kept = np.array([unit != one.label for unit in panel.units])
        smaller = panel.select(kept, np.ones(len(panel.periods), dtype=bool))
        assert one.att == pytest.approx(att(smaller, tuned.fit(smaller)), rel=1e-8)
        assert one.change == pytest.approx(one.att - att(panel, fit))
    changes = [abs(one.change) for one in found.largest]
    assert changes == sorted(changes, reverse=True)
    assert found.low <= min(one.att for one in found.largest)


def test_a_planted_donor_and_a_planted_period_have_the_largest_leverage() -> None:
    outcome = noise(11, (12, 14))
    outcome[4, -3:] += 60  # a donor that moved when treatment began
    outcome[0, 6] += 40  # and a period in which the treated unit stood out
    panel = block(outcome)
    did = ESTIMATORS["did"]
    fit = did.fit(panel)
    donors = donor_leverage(panel, did, fit, att(panel, fit))
    periods = period_leverage(panel, did, fit, att(panel, fit))
    assert donors.largest[0].label == panel.units[4]
    assert donors.tried == donors.of == 11
    assert periods.largest[0].label == 6


def test_without_one_of_several_treated_units_the_effect_is_that_of_the_others() -> None:
    outcome = noise(17, (12, 14))
    outcome[2, -3:] += 30
    panel = labelled(outcome, treated_as("block", 12, 14, treated=3))
    did = ESTIMATORS["did"]
    fit = did.fit(panel)
    found = treated_leverage(panel, did, att(panel, fit))
    assert (found.tried, found.of, found.impossible) == (3, 3, ())
    assert found.largest[0].label == panel.units[2]
    smaller = panel.select(np.arange(12) != 2, np.arange(14))
    assert found.largest[0].att == pytest.approx(att(smaller, did.fit(smaller)))
    alone = block(noise(17, (12, 14)))
    with pytest.raises(UnsupportedDesign, match="there is 1 treated unit that could be left out"):
        treated_leverage(alone, did, 0.0)


def test_without_a_donor_that_cannot_be_spared_the_label_is_kept() -> None:
    panel = labelled(noise(12, (3, 12)), treated_as("block", 3, 12, treated=1))
    outcome = np.array(panel.outcome)
    outcome[1, -3:] = np.nan  # u2 alone is seen in the treated periods
    holed = with_outcome(panel, outcome)
    did = ESTIMATORS["did"]
    fit = did.fit(holed)
    found = donor_leverage(holed, did, fit, att(holed, fit))
    assert found.impossible == ("u2",)
    assert [one.label for one in found.largest] == ["u1"]


def test_a_fit_too_dear_to_repeat_is_not_repeated() -> None:
    panel = labelled(noise(13, (60, 60)), treated_as("on_off", 60, 60))
    dwcp = with_settings(ESTIMATORS["dwcp"], lambda_time=0.1, lambda_unit=0.1, lambda_nn=np.inf)
    with pytest.raises(UnsupportedDesign, match="too dear to do unasked"):
        donor_leverage(panel, dwcp, ESTIMATORS["did"].fit(panel), 0.0)
