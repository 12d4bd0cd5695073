"""One replication of the exam, and many: what estimators and kinds say where the truth is known.

    Y_it = α_i + β_t + δ d W_it + σ_it u_it      α, β standard normal

d is the standard deviation that the treated cells' mean noise has on average over σ (1 for a single
cell), so that an effect of δ = 2 is two standard deviations whatever the pattern. Units' and
periods' effects, σ, u and the treated units are drawn anew in every replication, from
[seed, number of the replication]: no replication depends on another, and any may be drawn again.

An estimator's error is the treated cells' mean noise ε̄ less the error of its counterfactual. The
variance of ε̄ given σ is known by construction (noise.py); what the counterfactual adds is known
by replication, from what was drawn: e − ε̄ (summaries.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from estimators.calibration.answer import NUMBERS, answer, numbers_of
from estimators.calibration.noise import NOISES, Noise, scales, shocks, variance_of_mean
from estimators.calibration.patterns import FEWEST_PERIODS, FEWEST_UNITS, PATTERNS, treatment_of
from estimators.core.errors import InvalidPanel, NotConverged, UnsupportedDesign
from estimators.core.fit import Estimator, Refusal
from estimators.core.panel import FloatArray, IntArray, Panel
from estimators.variance.kinds import InferenceKind

TUNING = -1  # number of the replication whose panel `once` tunes on: none that is counted


@dataclass(frozen=True)
class Exam:
    """What is simulated, and how it is answered.

    noise, pattern: keys of NOISES and PATTERNS      units, periods: size of a panel
    spread: standard deviation of the logarithm of a_i and b_t
    effect: true, in standard deviations of the treated cells' mean noise
    level: of intervals      placebos: draws at most per pool
    seed: of every draw      once: keys of estimators tuned once, on a panel of its own

    Raises InvalidPanel for a size that no pattern fits, or a number outside its range.
    """

    noise: str = "multiplicative"
    pattern: str = "cell"
    units: int = 50
    periods: int = 40
    spread: float = 0.5
    effect: float = 0.0
    level: float = 0.95
    placebos: int = 200
    seed: int = 0
    once: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for what, value, known in (
            ("noise", self.noise, NOISES),
            ("pattern", self.pattern, PATTERNS),
        ):
            if value not in known:
                raise InvalidPanel(f"no {what} {value!r}; choose from {', '.join(known)}")
        if self.units < FEWEST_UNITS or self.periods < FEWEST_PERIODS:
            raise InvalidPanel(
                f"a simulated panel needs {FEWEST_UNITS} units and {FEWEST_PERIODS} periods; "
                f"{self.units} and {self.periods} were asked for"
            )
        if not 0 <= self.spread <= 2:
            raise InvalidPanel(f"the spread of noise is between 0 and 2, not {self.spread}")

    @property
    def design(self) -> Noise:
        """Of the noise."""
        return NOISES[self.noise]


@dataclass(frozen=True, eq=False)
class Draw:
    """One simulated panel and what is known of it.

    effect: true, in the outcome's measure
    shock: mean noise of the treated cells, as drawn      noise: its variance given σ
    deviation: the effect's unit d
    """

    panel: Panel
    effect: float
    shock: float
    noise: float
    deviation: float


@dataclass(frozen=True, eq=False)
class Answers:
    """What was said in R replications by E estimators and K kinds; nan where it was refused.

    number: (R,) of each replication      shock, noise, deviation: (R,) of each draw
    error: (R, E) estimate − true effect
    inference: (R, E, K, 5) NUMBERS, the interval less the true effect
    reasons: by (estimator, kind), how many refused and the first one's reason
    """

    estimators: tuple[str, ...]
    kinds: tuple[str, ...]
    number: IntArray
    shock: FloatArray
    noise: FloatArray
    deviation: FloatArray
    error: FloatArray
    inference: FloatArray
    reasons: Mapping[tuple[str, str], tuple[int, str]] = field(default_factory=dict)


def draw(exam: Exam, number: int) -> Draw:
    """The panel of one replication. The same two arguments give the same bits."""
    rng = np.random.default_rng([exam.seed, number + 1])  # a seed has no negative part
    shape = exam.units, exam.periods
    treatment = treatment_of(exam.pattern, *shape, rng)
    sigma = scales(exam.design, *shape, exam.spread, rng)
    systematic = rng.standard_normal((exam.units, 1)) + rng.standard_normal((1, exam.periods))
    noise = sigma * shocks(exam.design, *shape, rng)
    deviation = float(np.sqrt(variance_of_mean(exam.design, np.ones(shape), treatment)))
    effect = exam.effect * deviation
    panel = Panel(
        systematic + noise + effect * treatment,
        treatment,
        tuple(f"unit {i + 1}" for i in range(exam.units)),
        tuple(range(1, exam.periods + 1)),
    )
    return Draw(
        panel,
        effect,
        float(noise[treatment].mean()),
        variance_of_mean(exam.design, sigma, treatment),
        deviation,
    )


def prepared(exam: Exam, estimators: Mapping[str, Estimator]) -> dict[str, Estimator]:
    """As `sit` takes them: those to be tuned once are tuned here, on a panel of its own."""
    own = draw(exam, TUNING).panel
    return {key: one.tune(own) if key in exam.once else one for key, one in estimators.items()}


def sit(
    exam: Exam,
    estimators: Mapping[str, Estimator],
    kinds: Sequence[InferenceKind],
    numbers: Sequence[int],
) -> Answers:
    """These replications, one after the other.

    estimators: prepared
    Raises what an estimator raises for a defect; a refusal is counted with its reason.
    """
    draws = [draw(exam, number) for number in numbers]
    error = np.full((len(draws), len(estimators)), np.nan)
    inference = np.full((*error.shape, len(kinds), len(NUMBERS)), np.nan)
    refused: dict[tuple[str, str], list[str]] = {}
    for r, (number, drawn) in enumerate(zip(numbers, draws, strict=True)):
        for e, (key, estimator) in enumerate(estimators.items()):
            try:
                tuned = estimator if key in exam.once else estimator.tune(drawn.panel)
                effect, found = answer(
                    drawn.panel, tuned, kinds, exam.level, exam.placebos, seed=number
                )
                error[r, e] = effect - drawn.effect
            except (UnsupportedDesign, NotConverged) as refusal:
                found = [Refusal(kind.kind, str(refusal)) for kind in kinds]
            for k, said in enumerate(found):
                if isinstance(said, Refusal):
                    refused.setdefault((key, said.key), []).append(said.reason)
                else:
                    inference[r, e, k] = numbers_of(said, drawn.effect)
    return Answers(
        tuple(estimators),
        tuple(kind.kind for kind in kinds),
        np.array(numbers, dtype=np.intp),
        np.array([drawn.shock for drawn in draws]),
        np.array([drawn.noise for drawn in draws]),
        np.array([drawn.deviation for drawn in draws]),
        error,
        inference,
        {place: (len(reasons), reasons[0]) for place, reasons in refused.items()},
    )


def together(parts: Sequence[Answers]) -> Answers:
    """Batches of one exam as one, in the order given."""
    first = parts[0]
    reasons: dict[tuple[str, str], tuple[int, str]] = {}
    for part in parts:
        for place, (count, reason) in part.reasons.items():
            before, why = reasons.get(place, (0, reason))
            reasons[place] = before + count, why
    arrays = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("number", "shock", "noise", "deviation", "error", "inference")
    }
    return Answers(first.estimators, first.kinds, **arrays, reasons=reasons)
