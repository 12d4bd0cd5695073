"""What a study asked for beside its question is said where the answer is read."""

import re
from dataclasses import replace

import pytest
from rich.console import Console

from estimators.core.designs import Dropped
from reports.artifacts import markdown
from reports.diagnostics import diagnoses, settings_text
from reports.page import render
from reports.pattern import panel_sentence
from reports.tables import result_table
from storage.records import StoredEstimate, StoredResult
from studies import Plan
from tests.reports import results
from tests.reports.outline import Outline

SETTINGS = {"dwcp": {"folds": 80, "lambda_nn": "inf"}}
NOTE = "weights per treated cell are an extension without a published <definition>"


@pytest.fixture
def result() -> StoredResult:
    made = results.prop99()
    plan = Plan.model_validate(made.plan.model_dump() | {"settings": SETTINGS})
    return replace(made, plan=plan, estimates=tuple(map(told_otherwise, made.estimates)))


def told_otherwise(estimate: StoredEstimate) -> StoredEstimate:
    if estimate.estimator != "dwcp":
        return estimate
    used = {"lambda_nn": "Infinity", "folds": 80, "lambda_time": 0.25, "tolerance": 1e-9, "seed": 1}
    more = {"notes": [NOTE], "coefficients": {"price": -12.3456, "<b>income</b>": 0.00123}}
    return replace(estimate, settings=used, diagnostics={**estimate.diagnostics, **more})


def prose(page: str) -> str:
    return " ".join(re.sub(r"<(style|pre)>.*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL).split())


def terminal(result: StoredResult) -> str:
    console = Console(width=400, record=True, file=None, force_terminal=False)
    with console.capture() as captured:
        console.print(result_table(result), markup=False, highlight=False)
    return captured.get()


def test_settings_of_the_plan_and_those_chosen_are_shown_and_defaults_only_on_request(
    result: StoredResult,
) -> None:
    (one,) = [found for found in diagnoses(result) if found.label == "DWCP"]
    assert one.asked == "folds 80, lambda nn ∞"
    assert one.settings == "lambda nn ∞, folds 80, lambda time 0.250"
    assert "tolerance" in one.every_setting
    page = prose(render(result))
    assert "in the plan: folds 80, lambda nn ∞" in page
    assert page.count("tolerance") == 1


def test_what_to_know_of_a_method_stands_with_the_estimates_and_in_the_terminal(
    result: StoredResult,
) -> None:
    page = prose(render(result))
    said = NOTE.replace("<", "&lt;").replace(">", "&gt;").replace("weights per", "Weights per")
    assert page.index(said) < page.index("Which interval to read")
    assert f"DWCP, by the plan: folds 80, lambda nn ∞. W{NOTE[1:]}." in terminal(result)
    assert "by the plan" not in terminal(results.prop99())


def test_coefficients_of_covariates_are_shown_where_there_are_some(result: StoredResult) -> None:
    page = render(result)
    assert "price −12.3 &lt;b&gt;income&lt;/b&gt; 0.00123" in prose(page)
    assert Outline(page).unbalanced == []
    assert "What covariates explain" not in render(results.prop99())


def test_what_was_dropped_is_said_before_anything_else_is_explained() -> None:
    dropped = Dropped(("No|where",), (), (), 3, 15)
    result = replace(results.prop99(), dropped=dropped)
    said = "Left out as not comparable: units never observed untreated, 1 (No|where)"
    assert said in render(result).split("<main>")[0]
    assert said in terminal(result)
    assert said.replace("|", r"\|") in markdown(result)
    for untouched in (render, terminal, markdown):
        assert "Left out" not in untouched(results.prop99())


def test_covariates_are_named_with_the_panel() -> None:
    panel = results.prop99().panel
    with_price = replace(
        panel, covariates=panel.outcome[:, :, None].copy(), covariate_names=("price",)
    )
    assert panel_sentence(with_price).endswith("every cell observed; covariates: price.")


def test_lists_and_words_among_settings_read_as_text() -> None:
    asked = {"zeta": [10.0, "Infinity"], "donors": "not_yet_treated", "penalties": []}
    assert settings_text(asked) == "zeta 10.0 and ∞, donors not yet treated, penalties none"
