"""The rows of the published Tables 1 and 3 that start from CPS log wages, drawn anew.

Published: root mean squared error of an effect that is zero, over 1,000 draws, in standard
deviations of the outcome. TROP, SDID and MC are the variants of twins/table1.py; SC, DID and DIFP
are the textbook's, so ours. `SDID, paper` is SDID as its own paper defines it, so ours again, and
is held against that paper's table of the same designs. In Table 3 the MC column has λ_nn = 0.6,
whatever TROP has: its row without noise cannot be had otherwise, and older files say so.

Source: notebook "TROP_normalized-RMSE (Table 1)" and Table 3 in the replication files of Athey,
Imbens, Qu and Viviano (2025); for `SDID, paper` the shipped results behind Tables 2 and 3 of
Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from estimators import Panel, att
from estimators.core.fit import Estimator
from estimators.core.panel import FloatArray
from estimators.core.threads import one_thread
from estimators.demeaned_synthetic_control import DemeanedSyntheticControl
from estimators.difference_in_differences import DifferenceInDifferences
from estimators.synthetic_control import SyntheticControl
from estimators.synthetic_did import SyntheticDifferenceInDifferences
from tests.estimators.twins.simulated_panels import Simulation, cps_log_wage, simulation, without
from tests.estimators.twins.table1 import joint_effect, squared_sdid

PUBLISHED_DRAWS = 1_000
COLUMNS = ("TROP", "SDID", "SC", "DID", "MC", "DIFP", "SDID, paper")
OLD_PENALTY = 0.6


@dataclass(frozen=True)
class Row:
    """published: in the order of COLUMNS; rates: λ_unit, λ_time, λ_nn as published, in this order;
    mc_penalty: λ_nn of MC, if not the same; the rest: see Simulation.draw and without"""

    policy: str
    rates: tuple[float, float, float]
    published: tuple[float, ...]
    taken_out: tuple[str, ...] = ()
    most: int = 10
    treated_periods: int = 10
    at_random: bool = False
    mc_penalty: float | None = None

    @cached_property
    def source(self) -> Simulation:
        """What its panels are drawn from."""
        return without(simulation(*cps_log_wage(self.policy)), *self.taken_out)

    def panels(self, draws: int, seed: int = 0) -> list[Panel]:
        """The same for every column."""
        rng = np.random.default_rng(seed)
        return [
            self.source.draw(
                rng,
                most=self.most,
                treated_periods=self.treated_periods,
                at_random=self.at_random,
            )
            for _ in range(draws)
        ]

    def errors(self, panels: list[Panel]) -> FloatArray:
        """(draws, columns) what each finds where nothing is."""
        with one_thread():  # threads get in each other's way on matrices as small as these
            return np.array([self._errors(panel) for panel in panels])

    def _errors(self, panel: Panel) -> tuple[float, ...]:
        unit, time, penalty = self.rates
        mc_penalty = penalty if self.mc_penalty is None else self.mc_penalty
        return (
            joint_effect(panel, lambda_time=time, lambda_unit=unit, lambda_nn=penalty),
            squared_sdid(panel),
            effect(panel, SyntheticControl()),
            effect(panel, DifferenceInDifferences()),
            joint_effect(panel, lambda_time=0, lambda_unit=0, lambda_nn=mc_penalty),
            effect(panel, DemeanedSyntheticControl()),
            effect(panel, SyntheticDifferenceInDifferences()),
        )


TABLE_1 = {
    "R1, minimum wage": Row(
        "min_wage", (0.01, 0.2, 0.2), (0.02577, 0.02928, 0.03717, 0.04910, 0.03250, 0.03155, 0.0277)
    ),
    "R1 at other rates": Row(
        "min_wage", (0, 0.1, 0.9), (0.02545, 0.02928, 0.03717, 0.04910, 0.03222, 0.03155, 0.0277)
    ),
    "R4, open carry": Row(
        "open_carry", (0, 0.35, 0.041),
        (0.02375, 0.02735, 0.02673, 0.04836, 0.03167, 0.03123, 0.0262),
    ),
    "R5, abortion": Row(
        "abort_law", (0, 0.2, 0.281), (0.02204, 0.02510, 0.03142, 0.04383, 0.02751, 0.02736, 0.0234)
    ),
    "R6, random": Row(
        "min_wage", (0, 0.2, 0.21), (0.02268, 0.02540, 0.02493, 0.04424, 0.02803, 0.02658, 0.0244),
        at_random=True,
    ),
}  # fmt: skip
TABLE_3 = {
    "no correlation": Row(
        "min_wage", (0.7, 0.25, 0.6), (0.0274, 0.0293, 0.0374, 0.0491, 0.0328, 0.0321, 0.0282),
        taken_out=("correlation",), mc_penalty=OLD_PENALTY,
    ),
    "no M": Row(
        "min_wage", (0.1, 0.025, 0.121), (0.0151, 0.0185, 0.0182, 0.0135, 0.0147, 0.0167, 0.0162),
        taken_out=("interactive",), mc_penalty=OLD_PENALTY,
    ),
    "no F": Row(
        "min_wage", (1.4, 0.25, 0.301), (0.0256, 0.0293, 0.0223, 0.0491, 0.0322, 0.0315, 0.0277),
        taken_out=("two_way",), mc_penalty=OLD_PENALTY,
    ),
    "only noise": Row(
        "min_wage", (1.8, 0.005, 0.4), (0.0146, 0.0185, 0.0145, 0.0135, 0.0147, 0.0167, 0.0162),
        taken_out=("two_way", "interactive"), mc_penalty=OLD_PENALTY,
    ),
    "no noise": Row(
        "min_wage", (5.8, 1.2, 0.21), (0.0089, 0.0042, 0.0181, 0.0478, 0.0166, 0.0115, 0.0056),
        taken_out=("noise",), mc_penalty=OLD_PENALTY,
    ),
    "one period": Row(
        "min_wage", (1.8, 0.5, 0.321), (0.0594, 0.0528, 0.0588, 0.0672, 0.0504, 0.0544, 0.0504),
        treated_periods=1, mc_penalty=OLD_PENALTY,
    ),
    "one unit": Row(
        "min_wage", (4.5, 0.2, 0.011), (0.0633, 0.0687, 0.0743, 0.1261, 0.0773, 0.0847, 0.0627),
        most=1, mc_penalty=OLD_PENALTY,
    ),
    "one cell": Row(
        "min_wage", (0.9, 0.04, 0.301), (0.1163, 0.1214, 0.1269, 0.1561, 0.1191, 0.1206, 0.1118),
        most=1, treated_periods=1, mc_penalty=OLD_PENALTY,
    ),
}  # fmt: skip


def effect(panel: Panel, estimator: Estimator) -> float:
    """What an estimator of ours finds."""
    return att(panel, estimator.tune(panel).fit(panel))


def rmse(errors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(draws, columns) → root mean squared error by column, and the relative error of one draw.

    The latter over the root of the number of draws is the Monte-Carlo error of log RMSE, by the
    delta method. It is 1/√2 for Gaussian estimates without bias.
    """
    squares = errors**2
    mean = squares.mean(axis=0)
    return np.sqrt(mean), squares.std(axis=0, ddof=1) / mean / 2


def distance(errors: FloatArray, published: tuple[float, ...]) -> FloatArray:
    """How far log RMSE by column is from the published one, in Monte-Carlo errors of both."""
    found, one_draw = rmse(errors)
    error = one_draw * np.sqrt(1 / len(errors) + 1 / PUBLISHED_DRAWS)
    return np.asarray(np.log(found / np.array(published)) / error)
