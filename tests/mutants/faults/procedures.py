"""Bootstrap, jackknife, design-based variance, conformal test and permutation rank."""

from tests.mutants.fault import Fault

BOOTSTRAP, JACKKNIFE = "estimators/variance/bootstrap.py", "estimators/variance/jackknife.py"
CONFORMAL, RANK = "estimators/variance/conformal.py", "estimators/variance/permutation.py"
DESIGN = "estimators/variance/design_based.py"
RESAMPLING, TEST_CONFORMAL = "estimators/test_resampling.py", "estimators/test_conformal.py"
TEST_RANK, TEST_DESIGN = "estimators/test_permutation.py", "estimators/test_design_based.py"

PROCEDURES = (
    Fault(
        "bootstrap keeps draws without a treated unit, as effects of zero",
        BOOTSTRAP,
        'pattern(panel) != "on_off"):\n        return np.nan',
        'pattern(panel) != "on_off"):\n        return 0.0',
        (RESAMPLING,),
    ),
    Fault(
        "bootstrap not centred",
        BOOTSTRAP,
        "np.mean((found - found.mean()) ** 2)",
        "np.mean(found**2)",
        (RESAMPLING,),
    ),
    Fault(
        "bootstrap with B − 1 for B",
        BOOTSTRAP,
        "float(np.mean((found - found.mean()) ** 2))",
        "float(found.var(ddof=1))",
        (RESAMPLING,),
    ),
    Fault(
        "bootstrap: t with B − 1 for the published normal",
        BOOTSTRAP,
        "Variance(self.kind, value, np.inf, len(found), text)",
        "Variance(self.kind, value, len(found) - 1, len(found), text)",
        (RESAMPLING,),
    ),
    Fault(
        "bootstrap: draws smaller than the panel",
        BOOTSTRAP,
        "rng.integers(len(ordered), size=(missing, len(ordered)))",
        "rng.integers(len(ordered), size=(missing, len(ordered) - 1))",
        (RESAMPLING,),
    ),
    Fault(
        "bootstrap for a single treated unit",
        BOOTSTRAP,
        "if treated < 2:",
        "if treated < 1:",
        (RESAMPLING,),
    ),
    Fault(
        "jackknife factor of a mean's variance, 1/(N(N − 1))",
        JACKKNIFE,
        "float((n - 1) / n * np.sum(",
        "float(1 / (n * (n - 1)) * np.sum(",
        (RESAMPLING,),
    ),
    Fault(
        "jackknife: donors' weights not divided by what is left of their sum",
        JACKKNIFE,
        "path = kept / kept.sum() @ self.panel.outcome[donors]",
        "path = kept @ self.panel.outcome[donors]",
        (RESAMPLING,),
    ),
    Fault(
        "jackknife leaves out treated units alone",
        JACKKNIFE,
        "for i in range(len(panel.units))]",
        "for i in np.flatnonzero(panel.treated_units)]",
        (RESAMPLING,),
    ),
    Fault(
        "design-based: sign of the second term",
        DESIGN,
        "float(squares / (n - 3) - np.sum(terms**2)",
        "float(squares / (n - 3) + np.sum(terms**2)",
        (TEST_DESIGN,),
    ),
    Fault(
        "design-based: N − 2 for N − 3",
        DESIGN,
        "float(squares / (n - 3) - np",
        "float(squares / (n - 2) - np",
        (TEST_DESIGN,),
    ),
    Fault(
        "design-based: N − 1 degrees of freedom for N − 2",
        DESIGN,
        "Variance(self.kind, value, n - 2, n - 1, text)",
        "Variance(self.kind, value, n - 1, n - 1, text)",
        (TEST_DESIGN,),
    ),
    Fault(
        "design-based weights see the first treated period",
        DESIGN,
        "outcome[:, -1] = outcome[:, -2]",
        "outcome[:, -2] = outcome[:, -1]",
        (TEST_DESIGN,),
    ),
    Fault(
        "conformal: residuals under the hypothesis, model fitted without it",
        CONFORMAL,
        "estimator.fit_under_null(null)",
        "estimator.fit_under_null(panel)",
        (TEST_CONFORMAL,),
    ),
    Fault(
        "conformal: the treated periods themselves not counted among the shifts",
        CONFORMAL,
        "p_value=rank(0.0) / shifts",
        "p_value=(rank(0.0) - 1) / shifts",
        (TEST_CONFORMAL,),
    ),
    Fault(
        "conformal: sum of absolute residuals for the absolute sum",
        CONFORMAL,
        "abs(float(residuals[cells].sum()))",
        "float(np.abs(residuals[cells]).sum())",
        (TEST_CONFORMAL,),
    ),
    Fault(
        "conformal: interval at 1 − α/2",
        CONFORMAL,
        "rejected = rejecting_ranks(shifts, level)",
        "rejected = rejecting_ranks(shifts, (1 + level) / 2)",
        (TEST_CONFORMAL,),
    ),
    Fault(
        "conformal: the extra period repeats the last one in place of the mean",
        "estimators/core/null_panel.py",
        "means = np.nanmean(panel.outcome, axis=1, where=panel.observed)",
        "means = panel.outcome[:, -1]",
        (TEST_CONFORMAL,),
    ),
    Fault(
        "permutation rank without + 1",
        RANK,
        "rank = 1 + int(np.sum(ratios",
        "rank = int(np.sum(ratios",
        (TEST_RANK,),
    ),
    Fault(
        "permutation p-value over placebos, not over placebos and the treated unit",
        RANK,
        "p_value=rank / number,",
        "p_value=rank / len(ratios),",
        (TEST_RANK,),
    ),
    Fault(
        "permutation by fit after treatment, not relative to fit before",
        RANK,
        "return after / self.before if self.before > 0 else np.inf",
        "return after if self.before > 0 else np.inf",
        (TEST_RANK,),
    ),
    Fault(
        "permutation interval: variation over treated periods left out",
        RANK,
        "room = limit * own.before - own.spread",
        "room = limit * own.before",
        (TEST_RANK,),
    ),
    Fault(
        "permutation interval: limit one rank too far out",
        RANK,
        "np.sort(ratios)[-rejecting_ranks(number, level)]",
        "np.sort(ratios)[1 - rejecting_ranks(number, level)]",
        (TEST_RANK,),
    ),
    Fault(
        "permutation: mean over periods where the att is one over cells",
        RANK,
        "mean = float(np.average(gaps, weights=cells))",
        "mean = float(np.mean(gaps[cells > 0]))",
        (TEST_RANK,),
        lived="only blocks had their centre tested; a staggered treatment has it now",
    ),
)
