"""The race: the same bits however it is split, sums a person can check, and a choice made blind."""

from dataclasses import asdict
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest

from estimators import (
    ESTIMATORS,
    STANDARD_VARIANCES,
    InvalidPanel,
    Panel,
    UnsupportedDesign,
    att,
)
from estimators.calibration.answer import NUMBERS
from estimators.core.fit import Inference
from estimators.doubly_weighted import DoublyWeighted
from estimators.race.assignments import Assignment
from estimators.race.back_test import back_test, placements
from estimators.race.choice import SIMPLEST_FIRST, Choice, chosen
from estimators.race.effects import Effect
from estimators.race.race import Race, run
from estimators.race.recipes import simulation_of
from estimators.race.results import Results, together
from estimators.race.simulation import Simulation, drawn
from estimators.race.standings import Standing, standings
from estimators.variance.evaluate import evaluate
from tests.estimators.panels import labelled, noisy, treated_as, with_outcome

UNITS, PERIODS = 12, 16
QUICK = {key: ESTIMATORS[key] for key in ("did", "sc", "sdid")}
KINDS = (STANDARD_VARIANCES["given_period"], STANDARD_VARIANCES["marginal"])
RACE = Race(seed=4, intervals=3, placebos=20)


def panel(design: str = "block", seed: int = 0) -> Panel:
    return labelled(noisy(UNITS, PERIODS, seed), treated_as(design, UNITS, PERIODS, seed))


@cache
def source(design: str = "block") -> Simulation:
    return simulation_of(panel(design))


def same(one: Results, other: Results) -> bool:
    """But for the time it took."""
    arrays = ("number", "cluster", "effect", "error", "inference")
    return (one.refused, one.unanswered) == (other.refused, other.unanswered) and all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True) for name in arrays
    )


def test_a_replication_is_the_same_bits_alone_in_a_batch_and_beside_others() -> None:
    simulation = source()
    whole = run(RACE, simulation, QUICK, KINDS, range(6))
    alone = [run(RACE, simulation, QUICK, KINDS, [number]) for number in range(6)]
    assert same(whole, together(alone))
    halves = [run(RACE, simulation, QUICK, KINDS, part) for part in ([0, 1], range(2, 6))]
    assert same(whole, together(halves))


def test_an_estimator_in_a_race_says_what_it_says_of_the_panel_itself() -> None:
    race = Race(effect=Effect("constant", 2.0), seed=1, intervals=2, placebos=20)
    simulation = source()
    racing = {**QUICK, "dwcp": DoublyWeighted(0.1, 0.1, 1.0)}
    found = run(race, simulation, racing, KINDS, [1])
    one = drawn(simulation, race.assignment, race.effect, 1, 1)
    for e, estimator in enumerate(racing.values()):
        fitted = estimator.tune(one.panel).fit(one.panel)
        assert found.error[0, e] == pytest.approx(att(one.panel, fitted) - one.effect, abs=1e-9)
    whole = evaluate(one.panel, racing["sdid"], KINDS, placebos=20, seed=1)
    for k, said in enumerate(whole.inferences):
        assert isinstance(said, Inference)
        low, high = found.inference[0, 2, k, NUMBERS.index("ci_low") : NUMBERS.index("p_value")]
        assert (low, high) == (said.ci_low - one.effect, said.ci_high - one.effect)


def test_only_the_first_replications_are_asked_for_intervals() -> None:
    found = run(RACE, source(), QUICK, KINDS, range(5))
    asked = np.isfinite(found.inference).all(axis=(1, 2, 3))
    assert asked.tolist() == [True, True, True, False, False]
    assert np.isfinite(found.error).all()


def test_who_cannot_answer_is_counted_with_the_reason_and_never_chosen() -> None:
    race = Race(assignment=Assignment("on_off"), intervals=0)
    found = run(race, source(), QUICK, (), range(20))
    by_key = {one.estimator: one for one in standings(found)}
    assert (by_key["sc"].answered, by_key["sc"].refused) == (0, 20)
    assert "treatment switches on and off" in (by_key["sc"].reason or "")
    assert by_key["did"].relative is not None
    assert by_key["did"].relative.value == 1
    choice = chosen(standings(found))
    assert (choice.key, choice.tied_with) == ("did", ())
    nobody = run(race, source(), {"sc": ESTIMATORS["sc"]}, (), range(20))
    with pytest.raises(UnsupportedDesign, match=r"at most 0 were answered \(sc: sc "):
        chosen(standings(nobody))


def answered(error: npt.ArrayLike, keys: tuple[str, ...], cluster: object = None) -> Results:
    """Results with these errors (R, E), one interval of length 2 around each estimate."""
    e = np.array(error, dtype=float)
    inference = np.full((*e.shape, 1, len(NUMBERS)), np.nan)
    inference[..., 0, NUMBERS.index("ci_low")] = e - 1
    inference[..., 0, NUMBERS.index("ci_high")] = e + 1
    number = np.arange(len(e))
    return Results(
        keys, ("marginal",), number, number if cluster is None else np.array(cluster),
        np.zeros(len(e)), e, np.ones(e.shape), inference,
    )  # fmt: skip


def test_rmse_bias_coverage_and_length_are_those_counted_by_hand() -> None:
    (found,) = standings(answered(np.tile([[3.0], [-0.5], [0.5], [1.0]], (5, 1)), ("did",)))
    assert found.rmse is not None
    assert found.bias is not None
    squares = np.tile([9.0, 0.25, 0.25, 1.0], 5)
    assert found.rmse.value == pytest.approx(np.sqrt(2.625))
    assert found.rmse.error == pytest.approx(squares.std(ddof=1) / np.sqrt(20) / 2 / np.sqrt(2.625))
    assert found.bias.value == 1.0
    covered = found.intervals["marginal"]
    assert covered.coverage is not None
    assert covered.length is not None
    assert (covered.coverage.value, covered.length.value) == (0.75, 2.0)


def test_a_ratio_is_paired_so_that_twice_the_same_errors_has_none() -> None:
    error = np.random.default_rng(0).normal(size=(50, 1))
    best, twice = standings(answered(np.hstack([error, 2 * error]), ("sc", "sdid")))
    assert best.relative is not None
    assert twice.relative is not None
    assert best.relative.value == 1
    assert twice.relative.value == pytest.approx(2)
    assert twice.relative.error == pytest.approx(0)


def test_replications_of_one_cluster_count_as_one() -> None:
    error = np.random.default_rng(0).normal(size=(30, 1))
    (once,) = standings(answered(error, ("did",)))
    (thrice,) = standings(answered(np.repeat(error, 3, axis=0), ("did",),
                                   np.repeat(np.arange(30), 3)))  # fmt: skip
    assert once.bias == pytest.approx(thrice.bias) or once.bias is not None
    assert once.bias is not None
    assert thrice.bias is not None
    assert thrice.bias.error == pytest.approx(once.bias.error)


def choose(scales: dict[str, float], shared: float = 0.999, count: int = 400) -> Choice:
    """Errors of these standard deviations, correlated between estimators."""
    rng = np.random.default_rng(7)
    common = rng.normal(size=(count, 1))
    own = rng.normal(size=(count, len(scales)))
    error = np.array(list(scales.values())) * (shared * common + np.sqrt(1 - shared**2) * own)
    return chosen(standings(answered(error, tuple(scales))))


def test_the_least_error_is_chosen_where_it_is_told_apart() -> None:
    assert choose({"did": 2.0, "sdid": 1.2, "dwcp": 1.0}).key == "dwcp"
    assert choose({"dwcp": 1.2, "did": 1.0, "mc": 1.1}) == Choice(
        "did", "lowest_rmse", choose({"dwcp": 1.2, "did": 1.0, "mc": 1.1}).why
    )


def test_a_tie_within_monte_carlo_error_goes_to_the_simpler_method() -> None:
    found = choose({"dwcp": 1.0, "mc": 1.001, "sdid": 1.002, "did": 3.0}, shared=0.9)
    assert found.key == "sdid"
    assert set(found.tied_with) == {"mc", "dwcp"}
    assert "simplest of those tied with it" in found.why
    error = np.random.default_rng(0).normal(size=100)
    shuffled = 1.01 * np.random.default_rng(1).permutation(error)
    behind = chosen(standings(answered(np.stack([error, shuffled], 1), ("dwcp", "sdid"))))
    assert (behind.key, behind.tied_with) == ("sdid", ("dwcp",))
    assert "times that of dwcp: tied within Monte-Carlo error" in behind.why
    assert set(SIMPLEST_FIRST) == set(ESTIMATORS)


def test_simplicity_costs_three_percent_at_most_however_noisy_the_race() -> None:
    error = np.random.default_rng(0).normal(size=30)
    for scale, key in ((1.02, "did"), (1.04, "dwcp")):
        shuffled = scale * np.random.default_rng(1).permutation(error)
        assert (
            chosen(standings(answered(np.stack([error, shuffled], 1), ("dwcp", "did")))).key == key
        )


def test_a_choice_needs_enough_replications_and_a_rule_that_exists() -> None:
    few = standings(answered(np.ones((19, 1)), ("did",)))
    with pytest.raises(UnsupportedDesign, match="20 replications or more; at most 19"):
        chosen(few)
    with pytest.raises(InvalidPanel, match="choose from lowest_rmse"):
        chosen(few, "x")


@pytest.mark.parametrize("design", ["block", "staggered", "on_off"])
def test_the_chosen_estimator_does_not_depend_on_any_treated_outcome(design: str) -> None:
    real = panel(design)
    wild = with_outcome(
        real, np.where(real.treatment, 1e7 * np.arange(real.outcome.size).reshape(
            real.outcome.shape), real.outcome)
    )  # fmt: skip
    gone = with_outcome(real, np.where(real.treatment, np.nan, real.outcome))
    few = {key: ESTIMATORS[key] for key in ("did", "sdid")}

    def evidence(given: Panel) -> tuple[Results, Results, list[Standing]]:
        race = Race(intervals=0)
        simulated = run(race, simulation_of(given), few, (), range(20))
        placed = placements(given, race, 4)
        return (
            simulated,
            back_test(race, given, few, (), placed, range(len(placed))),
            list(standings(simulated)),
        )

    simulated, tested, found = evidence(real)
    for other in (wild, gone):
        again, tested_again, found_again = evidence(other)
        assert same(simulated, again)
        assert same(tested, tested_again)
        assert chosen(found_again) == chosen(found)


def test_a_back_test_forecasts_what_was_not_treated_and_clusters_by_group() -> None:
    real = panel()
    placed = placements(real, RACE, 30)
    found = back_test(RACE, real, QUICK, KINDS, placed, range(len(placed)))
    halves = [back_test(RACE, real, QUICK, KINDS, placed, part)
              for part in (range(10), range(10, len(placed)))]  # fmt: skip
    assert same(found, together(halves))
    assert np.all(found.effect == 0)
    treated = set(np.flatnonzero(real.treated_units).tolist())
    for r, one in enumerate(placed):
        assert not treated & set(one.group.tolist())
        alike = [set(other.group.tolist()) == set(one.group.tolist()) for other in placed]
        assert np.array_equal(found.cluster == found.cluster[r], alike)
    pretended = placed[7].panel(real)
    by_hand = evaluate(pretended, ESTIMATORS["sdid"]).att
    assert found.error[7, 2] == pytest.approx(by_hand)


def test_standings_and_choice_are_plain_values() -> None:
    found = standings(run(RACE, source(), QUICK, KINDS, range(4)))
    assert asdict(found[0])["intervals"]["marginal"]["answered"] == 3
