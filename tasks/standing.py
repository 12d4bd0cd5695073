"""Placebos on live panels, a few at each visit: are our own intervals still right?"""

from dataclasses import replace

import numpy as np
import pandas as pd
from prefect import task

from estimators import ESTIMATORS, VARIANCES, Panel
from estimators.calibration.answer import NUMBERS
from estimators.calibration.own_panel import sit_at
from estimators.calibration.standing import next_positions, standing
from estimators.core.settings import with_settings
from storage import observations
from storage.ledger import ledger
from storage.observations import Observation
from storage.panels import exclude, to_panel
from storage.placing import parts
from studies.placing import Placed
from studies.primary import PrimaryRule
from studies.settings import configured
from tasks.narration import narrate
from tasks.retries import ON_THE_LEDGER
from tasks.studies import Question

CALIBRATION_OFF = "calibration_off"
LOW, HIGH = NUMBERS.index("ci_low"), NUMBERS.index("ci_high")


@task(name="ask some placebos", task_run_name="placebos", **ON_THE_LEDGER)
def ask_some(
    url: str, question: Question, rows: pd.DataFrame, placed: Placed | None, count: int
) -> Observation:
    """So many positions of the study's treatment where there was none, by its primary interval.

    Raises UnsupportedDesign when the treatment fits nowhere else, InvalidPanel.
    """
    plan, subject = question.plan, f"{question.plan.study}, plan version {question.version}"
    with ledger(url) as session:
        past = observations.history(session, "calibration", subject)
    panel = _promoted(to_panel(exclude(rows, plan.donors.exclude)), placed)
    key = plan.primary.fallback if isinstance(plan.primary, PrimaryRule) else plan.primary
    asked = with_settings(configured(ESTIMATORS[key], plan.settings.of(key)), seed=plan.seed)
    tuned = asked.tune(panel)
    kind, level = VARIANCES[plan.inference.primary], plan.inference.level
    placebos = plan.inference.placebos
    found = [
        sit_at(panel, one, tuned, [kind], level, placebos, plan.seed).inference[0]
        for one in next_positions(panel, len(past), count, plan.seed)
    ]
    answered = [one for one in found if one[LOW] <= one[HIGH]]  # nan where it was refused
    covered = sum(bool(one[LOW] <= 0 <= one[HIGH]) for one in answered)
    counts = [(one.details["answered"], one.details["covered"]) for one in past]
    now = standing(level, [*counts, (len(answered), covered)])
    told = (
        f"{now.covered} of {now.answered} intervals of {key}, {plan.inference.primary}, covered "
        f"nothing where nothing was ({now.low:.1%} to {now.high:.1%}; {level:.4g} is claimed)"
    )
    narrate("placebos", f"{plan.study}: {told}")
    alert = f"{plan.study}: {told}; read other kinds of inference, and `liftledger calibrate`"
    return Observation(
        "calibration",
        subject,
        "noticed" if now.off else "fine",
        told,
        {"estimator": key, "kind": plan.inference.primary, "level": level, "asked": len(found),
         "answered": len(answered), "covered": covered, "total_answered": now.answered,
         "total_covered": now.covered, "low": now.low, "high": now.high},
        plan.study,
        question.version,
        alerts={CALIBRATION_OFF: alert if now.off else None},
    )  # fmt: skip


def _promoted(panel: Panel, placed: Placed | None) -> Panel:
    """The panel in which the periods after the promotion have no outcome: no part of its effect."""
    found = parts(panel, placed)
    if found is None:
        return panel
    return replace(panel, outcome=np.where(found["after"], np.nan, panel.outcome))
