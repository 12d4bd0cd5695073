"""The exam: what is simulated, what is counted, and on one's own panel."""

from tests.mutants.fault import Fault

NOISE, EXAM = "estimators/calibration/noise.py", "estimators/calibration/exam.py"
SUMMARIES, OWN = "estimators/calibration/summaries.py", "estimators/calibration/own_panel.py"
TEST_NOISE, TEST_EXAM = ("estimators/test_simulated_noise.py",), ("estimators/test_exam.py",)
TEST_OWN = ("estimators/test_own_panel.py",)

EXAMS = (
    Fault(
        "log-normal scales with expected value one, not expected square",
        NOISE,
        "np.exp(spread * rng.standard_normal(count) - spread**2)",
        "np.exp(spread * rng.standard_normal(count) - spread**2 / 2)",
        TEST_NOISE,
    ),
    Fault(
        "t noise not scaled to variance one",
        NOISE,
        "rng.standard_t(HEAVY, (units, periods)) * np.sqrt((HEAVY - 2) / HEAVY)",
        "rng.standard_t(HEAVY, (units, periods))",
        TEST_NOISE,
    ),
    Fault(
        "autoregressive noise whose variance grows from the first period",
        NOISE,
        "np.sqrt(1 - PERSISTENCE**2) * found[:, t]",
        "found[:, t]",
        TEST_NOISE,
    ),
    Fault(
        "variance of a mean divided by n, not n²",
        NOISE,
        "np.count_nonzero(treatment) ** 2)",
        "np.count_nonzero(treatment))",
        TEST_NOISE,
    ),
    Fault(
        "effect added to treated units in all periods",
        EXAM,
        "systematic + noise + effect * treatment,",
        "systematic + noise + effect * treatment.any(axis=1, keepdims=True),",
        TEST_NOISE,
    ),
    Fault(
        "same seed in every replication",
        EXAM,
        "np.random.default_rng([exam.seed, number + 1])",
        "np.random.default_rng([exam.seed, 1])",
        TEST_EXAM,
    ),
    Fault(
        "error measured from zero, not from the true effect",
        EXAM,
        "error[r, e] = effect - drawn.effect",
        "error[r, e] = effect",
        TEST_EXAM,
    ),
    Fault(
        "upper end of the interval not taken relative to the truth",
        "estimators/calibration/answer.py",
        "said.ci_high - truth,",
        "said.ci_high,",
        TEST_EXAM,
    ),
    Fault(
        "coverage counted on the wrong bound",
        SUMMARIES,
        "(row.high + shift >= 0)",
        "(row.high + shift <= 0)",
        TEST_EXAM,
    ),
    Fault(
        "effect moves the two ends of an interval apart",
        SUMMARIES,
        "(row.high + shift >= 0)",
        "(row.high - shift >= 0)",
        TEST_EXAM,
    ),
    Fault(
        "fifths of noise by the estimated standard error, not by the true noise",
        SUMMARIES,
        'order = np.argsort(row.noise, kind="stable")',
        'order = np.argsort(row.standard_error, kind="stable")',
        TEST_EXAM,
        lived="noise came in the order of the replications; now in another",
    ),
    Fault(
        "true variance without the covariance of noise and counterfactual",
        SUMMARIES,
        "return self.noise + added**2 + 2 * self.shock * added",
        "return self.noise + added**2",
        TEST_EXAM,
        lived="the covariance was zero in the example; there is one now in which it is not",
    ),
    Fault(
        "Monte-Carlo error without √R",
        SUMMARIES,
        "float(values.std(ddof=1) / np.sqrt(len(values)))",
        "float(values.std(ddof=1))",
        TEST_EXAM,
    ),
    Fault(
        "size adjusted with p-values under the alternative",
        SUMMARIES,
        "np.quantile(p_values(error), 1 - level)",
        "np.quantile(p_values(error + shift), 1 - level)",
        TEST_EXAM,
    ),
    Fault(
        "power of one sign of the effect alone",
        SUMMARIES,
        "sign * effect) for sign in (1, -1)]",
        "sign * effect) for sign in (1,)]",
        TEST_EXAM,
    ),
    Fault(
        "own panel: coverage one-sided",
        OWN,
        '(said["ci_low"] <= 0) & (said["ci_high"] >= 0)',
        '(said["ci_low"] <= 0)',
        TEST_OWN,
        lived="all misses lay on one side; now there are some on either",
    ),
    Fault(
        "own panel: a position's own effect decides in which fifth it is counted",
        OWN,
        "for where in (unit & ~period, period & ~unit))",
        "for where in (unit, period))",
        TEST_OWN,
    ),
    Fault(
        "own panel: error of clustered coverage as if positions were independent",
        OWN,
        "total[cluster] = total.get(cluster, 0.0) + float(value)",
        "total[cluster, len(total)] = float(value)",
        TEST_OWN,
        lived="in the example both formulas came to the same number; there is another example now",
    ),
)
