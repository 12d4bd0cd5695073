"""Degrees of freedom, unevenness and shrinkage."""

from tests.mutants.fault import Fault

INDEPENDENCE = "estimators/variance/independence.py"
UNEVENNESS = "estimators/variance/unevenness.py"
TESTS = ("estimators/test_unevenness.py",)

TWIN = "nothing but bounds was tested; a twin now writes down all of adaptive"

FREEDOM = (
    Fault(
        "degrees of freedom: placements less one, as if they were independent",
        INDEPENDENCE,
        "return len(groups) ** 2 / ((1 - share) * same_group + share * any_groups)",
        "return float(len(groups) - 1)",
        TESTS,
    ),
    Fault(
        "correlations not squared (Satterthwaite's exponent)",
        INDEPENDENCE,
        "return np.asarray((unit @ unit.T) ** 2)",
        "return np.asarray(np.abs(unit @ unit.T))",
        TESTS,
    ),
    Fault(
        "variances not squared in the denominator (Satterthwaite's exponent)",
        INDEPENDENCE,
        "squares.sum() ** 2 / (squares @ alike @ squares)",
        "squares.sum() ** 2 / (squares @ alike @ np.ones_like(squares))",
        TESTS,
    ),
    Fault(
        "share of groups that overlap: n² for n(n − 1) pairs",
        INDEPENDENCE,
        "pairs = len(alike) * (len(alike) - 1)",
        "pairs = len(alike) ** 2",
        TESTS,
    ),
    Fault(
        "deals of rows: n for n − 1",
        INDEPENDENCE,
        "/ (len(centred) - 1)",
        "/ len(centred)",
        TESTS,
    ),
    Fault(
        "windows compared without taking out their level",
        INDEPENDENCE,
        "row[placement.periods] = worn - worn.mean()",
        "row[placement.periods] = worn",
        TESTS,
    ),
    Fault(
        "rotations compared before they are centred",
        INDEPENDENCE,
        "centred = _centred(treatment)\n    spectrum",
        "centred = treatment.astype(np.float64)\n    spectrum",
        TESTS,
    ),
    Fault(
        "group's squares counted once in place of twice",
        INDEPENDENCE,
        "same_group = float(((placed @ alike) * placed).sum())",
        "same_group = float((placed @ alike).sum())",
        TESTS,
        lived="placements were crossed, where it makes no difference; a test now counts every pair "
        "of any",
    ),
    Fault(
        "shrinkage the wrong way: pooled where controls differ",
        UNEVENNESS,
        "float(1 - (sampling / (sampling + self.variance)) ** POWER)",
        "float(1 - (self.variance / (sampling + self.variance)) ** POWER)",
        TESTS,
    ),
    Fault(
        "sampling noise of mean squares taken for unevenness",
        UNEVENNESS,
        "float(np.log(seen).var(ddof=1)) - log_variance(df)",
        "float(np.log(seen).var(ddof=1))",
        TESTS,
    ),
    Fault(
        "variance between groups with n for n − 1",
        UNEVENNESS,
        "float(np.log(seen).var(ddof=1))",
        "float(np.log(seen).var())",
        TESTS,
        lived=TWIN,
    ),
    Fault(
        "treated unit not among the groups that are compared",
        UNEVENNESS,
        "seen = found if treated is None else np.append(found, max(treated, FLOOR))",
        "seen = found",
        TESTS,
    ),
    Fault(
        "variance of log χ² with df for df/2",
        UNEVENNESS,
        "return float(polygamma(1, df / 2))",
        "return float(polygamma(1, df))",
        TESTS,
    ),
    Fault(
        "unevenness not corrected for sampling",
        UNEVENNESS,
        "concentration = float(np.mean(found**2) / (1 + 2 / df))",
        "concentration = float(np.mean(found**2))",
        TESTS,
    ),
    Fault(
        "ratio of treated to controls not corrected for the mean of 1/m",
        UNEVENNESS,
        "ratio *= column_df / (column_df + 2 * by_period)",
        "ratio *= 1.0",
        TESTS,
        lived=TWIN,
    ),
    Fault(
        "controls of all windows compared with treated units of some",
        UNEVENNESS,
        "shared = np.isin(times, own.times)",
        "shared = np.ones(len(times), dtype=np.bool_)",
        (
            *TESTS,
            "estimators/test_contract.py::"
            "test_noisier_treated_units_raise_what_holds_them_fixed_and_leave_the_rest",
        ),
        lived="all windows were shared; a test now has some that are not",
    ),
    Fault(
        "windows weighted by squared scales (weights counted twice)",
        UNEVENNESS,
        "weights = scale**by_period\n",
        "weights = scale ** (2 * by_period)\n",
        TESTS,
        lived=TWIN,
    ),
)
