"""Whatever the rows, the answer is a report: never a crash, never a silent pass."""

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from checks import check
from tests.checks.panels import plan

UNITS = st.sampled_from(["a", "b", "c", "d", "", None])
PERIODS = st.sampled_from(["2024-01", "2024-02", "2024-03", "2024-04", "May", None])
OUTCOMES = st.sampled_from([0.0, 1.0, 2.5, -3.0, np.nan, np.inf, -np.inf])
TREATMENTS = st.sampled_from([0.0, 0.0, 1.0, 2.0, np.nan])
PLANS = st.sampled_from(
    [
        "",
        "donors: {exclude: [a]}",
        "donors: {exclude: [a, b, c, d]}",
        "treatment: {pattern: block, units: [a, z], first: 2024-02, last: 2024-04, cells: 3}",
    ]
)
LIMITS = settings(
    max_examples=20,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    phases=[Phase.generate],  # shrinking would take minutes, at half a second a panel
)


def frame(rows: Sequence[tuple[str | None, str | None, float, float, bool]]) -> pd.DataFrame:
    data = pd.DataFrame(rows, columns=["unit", "period", "outcome", "treatment", "observed"])
    data = data.astype({"outcome": float, "treatment": float, "observed": bool})
    return data.assign(outcome=data.outcome.where(data.observed))


def judged(data: pd.DataFrame, text: str) -> bool:
    report = check(data, plan(text))
    json.dumps(report.json, allow_nan=False)
    assert report.passed == (not report.stops)
    assert all(found.count > 0 for found in report.checks if not found.passed)
    assert all(found.count == 0 for found in report.checks if found.passed)
    return report.passed


@LIMITS
@given(st.lists(st.tuples(UNITS, PERIODS, OUTCOMES, TREATMENTS, st.booleans())), PLANS)
def test_any_rows_get_a_report(rows: list[tuple[str, str, float, float, bool]], text: str) -> None:
    judged(frame(rows), text)


@LIMITS
@given(
    st.integers(1, 7), st.integers(1, 9), st.integers(0, 2**32), st.floats(0, 1), PLANS
)  # fmt: skip
def test_any_rectangle_gets_a_report(n: int, t: int, seed: int, share: float, text: str) -> None:
    random = np.random.default_rng(seed)
    rows = [
        ("abcdefg"[i], f"2024-0{s + 1}", float(random.choice([0, 0, 1, 5])),
         float(random.random() < share), bool(random.random() < 0.9))
        for i in range(n) for s in range(t)
    ]  # fmt: skip
    passed = judged(frame(rows), text)
    treated = {row[0] for row in rows if row[3]}
    assert not (passed and (not treated or len(treated) == len(rows)))
