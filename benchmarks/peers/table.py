"""The table of measurements, and what of it was promised."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.peers.answers import QUESTIONS

WEIGHTED = ("sc", "difp", "sdid")
TIMES_FASTER = 3.0  # than the fastest public call, at every size
LARGE = ("1000x200", "5000x200")  # where no compiled kernel is faster either
SAME_OPTIMUM = 1e-8
PER_FIT, PER_TRIPLE = 100.0, 1000.0


@dataclass(frozen=True)
class Line:
    """One measurement.

    seconds: CPU seconds of one call, the median      megabytes: peak of its process
    kind, far, same: how its answer differs from ours (accuracy.py); kind is empty for ours
    failed: why there is no measurement
    """

    question: str
    size: str
    program: str
    seconds: float = float("nan")
    megabytes: float = float("nan")
    kind: str = ""
    far: float = 0.0
    same: bool = True
    failed: str = ""


def table(lines: list[Line], ours: str) -> Iterator[str]:
    """Aligned, one block per question and size."""
    yield f"{'':34}{'seconds':>10}{'ratio':>10}{'peak MB':>9}   answer"
    last, own = None, float("nan")
    for line in lines:
        if (line.question, line.size) != last:
            last = (line.question, line.size)
            yield f"{QUESTIONS[line.question]}, {line.size}"
            own = line.seconds
        name = f"  {line.program.replace(':kernel', ', solver alone')}"
        if line.failed:
            yield f"{name:34}{'–':>10}{'':19}   {line.failed}"
            continue
        ratio = "" if line.program == ours else f"{line.seconds / own:,.1f}"
        yield (
            f"{name:34}{line.seconds:>10.2g}{ratio:>10}{line.megabytes:>9,.0f}   {_answer(line)}"
        )


def promises(lines: list[Line], ours: str) -> tuple[list[str], bool]:
    """What issue and README promise about these lines, and whether all of it was kept."""
    said, kept = [], True
    for what, measured, least in _ratios(lines, ours):
        good = measured >= least
        kept &= good
        said.append(f"{what:58}{measured:>12,.1f}{f'≥ {least:g}':>10}{'' if good else '   MISSED'}")
    for line in lines:
        if line.question in WEIGHTED and line.kind == "objective" and line.far < -SAME_OPTIMUM:
            kept = False
            said.append(f"{line.program} found a better optimum: {_answer(line)}   MISSED")
    return said, kept


def _ratios(lines: list[Line], ours: str) -> Iterator[tuple[str, float, float]]:
    for question, size in dict.fromkeys((line.question, line.size) for line in lines):
        here = [x for x in lines if (x.question, x.size) == (question, size) and not x.failed]
        own = [line.seconds for line in here if line.program == ours]
        theirs = [line for line in here if line.program != ours]
        public = [line.seconds for line in theirs if not line.program.endswith(":kernel")]
        kernel = [line.seconds for line in theirs if line.program.endswith(":kernel")]
        name = f"{QUESTIONS[question]}, {size}"
        if not own:
            continue
        if question in WEIGHTED and public:
            yield f"{name}: fastest public call", min(public) / own[0], TIMES_FASTER
        if question in WEIGHTED and kernel and size in LARGE:
            yield f"{name}: fastest solver alone", min(kernel) / own[0], 1.0
        same = [line.seconds for line in theirs if line.same]
        if question.startswith("dwcp") and same:
            yield f"{name}: fastest that agrees", min(same) / own[0], PER_FIT
        if question.startswith("loo") and same:
            yield f"{name}: fastest that agrees", min(same) / own[0], PER_TRIPLE


def _answer(line: Line) -> str:
    if not line.kind:
        return ""
    what = {
        "objective": f"objective {line.far:+.0e}",
        "effect": f"effect {line.far:+.0e} sd",
        "score": f"score {line.far:+.0e}",
    }[line.kind]
    if not line.same:
        return f"{what}   NOT THE SAME"
    return f"{what}   better" if line.kind == "objective" and line.far < -1e-8 else what
