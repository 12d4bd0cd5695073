"""Which pools a variance is made of, and how their squares are averaged."""

from tests.mutants.fault import Fault

KINDS, EFFECTS = "estimators/variance/kinds.py", "estimators/variance/effects.py"
POOL = "estimators/variance/placebos.py"
VARIANCES, CONTRACT = "estimators/test_variances.py", "estimators/test_contract.py"
FORMULAS = f"{VARIANCES}::test_each_kind_is_made_of_the_pools_its_formula_names"
ONE_CELL = f"{VARIANCES}::test_for_one_treated_cell_the_pools_are_those_of_a_loop_over_cells"
POISSON = f"{VARIANCES}::test_given_both_is_what_a_poisson_fit_predicts_for_the_treated_cell"
EVEN = f"{VARIANCES}::test_for_even_noise_all_five_agree_on_average"
UNITS = f"{CONTRACT}::test_noisier_treated_units_raise_what_holds_them_fixed_and_leave_the_rest"
PERIODS = f"{CONTRACT}::test_noisier_treated_periods_raise_what_holds_them_fixed_and_leave_the_rest"
UNEVENNESS = "estimators/test_unevenness.py"
TWIN = (
    "nothing but bounds was tested; a twin now writes down the degrees of freedom of given both, "
    "and all of adaptive"
)
SCALE = "pools were compared with themselves; a test now computes effects and scale cell by cell"

POOLS = (
    Fault(
        "marginal from placebos in the treated periods (wrong pool)",
        KINDS,
        "return _variance(self.kind, placebos.elsewhere)",
        "return _variance(self.kind, placebos.same_period)",
        (FORMULAS,),
    ),
    Fault(
        "given period from placebos at other times (wrong pool)",
        KINDS,
        "return _variance(self.kind, placebos.same_period)",
        "return _variance(self.kind, placebos.elsewhere)",
        (FORMULAS,),
    ),
    Fault(
        "given unit from controls in its windows (wrong pool)",
        KINDS,
        "own = placebos.same_unit\n        if not placebos.carried",
        "own = placebos.controls_past\n        if not placebos.carried",
        (ONE_CELL,),
    ),
    Fault(
        "given unit for long treatments scaled from the treated periods",
        KINDS,
        "_scaled(self.kind, placebos.elsewhere, placebos)",
        "_scaled(self.kind, placebos.same_period, placebos)",
        (FORMULAS,),
    ),
    Fault(
        "given both scaled from placebos at other times",
        KINDS,
        "_scaled(self.kind, placebos.same_period, placebos)",
        "_scaled(self.kind, placebos.elsewhere, placebos)",
        (FORMULAS,),
    ),
    Fault(
        "ratio of treated to controls inverted, in given unit and given both",
        KINDS,
        "value = base.mean_square * own.mean_square / controls.mean_square",
        "value = base.mean_square * controls.mean_square / own.mean_square",
        (FORMULAS,),
    ),
    Fault(
        "ratio of standard deviations where variances are meant",
        KINDS,
        "value = base.mean_square * own.mean_square / controls.mean_square",
        "value = base.mean_square * (own.mean_square / controls.mean_square) ** 0.5",
        (FORMULAS,),
    ),
    Fault(
        "short windows' variance taken for that of a long treatment",
        POOL,
        "return not self.switching and not self.windows.carries",
        "return False",
        (FORMULAS,),
    ),
    Fault(
        "marginal of a long treatment from windows shorter than it",
        POOL,
        "return self.windows.carries",
        "return True",
        (FORMULAS,),
        lived="the test of formulas took M from the pools themselves; it now asks that pools of "
        "whole treatments hold whole treatments",
    ),
    Fault(
        "adaptive: exponents of units and periods swapped",
        KINDS,
        "** found.by_period\n        value = base.mean_square * periods * "
        "found.unit_ratio**found.by_unit",
        "** found.by_unit\n        value = base.mean_square * periods * "
        "found.unit_ratio**found.by_period",
        (UNITS, PERIODS),
    ),
    Fault(
        "adaptive: ratio of periods inverted",
        KINDS,
        "(period.mean_square / base.mean_square) **",
        "(base.mean_square / period.mean_square) **",
        (PERIODS,),
    ),
    Fault(
        "adaptive: the periods' ratio applied to U, in which it already is",
        KINDS,
        "value = base.mean_square * periods",
        "value = period.mean_square * periods",
        (PERIODS, UNEVENNESS),
    ),
    Fault(
        "adaptive: weight of the ratio squared in the degrees of freedom",
        KINDS,
        "+ found.by_unit * log_variance(found.df_unit)",
        "+ found.by_unit**2 * log_variance(found.df_unit)",
        (UNEVENNESS,),
        lived=TWIN,
    ),
    Fault(
        "adaptive: degrees of freedom of units and periods swapped",
        KINDS,
        "found.by_period * log_variance(found.df_period)",
        "found.by_period * log_variance(found.df_unit)",
        (UNEVENNESS,),
        lived=TWIN,
    ),
    Fault(
        "given both: degrees of freedom of the base alone",
        KINDS,
        "df_of(log_variance(base.df / found.concentration) + log_variance(found.df_windows))",
        "df_of(log_variance(base.df / found.concentration))",
        (UNEVENNESS,),
        lived=TWIN,
    ),
    Fault(
        "concentration multiplies degrees of freedom in place of dividing them",
        KINDS,
        "log_variance(base.df / found.concentration)",
        "log_variance(base.df * found.concentration)",
        (UNEVENNESS,),
        lived=TWIN,
    ),
    Fault(
        "squares taken around the placebos' mean, so that bias counts for nothing",
        EFFECTS,
        "np.asarray(self.overall**2)",
        "np.asarray((self.overall - self.overall.mean()) ** 2)",
        (ONE_CELL,),
    ),
    Fault(
        "mean square with n − 1",
        EFFECTS,
        "float(np.mean(self.squares))",
        "float(np.sum(self.squares) / (len(self.squares) - 1))",
        (ONE_CELL,),
    ),
    Fault(
        "placebo averages periods where the estimate averages cells",
        EFFECTS,
        "PlaceboEffect(float(effects.mean()), path",
        "PlaceboEffect(float(np.nanmean(path)), path",
        ("estimators/test_over_time.py",),
    ),
    Fault(
        "on/off: scale of the estimate missing",
        POOL,
        "scale = np.sqrt(noise_share(self.panel) / np.array([one.noise for one in chosen]))",
        "scale = np.ones(len(chosen))",
        ("estimators/test_dealing.py",),
        lived=SCALE,
    ),
    Fault(
        "on/off: effects scaled by a ratio of variances, not of standard deviations",
        POOL,
        "scale = np.sqrt(noise_share(self.panel) / np.array([one.noise for one in chosen]))",
        "scale = noise_share(self.panel) / np.array([one.noise for one in chosen])",
        ("estimators/test_dealing.py",),
        lived=SCALE,
    ),
    Fault(
        "on/off: shares of cells not squared",
        EFFECTS,
        "(shares[asked] ** 2 / usable[asked])",
        "(shares[asked] / usable[asked])",
        (UNEVENNESS,),
    ),
    Fault(
        "placebo effects that are rounding taken for noise",
        EFFECTS,
        "effects[np.abs(effects) <= ROUNDING * np.nanmax(np.abs(panel.outcome))] = 0",
        "",
        (f"{VARIANCES}::test_placebos_without_any_noise_refuse_instead_of_promising_certainty",),
    ),
    Fault(
        "placebos tuned anew, so that another estimator is judged",
        EFFECTS,
        "fit = estimator.fit(panels[0])",
        "fit = estimator.tune(panels[0]).fit(panels[0])",
        (f"{VARIANCES}::test_sdid_keeps_its_shrinkage_when_placebos_are_refitted",),
        same="what is tuned keeps its settings whatever it is tuned on: tests/estimators/"
        "test_tuning.py now says so for all six. The next fault is what was meant",
    ),
    Fault(
        "placebos of the estimator as it was before it was tuned",
        "estimators/variance/evaluate.py",
        "pools = pools_of(panel, tuned, placebos",
        "pools = pools_of(panel, estimator, placebos",
        (f"{CONTRACT}::test_the_variance_is_of_the_estimate_that_is_published",),
        lived="the test took what was tuned from the answer itself; it now tunes by itself",
    ),
    Fault(
        "the study's seed does not reach the placebos",
        "estimators/variance/evaluate.py",
        "Placebos(panel, tuned, placebos, seed, time_placebos, problems)",
        "Placebos(panel, tuned, placebos, 0, time_placebos, problems)",
        (
            "estimators/test_exam.py::test_an_exam_says_of_a_panel_what_evaluate_says",
            "estimators/test_resampling.py",
        ),
    ),
)
