"""Settings of estimators in a study file: whatever a method can be told, a study can say."""

import math
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pytest

from estimators import ESTIMATORS, Fit, Panel, Tuning
from studies import InvalidPlan, Plan, parse_plan
from studies.settings import configured, settable, settings_of
from studies.values import read, spelled

START = "study: shop\nquestion: Did it work?\npanel: shop\n"


@dataclass(frozen=True)
class Sampled:
    """An estimator with a setting of every kind."""

    name: str = "sampled"
    donors: Literal["never_treated", "not_yet_treated"] = "never_treated"
    gaps: bool | Literal["drop"] = False
    rate: float | None = None
    zeta: tuple[float, ...] | float | None = None
    window: tuple[int, int] = (1, 2)
    seed: int = 0
    tuning: Tuning | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.window[0] > self.window[1]:
            raise ValueError("a window begins before it ends")

    def tune(self, panel: Panel) -> "Sampled":
        return self

    def problems(self, panel: Panel) -> int:
        return 1

    def for_placebos(self, panel: Panel) -> "Sampled":
        return self

    def fit(self, panel: Panel) -> Fit:
        raise NotImplementedError("only its settings are looked at")


def settings(text: str) -> Plan:
    return parse_plan(f"{START}settings: {text}\n")


@pytest.mark.parametrize("key", ESTIMATORS)
def test_every_setting_of_every_estimator_can_be_written_and_read(key: str) -> None:
    for name, kind in settable(ESTIMATORS[key]).items():
        default = getattr(ESTIMATORS[key], name)
        assert read(spelled(default), kind) == default


def test_what_is_no_setting_cannot_be_set() -> None:
    assert {"seed", "tuning"}.isdisjoint(settable(Sampled()))
    assert "lambda_nn" in settable(ESTIMATORS["mc"])


def test_a_field_of_a_dataclass_is_a_key_of_the_file_and_its_annotation_what_it_holds() -> None:
    given: dict[str, Any] = {
        "donors": "not_yet_treated", "gaps": "drop", "rate": 1, "zeta": [1, "inf"], "window": [3, 4]
    }  # fmt: skip
    asked = settings_of(Sampled()).model_validate(given).asked()
    assert configured(Sampled(), asked) == Sampled(
        donors="not_yet_treated", gaps="drop", rate=1.0, zeta=(1.0, math.inf), window=(3, 4)
    )
    with pytest.raises(ValueError, match="a window begins before it ends"):
        settings_of(Sampled()).model_validate({"window": [4, 3]})


@pytest.mark.parametrize("infinite", [".inf", "inf", "Infinity"])
def test_settings_reach_the_estimator_infinity_and_empty_included(infinite: str) -> None:
    plan = settings(f"{{mc: {{lambda_nn: {infinite}, folds: 12}}, dwcp: {{lambda_time: null}}}}")
    mc = configured(ESTIMATORS["mc"], plan.settings.of("mc"))
    assert mc == replace(ESTIMATORS["mc"], lambda_nn=math.inf, folds=12)  # type: ignore[type-var]
    assert plan.settings.of("dwcp") == {"lambda_time": None}
    assert configured(ESTIMATORS["did"], plan.settings.of("did")) is ESTIMATORS["did"]


def test_settings_are_part_of_the_plan_and_come_back_from_its_canonical_json() -> None:
    plan = settings("{mc: {lambda_nn: .inf}, sdid: {zeta: [2, .inf]}}")
    assert '"settings":{"mc":{"lambda_nn":"Infinity"},"sdid":{"zeta":[2.0,"Infinity"]}}' in (
        plan.canonical()
    )
    again = Plan.model_validate_json(plan.canonical())
    assert (again, again.sha256()) == (plan, plan.sha256())
    assert again.settings.of("mc") == {"lambda_nn": math.inf}
    assert plan.sha256() != parse_plan(START).sha256()


def test_a_default_that_is_written_stays_whatever_becomes_of_the_default() -> None:
    written = settings("{mc: {folds: 40}}")
    assert written.settings.of("mc") == {"folds": 40}
    assert written.sha256() != parse_plan(START).sha256()


OF_MC = ", ".join(settable(ESTIMATORS["mc"]))
WRONG = {
    "a misspelled setting": (
        "\n  mc:\n    lamda: 3",
        f"plan:6: unknown key settings.mc.lamda; known here: {OF_MC}",
    ),
    "an estimator there is not": (
        "\n  lasso: {}",
        f"plan:5: unknown key settings.lasso; known here: {', '.join(ESTIMATORS)}",
    ),
    "the seed, which is the study's": (
        "{mc: {seed: 3}}",
        f"plan:4: unknown key settings.mc.seed; known here: {OF_MC}",
    ),
    "text for a number": (
        "\n  mc:\n    folds: 3\n    lambda_nn: many",
        "plan:7: settings.mc.lambda_nn: should be a number of 0 or more or empty, not 'many'",
    ),
    "a negative number": (
        "{mc: {lambda_nn: -1}}",
        "plan:4: settings.mc.lambda_nn: should be a number of 0 or more or empty, not -1",
    ),
    "what is not a number": (
        "{mc: {lambda_nn: .nan}}",
        "plan:4: settings.mc.lambda_nn: should be a number of 0 or more or empty, not nan",
    ),
    "a fraction for a count": (
        "{dwcp: {folds: 2.5}}",
        "plan:4: settings.dwcp.folds: should be a whole number of 1 or more, not 2.5",
    ),
    "no mapping": ("3", "plan:4: settings: should be a mapping, not 3"),
    "no mapping for an estimator": ("{mc: 3}", "plan:4: settings.mc: should be a mapping, not 3"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_one_line_says_where_what_and_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(InvalidPlan) as found:
        settings(text)
    assert str(found.value) == message


def test_settings_of_an_estimator_the_study_does_not_ask_for_are_a_mistake() -> None:
    with pytest.raises(InvalidPlan) as found:
        settings("{mc: {folds: 3}}\nestimators: [did]\nprimary: did")
    assert str(found.value) == "plan:4: settings: mc: not among the study's estimators: did"


@pytest.mark.parametrize(
    ("value", "kind", "allowed"),
    [
        ("treated", Literal["never", "not_yet"], "never or not_yet"),
        (1, bool, "true or false"),
        (True, int, "a whole number of 1 or more"),
        (True, float | None, "a number of 0 or more or empty"),
        ("a", tuple[float, ...], "a list (each a number of 0 or more)"),
        ([1, "b"], tuple[float, ...], "a list (each a number of 0 or more)"),
        ([1], tuple[int, int], "a list of 2"),
        (3, Literal["drop"] | str | None, "drop, text or empty"),
    ],
)
def test_a_value_of_another_type_is_refused_in_words(
    value: object, kind: Any, allowed: str
) -> None:
    with pytest.raises(ValueError, match=r"^should be ") as found:
        read(value, kind)
    assert str(found.value) == f"should be {allowed}"
