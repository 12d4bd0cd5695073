"""diff-diff: its public classes, and the compiled functions behind them.

Its classes always add a standard error: they are called with the cheapest there is. TROP.fit cannot
be told its λ: it scores the one triple of the grid on every untreated cell, fits the treated cells,
and resamples; the fits alone, and the scoring alone, are the kernels. diff-diff 3.13 scores in Rust
and fits in Python; both stop when nothing moves by more than 1e-6, or after 100 rounds.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from diff_diff import TROP, DifferenceInDifferences, SyntheticControl, SyntheticDiD
from diff_diff import _backend as backend
from diff_diff.utils import _compute_noise_level, _sc_weight_nnls, compute_sdid_estimator

from benchmarks.measuring.panels import Block
from benchmarks.peers.answers import TRIPLES, Adapter, Answer
from benchmarks.peers.long_tables import AFTER, EVER, OUTCOME, TIME, TREATED, UNIT, long_table

Asked = tuple[Callable[[], Any], Callable[[Any], Answer]]
warnings.simplefilter("ignore")


def did(block: Block) -> Asked:
    """The regression on treated, after and their product."""
    table = long_table(block)
    return (
        lambda: DifferenceInDifferences().fit(table, outcome=OUTCOME, treatment=EVER, time=AFTER),
        lambda found: Answer(float(found.att)),
    )


def sc(block: Block) -> Asked:
    """Every period before treatment is a predictor of the same weight."""
    table, ones = long_table(block), np.ones(block.start)

    def call() -> Any:
        method = SyntheticControl(v_method="custom", custom_v=ones, standardize="none")
        return method.fit(table, outcome=OUTCOME, treatment=TREATED, unit=UNIT, time=TIME)

    return call, lambda found: Answer(float(found.att), _by_unit(block, found.donor_weights))


def sc_kernel(block: Block) -> Asked:
    """Its non-negative least squares alone."""
    before = block.outcome[:, : block.start].T
    packed = np.column_stack([before[:, : -block.treated], before[:, -block.treated :].mean(1)])
    return (
        lambda: _sc_weight_nnls(packed),
        lambda found: Answer(unit_weights=np.asarray(found, float)),
    )


def sdid(block: Block) -> Asked:
    """With the jackknife, which refits nothing, and no placebo of the fit before treatment."""
    table = long_table(block)
    after = list(range(block.start + 1, block.outcome.shape[1] + 1))

    def call() -> Any:
        method = SyntheticDiD(variance_method="jackknife", n_bootstrap=0)
        return method.fit(table, outcome=OUTCOME, treatment=EVER, unit=UNIT, time=TIME,
                          post_periods=after)  # fmt: skip

    def read(found: Any) -> Answer:
        periods = np.array([found.time_weights[t] for t in range(1, block.start + 1)])
        return Answer(float(found.att), _by_unit(block, found.unit_weights), periods)

    return call, read


def sdid_kernel(block: Block) -> Asked:
    """Noise, both sets of weights and the double difference, in Rust on arrays."""
    donors, treated = block.outcome[: -block.treated].T, block.outcome[-block.treated :].mean(0)
    before = np.ascontiguousarray(donors[: block.start])
    after, target = np.ascontiguousarray(donors[block.start :]), treated[: block.start].copy()
    cells = block.treated * (block.outcome.shape[1] - block.start)

    def call() -> Any:
        noise = _compute_noise_level(before)
        units = backend._rust_sdid_unit_weights(
            before, target, cells**0.25 * noise, True, 1e-5 * noise, 100, 10_000
        )
        periods = backend._rust_compute_time_weights(
            before, after, 1e-6 * noise, True, 1e-5 * noise, 100, 10_000
        )
        att = compute_sdid_estimator(
            before, after, target, treated[block.start :].mean(keepdims=True), units, periods
        )
        return att, units, periods

    return call, lambda found: Answer(float(found[0]), np.array(found[1]), np.array(found[2]))


def dwcp(block: Block) -> Asked:
    """The public call: scoring, fits and the fewest resamples it allows."""
    table = long_table(block.standardised)
    lambda_time, lambda_unit, lambda_nn = TRIPLES["dwcp"]

    def call() -> Any:
        method = TROP(lambda_time_grid=[lambda_time], lambda_unit_grid=[lambda_unit],
                      lambda_nn_grid=[lambda_nn], n_bootstrap=2, seed=0)  # fmt: skip
        return method.fit(table, outcome=OUTCOME, treatment=TREATED, unit=UNIT, time=TIME)

    return call, lambda found: Answer(float(found.att))


def dwcp_kernel(block: Block) -> Asked:
    """The fits of the treated cells alone, as TROP.fit does them."""
    outcome, treatment = block.standardised.outcome.T.copy(), block.treatment.T.astype(int)
    lambda_time, lambda_unit, lambda_nn = TRIPLES["dwcp"]
    periods, units = outcome.shape
    controls = np.arange(units - block.treated)

    def call() -> Any:
        method = TROP()
        fits = []
        for unit, period in np.argwhere(treatment.T):
            weights = method._compute_observation_weights(
                outcome, treatment, unit, period, lambda_time, lambda_unit, controls, units, periods
            )
            fits.append(
                method._estimate_model(outcome, treatment == 0, weights, lambda_nn, units, periods)
            )
        return fits

    def read(fits: Any) -> Answer:
        cells = np.argwhere(treatment.T)
        found = np.array(
            [a[i] + b[t] + low[t, i] for (a, b, low), (i, t) in zip(fits, cells, strict=True)]
        )
        att = float((outcome.T[treatment.T == 1] - found).mean())
        parts = tuple((a, b, low.T) for a, b, low in fits)
        return Answer(att, fits=parts, counterfactual=found)

    return call, read


def _left_out(question: str) -> Adapter:
    """Every untreated cell left out at one λ: the compiled scoring of TROP.fit alone."""

    def adapter(block: Block) -> Asked:
        outcome, treatment = block.standardised.outcome.T.copy(), block.treatment.T.astype(float)
        time, unit, low_rank = (np.array([value]) for value in TRIPLES[question])
        position = np.arange(len(outcome))
        apart = np.abs(position[:, None] - position)
        untreated = (treatment == 0).astype(np.uint8)
        return (
            lambda: backend._rust_loocv_grid_search(
                outcome, treatment, untreated, apart, time, unit, low_rank, 100, 1e-6
            ),
            lambda found: Answer(score=float(found[3])),
        )

    return adapter


def _by_unit(block: Block, weights: Any) -> np.ndarray:
    return np.array([weights.get(j, 0.0) for j in range(len(block.outcome) - block.treated)])


ADAPTERS: dict[str, Adapter] = {
    "did": did,
    "sc": sc,
    "sc:kernel": sc_kernel,
    "sdid": sdid,
    "sdid:kernel": sdid_kernel,
    "dwcp": dwcp,
    "dwcp:kernel": dwcp_kernel,
    "loo_inf:kernel": _left_out("loo_inf"),
    "loo:kernel": _left_out("loo"),
    "loo_ten:kernel": _left_out("loo_ten"),
}
