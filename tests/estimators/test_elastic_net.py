"""The elastic net and its place in DIFP (Doudchenko and Imbens 2016)."""

import numpy as np
import pytest
from scipy.optimize import minimize

from estimators import NotConverged, att, evaluate
from estimators.core.panel import FloatArray
from estimators.demeaned_synthetic_control import DemeanedSyntheticControl
from estimators.solvers import elastic_net
from estimators.solvers.elastic_net import elastic_net_path, largest_penalty
from estimators.variance.kinds import GivenPeriodVariance
from estimators.weighting.penalties import L1_SHARES, LENGTH
from tests.estimators.panels import EFFECT, labelled, noisy, permuted, small, with_outcome


def drawn(rows: int, columns: int, seed: int) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    return rng.normal(0, 1, (rows, columns)), rng.normal(0, 3, rows)


def objective(X: FloatArray, y: FloatArray, penalty: float, share: float, w: FloatArray) -> float:
    ridge, lasso = penalty * (1 - share) / 2, penalty * share
    return float(np.sum((y - X @ w) ** 2) + ridge * w @ w + lasso * np.sum(np.abs(w)))


def by_halves(X: FloatArray, y: FloatArray, penalty: float, share: float) -> FloatArray:
    """The same minimum with positive and negative parts, smooth and bounded, by L-BFGS-B."""
    n = X.shape[1]

    def split(v: FloatArray) -> float:
        w = v[:n] - v[n:]
        ridge = penalty * (1 - share) / 2
        return float(np.sum((y - X @ w) ** 2) + ridge * w @ w + penalty * share * np.sum(v))

    found = minimize(
        split, np.zeros(2 * n), method="L-BFGS-B", bounds=[(0, None)] * (2 * n),
        options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 10_000, "maxfun": 1_000_000},
    )  # fmt: skip
    return np.asarray(found.x[:n] - found.x[n:])


@pytest.mark.parametrize(("rows", "columns"), [(8, 20), (30, 6)])
@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_the_path_is_what_a_general_optimiser_finds(rows: int, columns: int, share: float) -> None:
    X, y = drawn(rows, columns, 1)
    path = largest_penalty(X, y, share) * np.array([1.0, 0.3, 0.05])
    weights, _, gap = elastic_net_path(X, y, path, share)
    assert gap <= elastic_net.TOLERANCE
    np.testing.assert_array_equal(weights[0], 0)
    for penalty, found in zip(path[1:], weights[1:], strict=True):
        twin = by_halves(X, y, penalty, share)
        assert objective(X, y, penalty, share, found) <= (
            objective(X, y, penalty, share, twin) + 1e-9
        )
        np.testing.assert_allclose(found, twin, atol=2e-3)


def test_the_smallest_penalty_without_weights_is_the_smallest() -> None:
    X, y = drawn(12, 9, 2)
    largest = largest_penalty(X, y, 0.3)
    weights, _, _ = elastic_net_path(X, y, largest * np.array([1.000001, 0.99]), 0.3)
    assert (weights[0] == 0).all()
    assert (weights[1] != 0).any()


def test_without_anything_to_explain_there_are_no_weights() -> None:
    X, _ = drawn(5, 4, 3)
    weights, steps, gap = elastic_net_path(X, np.zeros(5), np.array([1.0]), 0.5)
    assert (steps, gap) == (0, 0)
    np.testing.assert_array_equal(weights, 0)


def test_a_gap_that_stays_open_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elastic_net, "SWEEPS", 1)
    X, y = drawn(30, 25, 4)
    with pytest.raises(NotConverged, match="elastic net: duality gap"):
        elastic_net_path(X, y, np.array([1e-3]), 0.5)


def test_difp_with_an_elastic_net_is_the_printed_objective_with_an_intercept() -> None:
    panel = small("block")
    fit = DemeanedSyntheticControl(regularize="elastic_net", penalty=4.0, l1_share=0.5).fit(panel)
    past = panel.outcome[:, :13]
    donors, path = past[2:], past[:2].mean(axis=0)
    X, y = (donors - donors.mean(axis=1, keepdims=True)).T, path - path.mean()
    omega = by_halves(X, y, 4.0, 0.5)
    (weights,) = fit.weights
    assert weights.units is not None
    np.testing.assert_allclose(weights.units[2:], omega, atol=1e-4)
    later = panel.outcome[2:, 13:]
    expected = omega @ (later - donors.mean(axis=1, keepdims=True)) + past[:2].mean(axis=1)[:, None]
    np.testing.assert_allclose(fit.counterfactual[:2, 13:], expected, atol=1e-3)


def test_the_penalty_is_the_one_that_predicts_donors_best() -> None:
    """Every candidate's score once more, donor by donor, by the twin; its best is as good."""
    panel = small("block")
    tuned = DemeanedSyntheticControl(regularize="elastic_net").tune(panel)
    assert tuned.tuning is not None
    assert tuned.tuning.folds == 8
    assert len(tuned.tuning.candidates) == LENGTH * len(L1_SHARES)
    scores = {(one["penalty"], one["l1_share"]): score for one, score in tuned.tuning.candidates}
    assert tuned.penalty is not None
    assert tuned.l1_share is not None
    chosen = scores[tuned.penalty, tuned.l1_share]
    assert chosen == min(scores.values())
    errors = []
    for j in range(2, 10):
        others = [k for k in range(2, 10) if k != j]
        past, later = panel.outcome[others, :13], panel.outcome[others, 13:]
        own = panel.outcome[j]
        level = past.mean(axis=1, keepdims=True)
        omega = by_halves(
            (past - level).T, own[:13] - own[:13].mean(), tuned.penalty, tuned.l1_share
        )
        errors.append(own[13:] - own[:13].mean() - omega @ (later - level))
    assert chosen == pytest.approx(np.mean(np.array(errors) ** 2), rel=1e-2)


def test_weights_may_be_negative_and_need_not_sum_to_one() -> None:
    rng = np.random.default_rng(0)
    outcome = rng.normal(0, 1, (8, 30)).cumsum(axis=1)
    outcome[0] = outcome[1] - 0.8 * outcome[2] + 50
    treatment = np.zeros(outcome.shape, dtype=bool)
    treatment[0, 24:] = True
    panel = labelled(outcome + EFFECT * treatment, treatment)
    fit = DemeanedSyntheticControl(regularize="elastic_net", penalty=1e-3, l1_share=0.5).fit(panel)
    assert att(panel, fit) == pytest.approx(EFFECT, abs=0.01)
    assert fit.weights[0].units is not None
    np.testing.assert_allclose(fit.weights[0].units[1:4], [1, -0.8, 0], atol=1e-3)


@pytest.mark.parametrize(("scale", "offset"), [(1e-6, 0.0), (1e9, 0.0), (1.0, 1e6)])
def test_the_tuned_elastic_net_answers_in_any_measure(scale: float, offset: float) -> None:
    panel = small("staggered")
    estimator = DemeanedSyntheticControl(regularize="elastic_net")
    moved = with_outcome(panel, panel.outcome * scale + offset)
    expected = att(panel, estimator.fit(panel))
    assert att(moved, estimator.fit(moved)) == pytest.approx(expected * scale, rel=1e-3)


def test_the_order_of_units_does_not_matter_to_the_elastic_net() -> None:
    panel = small("block")
    tuned = DemeanedSyntheticControl(regularize="elastic_net").tune(panel)
    mixed = permuted(panel, units=np.random.default_rng(1).permutation(10))
    assert att(mixed, tuned.fit(mixed)) == pytest.approx(att(panel, tuned.fit(panel)), abs=1e-4)


def test_many_donors_are_sampled_with_the_seed_of_the_study() -> None:
    treatment = np.zeros((60, 14), dtype=bool)
    treatment[0, 11:] = True
    panel = labelled(noisy(60, 14), treatment)
    estimator = DemeanedSyntheticControl(regularize="elastic_net", folds=10)
    found = evaluate(panel, estimator, GivenPeriodVariance(), placebos=10, seed=7)
    assert isinstance(found.estimator, DemeanedSyntheticControl)
    assert found.estimator.seed == 7
    assert found.estimator.tuning is not None
    assert found.estimator.tuning.folds == 10


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"penalty": 1.0}, "penalty and l1_share belong to regularize: elastic_net"),
        ({"regularize": "elastic_net", "penalty": 1.0}, "given together or not at all"),
        (
            {"regularize": "elastic_net", "covariates": "joint"},
            "not defined with covariates: joint",
        ),
        ({"regularize": "lasso"}, "regularize is one of none, sdid, elastic_net; not 'lasso'"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    options: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        DemeanedSyntheticControl(**options)  # type: ignore[arg-type]
