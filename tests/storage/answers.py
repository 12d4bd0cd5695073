"""A small study with everything an answer can hold, to be written and read back."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from estimators.core.fit import (
    Estimate,
    Fit,
    Inference,
    PeriodEffect,
    Refusal,
    Tuning,
    Variance,
    Weights,
)
from estimators.core.impact import Band, CumulativeEffect, Impact
from estimators.core.panel import Panel
from storage import snapshots, studies, validations
from storage.panels import to_panel
from storage.results import Analysis, request_id
from studies import Plan, parse_plan

STUDY = """
study: {study}
question: What did the display sell?
panel: stores
donors: {{exclude: {exclude}}}
estimators: [did, sc, mc]
primary: did
inference: {{level: 0.95, primary: marginal}}
seed: {seed}
"""


@dataclass(frozen=True)
class Settled:
    """An estimator as it is after tuning: a value with settings, some of them awkward."""

    penalty: float = np.inf
    tolerance: np.float64 | float = 1e-7
    steps: np.int64 | int = 1000
    centre: bool = True
    tuning: Tuning | None = field(default=None, compare=False)
    name: str = "did"

    def tune(self, panel: Panel) -> "Settled":
        return self

    def problems(self, panel: Panel) -> int:
        return 1

    def for_placebos(self, panel: Panel) -> "Settled":
        return self

    def fit(self, panel: Panel) -> Fit:
        raise NotImplementedError("this value was tuned and fitted before the test began")


def plan(study: str = "display", seed: int = 1, exclude: str = "[]") -> Plan:
    return parse_plan(STUDY.format(study=study, seed=seed, exclude=exclude))


def rows(units: int = 4, periods: int = 6, start: int = 2001) -> pd.DataFrame:
    """Rows with awkward numbers, one outcome not observed, one cell absent."""
    generator = np.random.default_rng(units * 100 + periods)
    names = np.repeat([f"store {u}" for u in range(units)], periods)
    period = np.tile(np.arange(start, start + periods), units)
    # read, not raised to a power: the last digit of a power depends on the processor
    sizes = [float(f"1e{power}") for power in generator.integers(-300, 300, units * periods)]
    outcome = generator.normal(size=units * periods) * sizes
    outcome[0], outcome[1] = -0.0, np.nan
    frame = pd.DataFrame(
        {
            "unit": pd.Categorical(names),
            "period": period.astype(np.int64),
            "outcome": outcome,
            "treatment": ((names == "store 1") & (period >= start + 4)).astype(np.float64),
            "observed": ~np.isnan(outcome),
        }
    )
    return frame.drop(index=2).reset_index(drop=True)


def answered(panel: Panel) -> Estimate:
    """An answer with weights of three kinds and cells the method does not model."""
    generator = np.random.default_rng(7)
    n, t = panel.outcome.shape
    counterfactual = generator.normal(size=(n, t)) / 3
    counterfactual[0], counterfactual[1, 0] = np.nan, -0.0
    sparse = generator.dirichlet(np.ones(n))
    sparse[:1] = 0.0
    placebos: Any = np.int64(17)  # an estimator may well count in numpy
    variance = Variance("marginal", np.float64(0.1) / 3, np.inf, placebos, "one sentence")
    tuning = Tuning("the rule", 3, "mean squared error", (({"penalty": np.inf}, np.nan),))
    return Estimate(
        estimator=Settled(tolerance=np.float64(1e-7), steps=np.int64(1000), tuning=tuning),
        att=np.float64(-1) / 3,
        fit=Fit(
            counterfactual,
            (
                Weights("treated from 2005", sparse, generator.dirichlet(np.ones(t))),
                Weights("only units", np.zeros(n)),
                Weights("neither"),
            ),
        ),
        inferences=(
            Inference(
                "marginal",
                0.95,
                -0.7,
                0.1,
                0.125,
                placebos,
                "one sentence",
                0.1825,
                np.inf,
                variance,
            ),
            Inference("conformal", 0.95, np.float64(-0.7), 0.1, 0.125, placebos, "all shifts"),
            Refusal("given_unit", "3 placebos, 20 are needed"),
        ),
        by_period=(
            PeriodEffect(panel.periods[4], 1, 0.1, 0.3, np.float64(-0.2), None, None, None),
        ),
        cumulative=(
            CumulativeEffect(panel.periods[4], 1, 0, np.float64(-0.2), 0.1, -0.4, 0.0, -0.5, 0.1),
            CumulativeEffect(panel.periods[5], 1, 1, -0.2, None, None, None, None, None),
        ),
        bands={
            "by_period": Refusal("by_period", "19 paths are needed, there are 17"),
            "cumulative": Band(0.95, np.float64(3.1), 0.25, placebos, "one sentence"),
        },
        impacts=(
            Impact("marginal", 0.95, -0.6, -1.4, 0.2, -0.25, np.float64(-1) / 3, 0.1),
            Impact("given_both", 0.95, -0.6, -1.4, 0.2, reason="nothing is a percentage of zero"),
        ),
        diagnostics={"placebos": np.array([0.1, np.nan]), "pre": {"rmspe": np.float64(1) / 7}},
    )


def analysis(session: Session, seed: int = 1, study: str = "display", **changed: Any) -> Analysis:
    """Everything registered and kept, ready for results.save."""
    asked = plan(study, seed)
    registered = studies.register(session, asked, by="ada", reason="a first look")
    found = rows()
    sha256 = snapshots.save(session, found)
    validation = validations.save(session, {"passed": True, "checks": []}, sha256, study, True)
    panel = to_panel(found)
    made = Analysis(
        request_id=request_id(registered.plan_hash, sha256, "0.1+c", "e", seed, study),
        study=study,
        plan_version=registered.version,
        plan_hash=registered.plan_hash,
        snapshot_hash=sha256,
        code_version="0.1+c",
        environment_hash="e",
        seed=seed,
        requested_by="ada",
        reason="the promotion ended",
        validation_id=validation,
        panel=panel,
        answers={
            "did": answered(panel),
            "sc": Refusal("sc", "the treatment switches on and off"),
            "mc": replace(answered(panel), inferences=(), diagnostics={}),
        },
    )
    return replace(made, **changed)


def bits(array: Any) -> Any:
    """The array's bits: −0.0 is not 0.0, and a nan equals itself."""
    return np.ascontiguousarray(array, dtype=np.float64).view(np.int64).tolist()
