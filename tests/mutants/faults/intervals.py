"""From a variance to intervals, p-values, bands, sums and percentages."""

from tests.mutants.fault import Fault

INFERENCE, BANDS = "estimators/variance/inference.py", "estimators/variance/bands.py"
OVER_TIME, LIFT = "estimators/variance/over_time.py", "estimators/variance/impact.py"
EFFECT = "estimators/core/effect.py"
TEST_INFERENCE, TEST_BANDS = ("estimators/test_inference.py",), ("estimators/test_bands.py",)
TEST_OVER_TIME, TEST_IMPACT = ("estimators/test_over_time.py",), ("estimators/test_impact.py",)

INTERVALS = (
    Fault(
        "normal critical values in place of t",
        INFERENCE,
        "return float(stdtrit(df, (1 + level) / 2))",
        "return float(stdtrit(math.inf, (1 + level) / 2))",
        TEST_INFERENCE,
    ),
    Fault(
        "one-sided quantile for a two-sided interval (1 − α for 1 − α/2)",
        INFERENCE,
        "stdtrit(df, (1 + level) / 2)",
        "stdtrit(df, level)",
        TEST_INFERENCE,
    ),
    Fault(
        "one-sided p-value beside a two-sided interval",
        INFERENCE,
        "float(2 * stdtr(variance.df",
        "float(stdtr(variance.df",
        TEST_INFERENCE,
    ),
    Fault(
        "normal p-value beside a t interval",
        INFERENCE,
        "2 * stdtr(variance.df,",
        "2 * stdtr(math.inf,",
        TEST_INFERENCE,
    ),
    Fault(
        "p-value with placebos − 1 degrees of freedom, interval with those of the variance",
        INFERENCE,
        "2 * stdtr(variance.df,",
        "2 * stdtr(variance.placebos - 1,",
        TEST_INFERENCE,
    ),
    Fault(
        "band made of pointwise quantiles",
        BANDS,
        "value = max(float(largest[rank - 1]), least)",
        "value = least",
        TEST_BANDS,
    ),
    Fault(
        "band one-sided: signed deviations in place of absolute ones",
        BANDS,
        "squares, leaving = paths[complete] ** 2,",
        "squares, leaving = np.maximum(paths[complete], 0) ** 2,",
        TEST_BANDS,
    ),
    Fault(
        "band judges a placebo by a scale that contains it",
        BANDS,
        "np.sort(_studentised(squares / scale, leaving / scale, worth).max(axis=1))",
        "np.sort(np.sqrt(squares / scale).max(axis=1))",
        TEST_BANDS,
    ),
    Fault(
        "permutation p-value of the band without + 1",
        BANDS,
        "max((1 + beyond) / (len(self.largest) + 1),",
        "max(beyond / len(self.largest),",
        TEST_BANDS,
    ),
    Fault(
        "rank of the band's critical value one too low",
        BANDS,
        "rank = count + 1 - _most_beyond(count, level)",
        "rank = count - _most_beyond(count, level)",
        TEST_BANDS,
    ),
    Fault(
        "interval of a period with as many degrees of freedom as paths (n for n − 1)",
        BANDS,
        "np.minimum(df, count - 1)",
        "np.minimum(df, count)",
        TEST_BANDS,
    ),
    Fault(
        "standard error of a period around the placebos' mean",
        BANDS,
        "squares = np.where(known, paths, 0.0) ** 2",
        "squares = np.where(known, paths - np.nanmean(paths, axis=0), 0.0) ** 2",
        (*TEST_BANDS, *TEST_OVER_TIME),
    ),
    Fault(
        "cumulative effect scaled by the last period's cells, not by all so far",
        OVER_TIME,
        "return means * count.cumsum()",
        "return means * count",
        TEST_OVER_TIME,
    ),
    Fault(
        "effects by period judged by placebos at other times",
        OVER_TIME,
        "pool = pools.same_period",
        "pool = pools.elsewhere",
        TEST_OVER_TIME,
    ),
    Fault(
        "band drawn with the half width of the single interval",
        OVER_TIME,
        "band_high=None if wide is None else row.effect + wide,",
        "band_high=None if wide is None else row.effect + half,",
        TEST_OVER_TIME,
    ),
    Fault(
        "percent lift: ends of the interval over the estimated counterfactual",
        LIFT,
        "(one / (observed - one) for one in ends)",
        "(one / (observed - effect) for one in ends)",
        TEST_IMPACT,
    ),
    Fault(
        "percent lift relative to what was observed",
        LIFT,
        "(one / (observed - one) for one in ends)",
        "(one / observed for one in ends)",
        TEST_IMPACT,
    ),
    Fault(
        "total counts treated cells that were not observed",
        LIFT,
        "int(scored.sum())",
        "int(panel.treatment.sum())",
        TEST_IMPACT,
        lived="no panel of those tests had a gap under treatment; one has now",
    ),
    Fault(
        "sign of the effect flipped",
        EFFECT,
        "panel.outcome[scored] - fit.counterfactual[scored]",
        "fit.counterfactual[scored] - panel.outcome[scored]",
        (
            "estimators/test_known_effects.py::"
            "test_growing_effects_are_averaged_right_where_static_two_way_regression_has_the_wrong_sign",
        ),
    ),
    Fault(
        "cells the fit leaves out enter the average",
        EFFECT,
        "np.asarray(scored & ~fit.left_out)",
        "np.asarray(scored)",
        ("estimators/test_left_out.py",),
    ),
)
