"""The race on the real panel: the study's treatment where nothing was done.

The treatment's own pattern is placed on control units, in its own periods and earlier ones (where
it switches, dealt to other units and rotated), as the exam on a panel of one's own places it
(calibration/own_panel.py). A run that lasts to the end of the panel is forecast: nothing after it
is seen. Truly treated outcomes are data in no placement. Every estimator is tuned on each placement
anew: settings tuned once, on folds like these, would be judged on what they were chosen by.

Placements share units and periods. Those with the same units count as one in every error, and even
then errors are too small where few units are placed.

Source: placebos, Abadie, Diamond and Hainmueller (2010); racing estimators on them is this
project's use of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from estimators.calibration.own_panel import admissible
from estimators.core.fit import Estimator
from estimators.core.panel import Panel
from estimators.core.placements import Placement
from estimators.race.race import Race, said
from estimators.race.results import Results, Said, gathered
from estimators.variance.kinds import InferenceKind

PLACEMENTS = 40  # at most, unless more are asked for


def placements(panel: Panel, race: Race, count: int = PLACEMENTS) -> tuple[Placement, ...]:
    """Where the treatment could have been. Raises UnsupportedDesign when it fits nowhere else."""
    found = admissible(panel, count, race.seed)
    # Which treated outcomes are known may decide nothing: the whole pattern is scored.
    return tuple(replace(one, unseen=None) for one in found)


def back_test(
    race: Race,
    panel: Panel,
    estimators: Mapping[str, Estimator],
    kinds: Sequence[InferenceKind],
    placed: Sequence[Placement],
    numbers: Sequence[int],
) -> Results:
    """These of the placements, by number. The race says how many are asked for intervals."""

    def one(number: int) -> list[Said]:
        pretended = placed[number].panel(panel)
        asked = kinds if number < race.intervals else ()
        return [
            said(pretended, estimator, asked, race.level, race.placebos, number)
            for estimator in estimators.values()
        ]

    groups = np.unique([one.group for one in placed], axis=0, return_inverse=True)[1]
    return gathered(
        tuple(estimators),
        tuple(kind.kind for kind in kinds),
        np.array(numbers, dtype=np.intp),
        np.asarray(groups).ravel()[list(numbers)],
        np.zeros(len(numbers)),
        [one(number) for number in numbers],
    )
