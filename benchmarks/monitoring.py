"""Looking daily at promotions that do nothing, and at some that do: how often is an alarm raised?

    python -m benchmarks.monitoring                        the table of docs/methods.md
    python -m benchmarks.monitoring --draws 50 --json      for `python -m benchmarks`: small

Panels are those of the exam (estimators/calibration/noise.py): unit and period effects, and noise
that is even, uneven by unit, or autocorrelated (AR(1), ½). One of the units is promoted at the end,
for 14 periods after 40; everybody looks after every one of them. By DID, 100 placebo lives.

    alarms      share of promotions without effect whose interval excludes 0 at some look
    noisiest    the same among the fifth of promotions in the noisiest units
    each look   the same if every look had the interval of one look alone (t): what peeking does
    found       share in which an effect of so many standard deviations of a cell is found
    after       median number of the look that finds it, of those that do
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.measuring.rows import Row, line
from estimators import ESTIMATORS, Panel
from estimators.calibration.noise import NOISES, scales, shocks
from estimators.core.panel import FloatArray
from estimators.monitoring.lives import boundary
from estimators.monitoring.looks import look
from estimators.variance.inference import critical_value

UNITS, BEFORE, LIFE, LIVES = 20, 40, 14, 100
LEVEL, SPREAD, SEED = 0.95, 0.5, 20
EFFECTS = (0.5, 1.0, 1.5)
DESIGNS = ("even", "by_unit", "ar1")


@dataclass(frozen=True, eq=False)
class Followed:
    """R promotions without effect, followed to their end.

    effect, error: (R, H) at each look      limit, alone: (R,) critical values, of all looks and
    of one      noise: (R,) standard deviation of the promoted unit's noise
    """

    effect: FloatArray
    error: FloatArray
    limit: FloatArray
    alone: FloatArray
    noise: FloatArray

    def alarms(self, effect: float = 0.0, *, each: bool = False) -> FloatArray:
        """(R,) number of the look that first finds the effect; nan where none does."""
        limit = self.alone if each else self.limit
        found = np.abs(self.effect + effect) > limit[:, None] * self.error
        return np.where(found.any(axis=1), 1.0 + found.argmax(axis=1), np.nan)


def followed(noise: str, draws: int) -> Followed:
    """Promotions of one design. A number gives the same panel whatever the other numbers are."""
    rows = [_one(noise, number) for number in range(draws)]
    effect, error, limit, alone, sigma = (np.array(column) for column in zip(*rows, strict=True))
    return Followed(effect, error, limit, alone, sigma)


def _one(noise: str, number: int) -> tuple[list[float], list[float], float, float, float]:
    rng = np.random.default_rng([SEED, number])
    shape = UNITS, BEFORE + LIFE
    sigma = scales(NOISES[noise], *shape, SPREAD, rng)
    systematic = rng.standard_normal((UNITS, 1)) + rng.standard_normal((1, shape[1]))
    outcome = systematic + sigma * shocks(NOISES[noise], *shape, rng)
    treatment = np.zeros(shape, dtype=bool)
    unit = int(rng.integers(UNITS))
    treatment[unit, BEFORE:] = True
    labels = tuple(f"unit {i + 1}" for i in range(UNITS))
    whole = Panel(outcome, treatment, labels, tuple(range(1, shape[1] + 1)))
    until = [whole.select(np.arange(UNITS), np.arange(BEFORE + k)) for k in range(1, LIFE + 1)]
    tuned = ESTIMATORS["did"].tune(until[0])
    limits = boundary(until[0], tuned, LIFE, LEVEL, draws=LIVES, seed=number)
    looks = [look(panel, tuned, limits) for panel in until]
    alone = critical_value(limits.df, LEVEL)
    errors = [one.standard_error for one in looks]
    return [one.effect for one in looks], errors, limits.critical_value, alone, sigma[unit, 0]


def row(noise: str, found: Followed) -> dict[str, float | str]:
    """What one design comes to."""
    alarmed = np.isfinite(found.alarms())
    noisiest = np.argsort(found.noise, kind="stable")[-(len(alarmed) // 5) :]
    said: dict[str, float | str] = {
        "noise": noise,
        "draws": len(alarmed),
        "alarms": float(alarmed.mean()),
        "error": float(np.sqrt(alarmed.mean() * (1 - alarmed.mean()) / len(alarmed))),
        "noisiest": float(alarmed[noisiest].mean()) if NOISES[noise].uneven else "–",
        "each look": float(np.isfinite(found.alarms(each=True)).mean()),
    }
    for effect in EFFECTS:
        first = found.alarms(effect)
        said[f"found {effect:g}"] = float(np.isfinite(first).mean())
        said[f"after {effect:g}"] = float(np.nanmedian(first))
    return said


def declared(said: Sequence[dict[str, float | str]]) -> list[Row]:
    """False alarms of each design, for `python -m benchmarks`."""
    what = "false alarms under daily looks, noise"
    return [Row(f"{what} {one['noise']}", float(one["alarms"]), "") for one in said]


def main(words: Sequence[str]) -> None:
    """Print the table, or rows for the page of all benchmarks."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=600)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(words)
    rows = []
    for noise in DESIGNS:
        rows.append(row(noise, followed(noise, 60 if asked.json else asked.draws)))
        print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    if not asked.json:
        names = list(rows[0])
        print("| " + " | ".join(names) + " |\n|" + "---|" * len(names))
        for one in rows:
            cells = (f"{v:.3g}" if isinstance(v, float) else str(v) for v in one.values())
            print("| " + " | ".join(cells) + " |")
        return
    print(line(declared(rows)))


if __name__ == "__main__":
    main(sys.argv[1:])
