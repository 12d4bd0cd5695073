"""A running promotion, looked at every day, and our own intervals over time."""

from tests.mutants.fault import Fault

LIVES, LOOKS = "estimators/monitoring/lives.py", "estimators/monitoring/looks.py"
TESTS, TEST_STANDING = ("estimators/test_monitoring.py",), ("estimators/test_standing.py",)

FOLLOWING = (
    Fault(
        "placebo lives of noisy and quiet units on one scale",
        LIVES,
        "return _path(panel, estimator, one, life) / scale if scale > 0",
        "return _path(panel, estimator, one, life) if scale > 0",
        TESTS,
    ),
    Fault(
        "own scale of the promotion measured over its own periods, too",
        LOOKS,
        "own_scale(panel.outcome[:, :before],",
        "own_scale(panel.outcome,",
        TESTS,
    ),
    Fault(
        "a life is judged by a scale that its own group is part of",
        LIVES,
        "limits(paths, df, level, placed, _by_group(paths, groups))",
        "limits(paths, df, level, placed, 0 * paths)",
        TESTS,
    ),
    Fault(
        "placebo lives reach into the promotion",
        LIVES,
        "starts = np.arange(training, before - life + 1)",
        "starts = np.arange(training, before - life + 2)",
        TESTS,
    ),
    Fault(
        "looks after the planned end go on",
        LOOKS,
        "if number > life:",
        "if number > life + 1:",
        TESTS,
    ),
    Fault(
        "interval of one look alone, drawn at every look",
        LOOKS,
        "limits.critical_value * float(errors[-1])",
        "2.1 * float(errors[-1])",
        TESTS,
    ),
    Fault(
        "earlier looks of the promotion computed from what was known later",
        LOOKS,
        "found[k - 1] = att(then, tuned.fit(then))",
        "found[k - 1] = att(panel, tuned.fit(panel))",
        TESTS,
        lived="the smallest p so far is compared with the p of every look, after an early burst",
    ),
    Fault(
        "harm as soon as it cannot be ruled out",
        "estimators/monitoring/rules.py",
        "lift.lift_high < harm",
        "lift.lift_low < harm",
        TESTS,
    ),
    Fault(
        "exact limits one-sided, called two-sided",
        "estimators/calibration/limits.py",
        "tail = (1 - level) / 2",
        "tail = 1 - level",
        TEST_STANDING,
    ),
)
