"""An estimator's answer as it is stored: values of JSON and plain floats, no numpy, no classes.

What is about to be written and what was read back are the same kind of value (StoredEstimate), so
one digest serves both: it is stored with the result and compared whenever the result is read.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from estimators.core.fit import Estimate, Estimator, Inference, Refusal
from estimators.core.panel import FloatArray
from storage.json_values import canonical, plain
from storage.records import StoredEstimate, StoredVariance

ARRAYS = ("counterfactual", "weights")


def stored(key: str, answer: Estimate | Refusal) -> StoredEstimate:
    """What is stored of one estimator's answer, or of its refusal."""
    if isinstance(answer, Refusal):
        return StoredEstimate(
            estimator=key,
            status="refused",
            reason=answer.reason,
            att=None,
            settings={},
            tuning=None,
            diagnostics={},
            by_period=(),
            variances=(),
            counterfactual=None,
            weights=(),
        )
    return StoredEstimate(
        estimator=key,
        status="answered",
        reason=None,
        att=float(answer.att),
        settings=_settings(answer.estimator),
        tuning=plain(answer.estimator.tuning),
        diagnostics=plain({**answer.diagnostics, **_amounts(answer)}),
        by_period=tuple(plain(period) for period in answer.by_period),
        variances=tuple(_variance(inference) for inference in answer.inferences),
        counterfactual=np.asarray(answer.fit.counterfactual, dtype=np.float64),
        weights=answer.fit.weights,
    )


def digest(
    estimates: Iterable[StoredEstimate],
    dropped: Mapping[str, Any] | None = None,
    choice: str | None = None,
    promotion: Mapping[str, Any] | None = None,
) -> str:
    """SHA-256 over every word and every bit of the answers, and over what was left out, if any.

    choice: content hash of the choice of the primary, where a rule made it
    promotion: where it lies in the panel, in a study that names one
    """
    whole = hashlib.sha256()
    if dropped is not None:
        whole.update(canonical(dropped).encode() + b"\n")
    if choice is not None:
        whole.update(canonical({"choice": choice}).encode() + b"\n")
    if promotion is not None:
        whole.update(canonical({"promotion": promotion}).encode() + b"\n")
    for estimate in estimates:
        words = {
            field.name: plain(getattr(estimate, field.name))
            for field in fields(estimate)
            if field.name not in ARRAYS
        }
        words["counterfactual"] = bits(estimate.counterfactual)
        words["weights"] = [
            [group.label, bits(group.units), bits(group.periods)] for group in estimate.weights
        ]
        whole.update(canonical(words).encode() + b"\n")
    return whole.hexdigest()


def bits(array: FloatArray | None) -> list[Any] | None:
    """Shape and SHA-256 of an array's bits; every nan is the same."""
    if array is None:
        return None
    same = np.where(np.isnan(array), np.nan, array).astype("<f8")
    return [list(same.shape), hashlib.sha256(same.tobytes()).hexdigest()]


def _settings(estimator: Estimator) -> dict[str, Any]:
    """The fields of the tuned estimator that are settings: those that compare."""
    return {
        field.name: plain(getattr(estimator, field.name))
        for field in fields(estimator)  # type: ignore[arg-type]  # every estimator is a dataclass
        if field.compare
    }


def _amounts(answer: Estimate) -> dict[str, Any]:
    """What goes with the diagnostics, of whatever of it there is."""
    names = ("cumulative", "bands", "impacts", "parts")
    found = {name: getattr(answer, name) for name in names}
    return {name: value for name, value in found.items() if value}


def _variance(found: Inference | Refusal) -> StoredVariance:
    if isinstance(found, Refusal):
        return StoredVariance(found.key, "refused", found.reason)
    return StoredVariance(
        kind=found.kind,
        status="answered",
        variance=None if found.variance is None else float(found.variance.value),
        standard_error=_number(found.standard_error),
        df=_number(found.df),
        ci_low=float(found.ci_low),
        ci_high=float(found.ci_high),
        p_value=float(found.p_value),
        placebos=int(found.placebos),
        construction=found.construction,
        level=float(found.level),
    )


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)
