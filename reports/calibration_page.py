"""Exams as one HTML page that stands alone, as a result's page does."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from reports.calibration import (
    COLUMNS,
    error,
    least_covered,
    own_sentence,
    setting,
    shown,
    title,
)
from reports.calibration_figures import coverage_figure, power_figure
from reports.filling import ALONE, Frame, fill
from reports.names import estimator_label, variance_label
from reports.numbers import percent
from storage.records import StoredCalibration


def render(exams: Sequence[StoredCalibration], frame: Frame = ALONE) -> str:
    """The page as text. frame: what a server puts around it"""
    study = exams[0].study
    return fill(
        "calibration.html.j2",
        frame,
        heading=(
            "How often intervals are right"
            if study is None
            else f"How often intervals are right on the panel of {study}"
        ),
        made=max(found.created_at for found in exams).astimezone(UTC),
        columns=COLUMNS,
        exams=[_exam(found) for found in exams],
    )


def _exam(found: StoredCalibration) -> dict[str, Any]:
    own = found.study is not None
    return {
        "title": title(found),
        "setting": setting(found),
        "figures": [f for f in (coverage_figure(found), power_figure(found)) if f is not None],
        "rows": [] if own else [_row(found, k) for k in range(len(found.scores))],
        "sentences": [own_sentence(found, score) for score in found.scores] if own else [],
        "least": _least(found) if own else [],
        "refused": [
            (f"{estimator_label(s.estimator)}, {variance_label(s.kind)}", s.refused, s.reason)
            for s in found.scores
            if s.reason is not None
        ],
        "identity": [
            ("Exam", found.request_id),
            ("Code", found.code_version),
            ("Environment", found.environment_hash),
            ("Seed", str(found.seed)),
        ],
    }


def _row(found: StoredCalibration, k: int) -> dict[str, Any]:
    score = found.scores[k]
    first = k == 0 or found.scores[k - 1].estimator != score.estimator
    cells = []
    for column in COLUMNS:
        off = error(score, column.name)
        cells.append((shown(score, column.name), "" if off is None else f"± {off:.3f}"))
    return {
        "estimator": estimator_label(score.estimator) if first else "",
        "kind": variance_label(score.kind),
        "cells": cells,
    }


def _least(found: StoredCalibration) -> list[tuple[str, str, str]]:
    return [
        (
            f"{estimator_label(score.estimator)}, {variance_label(score.kind)}",
            by,
            ", ".join(f"{one.label} ({percent(round(one.coverage, 3))} of {one.intervals})"
                      for one in least_covered(score, by)),
        )
        for score in found.scores
        for by in ("unit", "period")
        if score.groups.get(by)
    ]  # fmt: skip
