"""Ours: from arrays to the fit, the panel and its validation included.

What the table needs beside the counterfactual (α, β and L apart) comes from the general solver,
once and untimed; the timed fit has to agree with it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.measuring.ours import panel_of
from benchmarks.measuring.panels import Block
from benchmarks.peers.accuracy import targets
from benchmarks.peers.answers import TRIPLES, Adapter, Answer, Parts
from estimators import ESTIMATORS, Fit
from estimators.doubly_weighted import DoublyWeighted
from estimators.solvers.low_rank import two_way_low_rank

Asked = tuple[Callable[[], Any], Callable[[Any], Answer]]


def _plain(key: str) -> Adapter:
    """An estimator without λ: weights, where it has them."""

    def adapter(block: Block) -> Asked:
        def read(fit: Fit) -> Answer:
            found = _answer(block, fit)
            if not fit.weights:
                return found
            weights = fit.weights[0]
            units, periods = weights.units, weights.periods
            return replace(
                found,
                unit_weights=None if units is None else units[: -block.treated],
                period_weights=None if periods is None else periods[: block.start],
            )

        return lambda: ESTIMATORS[key].fit(panel_of(block)), read

    return adapter


def mc(block: Block) -> Asked:
    """At the λ all programs get."""
    method = replace(ESTIMATORS["mc"], lambda_nn=block.penalty)  # type: ignore[type-var]

    def read(fit: Fit) -> Answer:
        level = block.usable.mean()
        found = two_way_low_rank(block.outcome - level, ~block.treatment, block.penalty)
        low_rank = found.left @ found.right.T
        parts = (found.unit_effects + level, found.period_effects, low_rank)
        return replace(_answer(block, fit), fits=(parts,))

    return lambda: method.fit(panel_of(block)), read


def mc_cv(block: Block) -> Asked:
    """λ by folds that imitate the treatment."""

    def call() -> Fit:
        made = panel_of(block)
        return ESTIMATORS["mc"].tune(made).fit(made)

    return call, lambda fit: _answer(block, fit)


def _dwcp(question: str) -> Adapter:
    """The treated cells at one λ triple."""

    def adapter(block: Block) -> Asked:
        standard = block.standardised
        names = ("lambda_time", "lambda_unit", "lambda_nn")
        triple = dict(zip(names, TRIPLES[question], strict=True))
        method = replace(ESTIMATORS["dwcp"], **triple)  # type: ignore[type-var]

        def call() -> Fit:
            made = panel_of(standard)
            return method.for_placebos(made).fit(made)

        def read(fit: Fit) -> Answer:
            return replace(_answer(standard, fit), fits=_separately(standard, question))

        return call, read

    return adapter


def _separately(block: Block, question: str) -> tuple[Parts, ...]:
    """The same problems, one after the other, by the general solver."""
    fits = []
    for unit_weights, period_weights in targets(block, TRIPLES[question]):
        found = two_way_low_rank(
            block.outcome, ~block.treatment, TRIPLES[question][2],
            unit_weights=unit_weights, period_weights=period_weights, tolerance=1e-11,
        )  # fmt: skip
        fits.append((found.unit_effects, found.period_effects, found.left @ found.right.T))
    return tuple(fits)


def _left_out(question: str) -> Adapter:
    """Every untreated cell left out at one λ triple, at our own tolerance: at 1e-6 the score at
    λ_nn = 3 would be right to 1e-5 only, and the peer's to 1e-7."""
    method = DoublyWeighted(*TRIPLES[question])

    def adapter(block: Block) -> Asked:
        standard = block.standardised

        def call() -> float:
            made = panel_of(standard)
            return float(np.nansum((made.outcome - method.leave_one_cell_out(made)) ** 2))

        return call, lambda score: Answer(score=score)

    return adapter


def _answer(block: Block, fit: Fit) -> Answer:
    wanted = fit.counterfactual[block.treatment]
    effects = block.outcome[block.treatment] - wanted
    return Answer(float(effects.mean()), counterfactual=np.asarray(wanted))


ADAPTERS: dict[str, Adapter] = {
    "did": _plain("did"),
    "sc": _plain("sc"),
    "difp": _plain("difp"),
    "sdid": _plain("sdid"),
    "mc": mc,
    "mc_cv": mc_cv,
    "dwcp": _dwcp("dwcp"),
    "dwcp_level": _dwcp("dwcp_level"),
    "loo_inf": _left_out("loo_inf"),
    "loo": _left_out("loo"),
    "loo_ten": _left_out("loo_ten"),
}
