"""Designs simulated from CPS log wages, and what was published of each.

RMSE of an effect that is zero over 1,000 draws, in standard deviations of the outcome, of SDID, SC,
DID, MC and DIFP: recomputed from the shipped results behind Tables 2 and 3 of Arkhangelsky, Athey,
Hirshberg, Imbens and Wager (2021). Rows on other outcomes (hours, unemployment) need data that is
not in the file; instead there are two assignments of our own, of which nothing is published.

Reads CPS log wages from ../shared/data beside the checkout, or from the folder SHARED_DATA.
"""

from dataclasses import dataclass, field
from functools import cache

from estimators.race.assignments import Assignment
from estimators.race.recipes import simulation_from
from estimators.race.simulation import Part, Simulation, without
from tests.estimators.twins.simulated_panels import cps_log_wage

PUBLISHED = ("sdid", "sc", "did", "mc", "difp")


@dataclass(frozen=True)
class Design:
    """policy: whose assignment, a column of the file      out: parts taken out
    published: RMSE by PUBLISHED, empty where there is none"""

    policy: str
    published: tuple[float, ...]
    out: tuple[Part, ...] = ()
    assignment: Assignment = field(default_factory=lambda: Assignment("logistic"))

    @property
    def simulation(self) -> Simulation:
        """What its panels are drawn from."""
        return without(_taken_apart(self.policy), *self.out)


DESIGNS = {
    "minimum wage": Design("min_wage", (0.0277, 0.0373, 0.0487, 0.0346, 0.0318)),
    "open carry": Design("open_carry", (0.0262, 0.0273, 0.0466, 0.0354, 0.0296)),
    "abortion": Design("abort_law", (0.0234, 0.0314, 0.0448, 0.0312, 0.0269)),
    "random": Design(
        "min_wage", (0.0244, 0.0246, 0.0441, 0.0307, 0.0269), assignment=Assignment("uniform")
    ),
    "staggered": Design("min_wage", (), assignment=Assignment("staggered")),
    "five units, twenty periods": Design(
        "min_wage", (), assignment=Assignment("uniform", units=5, periods=20)
    ),
    "no correlation": Design(
        "min_wage", (0.0282, 0.0379, 0.0489, 0.0348, 0.0323), ("correlation",)
    ),
    "no M": Design("min_wage", (0.0162, 0.0182, 0.0136, 0.0136, 0.0164), ("interactive",)),
    "no F": Design("min_wage", (0.0277, 0.0229, 0.0487, 0.0346, 0.0318), ("two_way",)),
    "only noise": Design(
        "min_wage", (0.0162, 0.0142, 0.0136, 0.0136, 0.0164), ("two_way", "interactive")
    ),
    "no noise": Design("min_wage", (0.0056, 0.0170, 0.0469, 0.0036, 0.0106), ("noise",)),
    "one period": Design(
        "min_wage", (0.0504, 0.0586, 0.0695, 0.0506, 0.0543),
        assignment=Assignment("logistic", periods=1),
    ),
    "one unit": Design(
        "min_wage", (0.0627, 0.0725, 0.1259, 0.0808, 0.0828),
        assignment=Assignment("logistic", units=1),
    ),
    "one cell": Design(
        "min_wage", (0.1118, 0.1242, 0.1527, 0.1077, 0.1167),
        assignment=Assignment("logistic", units=1, periods=1),
    ),
}  # fmt: skip


@cache
def _taken_apart(policy: str) -> Simulation:
    wages, had = cps_log_wage(policy)
    return simulation_from(wages, had, range(len(had)), range(wages.shape[1]), "published")
