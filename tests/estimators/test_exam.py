"""The exam: the same bits whoever sits it, and sums that a person can check."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import t as students_t

from estimators import ESTIMATORS, STANDARD_VARIANCES, InvalidPanel, evaluate
from estimators.calibration.answer import NUMBERS
from estimators.calibration.exam import Answers, Exam, draw, prepared, sit, together
from estimators.calibration.summaries import Measured, Score, paired_gain, scores
from estimators.core.fit import Inference
from estimators.core.parallel import in_order

TINY = Exam(noise="multiplicative", units=10, periods=14, placebos=20, seed=5)
DID = {"did": ESTIMATORS["did"]}
KINDS = tuple(STANDARD_VARIANCES.values())


def same(one: Answers, other: Answers) -> bool:
    arrays = ("number", "shock", "noise", "deviation", "error", "inference")
    return one.reasons == other.reasons and all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True) for name in arrays
    )


def test_a_replication_is_the_same_bits_alone_in_a_batch_and_beside_others() -> None:
    whole = sit(TINY, DID, KINDS, range(6))
    alone = in_order(lambda number: sit(TINY, DID, KINDS, [number]), range(6))
    assert same(whole, together(alone))
    assert same(
        whole, together([sit(TINY, DID, KINDS, [0, 1]), sit(TINY, DID, KINDS, range(2, 6))])
    )


def test_another_seed_and_another_number_are_another_panel() -> None:
    first = draw(TINY, 0).panel.outcome
    assert not np.any(first == draw(TINY, 1).panel.outcome)
    assert not np.any(first == draw(replace(TINY, seed=6), 0).panel.outcome)


def test_an_exam_says_of_a_panel_what_evaluate_says() -> None:
    said = sit(replace(TINY, effect=2.0), DID, KINDS, [4])
    drawn = draw(replace(TINY, effect=2.0), 4)
    whole = evaluate(drawn.panel, DID["did"], KINDS, placebos=TINY.placebos, seed=4)
    assert said.error[0, 0] == whole.att - drawn.effect
    for k, one in enumerate(whole.inferences):
        assert isinstance(one, Inference)
        found = dict(zip(NUMBERS, said.inference[0, 0, k], strict=True))
        assert found["standard_error"] == one.standard_error
        assert found["p_value"] == one.p_value
        assert found["ci_high"] == one.ci_high - drawn.effect


@pytest.mark.parametrize("key", ["did", "sdid"])
def test_an_effect_moves_the_estimate_and_its_interval_and_nothing_else(key: str) -> None:
    """What lets power at every effect be read off replications without one."""
    one = {key: ESTIMATORS[key]}
    without = sit(TINY, one, KINDS, range(3))
    with_effect = sit(replace(TINY, effect=3.0), one, KINDS, range(3))
    np.testing.assert_allclose(with_effect.error, without.error, atol=1e-9)
    named = [NUMBERS.index(name) for name in ("standard_error", "df", "ci_low", "ci_high")]
    np.testing.assert_allclose(
        with_effect.inference[..., named], without.inference[..., named], atol=1e-9
    )


def test_an_estimator_tuned_once_is_tuned_on_a_panel_that_is_not_counted() -> None:
    exam = replace(TINY, once=("sdid",))
    ready = prepared(exam, {"sdid": ESTIMATORS["sdid"], **DID})
    assert ready["did"] is DID["did"]
    own = ESTIMATORS["sdid"]
    assert ready["sdid"] != own
    assert all(ready["sdid"] != own.tune(draw(exam, number).panel) for number in range(20))
    said = sit(exam, ready, KINDS, [0])
    assert said.error[0, 0] != sit(TINY, {"sdid": own}, KINDS, [0]).error[0, 0]


def test_what_is_refused_is_counted_with_its_reason() -> None:
    said = sit(replace(TINY, pattern="on_off"), {"sc": ESTIMATORS["sc"]}, KINDS, range(2))
    count, reason = said.reasons["sc", "marginal"]
    assert count == 2
    assert "treatment switches on and off in 2 of 2 treated units" in reason
    assert np.isnan(said.error).all()
    (row, *_) = scores(said, 0.95, uneven=True)
    assert (row.answered, row.refused, row.reason, row.numbers) == (0, 2, reason, {})


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"noise": "loud"}, "choose from even"), ({"pattern": "x"}, "choose from cell"),
     ({"units": 5}, "needs 8 units"), ({"spread": 9.0}, "between 0 and 2")],
)  # fmt: skip
def test_an_exam_that_cannot_be_set_is_one_line(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidPanel, match=said):
        replace(TINY, **wrong)  # type: ignore[arg-type]


def answered(error: npt.ArrayLike, standard_error: float = 1.0, **known: npt.ArrayLike) -> Answers:
    """Answers of one estimator and one kind with 10 degrees of freedom.

    known: shock (the error itself unless given) and noise (1)
    """
    e = np.array(error, dtype=float)
    one = np.ones(len(e))
    half = students_t.ppf(0.975, 10) * standard_error * one
    p_value = 2 * students_t.sf(np.abs(e) / standard_error, 10)
    numbers = np.stack([standard_error * one, 10 * one, e - half, e + half, p_value], axis=1)
    return Answers(
        ("did",),
        ("marginal",),
        np.arange(len(e)),
        shock=np.asarray(known.get("shock", e)),
        noise=np.asarray(known.get("noise", one)),
        deviation=one,
        error=e[:, None],
        inference=numbers[:, None, None, :],
    )


def score(answers: Answers, *, uneven: bool = False) -> Score:
    (found,) = scores(answers, 0.95, uneven=uneven)
    return found


def test_coverage_length_and_bias_are_those_counted_by_hand() -> None:
    error = [0.0] * 15 + [3.0] * 5  # 3 lies outside ± 2.228, 0 inside
    found = score(answered(error)).numbers
    assert found["coverage"].value == 0.75
    assert found["coverage"].error == pytest.approx(np.sqrt(0.75 * 0.25 / 19))
    assert found["bias"].value == 0.75
    assert found["length"].value == pytest.approx(2 * 2.2281389)
    assert found["mean_variance"] == Measured(1.0, 0.0)
    assert found["variability"].value == 0


def test_the_true_variance_is_the_known_noise_and_what_the_counterfactual_adds() -> None:
    shock = np.tile([1.0, -1.0], 10)
    answers = answered(shock + 0.5, shock=shock, noise=np.full(20, 4.0))
    found = score(answers).numbers["true_variance"]
    assert found.value == pytest.approx(4.0 + 0.25 + 0)  # 2 · mean(shock · 0.5) is 0
    # a counterfactual that errs with the noise, by a fifth of it, takes so much off
    answers = answered(0.8 * shock, shock=shock, noise=np.full(20, 4.0))
    found = score(answers).numbers["true_variance"]
    assert found.value == pytest.approx(4.0 + 0.04 - 0.4)


def test_fifths_are_those_of_the_known_noise() -> None:
    noise = 1.0 * np.random.default_rng(0).permutation(20)
    error = np.where(noise >= 16, 3.0, 0.0)
    found = score(answered(error, noise=noise), uneven=True).numbers
    assert (found["coverage_quietest"].value, found["coverage_noisiest"].value) == (1, 0)
    assert found["true_variance_quietest"].value == pytest.approx(1.5)  # of 0, 1, 2, 3
    assert "coverage_quietest" not in score(answered(error)).numbers


def test_power_is_the_share_that_excludes_zero_at_an_effect_of_either_sign() -> None:
    found = score(answered([0.5] * 20)).numbers
    # at 2: 2.5 lies outside ± 2.228, −1.5 inside; at 3: 3.5 and −2.5 both outside
    assert [found[f"power_{k}"].value for k in (1, 2, 3)] == [0, 0.5, 1]


def test_size_adjustment_takes_the_advantage_from_standard_errors_that_are_all_too_small() -> None:
    rng = np.random.default_rng(1)
    error = rng.normal(size=400)
    honest, cheating = (score(answered(error, size)).numbers for size in (1.0, 0.25))
    assert cheating["power_1"].value > honest["power_1"].value + 0.3
    for effect in (1, 2, 3):
        name = f"size_adjusted_{effect}"
        assert cheating[name].value == honest[name].value
    limit = np.quantile(np.abs(error), 0.95)
    by_hand = np.mean([np.abs(error + 2) > limit, np.abs(error - 2) > limit])
    assert honest["size_adjusted_2"].value == pytest.approx(by_hand)


def test_a_procedure_without_a_standard_error_has_power_but_none_that_is_size_adjusted() -> None:
    answers = answered(np.linspace(-1, 1, 30))
    answers.inference[..., :2] = np.nan
    found = score(answers).numbers
    assert "power_2" in found
    assert not {"size_adjusted_2", "mean_variance", "variability"} & set(found)


def test_a_gain_of_a_kind_over_itself_is_zero_and_its_error_too() -> None:
    answers = answered(np.random.default_rng(0).normal(size=50))
    assert paired_gain(answers, "did", "marginal", "marginal", 2, 0.95) == Measured(0.0, 0.0)
