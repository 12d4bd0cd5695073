"""What luck explains is taken out, and nothing else."""

import numpy as np
import pytest
from scipy.stats import norm

from benchmarks.measuring.luck import rejected, standardised
from estimators import ESTIMATORS
from estimators.calibration.answer import NUMBERS
from estimators.calibration.exam import Answers, Exam, draw, prepared, sit
from estimators.core.panel import FloatArray


def answered(p_values: FloatArray, error: FloatArray) -> Answers:
    """Answers of one estimator that hold nothing but p-values (R, K) and errors (R,)."""
    many, kinds = p_values.shape
    inference = np.full((many, 1, kinds, len(NUMBERS)), np.nan)
    inference[:, 0, :, NUMBERS.index("p_value")] = p_values
    none = np.zeros(many)
    return Answers(
        ("did",), ("a", "b")[:kinds], np.arange(many), none, none, none, error[:, None], inference
    )


def test_the_known_error_is_the_double_difference_over_its_standard_deviation() -> None:
    exam = Exam(noise="even", units=10, periods=12, seed=3)
    found = sit(exam, prepared(exam, {"did": ESTIMATORS["did"]}), (), range(5))
    for number, z in enumerate(standardised(found, 10, 12)):
        panel = draw(exam, number).panel
        unit, period = (int(k[0]) for k in np.nonzero(panel.treatment))
        rows, columns = np.full(10, -1 / 9), np.full(12, -1 / 11)
        rows[unit] = columns[period] = 1
        expected = rows @ panel.outcome @ columns
        expected /= np.linalg.norm(rows) * np.linalg.norm(columns)
        assert z == pytest.approx(expected, rel=1e-9)


def test_what_large_errors_explain_is_taken_out_and_what_they_do_not_is_left() -> None:
    rng = np.random.default_rng(11)
    unlucky = 1.2 * rng.standard_normal(2000)
    independent = np.where(np.arange(2000) % 10 == 0, 0.01, 0.5)  # a tenth, whatever z does
    p_values = np.column_stack([2 * norm.sf(np.abs(unlucky)), rng.permutation(independent)])
    found = answered(p_values, np.sqrt(12 / 11 * 10 / 9) * unlucky)

    ((known, other),) = rejected(found, standardised(found, 12, 10), 0.95)

    assert np.mean(p_values[:, 0] < 0.05) > 0.08
    assert known.value == pytest.approx(0.05, abs=1e-12)
    assert known.error == pytest.approx(0, abs=1e-12)
    assert other.value == pytest.approx(0.1, abs=0.01)
    assert other.error == pytest.approx(np.sqrt(0.09 / 2000), rel=0.02)
