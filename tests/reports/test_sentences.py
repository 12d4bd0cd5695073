"""The answer in words, for every way a study can end."""

from dataclasses import replace
from typing import Any

import pytest

from reports.sentences import answer, quantity, subject
from storage.records import StoredEstimate, StoredResult
from tests.reports import results
from tests.reports.panels import EXAMPLES, read_panel


def study(*estimates: StoredEstimate, **plan: Any) -> StoredResult:
    panel = read_panel(EXAMPLES / "prop99.csv")
    return results.stored({**results.PROP99, **plan}, panel, estimates)


def estimate(key: str, att: float, **standard_errors: float) -> StoredEstimate:
    blank = results.refused_estimate(key, "")
    variances = tuple(results.variance(kind, att, se) for kind, se in standard_errors.items())
    return replace(blank, status="answered", reason=None, att=att, variances=variances)


def test_a_clear_fall_names_cause_outcome_size_interval_and_method() -> None:
    said = answer(study(estimate("sdid", -15.6054, given_both=4.8)))
    assert said == (
        "Proposition 99 lowered cigarette sales in California by 15.6 packs per person on average "
        "from 1989 to 2000 (95 % interval −25.6 to −5.6; SDID, variance given both)."
    )


def test_a_clear_rise_says_raised() -> None:
    said = answer(study(estimate("sdid", 15.6054, given_both=4.8)))
    assert "raised cigarette sales in California by 15.6 packs per person" in said
    assert "−" not in said


def test_an_interval_with_zero_in_it_claims_no_direction() -> None:
    said = answer(study(estimate("sdid", -2.1, given_both=3.0)))
    assert "had no clear effect on cigarette sales in California" in said
    assert "its 95 % interval, −8.4 to 4.2, includes zero" in said
    assert "lowered" not in said


@pytest.mark.parametrize("side", [1, -1])
def test_an_interval_that_ends_in_zero_includes_it(side: int) -> None:
    found = estimate("sdid", side * 4.0, given_both=3.0)
    (both,) = found.variances
    low, high = sorted((0.0, side * 8.0))
    ending = replace(found, variances=(replace(both, ci_low=low, ci_high=high),))
    assert "includes zero" in answer(study(ending))


def test_a_test_without_standard_error_is_called_a_test() -> None:
    sdid = estimate("sdid", -15.6054, given_both=4.8)
    (both,) = sdid.variances
    ranked = replace(both, kind="permutation", variance=None, standard_error=None, df=None)
    said = answer(
        study(
            replace(sdid, variances=(ranked,)),
            inference={"kinds": ["permutation"], "primary": "permutation"},
        )
    )
    assert "(95 % interval −25.6 to −5.6; SDID, permutation test)" in said


def test_the_level_is_the_plan_s() -> None:
    said = answer(study(estimate("sdid", -15.6, given_both=4.8), inference={"level": 0.9}))
    assert "90 % interval" in said


def test_another_question_is_answered_without_guessing_its_grammar() -> None:
    said = answer(study(estimate("sdid", -15.6, given_both=4.8), question="Did it pay off?"))
    assert said.startswith("Treatment lowered the outcome by 15.6 packs per person")


def test_a_refused_primary_variance_is_said_first_and_the_widest_other_is_labelled() -> None:
    sdid = estimate("sdid", -15.6, marginal=9.0, given_period=4.8)
    refused = results.refused_variance("given_both", "3 windows fit, 5 were needed")
    said = answer(study(replace(sdid, variances=(*sdid.variances, refused))))
    assert "but the variance given both, planned as primary, was refused: 3 windows fit, 5" in said
    assert "alternative, not planned as primary, is the marginal variance, the widest" in said
    assert "−34.4 to 3.2, includes zero: no clear effect" in said
    assert "lowered" not in said


def test_without_any_variance_the_sentence_says_that_nobody_knows_how_sure_it_is() -> None:
    refused = results.refused_variance("given_both", "1 donor")
    said = answer(study(replace(estimate("sdid", -15.6), variances=(refused,))))
    assert "−15.6 packs per person" in said
    assert "was refused: 1 donor." in said
    assert "how sure this is cannot be said" in said


def test_a_refused_primary_estimator_is_said_first_and_the_alternative_is_labelled() -> None:
    said = answer(
        study(
            estimate("did", -27.3, given_both=4.8),
            results.refused_estimate("sdid", "treatment switches off again"),
            estimate("dwcp", -13.1, given_both=4.8),
        )
    )
    assert said.startswith(
        "SDID, named primary in the plan, was refused: treatment switches off again. "
        "The best available alternative, DWCP, was not planned as primary: Proposition 99 lowered"
    )


def test_when_everything_is_refused_there_is_no_answer() -> None:
    said = answer(
        study(results.refused_estimate("did", "no donor"), results.refused_estimate("sdid", "why"))
    )
    assert said == (
        "There is no answer: 2 estimators refused. SDID, named primary in the plan: why."
    )


def test_an_interval_that_just_excludes_zero_is_not_rounded_onto_it() -> None:
    said = answer(study(estimate("sdid", -10.05, given_both=4.8)))
    assert "lowered" in said
    assert "to −0.02;" in said


def test_numbers_that_are_not_finite_are_no_answer() -> None:
    sdid = estimate("sdid", -15.6, given_both=float("nan"))
    assert "how sure this is cannot be said" in answer(study(sdid))
    assert answer(study(estimate("sdid", float("nan")))).startswith("There is no answer")


def test_on_off_treatment_is_averaged_over_cells() -> None:
    assert "on average over 2,370 treated cells" in answer(results.softdrinks())


@pytest.mark.parametrize(
    ("question", "cause", "outcome"),
    [
        ("What did Proposition 99 do to cigarette sales?", "Proposition 99", "cigarette sales"),
        ("What does the display do to sales", "The display", "sales"),
        ("What has a ban done to\n traffic?", "A ban", "traffic"),
        ("How much more did we sell?", "Treatment", "the outcome"),
    ],
)
def test_cause_and_outcome_are_read_from_the_question(
    question: str, cause: str, outcome: str
) -> None:
    assert subject(question) == (cause, outcome)


@pytest.mark.parametrize(
    ("measure", "words"),
    [
        ("packs per person", "1.2 packs per person"),
        ("log(1 + units)", "1.2 on the scale log(1 + units)"),
        ("log wage", "1.2 on the scale log wage"),
        ("outcome", "1.2 (in the outcome's own measure)"),
        ("logins", "1.2 logins"),
    ],
)
def test_a_measure_reads_well_after_a_number(measure: str, words: str) -> None:
    assert quantity("1.2", measure) == words
