"""Serial correlation of simulated noise: an autoregression over all units, and what it implies.

    e_it = Σ_k φ_k e_i,t−k + u_it            pooled least squares, without intercept
    r_0 = 1, r_l = Σ_k φ_k r_|l−k|           autocorrelations, of a stationary process

Source: Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), section 3, with two lags; choosing
their number by Schwarz's (1978) criterion is ours.
"""

import numpy as np

from estimators.core.errors import UnsupportedDesign
from estimators.core.panel import BoolArray, FloatArray

MOST_LAGS = 3
LARGEST = 0.98  # modulus of the largest root: nearer to one, draws would wander off


def autoregression(error: FloatArray, usable: BoolArray, lags: int) -> FloatArray:
    """(lags,) φ. error: (N, T), used where usable in this period and the `lags` before it."""
    rows, now = _rows(error, usable, lags, lags)
    if lags == 0 or len(now) <= lags:
        return np.zeros(lags)
    return np.asarray(np.linalg.lstsq(rows, now, rcond=None)[0])


def chosen_lags(error: FloatArray, usable: BoolArray) -> int:
    """Lags, MOST_LAGS at most, by Schwarz's criterion on the same cells for every number."""
    most = min(MOST_LAGS, error.shape[1] - 2)
    best, lowest = 0, np.inf
    for lags in range(most + 1):
        rows, now = _rows(error, usable, lags, most)
        if len(now) <= 2 * most:
            return 0
        left = now
        if lags:
            left = now - rows @ np.linalg.lstsq(rows, now, rcond=None)[0]
        squares = float(left @ left) / len(now)
        if squares <= 0:
            return best
        value = len(now) * np.log(squares) + lags * np.log(len(now))
        if value < lowest:
            best, lowest = lags, value
    return best


def stationary(coefficients: FloatArray) -> FloatArray:
    """The same, or with roots drawn in until draws come back to their mean."""
    if not len(coefficients):
        return coefficients
    largest = float(np.abs(np.roots([1.0, *-coefficients])).max())
    if largest <= LARGEST:
        return coefficients
    return coefficients * (LARGEST / largest) ** np.arange(1, len(coefficients) + 1)


def require_stationary(coefficients: FloatArray) -> None:
    """Raise UnsupportedDesign where errors would wander off for ever."""
    if len(coefficients) and float(np.abs(np.roots([1.0, *-coefficients])).max()) >= 1:
        said = ", ".join(f"{one:.2f}" for one in coefficients)
        raise UnsupportedDesign(
            f"errors around the published rank do not come back to their mean (autoregression "
            f"{said}); use recipe: matched"
        )


def autocorrelation(coefficients: FloatArray, periods: int) -> FloatArray:
    """(T, T) of the stationary process."""
    lags = len(coefficients)
    system, right = np.eye(lags + 1), np.zeros(lags + 1)
    right[0] = 1.0
    for one in range(1, lags + 1):
        for k, coefficient in enumerate(coefficients, start=1):
            system[one, abs(one - k)] -= coefficient
    by_lag = list(np.linalg.solve(system, right))
    while len(by_lag) < periods:
        by_lag.append(float(coefficients @ by_lag[: -lags - 1 : -1]) if lags else 0.0)
    apart = np.abs(np.subtract.outer(np.arange(periods), np.arange(periods)))
    return np.array(by_lag)[apart]


def _rows(
    error: FloatArray, usable: BoolArray, lags: int, skipped: int
) -> tuple[FloatArray, FloatArray]:
    """Regressors and outcomes, of cells that have `skipped` usable ones before them."""
    periods = error.shape[1]
    there = usable[:, skipped:].copy()
    for k in range(1, skipped + 1):
        there &= usable[:, skipped - k : periods - k]
    before = [error[:, skipped - k : periods - k][there] for k in range(1, lags + 1)]
    now = error[:, skipped:][there]
    return np.column_stack(before) if before else np.zeros((len(now), 0)), now
