"""Choices of the methods that weight donors: weights of each unit, ridges, and all of them."""

import numpy as np
import pytest

from estimators import (
    ESTIMATORS,
    VARIANCES,
    Inference,
    att,
    evaluate,
)
from estimators.synthetic_did import SyntheticDifferenceInDifferences
from tests.estimators.panels import (
    permuted,
    prop99,
    small,
    with_outcome,
)
from tests.estimators.twins.weighting import counterfactual, noise
from tests.estimators.weighting import METHODS, method, staggered


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(
    ("option", "choices"),
    [
        ("donors", "never_treated, not_yet_treated"),
        ("gaps", "refuse, drop"),
        ("weights", "average_of_treated, per_unit"),
        ("on_off", "refuse, per_cell"),
        ("covariates", "ignore, projected, joint"),
    ],
)
def test_an_unknown_choice_is_refused_with_the_known_ones(
    name: str, option: str, choices: str
) -> None:
    with pytest.raises(ValueError, match=f"{name}: {option} is one of {choices}; not 'all'"):
        method(name, **{option: "all"})


@pytest.mark.parametrize("name", METHODS)
def test_weights_of_each_unit_are_those_it_has_alone(name: str) -> None:
    panel = small("block")
    estimator = method(name, weights="per_unit")
    fit = estimator.fit(panel)
    controls = np.flatnonzero(panel.control_units)
    for unit in (0, 1):
        alone = panel.select(np.append(unit, controls), np.arange(16))
        own = method(name).fit(alone)
        np.testing.assert_allclose(fit.counterfactual[unit], own.counterfactual[0], atol=1e-9)
    assert [one.label for one in fit.weights] == ["u0, treated from 13", "u1, treated from 13"]
    assert estimator.problems(panel) == 2


def test_shrinkage_of_weights_of_each_unit_counts_one_unit() -> None:
    panel = small("block")
    of_all = SyntheticDifferenceInDifferences().tune(panel).zeta
    of_each = SyntheticDifferenceInDifferences(weights="per_unit").tune(panel).zeta
    assert of_all is not None
    assert of_each == pytest.approx([of_all[0] / 2**0.25])


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(
    "options", [{"donors": "not_yet_treated"}, {"weights": "per_unit"}, {"gaps": "drop"}]
)
def test_the_order_of_units_does_not_matter_under_any_choice(
    name: str, options: dict[str, str]
) -> None:
    panel = staggered(9)
    order = np.random.default_rng(2).permutation(9)
    estimator = method(name, **options)
    mixed = permuted(panel, units=order)
    assert att(mixed, estimator.fit(mixed)) == pytest.approx(
        att(panel, estimator.fit(panel)), abs=2e-5
    )


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("options", [{}, {"weights": "per_unit"}])
def test_a_fit_is_what_a_general_optimiser_finds(name: str, options: dict[str, str]) -> None:
    panel = staggered(10)
    estimator = method(name, **options).tune(panel)
    fit = estimator.fit(panel)
    donors = range(5, 10)
    for units, start in (([0, 1], 6), ([2, 3], 8), ([4], 11)):
        zeta = 0.0
        scored = range(start, 13)
        if name == "sdid":
            counted = 1 if options else len(units)
            zeta = (counted * len(scored)) ** 0.25 * noise(panel.outcome, donors, start)
        groups = [[unit] for unit in units] if options else [units]
        for group in groups:
            expected = counterfactual(
                name, panel.outcome, donors, group, range(start), scored, zeta
            )
            np.testing.assert_allclose(
                fit.counterfactual[np.ix_(group, scored)], expected, atol=2e-4
            )


@pytest.mark.parametrize(
    ("name", "exact", "printed"),
    [("sc", -21.71524, -21.717), ("difp", -16.11516, -16.121)],
)
def test_the_ridge_of_sdid_in_sc_and_difp(name: str, exact: float, printed: float) -> None:
    """printed: methods.md 4.1 [M]; from an early-stopped solver, as the difference suggests."""
    panel = prop99()
    estimator = method(name, regularize="sdid").tune(panel)
    found = att(panel, estimator.fit(panel))
    assert found == pytest.approx(exact, abs=1e-5)
    assert found == pytest.approx(printed, abs=0.01)
    sdid = SyntheticDifferenceInDifferences().tune(panel)
    assert sdid.zeta is not None
    assert estimator == method(name, regularize="sdid", zeta=sdid.zeta)
    donors = np.flatnonzero(panel.control_units).tolist()
    unit = np.flatnonzero(panel.treated_units).tolist()
    twin = counterfactual(name, panel.outcome, donors, unit, range(19), range(19, 31), sdid.zeta[0])
    assert float((panel.outcome[unit, 19:] - twin).mean()) == pytest.approx(exact, abs=1e-3)


@pytest.mark.parametrize("name", ["sc", "difp"])
def test_a_ridge_that_nothing_would_use_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="zeta is the ridge of regularize: sdid; not of none"):
        method(name, zeta=(1.0,))


def test_the_catalogue_holds_the_published_definitions() -> None:
    for name in METHODS:
        assert ESTIMATORS[name] == method(name)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(("scale", "offset"), [(1e-6, 0.0), (1e9, 0.0), (1.0, 1e9)])
@pytest.mark.parametrize(
    ("design", "options"),
    [
        ("staggered", {"donors": "not_yet_treated", "gaps": "drop"}),
        ("staggered", {"weights": "per_unit"}),
        ("on_off", {"on_off": "per_cell"}),
    ],
)
def test_digits_survive_any_measure_under_any_choice(
    name: str, scale: float, offset: float, design: str, options: dict[str, str]
) -> None:
    """Outcomes are multiples of 2⁻¹⁰, so that adding 10⁹ to them loses nothing by itself."""
    panel = small(design)
    plain = with_outcome(panel, np.round(panel.outcome * 1024) / 1024)
    moved = with_outcome(plain, plain.outcome * scale + offset)
    estimator = method(name, **options)
    assert att(moved, estimator.fit(moved)) == pytest.approx(
        att(plain, estimator.fit(plain)) * scale, rel=1e-8, abs=2.0**-23 if offset else 0.0
    )


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(
    ("design", "options"),
    [
        ("staggered", {"donors": "not_yet_treated"}),
        ("block", {"weights": "per_unit"}),
        ("block", {"gaps": "drop"}),
    ],
)
def test_every_choice_has_variances(name: str, design: str, options: dict[str, str]) -> None:
    panel = small(design)
    found = evaluate(panel, method(name, **options), VARIANCES["given_period"], placebos=10)
    (inference,) = found.inferences
    assert isinstance(inference, Inference)
    assert inference.standard_error is not None
    assert 0 < inference.standard_error < 10
