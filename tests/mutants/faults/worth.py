"""What effects are worth: sums with paired placebos, money, the return, the rule, the parts."""

from tests.mutants.fault import Fault

ROOM = "estimators/economics"
SUMS, AMOUNTS = f"{ROOM}/sums.py", f"{ROOM}/amounts.py"
ACCOUNT, DECISION, CONFIDENCE = f"{ROOM}/account.py", f"{ROOM}/decision.py", f"{ROOM}/confidence.py"
ESTIMANDS, PARTS = "estimators/core/estimands.py", "estimators/variance/parts.py"
TEST_ACCOUNT, TEST_SUMS = ("estimators/test_account.py",), ("estimators/test_sums.py",)
TEST_PARTS = ("estimators/test_parts.py",)

WORTH = (
    Fault(
        "placebos of a sum added up without the weights of its effects",
        SUMS,
        "term.weight * effects.overall[chosen]",
        "effects.overall[chosen]",
        TEST_SUMS,
    ),
    Fault(
        "placebos of a sum drawn independently: the covariance of outcomes left out",
        SUMS,
        "term.weight * effects.overall[chosen]",
        "np.random.default_rng(0).permutation(term.weight * effects.overall[chosen])",
        TEST_SUMS,
    ),
    Fault(
        "placebos of other lots counted as paired",
        SUMS,
        "and (one.draws, one.crossed, one.seed) == (other.draws, other.crossed, other.seed)",
        "and True",
        TEST_SUMS,
    ),
    Fault(
        "the mean effect in place of the total over treated cells",
        AMOUNTS,
        "per_unit * outcome.prices.units * effect.cells",
        "per_unit * outcome.prices.units",
        TEST_ACCOUNT,
    ),
    Fault(
        "one unit of goods in one unit of outcome, whatever the plan says",
        AMOUNTS,
        "per_unit * outcome.prices.units * effect.cells",
        "per_unit * effect.cells",
        TEST_ACCOUNT,
    ),
    Fault(
        "weeks after counted at the promotion's price",
        AMOUNTS,
        "return after if part == AFTER and after is not None else usual",
        "return usual",
        TEST_ACCOUNT,
    ),
    Fault(
        "ends of an interval keep their places when the amount changes sign",
        AMOUNTS,
        "low, high = sorted((weight * one.ci_low, weight * one.ci_high))",
        "low, high = weight * one.ci_low, weight * one.ci_high",
        TEST_ACCOUNT,
        lived="goods sold below cost now have the mirrored interval of a gain",
    ),
    Fault(
        "standard error of a ratio that of its numerator",
        AMOUNTS,
        "one.standard_error / scale",
        "one.standard_error",
        TEST_ACCOUNT,
        lived="an interval is now as wide as its own standard error says, for every amount",
    ),
    Fault(
        "cost of the promotion added to its return",
        ACCOUNT,
        "terms.funding - (terms.cost or 0.0)",
        "terms.funding + (terms.cost or 0.0)",
        TEST_ACCOUNT,
    ),
    Fault(
        "what suppliers paid left out of the return",
        ACCOUNT,
        "terms.funding - (terms.cost or 0.0)",
        "-(terms.cost or 0.0)",
        TEST_ACCOUNT,
    ),
    Fault(
        "return over the gross cost, before funding",
        ACCOUNT,
        '"roi", 0.0, terms.cost - terms.funding',
        '"roi", 0.0, terms.cost',
        TEST_ACCOUNT,
    ),
    Fault(
        "return of the promoted item alone, without what it took from others",
        ACCOUNT,
        'asked.amount("margin", counted, outcomes, whole)',
        'asked.amount("margin", counted, outcomes[:1], whole)',
        TEST_ACCOUNT,
    ),
    Fault(
        "P(> 0) from the normal distribution beside a t interval",
        CONFIDENCE,
        "return float(stdtr(df, value / error))",
        "return float(stdtr(math.inf, value / error))",
        TEST_ACCOUNT,
    ),
    Fault(
        "expected loss with the tail of the normal, not of t",
        CONFIDENCE,
        "tail = (df + c**2) / (df - 1) * math.exp(log_density)",
        "tail = math.exp(log_density)",
        TEST_ACCOUNT,
    ),
    Fault(
        "affordable cost at the limit for stopping",
        DECISION,
        "quantile(margin.value, error, df, rule.repeat)",
        "quantile(margin.value, error, df, rule.stop)",
        TEST_ACCOUNT,
    ),
    Fault(
        "expected loss and forgone gain mistaken for each other",
        DECISION,
        "loss=expected_gain(-gain.value, error, df)",
        "loss=expected_gain(gain.value, error, df)",
        TEST_ACCOUNT,
        lived="their difference is now compared with the return, which it must be",
    ),
    Fault(
        "rule applied to the margin before cost",
        DECISION,
        "_verdict(said.probability, before.probability, rule)",
        "_verdict(before.probability, before.probability, rule)",
        TEST_ACCOUNT,
    ),
    Fault(
        "outcomes of the part itself hidden, those of other parts seen",
        ESTIMANDS,
        "outside = panel.treatment & ~np.asarray(cells, dtype=np.bool_)",
        "outside = panel.treatment & np.asarray(cells, dtype=np.bool_)",
        TEST_PARTS,
    ),
    Fault(
        "placebos of every part are those of the whole",
        PARTS,
        "columns = list(zip(*found, strict=True))[1:]",
        "columns = list(zip(*found, strict=True))[:1] * len(self.parts)",
        TEST_PARTS,
    ),
)
