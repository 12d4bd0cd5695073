"""Exams in a terminal: readable at 80 columns, and without colour."""

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from estimators.calibration.summaries import EFFECTS, Score
from reports.calibration import (
    COLUMNS,
    largest_error,
    least_covered,
    own_sentence,
    setting,
    shown,
    title,
)
from reports.names import closed, estimator_label, variance_label
from reports.numbers import percent
from reports.plain_text import text
from storage.records import StoredCalibration

FIFTHS = ("quietest", "2", "3", "4", "noisiest")


def calibration_table(exams: Sequence[StoredCalibration]) -> RenderableType:
    """One table per exam, and how to read them."""
    parts: list[RenderableType] = []
    for found in exams:
        parts += [Text(""), text(title(found), "bold"), text(setting(found), "dim")]
        parts += _own(found) if found.study is not None else _simulated(found)
        parts += _refusals(found)
    return Group(*parts)


def _simulated(found: StoredCalibration) -> list[RenderableType]:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    for column in COLUMNS:
        table.add_column(column.head, justify="right", no_wrap=True)
    before = ""
    for score in found.scores:
        if score.estimator != before:
            table.add_row(text(estimator_label(score.estimator), "bold"))
            before = score.estimator
        cells = [shown(score, column.name) for column in COLUMNS]
        table.add_row(text(f" {variance_label(score.kind)}"), *cells)
    covered = largest_error(found, ("coverage",))
    fifths = largest_error(found, ("coverage_quietest", "coverage_noisiest"))
    power = largest_error(found, tuple(f"size_adjusted_{effect}" for effect in EFFECTS))
    of_fifths = f", in fifths {fifths:.3f}" if fifths else ""
    return [
        table,
        text(
            f"V: variance. Quiet, noisy: covered where treated cells are in the quietest, noisiest "
            f"fifth. At 1, 2, 3: size-adjusted power at so many standard deviations of the treated "
            f"cells’ noise. Monte-Carlo errors: "
            f"covered ± {covered:.3f}{of_fifths}, power ± {power:.3f} at most.",
            "dim",
        ),
    ]


def _own(found: StoredCalibration) -> list[RenderableType]:
    parts: list[RenderableType] = [text(own_sentence(found, score)) for score in found.scores]
    by_noise = [score for score in found.scores if score.groups.get("noise")]
    if by_noise:
        parts += [_fifths(by_noise)]
    for score in found.scores:
        for by in ("unit", "period"):
            least = [one for one in least_covered(score, by) if one.coverage < 1]
            if least:
                listed = ", ".join(f"{one.label} ({percent(one.coverage)})" for one in least)
                name = f"{estimator_label(score.estimator)}, {variance_label(score.kind)}"
                parts.append(text(f"{name}, least covered by {by}: {listed}", "dim"))
    return parts


def _fifths(scores: Sequence[Score]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("covered, by noise", no_wrap=True)
    for fifth in FIFTHS:
        table.add_column(fifth, justify="right")
    for score in scores:
        name = f"{estimator_label(score.estimator)} {variance_label(score.kind)}"
        table.add_row(text(name), *(f"{one.coverage:.3f}" for one in score.groups["noise"]))
    return table


def _refusals(found: StoredCalibration) -> list[RenderableType]:
    reasons: dict[str, list[str]] = {}
    for score in found.scores:
        if score.reason is not None:
            name = f"{estimator_label(score.estimator)}, {variance_label(score.kind)}"
            reasons.setdefault(score.reason, []).append(f"{name} ({score.refused:,})")
    return [
        text(f"Refused, {'; '.join(names)}: {closed(reason)}", "yellow")
        for reason, names in reasons.items()
    ]
