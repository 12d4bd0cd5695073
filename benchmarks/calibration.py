"""What the page on calibration says, drawn anew: the exam's designs, and the SDID paper's.

    python -m benchmarks.calibration                            every design, as published there
    python -m benchmarks.calibration --design cps --draws 100   some, by how names begin; fewer
    python -m benchmarks.calibration --keep FOLDER              keep answers, go on where they end
    python -m benchmarks.calibration --keep FOLDER --draws 0 --figure docs/calibration.svg
                                                                draw those that are kept
    python -m benchmarks.calibration --json                     for `python -m benchmarks`: small

Exams are those of `liftledger calibrate`, with its seed: replication k of a design is the same
panel here and there. The design `cps` is that of Arkhangelsky, Athey, Hirshberg, Imbens and Wager
(2021), section 3: panels from CPS log wages, minimum wage, at most 10 treated, the last 10 years,
no effect; coverage of SDID by our intervals, and as the paper counts, ± 1.96 standard errors.
Reads CPS log wages from ../shared/data beside the checkout, or from the folder SHARED_DATA.
"""

import argparse
import pickle
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.measuring.coverage import figure
from benchmarks.measuring.luck import KNOWN, rejected, standardised
from benchmarks.measuring.rows import Row, line
from estimators import ESTIMATORS, STANDARD_VARIANCES, VARIANCES
from estimators.calibration.answer import NUMBERS, answer, numbers_of
from estimators.calibration.exam import Answers, Exam, prepared, sit, together
from estimators.calibration.summaries import Measured, Score, paired_gain, scores
from estimators.core.fit import Refusal
from estimators.core.panel import FloatArray
from tests.estimators.twins.simulated_panels import CPS, cps_log_wage, simulation

SEED = 2026
CHUNK = 20
NORMAL = 1.959964  # as the paper counts
PAPER = {"given_period": 0.95, "bootstrap": 0.96}


@dataclass(frozen=True)
class Design:
    """An exam, whom it asks for which kinds of inference, and how often it is published with."""

    exam: Exam
    estimators: tuple[str, ...]
    draws: int
    kinds: tuple[str, ...] = tuple(STANDARD_VARIANCES)


def _design(
    noise: str, units: int, periods: int, estimators: str, draws: int, pattern: str = "cell"
) -> Design:
    exam = Exam(noise=noise, pattern=pattern, units=units, periods=periods, seed=SEED)
    return Design(exam, tuple(estimators.split(",")), draws)


def _conformal(noise: str, units: int, periods: int) -> Design:
    return replace(_design(noise, units, periods, "did", 2000), kinds=("conformal",))


SIX = ",".join(ESTIMATORS)
DESIGNS = {
    "did multiplicative 20x15": _design("multiplicative", 20, 15, "did", 5540),
    "did multiplicative 50x40": _design("multiplicative", 50, 40, "did", 2000),
    "did even 20x15": _design("even", 20, 15, "did", 5260),
    "did even 50x40": _design("even", 50, 40, "did", 2000),
    "sdid multiplicative 20x15": _design("multiplicative", 20, 15, "sdid", 8000),
    "sdid even 20x15": _design("even", 20, 15, "sdid", 2000),
    "sdid by_unit 20x15": _design("by_unit", 20, 15, "sdid", 2000),
    "sdid by_period 20x15": _design("by_period", 20, 15, "sdid", 2000),
    "sdid multiplicative 50x40": _design("multiplicative", 50, 40, "sdid", 2000),
    "sdid even 50x40": _design("even", 50, 40, "sdid", 2000),
    "six even 20x15": _design("even", 20, 15, SIX, 2000),
    "did ar1 50x40": _design("ar1", 50, 40, "did", 1220),
    "did ar1 20x15": _design("ar1", 20, 15, "did", 2000),
    "did t5 50x40": _design("t5", 50, 40, "did", 600),
    "did t5 20x15": _design("t5", 20, 15, "did", 2000),
    "did ended even 50x40": _design("even", 50, 40, "did", 1000, "ended"),
    "did ended ar1 50x40": _design("ar1", 50, 40, "did", 600, "ended"),
    "did block ar1 50x40": _design("ar1", 50, 40, "did", 600, "block"),
    "did conformal even 50x40": _conformal("even", 50, 40),
    "did conformal even 20x20": _conformal("even", 20, 20),
    "did conformal ar1 50x40": _conformal("ar1", 50, 40),
}


def replications(design: Design, draws: int, keep: Path | None) -> Answers | None:
    """At least so many, None where there are none; those kept in the file are not drawn again."""
    known: Answers | None = None
    if keep is not None and keep.is_file():
        known = pickle.loads(keep.read_bytes())
    ready = prepared(design.exam, {key: ESTIMATORS[key] for key in design.estimators})
    kinds = tuple(VARIANCES[kind] for kind in design.kinds)
    first = 0 if known is None else len(known.number)
    for start in range(first, draws, CHUNK):
        part = sit(design.exam, ready, kinds, range(start, min(start + CHUNK, draws)))
        known = part if known is None else together([known, part])
        if keep is not None:
            unfinished = keep.with_suffix(".unfinished")
            unfinished.write_bytes(pickle.dumps(known))
            unfinished.replace(keep)
    return known


def lines(found: Sequence[Score], answers: Answers, level: float) -> Iterator[str]:
    """A Markdown table, and the gain over the marginal interval."""
    heads = ("coverage", "coverage_quietest", "coverage_noisiest", "length", "variability")
    adjusted = any("size_adjusted_1" in one.numbers for one in found)
    powers = tuple(f"{'size_adjusted' if adjusted else 'power'}_{k}" for k in (1, 2, 3))
    names = [name for name in (*heads, *powers) if any(name in one.numbers for one in found)]
    yield "| | V / true | " + " | ".join(name.replace("_", " ") for name in names) + " |"
    yield "|---|---|" + "---|" * len(names)
    for one in found:
        cells = " | ".join(_cell(one.numbers.get(name), name) for name in names)
        yield f"| {one.estimator} {one.kind} | {_ratio(one)} | {cells} |"
    for kind in ("given_both", "adaptive"):
        if not {kind, "marginal"} <= set(answers.kinds):
            continue
        gains = [paired_gain(answers, answers.estimators[0], kind, "marginal", k, level)
                 for k in (1, 2, 3)]  # fmt: skip
        said = ", ".join(f"{100 * one.value:+.0f} % ± {100 * (one.error or 0):.0f}"
                         for one in gains)  # fmt: skip
        yield f"{kind} over marginal, size-adjusted power at 1, 2, 3: {said}"


def family(answers: Answers, level: float) -> str:
    """How often any of all rows finds an effect that is not there, and how often the primary."""
    p_value = answers.inference[..., NUMBERS.index("p_value")]
    found = p_value < 1 - level
    any_row = found.any(axis=(1, 2))
    error = any_row.std(ddof=1) / np.sqrt(len(any_row))
    rows = found.shape[1] * found.shape[2]
    return (
        f"any of {rows} rows: {any_row.mean():.3f} ± {error:.3f}; mean of rows {found.mean():.3f}"
    )


def without_luck(answers: Answers, exam: Exam) -> Iterator[str]:
    """A Markdown table of small p-values less what the draws' luck explains, where it is known."""
    if (exam.noise, exam.pattern) != ("even", "cell") or KNOWN not in answers.estimators:
        return
    z = standardised(answers, exam.units, exam.periods)
    large = np.abs(z) > NORMAL
    yield f"DID's own error is beyond ±1.96 in {_share(large)}, known to be .05; less that luck:\n"
    yield f"| p < {1 - exam.level:.2f} | " + " | ".join(answers.kinds) + " |"
    yield "|---|" + "---|" * len(answers.kinds)
    for estimator, row in zip(answers.estimators, rejected(answers, z, exam.level), strict=True):
        cells = " | ".join(_cell(one, "coverage") for one in row)
        yield f"| {estimator} | {cells} |"


def _ratio(one: Score) -> str:
    """Mean variance over the true one; a dash for a procedure without a variance."""
    if "mean_variance" not in one.numbers:
        return "–"
    return f"{one.numbers['mean_variance'].value / one.numbers['true_variance'].value:.2f}"


def _cell(one: Measured | None, name: str) -> str:
    if one is None:
        return "–"
    places = 3 if name.startswith("coverage") else 2
    return f"{one.value:.{places}f} ± {one.error or 0:.{places}f}"


def paper(draws: int, keep: Path | None) -> Iterator[str]:
    """Coverage on the CPS design, by our intervals and as the paper counts."""
    kinds = [VARIANCES[key] for key in ("given_period", "bootstrap", "jackknife")]
    source = simulation(*cps_log_wage("min_wage"))
    rng = np.random.default_rng(0)
    panels = [source.draw(rng) for _ in range(draws)]
    known: FloatArray = np.zeros((0, len(kinds), 1 + len(NUMBERS)))
    if keep is not None and keep.is_file():
        known = np.load(keep)
    for number in range(len(known), draws):
        tuned = ESTIMATORS["sdid"].tune(panels[number])
        effect, said = answer(panels[number], tuned, kinds, 0.95, 200, seed=number)
        row = [
            [effect, *np.full(len(NUMBERS), np.nan)]
            if isinstance(one, Refusal)
            else [effect, *numbers_of(one, 0.0)]
            for one in said
        ]
        known = np.concatenate([known, np.array(row)[None]])
        if keep is not None:
            np.save(keep, known)
    for k, kind in enumerate(kinds):
        effect, error, _, low, high, _ = known[:draws, k].T
        answered = np.isfinite(low)
        ours = ((low <= 0) & (high >= 0))[answered]
        counted = (np.abs(effect) <= NORMAL * error)[answered]
        published = f", published {PAPER[kind.kind]}" if kind.kind in PAPER else ""
        yield (
            f"{kind.kind}: {_share(ours)}; ± 1.96 standard errors {_share(counted)}{published}; "
            f"refused {int((~answered).sum())} of {draws}"
        )


def _share(hits: FloatArray) -> str:
    return f"{hits.mean():.3f} ± {hits.std(ddof=1) / np.sqrt(len(hits)):.3f}"


def declared() -> list[Row]:
    """How far from .95 coverage of the marginal interval is on a small even exam."""
    design = _design("even", 12, 12, "did", 100)
    answers = replications(design, 100, None)
    assert answers is not None
    (one, *_) = scores(answers, 0.95, uneven=False)
    coverage = one.numbers["coverage"]
    far = abs(coverage.value - 0.95) / max(coverage.error or 0, 0.02)
    what = "exam, 100 draws: marginal coverage from nominal, Monte-Carlo errors"
    return [Row(what, far, "", 3.0)]


def main() -> None:
    """Print the designs asked for."""
    parser = argparse.ArgumentParser(description="the exam's published designs, drawn anew")
    parser.add_argument("--design", nargs="*", default=[""], help="how names begin")
    parser.add_argument("--draws", type=int, help="fewer than published")
    parser.add_argument("--keep", type=Path, help="folder for answers")
    parser.add_argument("--figure", type=Path, help="where to write the figure")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if asked.json:
        print(line(declared()))
        return

    def kept(name: str) -> Path | None:
        return None if asked.keep is None else asked.keep / name.replace(" ", "_")

    drawn: dict[str, tuple[Score, ...]] = {}
    for name, design in DESIGNS.items():
        if not name.startswith(tuple(asked.design)):
            continue
        draws = design.draws if asked.draws is None else asked.draws
        answers = replications(design, draws, kept(f"{name}.pickle"))
        if answers is None:
            continue
        exam = design.exam
        drawn[name] = scores(answers, exam.level, uneven=exam.design.uneven)
        print(f"\n{name}, {len(answers.number):,} replications, seed {SEED}\n")
        print("\n".join(lines(drawn[name], answers, exam.level)))
        print(family(answers, exam.level))
        for said in without_luck(answers, exam):
            print(said)
        sys.stdout.flush()
    draws = 2000 if asked.draws is None else asked.draws
    if "cps".startswith(tuple(asked.design)) and CPS.is_file() and draws:
        print("\ncps\n")
        print("\n".join(paper(draws, kept("cps.npy"))), flush=True)
    if asked.figure:
        asked.figure.write_text(figure(drawn), encoding="utf-8")


if __name__ == "__main__":
    main()
