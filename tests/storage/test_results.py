"""Answers: stored whole, read back to the last bit, shown only as they were saved."""

import hashlib
from dataclasses import replace
from uuid import uuid4

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from estimators import ESTIMATORS, VARIANCES, evaluate
from estimators.core.errors import NotConverged, UnsupportedDesign
from estimators.core.fit import Estimate, Fit, Refusal, Weights
from estimators.core.panel import FloatArray
from storage import results, snapshots, studies, summaries
from storage.answers import digest, stored
from storage.database import transaction
from storage.errors import StorageError, UnknownResult, UnknownStudy
from storage.panels import exclude, to_panel
from tests.storage.answers import analysis, answered, bits, plan, rows


def test_an_answer_is_read_back_as_it_was_saved(session: Session) -> None:
    asked = analysis(session)
    result_id, version, created = results.save(session, asked)
    found = results.load(session, "display")
    assert (result_id, version, created) == (asked.request_id, 1, True)
    assert found.result_id == asked.request_id
    assert found.plan == plan()
    assert (found.requested_by, found.reason, found.seed) == ("ada", "the promotion ended", 1)
    assert found.validation == {"passed": True, "checks": []}
    assert (found.panel.units, found.panel.periods) == (asked.panel.units, asked.panel.periods)
    assert bits(found.panel.outcome) == bits(asked.panel.outcome)
    assert [one.estimator for one in found.estimates] == ["did", "sc", "mc"]

    did, sc, mc = found.estimates
    before = stored("did", asked.answers["did"])
    assert (did.att, did.by_period, did.variances) == (-1 / 3, before.by_period, before.variances)
    assert did.settings["penalty"] == "Infinity"
    assert did.tuning == before.tuning
    assert did.diagnostics == before.diagnostics
    assert did.diagnostics["placebos"] == [0.1, None]
    assert did.diagnostics["pre"] == {"rmspe": 1 / 7}
    assert did.diagnostics["cumulative"][1]["missing"] == 1
    assert did.diagnostics["cumulative"][1]["band_high"] is None
    assert did.diagnostics["bands"]["by_period"]["reason"].startswith("19 paths are needed")
    assert did.diagnostics["bands"]["cumulative"]["critical_value"] == 3.1
    assert did.diagnostics["impacts"][0]["lift_low"] == -1 / 3
    assert did.diagnostics["impacts"][1]["lift"] is None
    assert bits(did.counterfactual) == bits(before.counterfactual)
    for one, other in zip(did.weights, before.weights, strict=True):
        assert one.label == other.label
        for axis in ("units", "periods"):
            kept, given_ = getattr(one, axis), getattr(other, axis)
            assert (kept is None) == (given_ is None)
            assert kept is None or bits(kept) == bits(given_)
    assert (sc.status, sc.reason) == ("refused", "the treatment switches on and off")
    assert (sc.att, sc.counterfactual, sc.variances) == (None, None, ())
    assert mc.variances == ()


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    counterfactual=arrays(np.float64, (4, 6), elements=st.floats(width=64, allow_infinity=False)),
    weights=arrays(np.float64, 4, elements=st.floats(allow_nan=False)),
)
def test_every_bit_of_an_answer_survives(
    engine: Engine, counterfactual: FloatArray, weights: FloatArray
) -> None:
    with transaction(engine) as session:
        asked = analysis(session)
        answer = replace(answered(asked.panel), fit=Fit(counterfactual, (Weights("all", weights),)))
        request = hashlib.sha256(uuid4().bytes).hexdigest()  # each example is a request of its own
        results.save(session, replace(asked, request_id=request, answers={"did": answer}))
        (found,) = results.load(session, "display").estimates
    assert found.counterfactual is not None
    missing = np.isnan(counterfactual)
    assert (np.isnan(found.counterfactual) == missing).all()
    assert bits(found.counterfactual[~missing]) == bits(counterfactual[~missing])
    assert bits(found.weights[0].units) == bits(weights)


def test_what_every_estimator_answers_is_stored_and_read_back(session: Session) -> None:
    """The whole catalogue, on a panel small enough to be quick; a refusal is an answer too."""
    generator = np.random.default_rng(3)
    unit, period = np.divmod(np.arange(9 * 12), 12)
    found = pd.DataFrame(
        {
            "unit": pd.Categorical([f"store {i}" for i in unit]),
            "period": period.astype(np.int64) + 2001,
            "outcome": 10.0 + unit + 0.1 * period + generator.normal(size=len(unit)),
            "treatment": ((unit == 0) & (period >= 9)).astype(np.float64),
            "observed": True,
        }
    )
    panel = to_panel(found)
    answers: dict[str, Estimate | Refusal] = {}
    for key, estimator in ESTIMATORS.items():
        try:
            kinds = tuple(VARIANCES.values())
            answers[key] = evaluate(panel, estimator, kinds, placebos=20, seed=1)
        except (UnsupportedDesign, NotConverged) as refused:
            answers[key] = Refusal(key, str(refused))
    asked = analysis(session)
    sha256 = snapshots.save(session, found)
    results.save(session, replace(asked, snapshot_hash=sha256, panel=panel, answers=answers))
    back = results.load(session, "display").estimates
    assert [one.estimator for one in back] == list(ESTIMATORS)
    for one in back:
        before = stored(one.estimator, answers[one.estimator])
        assert (one.status, one.att, one.variances) == (before.status, before.att, before.variances)
        assert (one.settings, one.tuning) == (before.settings, before.tuning)
        assert digest([one]) == digest([before])
        assert {variance.kind for variance in one.variances} in ({*VARIANCES}, set())


def test_effects_can_be_queried_by_cell(session: Session) -> None:
    asked = analysis(session)
    results.save(session, asked)
    rows = session.execute(
        text(
            "SELECT unit, period, treated, observed, counterfactual FROM effects"
            " JOIN estimates ON estimates.id = estimate_id WHERE estimator = 'did' AND treated"
            " ORDER BY period"
        )
    ).all()
    panel, fit = asked.panel, asked.answers["did"].fit  # type: ignore[union-attr]
    expected = [
        (panel.units[i], str(panel.periods[t]), True, panel.outcome[i, t], fit.counterfactual[i, t])
        for i, t in np.argwhere(panel.treatment)
    ]
    assert [tuple(row) for row in rows] == expected


def test_a_panel_that_is_not_the_snapshot_is_never_saved(session: Session) -> None:
    asked = analysis(session)
    other = replace(asked.panel, outcome=asked.panel.outcome + 1)
    with pytest.raises(StorageError, match="is not the panel that was analysed"):
        results.save(session, replace(asked, panel=other))
    assert session.scalar(text("SELECT count(*) FROM results")) == 0


def test_a_result_that_was_altered_is_not_shown(engine: Engine) -> None:
    with transaction(engine) as session:
        results.save(session, analysis(session))
    with engine.begin() as connection:  # whoever owns the tables can switch the triggers off
        connection.execute(text("ALTER TABLE effects DISABLE TRIGGER insert_only"))
        connection.execute(
            text("UPDATE effects SET counterfactual = counterfactual + 1e-9 WHERE treated")
        )
    with pytest.raises(StorageError, match="not what was saved"), transaction(engine) as session:
        results.load(session, "display")


def test_history_is_newest_first_and_says_why_the_primary_was_refused(session: Session) -> None:
    results.save(session, analysis(session, seed=1))
    refused = analysis(session, seed=2)
    answers = dict(refused.answers) | {"did": refused.answers["sc"]}
    results.save(session, replace(refused, answers=answers))
    results.save(session, analysis(session, study="other"))
    newest, second, first = summaries.history(session)
    assert (newest.study, second.version, first.version) == ("other", 2, 1)
    assert (first.primary, first.att, first.ci_low, first.ci_high) == ("did", -1 / 3, -0.7, 0.1)
    assert (second.att, second.reason) == (None, "the treatment switches on and off")
    assert [one.version for one in summaries.history(session, "display")] == [2, 1]


def test_what_is_not_there_is_named_beside_what_is(session: Session) -> None:
    with pytest.raises(UnknownStudy, match="registered: none"):
        results.load(session, "display")
    studies.register(session, plan(), by="ada")
    with pytest.raises(UnknownResult, match="`liftledger run display`"):
        results.load(session, "display")
    assert summaries.history(session, "display") == []
    results.save(session, analysis(session))
    with pytest.raises(UnknownResult, match="no version 7; it has 1"):
        results.load(session, "display", 7)
    with pytest.raises(UnknownStudy, match="registered: display"):
        summaries.history(session, "displai")


def test_donors_the_plan_excludes_are_in_the_snapshot_and_not_in_the_panel(
    session: Session,
) -> None:
    asked = analysis(session)
    registered = studies.register(session, plan(exclude="['store 3']"), by="ada", reason="too near")
    panel = to_panel(exclude(rows(), ["store 3"]))
    results.save(
        session,
        replace(
            asked,
            plan_version=registered.version,
            plan_hash=registered.plan_hash,
            panel=panel,
            answers={"did": answered(panel)},
        ),
    )
    assert results.load(session, "display").panel.units == ("store 0", "store 1", "store 2")
