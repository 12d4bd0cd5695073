"""Everything said beside one estimate, gathered: numbers and labels only, ready for JSON.

    noise       by_unit, by_period: is it uneven (unevenness.py)      serial: does it last
    leverage    donors, treated, periods: how far the ATT moves without one (leverage.py)
    favoured    the kind of variance this evidence favours (favoured.py)

What cannot be said is {"refused": reason}, where it would stand. Nothing in here raises for a
panel that an estimator answered, and nothing looks at treated outcomes but the ATT itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TypeVar

import numpy as np

from estimators.core.errors import UnsupportedDesign
from estimators.core.fit import Estimator, Fit
from estimators.core.panel import Panel
from estimators.core.threads import one_thread
from estimators.diagnostics.favoured import favoured
from estimators.diagnostics.leverage import (
    Leverage,
    donor_leverage,
    period_leverage,
    treated_leverage,
)
from estimators.diagnostics.residuals import (
    SerialCorrelation,
    innovations,
    serial_correlation,
    two_way_residuals,
)
from estimators.diagnostics.unevenness import Unevenness, unevenness

Found = TypeVar("Found", SerialCorrelation, Unevenness, Leverage)


def evidence(
    panel: Panel,
    estimator: Estimator,
    fit: Fit,
    effect: float,
    df: Mapping[str, float | None],
) -> dict[str, object]:
    """The diagnostics of one estimate.

    estimator: tuned, as placebos refit it      effect: its ATT
    df: degrees of freedom of each kind of variance that answered, None where a kind has none
    """
    noise, by_unit, by_period = _noise(panel)
    return {
        "noise": noise,
        "leverage": {
            "donors": _told(_or_reason(lambda: donor_leverage(panel, estimator, fit, effect))),
            "treated": _told(_or_reason(lambda: treated_leverage(panel, estimator, effect))),
            "periods": _told(_or_reason(lambda: period_leverage(panel, estimator, fit, effect))),
        },
        "favoured": asdict(favoured(_tested(by_unit), _tested(by_period), df)),
    }


def _noise(panel: Panel) -> tuple[dict[str, object], Unevenness | str, Unevenness | str]:
    by_unit: Unevenness | str
    by_period: Unevenness | str
    with one_thread():
        residuals = two_way_residuals(panel)
        serial = _or_reason(lambda: serial_correlation(residuals))
        rho = serial.rho if isinstance(serial, SerialCorrelation) else 0.0
        try:
            new = innovations(residuals, rho)
        except UnsupportedDesign as refusal:
            by_unit = by_period = str(refusal)
        else:
            periods = np.asarray(panel.treatment.any(axis=0))
            by_unit = _or_reason(lambda: unevenness(new, panel.units, panel.treated_units))
            by_period = _or_reason(lambda: unevenness(new.T, panel.periods, periods))
    told: dict[str, object] = {
        "by_unit": _told(by_unit),
        "by_period": _told(by_period),
        "serial": _told(serial),
    }
    return told, by_unit, by_period


def _tested(found: Unevenness | str) -> Unevenness | None:
    return found if isinstance(found, Unevenness) else None


def _or_reason(compute: Callable[[], Found]) -> Found | str:
    try:
        return compute()
    except UnsupportedDesign as refusal:
        return str(refusal)


def _told(found: Found | str) -> dict[str, object]:
    return {"refused": found} if isinstance(found, str) else asdict(found)
