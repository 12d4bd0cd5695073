"""Stored results to render, computed from the real panels by plain double differences.

The numbers are real arithmetic on real data, not the answers of the estimators whose keys they
carry: reports must render whatever was stored, and these tests are about reports.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from estimators.core.fit import Weights
from estimators.core.panel import FloatArray, Panel
from storage.records import ResultSummary, StoredEstimate, StoredResult, StoredVariance
from studies import Plan
from tests.reports.panels import (
    BANDS,
    EXAMPLES,
    T_95,
    Weighting,
    by_period,
    cumulative,
    gaps_of,
    impacts,
    read_panel,
    similar,
    two_way,
    uniform,
)

KINDS = ("marginal", "given_unit", "given_period", "given_both", "adaptive")


def block_estimate(panel: Panel, key: str, weighting: Weighting) -> StoredEstimate:
    """A weighted double difference of a block design, with placebo variances."""
    units, periods = weighting(panel)
    gaps = gaps_of(panel, weighting)
    treated, post = panel.treated_units, ~panel.pre_periods
    att = float(gaps[treated][:, post].mean())
    window = post.sum()
    pools = {
        "given_period": gaps[~treated][:, post].mean(axis=1),
        "given_unit": np.array([gaps[treated][:, s : s + window].mean() for s in range(5)]),
        "marginal": np.concatenate(
            [gaps[~treated][:, s : s + window].mean(axis=1) for s in range(5)]
        ),
    }
    squares = {kind: float((pool**2).mean()) for kind, pool in pools.items()}
    squares["given_both"] = squares["given_period"] * squares["given_unit"] / squares["marginal"]
    squares["adaptive"] = (squares["marginal"] * squares["given_both"]) ** 0.5
    counts = {kind: len(pools.get(kind, pools["marginal"])) for kind in KINDS}
    variances = tuple(variance(kind, att, squares[kind] ** 0.5, counts[kind]) for kind in KINDS)
    counterfactual = np.where(treated[:, None], panel.outcome - gaps, np.nan)
    beyond = int((abs(pools["given_period"]) >= abs(att)).sum()) + 1
    rmse = float(np.sqrt((gaps[treated][:, ~post] ** 2).mean()))
    return StoredEstimate(
        key,
        "answered",
        None,
        att,
        settings={"shrinkage": 10.2262} if weighting is similar else {},
        tuning=TUNING if weighting is similar else None,
        diagnostics={
            "pre_rmse": rmse,
            "pre_rmse_share": rmse / float(np.nanstd(panel.outcome)),
            "placebo_effects": {kind: pool.tolist() for kind, pool in pools.items()},
            "placebo_rank": {"rank": beyond, "of": len(pools["given_period"]) + 1},
            "optimality": 3.1e-11,
            "steps": 412,
            "notes": ["Alaska & Hawaii are not in the panel"] if weighting is similar else [],
            "cumulative": cumulative(by_period(panel, gaps)),
            "bands": BANDS,
            "impacts": impacts(panel, att, variances),
        },
        by_period=by_period(panel, gaps),
        variances=variances,
        counterfactual=counterfactual,
        weights=(Weights(f"treated from {panel.periods[int(np.argmax(post))]}", units, periods),),
    )


def variance(kind: str, att: float, standard_error: float, placebos: int = 38) -> StoredVariance:
    """An answered variance whose interval is att ± 2.09 standard errors."""
    half = T_95 * standard_error
    p_value = 0.0004 if abs(att) > 4 * standard_error else 0.012 if abs(att) > half else 0.31
    return StoredVariance(
        kind, "answered", None, standard_error**2, standard_error, 19.0,
        att - half, att + half, p_value, placebos, f"{placebos} placebo blocks of the same shape",
    )  # fmt: skip


def refused_variance(kind: str, reason: str) -> StoredVariance:
    """A variance that was refused."""
    return StoredVariance(kind, "refused", reason)


def refused_estimate(key: str, reason: str) -> StoredEstimate:
    """An estimator that refused."""
    return StoredEstimate(key, "refused", reason, None, {}, None, {}, (), (), None, ())


def on_off_estimate(panel: Panel, key: str, *, window: int = 3) -> StoredEstimate:
    """Two-way effects fitted to untreated cells by alternating means; placebos by shifting."""
    counterfactual = two_way(panel)
    gaps = panel.outcome - counterfactual
    att = float(gaps[panel.treatment].mean())
    shifts = range(window, len(panel.periods) - window)
    untreated = np.where(panel.treatment, np.nan, gaps)

    def pool(axis: int) -> FloatArray:
        moved = [np.roll(panel.treatment, shift, axis=axis) for shift in shifts]
        return np.array([np.nanmean(untreated[pattern & ~panel.treatment]) for pattern in moved])

    pools = {"given_period": pool(0), "given_unit": pool(1), "marginal": pool(0)[::-1] * 1.15}
    squares = {kind: float((values**2).mean()) ** 0.5 for kind, values in pools.items()}
    kinds = ("marginal", "given_unit", "given_period")
    return StoredEstimate(
        key,
        "answered",
        None,
        att,
        settings={"low_rank_penalty": 3.2, "period_decay": 0.1},
        tuning=TUNING,
        diagnostics={
            "pre_rmse": float(np.nanstd(untreated)),
            "placebo_effects": {kind: values.tolist() for kind, values in pools.items()},
        },
        by_period=by_period(panel, gaps),
        variances=(
            *(variance(kind, att, squares[kind], len(shifts)) for kind in kinds),
            variance("given_both", att, squares["given_period"] * 0.8),
            variance("adaptive", att, squares["given_period"] * 0.9),
        ),
        counterfactual=counterfactual,
        weights=tuple(
            Weights(f"{panel.units[i]}, week {panel.periods[t]}", abs(gaps[:, t]), abs(gaps[i]))
            for i, t in np.argwhere(panel.treatment)[:40]
        ),
    )


def stored(
    plan: Mapping[str, Any], panel: Panel, estimates: Sequence[StoredEstimate]
) -> StoredResult:
    """A stored result around these estimates."""
    parsed = Plan.model_validate(plan)
    return StoredResult(
        result_id="7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069",
        study=parsed.study,
        version=3,
        plan=parsed,
        plan_version=1,
        plan_hash=parsed.sha256(),
        snapshot_hash="c8e4a3d1b0f24a5f9f3f6c2b7f0c8e55a1e5f1b20ddc42f6a87aa2c8d5a90e21",
        code_version="0.1.0+1b4f0e9851971998e732078544c96b36c3d01cedf7caa332359d6f1d83567014",
        environment_hash="60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
        seed=parsed.seed,
        requested_by="ana@store.example",
        reason="quarterly review",
        created_at=datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
        panel=panel,
        validation={"passed": True, "checks": CHECKS},
        estimates=tuple(estimates),
    )


def prop99() -> StoredResult:
    """A block design: four estimators answer, two refuse, one variance is refused."""
    panel = read_panel(EXAMPLES / "prop99.csv")
    did, sdid = (block_estimate(panel, *of) for of in (("did", uniform), ("sdid", similar)))
    few = "2 placebo windows of 12 periods fit before 1989; 3 are needed: ask for fewer periods"
    kept = tuple(
        refused_variance(v.kind, few) if v.kind == "given_unit" else v for v in did.variances
    )
    return stored(
        PROP99, panel,
        [
            replace(did, variances=kept),
            refused_estimate("sc", "California cannot be reproduced: 3 donors, 5 were needed"),
            block_estimate(panel, "difp", similar),
            refused_estimate("mc", "low rank: gap 1e-3 after 400 steps; raise max_steps"),
            sdid,
            block_estimate(panel, "dwcp", uniform),
        ],
    )  # fmt: skip


def softdrinks() -> StoredResult:
    """An on/off design: three estimators answer, three cannot."""
    panel = read_panel(EXAMPLES / "softdrinks.csv")
    block = "treatment switches off again in 100 units; needs a block: use did, mc or dwcp"
    return stored(
        SOFTDRINKS, panel,
        [
            on_off_estimate(panel, "did"), refused_estimate("sc", block),
            refused_estimate("difp", block), on_off_estimate(panel, "mc", window=4),
            refused_estimate("sdid", block), on_off_estimate(panel, "dwcp", window=5),
        ],
    )  # fmt: skip


def summary(result: StoredResult, **changes: Any) -> ResultSummary:
    """The line of `liftledger results` for a result."""
    line = ResultSummary(
        result.study, result.version, result.result_id, result.created_at,
        result.primary, -15.6054, -25.04, -6.17, None,
    )  # fmt: skip
    return replace(line, **changes)


PROP99 = {
    "study": "prop99",
    "question": "What did Proposition 99 do to cigarette sales in California?",
    "panel": "prop99",
    "measure": "packs per person",
}
SOFTDRINKS = {
    "study": "softdrinks",
    "question": "What does a display do to soft-drink sales?",
    "panel": "softdrinks",
    "measure": "log(1 + units)",
    "primary": "dwcp",
    "inference": {"primary": "given_period"},
}
TUNING: dict[str, Any] = {
    "rule": "smallest mean squared placebo effect",
    "folds": 38,
    "measure": "mean squared placebo effect",
    "candidates": [
        [{"shrinkage": 5.1131}, 61.2],
        [{"shrinkage": 10.2262}, 58.75],
        [{"shrinkage": 20.4524}, 60.01],
    ],
}
CHECKS: list[dict[str, Any]] = [
    {"name": "columns", "severity": "stop", "passed": True, "count": 0, "examples": [],
     "message": "unit, period, outcome and treatment have the types they need"},
    {"name": "unit and period unique", "severity": "stop", "passed": True, "count": 0,
     "examples": [], "message": "no (unit, period) appears twice"},
    {"name": "outcome varies", "severity": "warn", "passed": False, "count": 2,
     "examples": ["Utah", "<b>Ohio</b>"], "message": "outcome is nearly constant in 2 units"},
]  # fmt: skip
