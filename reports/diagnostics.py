"""How each estimate came about, as texts: fit, solver, settings, and how they were chosen.

Every entry is optional: an estimator reports what it has, and the page shows what is there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from estimators import ESTIMATORS
from reports.headline import estimate_answered
from reports.names import closed, counted, estimator_label, estimator_title
from reports.numbers import number, percent, significant
from storage.json_values import plain
from storage.records import StoredEstimate, StoredResult

INFINITE = {"Infinity": "∞", "-Infinity": "−∞"}  # as storage puts them into JSON
CANDIDATES = 60  # tried settings listed; the rest are stored


@dataclass(frozen=True)
class Candidate:
    """One candidate of the tuning: settings, score, and whether it was chosen."""

    settings: str
    score: str
    chosen: bool


@dataclass(frozen=True)
class Diagnosis:
    """One estimator's diagnostics, ready to be shown; "–" where nothing was stored.

    worst: period of the largest mean gap before treatment, and the gap; pattern: Durbin–Watson
    asked: settings the plan gives; "" when it gives none
    settings: those given, or chosen from the data; the others are the estimator's defaults
    coefficients: of covariates, name and number
    """

    label: str
    title: str
    primary: bool
    fit: str
    fit_share: str
    worst: str
    pattern: str
    rank: str
    steps: str
    optimality: str
    asked: str
    settings: str
    every_setting: str
    coefficients: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    rule: str
    candidates: tuple[Candidate, ...]
    more: str


def diagnoses(result: StoredResult) -> list[Diagnosis]:
    """One entry per estimator that answered, in the order of the plan."""
    return [_diagnosis(result, e) for e in result.estimates if estimate_answered(e)]


def settings_text(settings: Mapping[str, Any]) -> str:
    """ "shrinkage 10.2, folds 5"; a dash when there are none."""
    shown = [f"{name.replace('_', ' ')} {_value(value)}" for name, value in settings.items()]
    return ", ".join(shown) or "–"


def _diagnosis(result: StoredResult, estimate: StoredEstimate) -> Diagnosis:
    known = estimate.diagnostics
    tuning = estimate.tuning or {}
    candidates = tuning.get("candidates") or []
    rank = known.get("placebo_rank") or {}
    share = known.get("pre_rmse_share")
    more = len(candidates) - CANDIDATES
    asked = result.plan.settings.model_dump().get(estimate.estimator, {})
    return Diagnosis(
        label=estimator_label(estimate.estimator),
        title=estimator_title(estimate.estimator),
        primary=estimate.estimator == result.primary,
        fit=_value(known.get("pre_rmse")),
        fit_share="–" if share is None else percent(float(f"{share:.2g}")),
        worst=_worst(known.get("pre_worst")),
        pattern=_two_places(known.get("pre_durbin_watson")),
        rank=f"{rank['rank']} of {rank['of']}" if {"rank", "of"} <= set(rank) else "–",
        steps="–" if known.get("steps") is None else f"{known['steps']:,}",
        optimality=_value(known.get("optimality")),
        asked=settings_text(asked) if asked else "",
        settings=settings_text(_telling(estimate, asked)),
        every_setting=settings_text(estimate.settings),
        coefficients=tuple(
            (str(name), _value(value)) for name, value in (known.get("coefficients") or {}).items()
        ),
        notes=tuple(_sentence(str(note)) for note in known.get("notes") or []),
        rule=_rule(tuning),
        candidates=_candidates(candidates, estimate.settings),
        more=f"and {more:,} more, stored with the result" if more > 0 else "",
    )


def _worst(found: Mapping[str, Any] | None) -> str:
    return "–" if found is None else f"{found['period']}: {significant(found['gap'])}"


def _two_places(value: float | None) -> str:
    return "–" if value is None else number(value, 2)


def _telling(estimate: StoredEstimate, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The settings a reader must see: asked for in the plan, or other than the default."""
    usual = ESTIMATORS.get(estimate.estimator)
    return {
        name: value
        for name, value in estimate.settings.items()
        if name in asked or (name != "seed" and value != plain(getattr(usual, name, None)))
    }


def _rule(tuning: Mapping[str, Any]) -> str:
    if not tuning:
        return ""
    folds = tuning.get("folds")
    on = f" Scored on {counted(folds, 'placebo pattern')}." if folds else ""
    measure = tuning.get("measure")
    score = f" Score: {measure}; smaller is better." if measure else ""
    rule = _sentence(str(tuning.get("rule") or "settings were chosen from the data"))
    return rule + on + score


def _sentence(text: str) -> str:
    return closed(text[:1].upper() + text[1:])


def _candidates(
    stored: Sequence[tuple[Mapping[str, Any], float]], used: Mapping[str, Any]
) -> tuple[Candidate, ...]:
    chosen = [_used(settings, used) for settings, _ in stored]
    # the chosen one is shown even when it comes late
    keep = [i for i in range(len(stored)) if i < CANDIDATES or chosen[i]]
    return tuple(
        Candidate(
            settings_text(stored[i][0]),
            _value(stored[i][1]),
            chosen[i],
        )
        for i in keep
    )


def _used(settings: Mapping[str, Any], used: Mapping[str, Any]) -> bool:
    return bool(settings) and all(used.get(name) == value for name, value in settings.items())


def _value(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return significant(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list | tuple):
        return " and ".join(map(_value, value)) or "none"
    return INFINITE.get(str(value), str(value).replace("_", " "))
