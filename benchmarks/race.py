"""The race on CPS log wages: published tables drawn anew, and how much choosing loses.

    python -m benchmarks.race                       every design, 1,000 draws, six estimators
    python -m benchmarks.race --design one --draws 100      some, by how names begin; fewer
    python -m benchmarks.race --estimators did sc   some estimators
    python -m benchmarks.race --regret --panels 5   choose on panels drawn from each design
    python -m benchmarks.race --keep FOLDER         keep what is drawn, go on where it ends
    python -m benchmarks.race --json                for `python -m benchmarks`: small

Every estimator is tuned on each simulated panel alone. RMSE is in standard deviations of the
outcome, beside the published one and the promise.

Regret: a panel is drawn from the design, as if it were a study's own. A simulation is matched to
it, the race is run on that, and an estimator is chosen. Its regret is its RMSE over 1,000 fresh
draws of the design (other seeds) over that of the best of the six there, less one: mean over panels
by design, mean and worst over designs. Beside it the same of the ensemble with the weights of the
same race, and of each estimator, were it always used.
"""

import argparse
import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.measuring.cps import DESIGNS, PUBLISHED, Design
from benchmarks.measuring.rows import Row, in_seconds, line
from estimators import ESTIMATORS, Estimator
from estimators.core.panel import FloatArray
from estimators.race.choice import chosen
from estimators.race.effects import Effect
from estimators.race.ensemble import weights_of
from estimators.race.race import Race, run
from estimators.race.recipes import simulation_of
from estimators.race.results import Results, together
from estimators.race.simulation import Simulation, drawn
from estimators.race.standings import standings
from tests.estimators.twins.simulated_panels import CPS

FRESH, STUDIES, RACES = 1, 2, 3  # seeds: of the truth, of the studies' panels, of their races
CHUNK = 20
PROMISED = {"did": 0.0491, "sc": 0.0372, "difp": 0.0318, "sdid": 0.0277}  # minimum wage, 5 %
AT_MOST = {"mc": 0.0346, "dwcp": 0.0270}
WITHIN, OTHERS_WITHIN = 0.05, 0.08


def kept(path: Path | None, draws: int, replicate: Callable[[range], Results]) -> Results:
    """At least so many replications; those in the file are not drawn again."""
    parts: list[Results] = []
    if path is not None and path.is_file():
        parts = [pickle.loads(path.read_bytes())]
    first = len(parts[0].number) if parts else 0
    for start in range(first, draws, CHUNK):
        parts.append(replicate(range(start, min(start + CHUNK, draws))))
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".unfinished")
            unfinished.write_bytes(pickle.dumps(together(parts)))
            unfinished.replace(path)
    return together(parts)


def truth(
    name: str, design: Design, estimators: dict[str, Estimator], draws: int, keep: Path | None
) -> Results:
    """Fresh draws of a design."""
    simulation = design.simulation
    race = Race(design.assignment, seed=FRESH, intervals=0)
    path = None if keep is None else keep / f"{name}.pickle"
    return kept(path, draws, lambda part: run(race, simulation, estimators, (), part))


def matched(
    name: str,
    design: Design,
    estimators: dict[str, Estimator],
    panel: int,
    draws: int,
    keep: Path | None,
) -> Results:
    """The race of a study whose panel is drawn from the design."""
    study = drawn(design.simulation, design.assignment, Effect("constant"), STUDIES, panel).panel
    simulation: Simulation = simulation_of(study)
    race = Race(seed=RACES, intervals=0)
    path = None if keep is None else keep / f"{name} {panel}.pickle"
    return kept(path, draws, lambda part: run(race, simulation, estimators, (), part))


def rmse(results: Results) -> FloatArray:
    """(E,) over what each answered."""
    return np.asarray(np.sqrt(np.nanmean(results.error**2, axis=0)))


def table(name: str, design: Design, results: Results) -> Iterator[str]:
    """One design: ours with its error, the published, and how far apart."""
    scale = design.simulation.scale
    yield f"{name}, {len(results.number):,} draws"
    for one in standings(results):
        if one.rmse is None or one.bias is None or one.relative is None:
            yield f"  {one.estimator:6}{one.reason}"
            continue
        published = dict(zip(PUBLISHED, design.published, strict=False)).get(one.estimator)
        found, error = one.rmse.value / scale, (one.rmse.error or 0) / scale
        beside = ""
        if published is not None:
            beside = f"   published {published:.4f}  {100 * (found / published - 1):+6.1f} %"
        yield (
            f"  {one.estimator:6}{found:8.4f} ± {error:.4f}   bias {one.bias.value / scale:+.4f}   "
            f"× best {one.relative.value:.3f} ± {one.relative.error or 0:.3f}   "
            f"{one.seconds:6.3f} s{beside}"
        )


def regrets(
    estimators: dict[str, Estimator],
    designs: dict[str, Design],
    draws: int,
    panels: int,
    replications: int,
    keep: Path | None,
) -> Iterator[str]:
    """By design, of what is chosen and of every fixed estimator."""
    keys = list(estimators)
    rows = []
    heads = "".join(f"{key:>8}" for key in keys)
    yield f"{'regret, %':28}{'chosen':>8}{'ensemble':>10}{heads}   chosen were"
    for name, design in designs.items():
        fresh = truth(name, design, estimators, draws, keep)
        of = rmse(fresh)
        least = float(np.nanmin(of))
        races = [
            matched(name, design, estimators, panel, replications, keep) for panel in range(panels)
        ]
        choices = [chosen(standings(one)).key for one in races]
        losses = (
            np.mean([of[keys.index(key)] for key in choices]),
            np.mean([mixed(fresh, weights_of(one)) for one in races]),
            *of,
        )
        rows.append([100 * (float(one) / least - 1) for one in losses])
        counts = ", ".join(f"{key} {choices.count(key)}" for key in keys if key in choices)
        yield f"{name:28}{_line(rows[-1])}   {counts}"
    for words, summary in (("average", np.mean(rows, axis=0)), ("worst", np.max(rows, axis=0))):
        yield f"{words:28}{_line(list(summary))}"


def mixed(results: Results, weights: dict[str, float]) -> float:
    """RMSE of an ensemble, from the errors of its members."""
    some = [e for e, key in enumerate(results.estimators) if weights[key] > 0]
    error = results.error[:, some] @ [weights[results.estimators[e]] for e in some]
    return float(np.sqrt(np.nanmean(error**2)))


def _line(values: Sequence[float]) -> str:
    choice, ensemble, *fixed = values
    return f"{choice:8.1f}{ensemble:10.1f}" + "".join(f"{value:8.1f}" for value in fixed)


def declared() -> list[Row]:
    """Small, for `make bench`: the cheap estimators on the first design, and what six of them cost.

    Of the cheap ones 5,000 draws: after 1,000 an RMSE is still 2.3 % uncertain, and so is theirs.
    """
    design = DESIGNS["minimum wage"]
    cheap = {key: ESTIMATORS[key] for key in PROMISED}
    found = rmse(truth("", design, cheap, 5000, None)) / design.simulation.scale
    rows = []
    for (key, published), value in zip(PROMISED.items(), found, strict=True):
        what = f"race, CPS minimum wage, 5,000 draws: {key}, distance from {published}"
        rows.append(Row(what, float(100 * abs(value / published - 1)), "%", 100 * WITHIN))
    started = time.perf_counter()
    truth("", design, dict(ESTIMATORS), CHUNK, None)
    per_thousand = (time.perf_counter() - started) / CHUNK * 1000
    what = f"race, CPS minimum wage, six estimators: 1,000 draws, from {CHUNK}"
    return [*rows, in_seconds(what, per_thousand, 900.0)]


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description="the race on CPS log wages")
    parser.add_argument("--design", nargs="*", default=[""])
    parser.add_argument("--estimators", nargs="*", default=list(ESTIMATORS))
    parser.add_argument("--draws", type=int, default=1_000)
    parser.add_argument("--regret", action="store_true")
    parser.add_argument("--panels", type=int, default=5)
    parser.add_argument("--replications", type=int, default=200)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if not CPS.is_file():
        print(line([]) if asked.json else f"{CPS} is absent; SHARED_DATA names another folder")
        return
    if asked.json:
        print(line(declared()))
        return
    estimators = {key: ESTIMATORS[key] for key in asked.estimators}
    designs = {
        name: design for name, design in DESIGNS.items() if name.startswith(tuple(asked.design))
    }
    if asked.regret:
        for one in regrets(estimators, designs, asked.draws, asked.panels, asked.replications,
                            asked.keep):  # fmt: skip
            print(one, flush=True)
        return
    for name, design in designs.items():
        found = truth(name, design, estimators, asked.draws, asked.keep)
        print("\n".join(table(name, design, found)), flush=True)


if __name__ == "__main__":
    main()
