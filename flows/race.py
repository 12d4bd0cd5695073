"""The race as a flow: of a study, of any panel in the database, or of every panel in a folder.

    study or panel: pull → snapshot → ground → race        folder: per file the same, one by one

Of a folder, every file is read before the first race begins, and a panel that is too small for one
stands in the figure's place with the reason: the others are raced all the same.

A study races its own estimators as its plan configures them, without the donors it excludes. Of
nothing but a panel the whole catalogue races. Treated outcomes are masked before anything is looked
at. See flows.racing for what is kept, and when.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from prefect import flow

from flows.failures import leave_trace
from flows.pulling import pulled
from flows.racing import raced
from storage.provenance import whoami
from storage.race_records import StoredRace
from storage.rows import to_grid
from storage.server import database
from studies import Plan
from tasks.checks import check_rows, keep_validation
from tasks.panels import arrange, keep_snapshot, leave_out, pull_rows, read_folder
from tasks.race_designs import asked_by, designs_of
from tasks.race_grounds import Ground, ground_of, plan_of_panel
from tasks.studies import is_study, read_plan


@flow(name="race", flow_run_name="race {subject}")
def race(
    subject: str,
    designs: Sequence[str] = (),
    estimators: Sequence[str] = (),
    kinds: Sequence[str] = (),
    treated: Sequence[int] = (),
    without: Sequence[str] = (),
    replications: int = 200,
    intervals: int = 20,
    placements: int = 40,
    placebos: int = 40,
    level: float | None = None,
    recipe: str = "matched",
    effect: str = "zero",
    size: float = 1.0,
    seed: int | None = None,
    requested_by: str = "",
) -> list[StoredRace]:
    """Which estimator errs least on panels like these; the stored race where it was run before.

    subject: a registered study, a panel, or a folder of CSV files (with a slash in it)
    designs: as tasks.race_designs has them; those that suit the panel when empty
    estimators, kinds, level, seed: those of the plan when not given; of a panel, the whole
        catalogue, given_both, 0.95 and 1
    treated: units and periods, in designs that draw them      without: parts left out of drawn ones
    intervals: replications asked for intervals      placements, placebos: at most
    Raises UnsupportedDesign when no design fits the study or panel, ChecksFailed and InvalidPanel
    (the data), StorageError (the database, unknown names, files).
    """
    by = requested_by or whoami()
    with database() as url:
        try:
            found, many = [], os.sep in subject
            for plan, ground in list(_grounds(url, subject)):
                size_of = (treated[0], treated[1]) if treated else None
                asked = asked_by(
                    plan,
                    designs_of(ground, designs, size_of, without),
                    replications,
                    plan.seed if seed is None else seed,
                    intervals=intervals,
                    placements=placements,
                    placebos=placebos,
                    recipe=recipe,
                    effect=effect,
                    size=size,
                    **_given(estimators=tuple(estimators), kinds=tuple(kinds), level=level),
                )
                found.append(raced(url, ground, asked, by, one_of_many=many))
            return found
        except BaseException as error:
            leave_trace(url, "race", subject, by, error)
            error.add_note("finished batches are kept, and the same race goes on from them")
            raise


def _grounds(url: str, subject: str) -> Iterator[tuple[Plan, Ground]]:
    """What is raced on, each with the plan it is raced by."""
    if os.sep in subject:
        for name, rows in read_folder(Path(subject)):
            yield (
                plan_of_panel(name, "file"),
                ground_of(name, to_grid(rows), keep_snapshot(url, rows)),
            )
    elif is_study(url, subject):
        plan = read_plan(url, subject).plan
        rows, _ = pulled(url, plan)
        snapshot = keep_snapshot(url, rows)
        report = check_rows(rows, plan)
        keep_validation(url, report, snapshot, subject)
        report.raise_for_stop()
        panel, _ = leave_out(arrange(rows, plan), plan)
        yield plan, Ground(subject, snapshot, panel.masked)
    else:
        plan = plan_of_panel(subject)
        rows = pull_rows(url, plan)
        yield plan, ground_of(subject, to_grid(rows), keep_snapshot(url, rows))


def _given(**values: object) -> dict[str, Any]:
    """Those that say something."""
    return {name: value for name, value in values.items() if value}
