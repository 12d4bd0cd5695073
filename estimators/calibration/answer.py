"""What a tuned estimator and its kinds of inference say about one panel, and nothing else.

`evaluate` says much more about one panel, for people; an exam asks thousands of panels.
"""

from collections.abc import Sequence

import numpy as np

from estimators.core.effect import att
from estimators.core.fit import Estimator, Inference, Refusal
from estimators.core.panel import FloatArray, Panel
from estimators.variance.evaluate import inferred
from estimators.variance.kinds import InferenceKind
from estimators.variance.placebos import Placebos

NUMBERS = ("standard_error", "df", "ci_low", "ci_high", "p_value")


def answer(
    panel: Panel,
    tuned: Estimator,
    kinds: Sequence[InferenceKind],
    level: float,
    placebos: int,
    seed: int,
) -> tuple[float, list[Inference | Refusal]]:
    """The effect, and one entry per kind; its pools of placebos are computed once.

    Raises UnsupportedDesign or NotConverged when the estimator cannot answer.
    """
    pools = Placebos(panel, tuned, placebos, seed)
    effect = att(panel, pools.fit)
    return effect, [inferred(effect, kind, pools, level) for kind in kinds]


def numbers_of(said: Inference, truth: float) -> FloatArray:
    """(5,) NUMBERS of an inference, its interval less the true effect; nan for what it has not."""
    return np.array(
        [
            np.nan if said.standard_error is None else said.standard_error,
            np.nan if said.df is None else said.df,
            said.ci_low - truth,
            said.ci_high - truth,
            said.p_value,
        ]
    )
