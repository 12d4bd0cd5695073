"""The exam from the command line: its options checked, its flow run, its page written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from liftledger.ledger import opened
from liftledger.running import flow_ready

if TYPE_CHECKING:
    from storage.records import StoredCalibration


@dataclass(frozen=True)
class Wanted:
    """The options of the command; None and () leave it to the flow."""

    noises: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    estimators: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    once: tuple[str, ...] = ()
    numbers: dict[str, float | int] = field(default_factory=dict)

    def given(self) -> dict[str, object]:
        """Parameters of the flow that were named."""
        lists = {
            name: list(getattr(self, name))
            for name in ("noises", "patterns", "estimators", "kinds", "once")
            if getattr(self, name)
        }
        return {**lists, **self.numbers}


def sizes(text: str) -> dict[str, float | int]:
    """Units and periods from "20x15". Raises typer.BadParameter."""
    units, cross, periods = text.partition("x")
    if not (cross and units.isdigit() and periods.isdigit()):
        raise typer.BadParameter(f"a size is units x periods, as in 20x15, not {text!r}")
    return {"units": int(units), "periods": int(periods)}


def calibrate_simulated(wanted: Wanted, *, debug: bool) -> "list[StoredCalibration]":
    """Sit the exams on simulated panels. Raises typer.BadParameter for options that make none."""
    _check(wanted)
    with flow_ready(debug=debug, name="flows.calibrate:calibrate") as ready, opened():
        found: list[StoredCalibration] = ready()(**wanted.given())
        return found


def calibrate_study(
    study: str, estimators: Sequence[str], kinds: Sequence[str], positions: int, *, debug: bool
) -> "list[StoredCalibration]":
    """Sit the exam on a study's own panel. Raises UnknownStudy, typer.BadParameter."""
    from liftledger.data import require_study

    _check(Wanted(estimators=tuple(estimators), kinds=tuple(kinds)))
    with flow_ready(debug=debug, name="flows.calibrate:calibrate_panel") as ready, opened() as url:
        require_study(url, study)
        found: StoredCalibration = ready()(
            study, estimators=list(estimators), kinds=list(kinds), positions=positions
        )
        return [found]


def write_exams(exams: "Sequence[StoredCalibration]", output: Path) -> None:
    """Write the page; all of the file or nothing. Raises Failure."""
    from liftledger.data import write_whole
    from reports.calibration_page import render

    write_whole(render(exams), output)


def _check(wanted: Wanted) -> None:
    """A mistake is said before a database or a server is started for nothing."""
    from estimators import ESTIMATORS, VARIANCES
    from estimators.calibration.exam import Exam
    from estimators.core.errors import InvalidPanel

    for what, asked, known in (
        ("estimator", (*wanted.estimators, *wanted.once), ESTIMATORS),
        ("kind of inference", wanted.kinds, VARIANCES),
    ):
        if unknown := [key for key in asked if key not in known]:
            raise typer.BadParameter(f"no {what} {unknown[0]!r}; choose from {', '.join(known)}")
    for asked in (wanted.estimators, wanted.kinds, wanted.noises, wanted.patterns):
        if len(set(asked)) < len(asked):
            raise typer.BadParameter(f"{', '.join(asked)}: each may be given once")
    numbers = {name: one for name, one in wanted.numbers.items() if name != "replications"}
    try:
        for noise in wanted.noises or (Exam.noise,):
            for pattern in wanted.patterns or (Exam.pattern,):
                Exam(noise=noise, pattern=pattern, **numbers)  # type: ignore[arg-type]
    except InvalidPanel as error:
        raise typer.BadParameter(str(error)) from error
