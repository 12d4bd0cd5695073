"""A study file: what it means, and one clear line for whatever is wrong with it."""

from pathlib import Path

import pytest

from estimators import ESTIMATORS, STANDARD_VARIANCES, VARIANCES
from studies import InvalidPlan, Plan, Source, load_plan, parse_plan
from studies.primary import PrimaryRule

EXAMPLES = Path(__file__).parents[2] / "examples"
START = "study: shop\nquestion: Did it work?\npanel: shop\n"
KEYS = ", ".join(ESTIMATORS)


def test_three_lines_are_a_plan_and_the_rest_has_defaults() -> None:
    plan = parse_plan(START)
    assert (plan.study, plan.panel, plan.primary) == ("shop", "shop", "sdid")
    assert plan.estimators == tuple(ESTIMATORS)
    assert (plan.inference.level, plan.inference.primary) == (0.95, "given_both")


@pytest.mark.parametrize("name", ["prop99", "softdrinks"])
def test_the_examples_are_plans(name: str) -> None:
    assert load_plan(EXAMPLES / f"{name}.yaml").study == name


def test_layout_and_comments_do_not_change_the_hash_and_meaning_does() -> None:
    spread = "# why\nquestion: 'Did it work?'\npanel: shop\nseed: 1\nstudy: shop\n"
    assert parse_plan(spread).sha256() == parse_plan(START).sha256()
    assert parse_plan(START + "seed: 2\n").sha256() != parse_plan(START).sha256()


def test_plans_that_were_registered_before_a_key_existed_keep_their_hash() -> None:
    """Taken before covariates, incomparable, settings and kinds could be written."""
    relation = parse_plan("study: a\nquestion: b\npanel: {relation: sales, columns: {unit: store}}")
    assert parse_plan(START).sha256() == (
        "1fa773f616f4fc1b413907b99c9f2b169e7685c2d74d031a6bdd7fd86dc6d3ff"
    )
    assert relation.sha256() == "627a59dddaa2c3568500287c6b6f37b1b69666cc21db0f7a993f864235b8453e"
    silent = "incomparable: refuse\nsettings: {mc: {}}\n"
    silent += f"inference: {{kinds: [{', '.join(STANDARD_VARIANCES)}]}}\n"
    assert parse_plan(START + silent).sha256() == parse_plan(START).sha256()


def test_kinds_of_inference_are_the_standard_ones_unless_others_are_asked_for() -> None:
    assert parse_plan(START).inference.kinds == tuple(STANDARD_VARIANCES)
    asked = parse_plan(START + "inference: {kinds: [marginal], primary: marginal}\n")
    assert asked.inference.kinds == ("marginal",)
    assert asked.sha256() != parse_plan(START + "inference: {primary: marginal}\n").sha256()


def test_time_placebos_match_the_design_unless_asked_for_and_leave_old_hashes_alone() -> None:
    plain = parse_plan(START)
    asked = parse_plan(START + "inference: {time_placebos: forecast}\n")
    assert plain.inference.time_placebos == "auto"
    assert "time_placebos" not in plain.canonical()
    assert asked.inference.time_placebos == "forecast"
    assert plain.canonical() == parse_plan(START + "inference: {time_placebos: auto}\n").canonical()
    assert "time_placebos" in asked.canonical()


def test_a_plan_comes_back_from_its_canonical_json() -> None:
    plan = parse_plan(
        START
        + "treatment: {units: [1, a], first: 2024-W01}\n"
        + "inference: {kinds: [given_both, marginal]}\n"
    )
    assert Plan.model_validate_json(plan.canonical()) == plan
    assert parse_plan(plan.canonical()) == plan


def test_a_panel_may_be_a_query_of_the_users_database() -> None:
    text = "study: a\nquestion: b\npanel: {query: select 1, columns: {unit: store}}\n"
    panel = parse_plan(text).panel
    assert isinstance(panel, Source)
    assert (panel.query, panel.columns.unit) == ("select 1", "store")


def test_labels_mean_what_is_written() -> None:
    plan = parse_plan(START + "treatment: {units: [NO, on, 7], first: 2024-01-01}\n")
    assert plan.treatment.units == ("NO", "on", 7)
    assert plan.treatment.first == "2024-01-01"


def test_the_primary_may_be_left_to_a_rule() -> None:
    plan = parse_plan(START + "primary: {rule: lowest_rmse, replications: 50, seed: 9}\n")
    assert plan.primary == PrimaryRule(rule="lowest_rmse", replications=50, seed=9, fallback="sdid")
    assert Plan.model_validate_json(plan.canonical()) == plan
    assert plan.sha256() != parse_plan(START + "primary: {rule: lowest_rmse}\n").sha256()
    assert parse_plan(START + "primary: sdid\n").sha256() == parse_plan(START).sha256()


WRONG = {
    "a wrong key": (
        START + "\nestimator: [did]\n",
        "plan:5: unknown key estimator; known here: study, question, panel, promotion, measure, "
        "donors, treatment, requirements, incomparable, estimators, primary, settings, inference, "
        "seed",
    ),
    "a wrong key inside": (
        START + "inference:\n  level: 0.9\n  alpha: 0.1\n",
        "plan:6: unknown key inference.alpha; known here: level, kinds, primary, placebos, "
        "time_placebos",
    ),
    "a wrong key in a source": (
        "study: a\nquestion: b\npanel:\n  relation: sales\n  columns:\n    time: week\n",
        "plan:6: unknown key panel.columns.time; known here: unit, period, outcome, treatment, "
        "covariates",
    ),
    "a wrong type": (
        START + "seed: one\n",
        "plan:4: seed: should be a valid integer, unable to parse string as an integer, not 'one'",
    ),
    "a value out of range": (
        START + "requirements: {pre_periods: 2}\n",
        "plan:4: requirements.pre_periods: should be greater than or equal to 3, not 2",
    ),
    "text where a list belongs": (
        START + "estimators: did\n",
        "plan:4: estimators: should be a list, not 'did'",
    ),
    "an unknown estimator": (
        START + "estimators:\n  - did\n  - lasso\nprimary: did\n",
        f"plan:6: estimators: choose from {KEYS}, not 'lasso'",
    ),
    "an estimator twice": (
        START + "estimators: [did, did]\nprimary: did\n",
        "plan:4: estimators: each may be listed once",
    ),
    "a primary that is not asked for": (
        START + "estimators: [did, mc]\nprimary: sc\n",
        "plan:5: primary: choose from the study's estimators: did, mc, not 'sc'",
    ),
    "a default primary that is not asked for": (
        START + "estimators: [did, mc]\n",
        "plan:1: primary: choose from the study's estimators: did, mc, not 'sdid'",
    ),
    "a primary that is neither a key nor a rule": (
        START + "primary: 3\n",
        "plan:4: primary: give the key of an estimator, or {rule: lowest_rmse | ensemble}, not 3",
    ),
    "an unknown rule": (
        START + "primary:\n  rule: best\n",
        "plan:5: primary.rule: choose from lowest_rmse, ensemble, not 'best'",
    ),
    "a rule without its rule": (
        START + "primary: {replications: 50}\n",
        "plan:4: primary.rule is missing",
    ),
    "a wrong key in a rule": (
        START + "primary:\n  rule: lowest_rmse\n  reps: 50\n",
        "plan:6: unknown key primary.reps; known here: rule, replications, seed, fallback",
    ),
    "too few replications for a rule": (
        START + "primary:\n  rule: lowest_rmse\n  replications: 5\n",
        "plan:6: primary.replications: should be greater than or equal to 20, not 5",
    ),
    "an unknown fall-back": (
        START + "primary:\n  rule: lowest_rmse\n  fallback: ols\n",
        f"plan:6: primary.fallback: choose from {KEYS}, not 'ols'",
    ),
    "a fall-back that is not asked for": (
        START + "estimators: [did, mc]\nprimary: {rule: lowest_rmse}\n",
        "plan:5: primary: its fallback is one of the study's estimators: did, mc, not 'sdid'",
    ),
    "a rule with nothing to choose": (
        START + "estimators: [did]\nprimary: {rule: lowest_rmse, fallback: did}\n",
        "plan:5: primary: a rule chooses among two estimators or more; these are the study's "
        "estimators: did",
    ),
    "an unknown variance": (
        START + "inference: {primary: both}\n",
        f"plan:4: inference.primary: choose from {', '.join(VARIANCES)}, not 'both'",
    ),
    "an unknown kind": (
        START + "inference: {kinds: [given_both, exact]}\n",
        f"plan:4: inference.kinds: choose from {', '.join(VARIANCES)}, not 'exact'",
    ),
    "a kind twice": (
        START + "inference: {kinds: [given_both, marginal, given_both]}\n",
        "plan:4: inference.kinds: each may be listed once",
    ),
    "a primary kind that is not asked for": (
        START + "inference:\n  kinds: [marginal, given_unit]\n  primary: given_both\n",
        "plan:6: inference.primary: choose from the study's kinds of inference: marginal, "
        "given_unit, not 'given_both'",
    ),
    "a default primary kind that is not asked for": (
        START + "inference:\n  kinds: [marginal, given_unit]\n",
        "plan:4: inference.primary: choose from the study's kinds of inference: marginal, "
        "given_unit, not 'given_both'",
    ),
    "an unknown pattern": (
        START + "treatment: {pattern: blok}\n",
        "plan:4: treatment.pattern: should be 'block', 'staggered' or 'on_off', not 'blok'",
    ),
    "no study": ("question: b\npanel: c\n", "plan:1: study is missing"),
    "an empty question": (
        "study: a\nquestion:\npanel: c\n",
        "plan:2: question: should be text, not empty",
    ),
    "a study that is no name": (
        "study: ../etc\nquestion: b\npanel: c\n",
        "plan:1: study: a name has at most 63 letters, digits, dots, dashes and underscores, and "
        "starts with a letter or digit, not '../etc'",
    ),
    "a duplicate key": (START + "seed: 1\nseed: 2\n", "plan:5: seed is given twice"),
    "a duplicate key inside": (
        START + "inference:\n  level: 0.9\n  level: 0.95\n",
        "plan:6: level is given twice",
    ),
    "a label that is true": (
        START + "treatment:\n  units:\n  - true\n",
        "plan:6: treatment.units: a label is text or a number; put it in quotes, not True",
    ),
    "a treated donor": (
        START + "donors: {exclude: [a]}\ntreatment: {units: [a]}\n",
        "plan:5: treatment: treated units cannot be in donors.exclude: a",
    ),
    "no YAML": (
        "study: [a\n",
        "plan:2: not valid YAML: while parsing a flow sequence, expected ',' or ']', but got "
        "'<stream end>'",
    ),
    "two documents": (
        START + "---\nstudy: b\n",
        "plan:4: not valid YAML: expected a single document in the stream, but found another "
        "document",
    ),
    "an alias of itself": (
        "study: &a [*a]\n",
        "plan: not valid YAML: maximum recursion depth exceeded",
    ),
    "a list": ("- study\n", "plan: a study file is a mapping that starts with 'study: NAME'"),
    "nothing": ("", "plan: a study file is a mapping that starts with 'study: NAME'"),
    "a panel that is a number": (
        "study: a\nquestion: b\npanel: 3\n",
        "plan:3: panel: give the name of an ingested panel, or relation or query, not 3",
    ),
    "a panel neither relation nor query": (
        "study: a\nquestion: b\npanel: {columns: {unit: store}}\n",
        "plan:3: panel: give either relation or query",
    ),
    "a covariate that is the outcome": (
        "study: a\nquestion: b\npanel:\n  relation: c\n  columns:\n    covariates: [outcome]\n",
        "plan:6: panel.columns.covariates: outcome: the name of another column of the panel; call "
        "it otherwise",
    ),
    "a covariate twice": (
        "study: a\nquestion: b\npanel: {query: c, columns: {covariates: [price, price]}}\n",
        "plan:3: panel.columns.covariates: each may be listed once",
    ),
    "an unknown treatment of what cannot be compared": (
        START + "incomparable: keep\n",
        "plan:4: incomparable: should be 'refuse' or 'drop', not 'keep'",
    ),
    "a panel both relation and query": (
        "study: a\nquestion: b\npanel: {relation: c, query: d}\n",
        "plan:3: panel: give either relation or query",
    ),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_one_line_says_where_what_and_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(InvalidPlan) as found:
        parse_plan(text)
    assert str(found.value) == message


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(InvalidPlan) as found:
        parse_plan("study: a\npanel: b\nsead: 1\nseed: x\n")
    assert [line.split(": ")[0] for line in str(found.value).splitlines()] == [
        "plan:1",
        "plan:4",
        "plan:3",
    ]


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidPlan, match=r"nowhere\.yaml: cannot be read: No such file"):
        load_plan(tmp_path / "nowhere.yaml")
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidPlan, match=r"binary\.yaml: cannot be read: it is not UTF-8 text"):
        load_plan(binary)
