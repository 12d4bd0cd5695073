"""The estimator that a race chooses, by a rule fixed beforehand.

    lowest_rmse    least RMSE
    ensemble       several at once, weighted by their errors (ensemble.py)

By lowest_rmse, estimators whose RMSE is not told apart from the least are tied: their ratio to it,
less its paired Monte-Carlo error, is one or less, and simplicity may cost WORTH of RMSE at most. Of
tied ones the simplest is chosen: fewer things that could be wrong with it, nothing to tune, and a
comparison that people can follow.

    did < difp < sc < sdid < mc < dwcp

from fixed weights, to weights on units, to weights on units and periods, to factors, to factors
with weights of every treated cell. DIFP stands before SC because an intercept lets levels differ.

Source: ours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from estimators.core.errors import InvalidPanel, UnsupportedDesign
from estimators.race.standings import Standing

LOWEST, ENSEMBLE = RULES = ("lowest_rmse", "ensemble")
SIMPLEST_FIRST = ("did", "difp", "sc", "sdid", "mc", "dwcp")
WORTH = 0.03  # share of RMSE
FEWEST = 20  # replications, below which nothing is chosen


@dataclass(frozen=True)
class Choice:
    """key: of the estimator      why: one sentence for people      tied_with: the others, if any
    weights: of each estimator that an ensemble consists of; None for one estimator"""

    key: str
    rule: str
    why: str
    tied_with: tuple[str, ...] = ()
    weights: Mapping[str, float] | None = None


def chosen(found: Sequence[Standing], rule: str = LOWEST) -> Choice:
    """The estimator this rule takes.

    found: standings of one race, all estimators that may be chosen
    Raises InvalidPanel for a rule that takes no single one, UnsupportedDesign where nobody answered
    enough.
    """
    if rule != LOWEST:
        raise InvalidPanel(
            f"no single estimator is taken by the rule {rule!r}; choose from {LOWEST}"
        )
    able = [one for one in found if one.eligible and one.rmse is not None and one.relative]
    replications = max((one.answered for one in able), default=0)
    if replications < FEWEST:
        reasons = "; ".join(f"{one.estimator}: {one.reason}" for one in found if one.reason)
        raise UnsupportedDesign(
            f"choosing needs an estimator that answers {FEWEST} replications or more; at most "
            f"{replications} were answered{f' ({reasons})' if reasons else ''}; run more, or use "
            f"a fixed estimator"
        )
    best = min(able, key=lambda one: (_ratio(one), _simplicity(one.estimator)))
    tied = [one for one in able if at_least(one) <= 1 and _ratio(one) <= 1 + WORTH]
    winner = min(tied, key=lambda one: _simplicity(one.estimator))
    others = tuple(one.estimator for one in tied if one is not winner)
    return Choice(winner.estimator, rule, _why(winner, best, replications, others), others)


def _ratio(one: Standing) -> float:
    assert one.relative is not None
    return one.relative.value


def at_least(one: Standing) -> float:
    """The ratio to the best that Monte-Carlo error allows."""
    assert one.relative is not None
    return one.relative.value - (one.relative.error or 0.0)


def _simplicity(key: str) -> tuple[int, str]:
    """Those that are not listed come last, by name."""
    known = SIMPLEST_FIRST.index(key) if key in SIMPLEST_FIRST else len(SIMPLEST_FIRST)
    return known, key


def _why(winner: Standing, best: Standing, replications: int, others: tuple[str, ...]) -> str:
    assert winner.rmse is not None
    said = f"{winner.estimator}: RMSE {winner.rmse.value:.4g} over {replications} replications"
    if not others:
        return f"{said}, the least"
    if winner is best:
        return f"{said}, the least, and the simplest of those tied with it ({', '.join(others)})"
    assert winner.relative is not None
    error = f" ± {winner.relative.error:.3f}" if winner.relative.error is not None else ""
    return (
        f"{said}, {winner.relative.value:.3f}{error} times that of {best.estimator}: tied within "
        f"Monte-Carlo error ({', '.join(others)}), and the simplest of them"
    )
