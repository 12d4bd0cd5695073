"""Diagnostics beside an estimate, and its way through storage to the report."""

from tests.mutants.fault import Fault

RESIDUALS, UNEVENNESS = (
    "estimators/diagnostics/residuals.py",
    "estimators/diagnostics/unevenness.py",
)
LEVERAGE, FIT = "estimators/diagnostics/leverage.py", "estimators/diagnostics/lack_of_fit.py"
DIAGNOSTICS = ("estimators/test_diagnostics.py",)
LEFT_OUT = ("estimators/test_leverage.py",)

BESIDE = (
    Fault(
        "innovations with the wrong sign of ρ",
        RESIDUALS,
        "residuals[:, 1:] - rho * residuals[:, :-1]",
        "residuals[:, 1:] + rho * residuals[:, :-1]",
        DIAGNOSTICS,
    ),
    Fault(
        "Nickell's bias corrected the wrong way",
        RESIDUALS,
        "rho = raw + (1 + raw) / float(",
        "rho = raw - (1 + raw) / float(",
        DIAGNOSTICS,
    ),
    Fault(
        "serial correlation tested against zero, not against what means leave",
        RESIDUALS,
        "psi = products + squares / np.maximum(count - 1, 1)",
        "psi = products",
        DIAGNOSTICS,
    ),
    Fault(
        "serial correlation: each cell a draw, not each unit",
        RESIDUALS,
        "spread = float(np.sqrt((psi**2).sum()))",
        "spread = float(np.sqrt(((now * before) ** 2).sum()))",
        DIAGNOSTICS,
        lived="the level held under even noise; a twin now writes down the statistic for uneven "
        "units",
    ),
    Fault(
        "rank test of scale with N for N − 1 degrees of freedom",
        UNEVENNESS,
        "len(total) - 1 - int(group.max())",
        "len(total) - int(group.max())",
        DIAGNOSTICS,
    ),
    Fault(
        "noise of the treated relative to themselves and all others",
        UNEVENNESS,
        "others = float(np.median(scale[~treated]))",
        "others = float(np.median(scale))",
        DIAGNOSTICS,
        lived="one treated unit of 24 hardly moves a median; now 9 and 15 are treated",
    ),
    Fault(
        "units and periods swapped in what the evidence favours",
        "estimators/diagnostics/favoured.py",
        'True, False): "given_unit"',
        'True, False): "given_period"',
        DIAGNOSTICS,
    ),
    Fault(
        "Durbin–Watson with the wrong lag",
        FIT,
        "(np.diff(path) ** 2).sum()",
        "((path[2:] - path[:-2]) ** 2).sum()",
        DIAGNOSTICS,
    ),
    Fault(
        "leverage: change with the wrong sign",
        LEVERAGE,
        "float(atts[k] - effect)",
        "float(effect - atts[k])",
        LEFT_OUT,
    ),
    Fault(
        "leverage: estimator tuned anew without the donor",
        LEVERAGE,
        "return att(smaller, estimator.fit(smaller))",
        "return att(smaller, estimator.tune(smaller).fit(smaller))",
        LEFT_OUT,
        same="what is tuned keeps its settings, see above",
    ),
    Fault(
        "rank among placebos without + 1",
        "estimators/variance/facts.py",
        '{"rank": larger + 1,',
        '{"rank": larger,',
        ("estimators/test_breakdowns.py", "estimators/test_permutation.py"),
        lived="nothing tested that number; a test now counts by hand",
    ),
    Fault(
        "task leaves the plan's level out",
        "tasks/estimates.py",
        '        "level": settings.level,\n',
        "",
        ("tasks/test_tasks.py::test_inference_has_the_level_the_draws_and_the_seed_of_the_plan",),
        lived="plans of those tests kept the default level; a test now asks for another, and for "
        "draws and seed",
    ),
    Fault(
        "lower end of the interval stored as its upper one",
        "storage/answers.py",
        "ci_high=float(found.ci_high),",
        "ci_high=float(found.ci_low),",
        ("storage/test_results.py",),
    ),
    Fault(
        "list of results with the ends of intervals exchanged",
        "storage/summaries.py",
        "            VarianceRow.ci_low,\n            VarianceRow.ci_high,",
        "            VarianceRow.ci_high,\n            VarianceRow.ci_low,",
        ("storage/test_results.py",),
    ),
    Fault(
        "report says 95 % whatever the level",
        "reports/sentences.py",
        "level = percent(result.plan.inference.level)\n",
        "level = percent(0.95)\n",
        ("reports/test_sentences.py",),
    ),
    Fault(
        "table says 95 % whatever the level",
        "reports/tables.py",
        "level = percent(result.plan.inference.level)\n",
        "level = percent(0.95)\n",
        ("reports/test_tables.py",),
        lived="tables were only shown at 95 %; now at 90 %, too",
    ),
    Fault(
        "headline calls an interval that touches zero an effect",
        "reports/sentences.py",
        "return variance.ci_low <= 0 <= variance.ci_high",
        "return variance.ci_low < 0 < variance.ci_high",
        ("reports/test_sentences.py",),
        lived="no interval ended in zero; one does now on either side",
    ),
)
