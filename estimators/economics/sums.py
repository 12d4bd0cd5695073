"""A weighted sum of effects and how sure it is, from placebos that are paired.

    S = Σ_k w_k τ_k          over outcomes of the same cells, and parts of the treatment

A placement pretends the same treatment in every outcome, and so has one placebo sum

    s_d = Σ_k w_k e_kd

The s_d go where the placebos of one effect go: into the pools and their variances (variance/).
Outcomes that move together in a store or a week do so in the placebos too, hence whatever
correlation there is enters the variance of the sum, and none is assumed. Placements that one of the
terms cannot impute are left out for all. Lots are drawn over labels, so that outcomes of the same
units, periods and treatment are placed alike.

Kinds of inference that rest on more than these pools have no such sum, and refuse.

Source: placebos as in variance/placebos.py; that pairing them keeps covariances is the argument of
a permutation test of a vector. Its use for variances of sums is this project's construction.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from estimators.core.errors import InvalidPanel, NotConverged, UnsupportedDesign
from estimators.core.fit import Inference, Refusal
from estimators.core.panel import IntArray
from estimators.variance.effects import Effects
from estimators.variance.kinds import POOLED, InferenceKind
from estimators.variance.placebos import Placebos


@dataclass(frozen=True, eq=False)
class Term:
    """One effect in a sum.

    label: whose it is, for messages      effect: τ      weight: w
    """

    label: str
    effect: float
    weight: float
    placebos: Placebos


class PairedPlacebos:
    """Pools of the sum: what the five variances ask for."""

    def __init__(self, terms: Sequence[Term]) -> None:
        _refuse_unlike(terms)
        self.terms = terms

    @property
    def carried(self) -> bool:
        """Whether windows are not like the treatment: the same for every term."""
        return self.terms[0].placebos.carried

    @cached_property
    def same_period(self) -> Effects:
        """U: other units, same periods."""
        return self._sum(lambda placebos: placebos.same_period)

    @cached_property
    def elsewhere(self) -> Effects:
        """M: other units, other times."""
        return self._sum(lambda placebos: placebos.elsewhere)

    @cached_property
    def same_unit(self) -> Effects:
        """P: the treated units at other times."""
        return self._sum(lambda placebos: placebos.same_unit)

    @cached_property
    def controls_past(self) -> Effects:
        """M′: other units at the times of same_unit."""
        return self._sum(lambda placebos: placebos.controls_past)

    def _sum(self, pool: Callable[[Placebos], Effects]) -> Effects:
        found = [self._of(term, pool) for term in self.terms]
        first, keys = found[0], [_keys(effects) for effects in found]
        kept = set(keys[0]).intersection(*keys[1:])
        if len(kept) < 2:
            raise UnsupportedDesign(
                f"{len(kept)} placebo placements can be imputed for all of "
                f"{len(self.terms)} effects at once ({first.construction}); at least 2 are needed"
            )
        rows = [np.array([key in kept for key in each]) for each in keys]
        overall = np.sum(
            [
                term.weight * effects.overall[chosen]
                for term, effects, chosen in zip(self.terms, found, rows, strict=True)
            ],
            axis=0,
        )
        chosen = rows[0]
        return Effects(
            overall,
            np.full((len(overall), first.by_period.shape[1]), np.nan),  # sums have no paths
            first.scored[chosen],
            first.groups[chosen],
            first.times[chosen],
            first.share,
            first.alike_times,
            f"{first.construction}, the same for each of {len(self.terms)} effects",
        )

    def _of(self, term: Term, pool: Callable[[Placebos], Effects]) -> Effects:
        try:
            return pool(term.placebos)
        except (UnsupportedDesign, NotConverged) as refusal:
            raise type(refusal)(f"{term.label}: {refusal}") from None


def inferred_sum(
    terms: Sequence[Term], kinds: Iterable[InferenceKind], level: float
) -> tuple[float, tuple[Inference | Refusal, ...]]:
    """S, and what each kind says about it."""
    pools, effect = PairedPlacebos(terms), float(sum(term.weight * term.effect for term in terms))
    return effect, tuple(_inferred(effect, kind, pools, level) for kind in kinds)


def _inferred(
    effect: float, kind: InferenceKind, pools: PairedPlacebos, level: float
) -> Inference | Refusal:
    if not isinstance(kind, POOLED):
        return Refusal(
            kind.kind,
            f"{kind.kind} is about one effect; a sum of {len(pools.terms)} needs placebos that are "
            f"paired: read {', '.join(one.kind for one in POOLED)}",
        )
    try:
        return kind.infer(effect, pools, level)
    except (UnsupportedDesign, NotConverged) as refusal:
        return Refusal(kind.kind, str(refusal))


def _keys(effects: Effects) -> list[tuple[int, int]]:
    """Which placement each effect is of: a group in a place in time, once each."""
    groups: IntArray = effects.groups
    return list(zip(groups.tolist(), effects.times.tolist(), strict=True))


def _refuse_unlike(terms: Sequence[Term]) -> None:
    first = terms[0]
    for term in terms[1:]:
        one, other = first.placebos, term.placebos
        same = (
            one.panel.units == other.panel.units
            and one.panel.periods == other.panel.periods
            and np.array_equal(one.panel.treatment, other.panel.treatment)
            and (one.draws, one.crossed, one.seed) == (other.draws, other.crossed, other.seed)
        )
        if not same:
            raise InvalidPanel(
                f"placebos of {term.label} and {first.label} are not placed alike: a sum needs "
                f"the same units, periods, treated cells and lots in each outcome"
            )
