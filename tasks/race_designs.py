"""What a race is asked to be: who races, on which designs, how often.

own           the study's own treatment, on units as likely to have had it
shuffled      the same, on any units
back_test     the same on the real panel: on control units, in the past; nothing is simulated
logistic      units as likely as the factors say they are treated; logistic:min_wage like those
              of an assignment column
uniform, staggered, on_off    see estimators.race.assignments
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from estimators.core.errors import InvalidPanel, UnsupportedDesign
from estimators.core.panel import listed
from estimators.race.assignments import WAYS, Assignment
from estimators.race.effects import Effect
from estimators.race.recipes import RECIPES
from studies import Plan
from tasks.race_grounds import Ground

BACK_TEST = "back_test"
OF_ITS_OWN = ("own", "shuffled", BACK_TEST)  # designs of a panel that has a treatment
# A rule reads RMSEs, and a person waits for the answer: intervals on the panel itself only.
CHOOSING = {"intervals": 0, "placements": 10, "placed_intervals": 10}
SEVERAL, SHARE = 10, 5  # treated, where nothing was done: ten, or one unit or period in five
PARTS = ("two_way", "interactive", "noise", "correlation")


@dataclass(frozen=True)
class Design:
    """One design. policy: an assignment column      units, periods: treated; None: as it fits"""

    assignment: str
    policy: str | None = None
    units: int | None = None
    periods: int | None = None
    without: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """How it is called: "own", "logistic min_wage", "own without noise"."""
        name = self.assignment if self.policy is None else f"{self.assignment} {self.policy}"
        return f"{name} without {' and '.join(self.without)}" if self.without else name


@dataclass(frozen=True)
class Asked:
    """A race as it is asked for. JSON-able, and all that its numbers depend on but data and code.

    settings: by estimator, as the plan has them      seed: of estimators and of draws
    effect, size: see estimators.race.effects
    intervals: replications asked for intervals, the first ones      placements: of the back-test
    placed_intervals: placements asked for intervals; None for as many as replications
    """

    estimators: tuple[str, ...]
    designs: tuple[Design, ...]
    kinds: tuple[str, ...]
    replications: int = 200
    intervals: int = 20
    placements: int = 40
    placed_intervals: int | None = None
    level: float = 0.95
    placebos: int = 40
    recipe: str = "matched"
    effect: str = "zero"
    size: float = 1.0
    seed: int = 1
    settings: Mapping[str, Mapping[str, Any]] | None = None

    def of(self, design: Design) -> "Asked":
        """What one design's replications depend on: not how many there are, nor other designs."""
        count = self.placements if design.assignment == BACK_TEST else 0  # placed all at once
        return replace(
            self,
            designs=(design,),
            replications=0,
            placements=count,
            intervals=self.intervals_of(design),
            placed_intervals=None,
        )

    def intervals_of(self, design: Design) -> int:
        """Replications or placements of this design asked for intervals."""
        if design.assignment == BACK_TEST and self.placed_intervals is not None:
            return self.placed_intervals
        return self.intervals


def asked_by(
    plan: Plan, designs: Sequence[Design], replications: int, seed: int, **more: Any
) -> Asked:
    """A race as a plan asks for it: its estimators with their settings, its primary interval.

    more: other fields of Asked
    """
    given: dict[str, Any] = {
        "estimators": plan.estimators,
        "kinds": (plan.inference.primary,),
        "level": plan.inference.level,
        "settings": {key: plan.settings.of(key) for key in plan.settings.written()},
    }
    return Asked(designs=tuple(designs), replications=replications, seed=seed, **given | more)


def designs_of(
    ground: Ground,
    named: Sequence[str] = (),
    treated: tuple[int, int] | None = None,
    without: Sequence[str] = (),
) -> tuple[Design, ...]:
    """The designs that are named, or those that suit what the race is run on.

    named: keys as above      treated: units and periods      without: parts of simulated panels
    Raises InvalidPanel for a name that is none. Whether it fits is said when it is laid out.
    """
    found = []
    for name in named or _suiting(ground):
        design = parsed(name)
        if design.assignment not in (*OF_ITS_OWN, "on_off"):
            units, periods = treated or _as_many(ground)
            design = replace(design, units=units, periods=periods)
        if design.assignment != BACK_TEST:
            design = replace(design, without=tuple(without))
        found.append(design)
    return tuple(found)


def parsed(name: str) -> Design:
    """A design by its name. Raises InvalidPanel, saying which there are."""
    assignment, colon, policy = name.partition(":")
    if assignment not in (*WAYS, BACK_TEST) or (colon and assignment != "logistic"):
        known = ", ".join([*WAYS, BACK_TEST])
        raise InvalidPanel(f"no design {name!r}; choose from {known}, or logistic:COLUMN")
    return Design(assignment, policy or None)


def assignment_of(design: Design) -> Assignment:
    """As the simulation takes it. Raises InvalidPanel."""
    sizes = {"units": design.units, "periods": design.periods}
    given = {name: size for name, size in sizes.items() if size is not None}
    return Assignment(design.assignment, **given)  # type: ignore[arg-type]


def require_possible(given: Mapping[str, Any]) -> None:
    """Raise InvalidPanel for parameters of a race that no panel can have."""
    for name in given.get("designs", ()):
        parsed(name)
    if len(set(given.get("designs", ()))) < len(given.get("designs", ())):
        raise InvalidPanel(f"{', '.join(given['designs'])}: each may be given once")
    Effect(given.get("effect", Effect.kind))
    if given.get("recipe", next(iter(RECIPES))) not in RECIPES:
        raise InvalidPanel(f"no recipe {given['recipe']!r}; choose from {', '.join(RECIPES)}")


def _suiting(ground: Ground) -> tuple[str, ...]:
    if ground.panel is not None:
        return "own", BACK_TEST
    return tuple(f"logistic:{column}" for column in ground.policies or {}) or ("uniform",)


def _as_many(ground: Ground) -> tuple[int, int]:
    """Treated units and periods: the panel's own, or as many as the published designs have."""
    if ground.panel is not None:
        treatment = ground.panel.treatment
        return int(treatment.any(axis=1).sum()), int(treatment.any(axis=0).sum())
    units, periods = (max(1, min(SEVERAL, count // SHARE)) for count in ground.size)
    return units, periods


def require_fit(ground: Ground, design: Design) -> None:
    """Where nothing was done there is no treatment to move, and a policy is a column.

    Raises UnsupportedDesign.
    """
    if ground.panel is not None:
        return
    if design.assignment in OF_ITS_OWN:
        raise UnsupportedDesign(
            "nothing was done in this panel, so there is no treatment of its own "
            "to place elsewhere; use the design uniform, staggered, on_off or logistic:COLUMN"
        )
    known = tuple(ground.policies or {})
    if design.assignment == "logistic" and design.policy not in known:
        said = f"no assignment column {design.policy!r}" if design.policy else "no column is named"
        raise UnsupportedDesign(
            f"{said}; assignment columns, 0 or 1 by unit, are: {listed(known) or 'none'}"
        )
