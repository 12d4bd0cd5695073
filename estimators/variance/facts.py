"""Facts that stand beside an estimate: how well it fits, its effects by group, its placebos.

Everything is plain numbers, words and lists of them: it is stored as JSON.
"""

from collections.abc import Mapping
from dataclasses import asdict

from estimators.core.designs import pattern
from estimators.core.effect import By, effects_by
from estimators.core.errors import UnsupportedDesign
from estimators.core.fit import Fit
from estimators.core.panel import Panel
from estimators.diagnostics.lack_of_fit import lack_of_fit
from estimators.variance.placebos import Placebos, available

BREAKDOWNS: tuple[By, ...] = ("cohort", "event_time", "unit")
MOST_GROUPS = 200  # units or cohorts; with more, effects by cell say it better


def facts(panel: Panel, fit: Fit, effect: float, pools: Placebos | None) -> Mapping[str, object]:
    """Pre-period fit, effects by group, placebo effects by kind, rank among placebos.

    effect: the ATT      pools: None when no inference is asked for
    """
    found: dict[str, object] = {"steps": fit.steps, "optimality": fit.optimality}
    if fit.notes:
        found["notes"] = list(fit.notes)
    if fit.coefficients:
        found["coefficients"] = dict(fit.coefficients)
    found |= lack_of_fit(panel, fit)
    groups = _breakdowns(panel, fit)
    if groups:
        found["effects_by"] = groups
    effects = {
        kind: pool.overall.tolist()
        for kind, name in (
            ("given_period", "same_period"),
            ("given_unit", "same_unit"),
            ("marginal", "elsewhere"),
        )
        if (pool := available(pools, name)) is not None
    }
    if effects:
        found["placebo_effects"] = effects
    if "given_period" in effects:
        larger = sum(abs(placebo) >= abs(effect) for placebo in effects["given_period"])
        found["placebo_rank"] = {"rank": larger + 1, "of": len(effects["given_period"]) + 1}
    return found


def _breakdowns(panel: Panel, fit: Fit) -> dict[str, list[dict[str, object]]]:
    """Effects by cohort, event time and unit, each where it says more than the att by period.

    In a block, event time is the period under another name. Where treatment comes again there are
    no cohorts.
    """
    found: dict[str, list[dict[str, object]]] = {}
    for by in BREAKDOWNS:
        if by == "event_time" and pattern(panel) == "block":
            continue
        try:
            rows = effects_by(panel, fit, by)
        except UnsupportedDesign:
            continue
        treated = sum(row.treated > 0 for row in rows)
        if treated > 1 and (by == "event_time" or treated <= MOST_GROUPS):
            found[by] = [asdict(row) for row in rows]
    return found
