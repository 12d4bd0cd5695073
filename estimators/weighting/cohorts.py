"""Targets of single runs of treatment: a cohort is compared with those untreated meanwhile.

With donors never_treated a cohort is one target (with weights per_unit, one for each unit). With
not_yet_treated its treated periods are cut where another cohort starts, because there the donors
change: each piece is compared with every unit untreated from the first period to the piece's end,
and matched on all periods before the cohort's start. Where all cohorts share their donors nothing
is cut, and both choices agree. A piece in which nobody is untreated is left out and listed.

Source: by cohort against never-treated units, weighted by treated cells, is the extension in
Arkhangelsky et al. (2021); pieces with their own donors follow the alternative named there, a
block for each period, in the coarsest form that uses no treated outcome. The pieces are ours.
"""

from itertools import pairwise

import numpy as np

from estimators.core.designs import Cohort, cohorts
from estimators.core.panel import IntArray, Panel, listed
from estimators.weighting.options import Options
from estimators.weighting.requirements import (
    require_complete_donors,
    require_earlier_periods,
    require_never_treated,
    require_single_runs,
)
from estimators.weighting.targets import Target, Targets, gathered

NOBODY = "no unit with the outcomes needed is untreated up to then"


def cohort_targets(panel: Panel, options: Options) -> Targets:
    """Targets of a panel whose treatment comes in single runs.

    Raises UnsupportedDesign for on/off treatment, without donors or periods before treatment, or
    where data are missing and gaps are refused.
    """
    require_single_runs(panel, options.name)
    if options.donors == "never_treated":
        require_never_treated(panel, options.name)
    everyone = cohorts(panel)
    found: list[Target] = []
    notes: dict[str, list[str]] = {}
    without = np.zeros(panel.treatment.shape, dtype=np.bool_)
    span = 0
    for cohort in everyone:
        require_earlier_periods(panel, cohort, options)
        pieces = _pieces(cohort, everyone, options)
        for start, stop in pieces:
            candidates = _candidates(panel, stop, options)
            last = len(panel.periods) if stop == cohort.stop else stop
            shown = np.arange(0 if start == cohort.start else start, last)
            before = len(found)
            for units in _groups(cohort, options):
                label = _label(panel, cohort, units, (start, stop), len(pieces), options)
                matched = _matched(panel, units, cohort.start, label, options, notes)
                scored = np.arange(start, stop)
                donors = _donors(panel, candidates, matched, scored, label, options, notes)
                if len(donors) and len(matched):
                    one = Target(label, units, cohort.start, donors, matched, scored, shown, span)
                    found.append(one)
                else:
                    without[units, start:stop] = True
            span += len(found) > before
    said = [f"{listed(labels)}: {text}" for text, labels in notes.items()]
    return gathered(panel, options.name, found, without, NOBODY, notes=said)


def _pieces(
    cohort: Cohort, everyone: tuple[Cohort, ...], options: Options
) -> list[tuple[int, int]]:
    """The cohort's treated periods, cut where its donors change."""
    cuts = [cohort.start, cohort.stop]
    if options.donors == "not_yet_treated":
        cuts += [other.start for other in everyone if cohort.start < other.start < cohort.stop]
    cuts = sorted(cuts)
    return list(pairwise(cuts))


def _candidates(panel: Panel, stop: int, options: Options) -> IntArray:
    """Units untreated throughout, or up to a period."""
    if options.donors == "never_treated":
        return np.flatnonzero(panel.control_units)
    return np.flatnonzero(~panel.treatment[:, :stop].any(axis=1))


def _groups(cohort: Cohort, options: Options) -> list[IntArray]:
    if options.weights == "average_of_treated":
        return [cohort.units]
    return [cohort.units[k : k + 1] for k in range(len(cohort.units))]


def _label(
    panel: Panel,
    cohort: Cohort,
    units: IntArray,
    piece: tuple[int, int],
    pieces: int,
    options: Options,
) -> str:
    label = f"treated from {panel.periods[cohort.start]}"
    if options.weights == "per_unit":
        label = f"{panel.units[units[0]]}, {label}"
    if pieces > 1:
        label += f", periods {panel.periods[piece[0]]} to {panel.periods[piece[1] - 1]}"
    return label


def _matched(
    panel: Panel,
    units: IntArray,
    start: int,
    label: str,
    options: Options,
    notes: dict[str, list[str]],
) -> IntArray:
    """Periods before treatment in which all the units are observed."""
    if options.gaps == "refuse":
        return np.arange(start)
    whole = panel.observed[units, :start].all(axis=0)
    if not whole.all():
        missing = [panel.periods[t] for t in np.flatnonzero(~whole)]
        text = (
            f"{len(missing)} periods before treatment are not matched, a treated unit is not "
            f"observed there ({listed(missing)})"
        )
        notes.setdefault(text, []).append(label)
    return np.flatnonzero(whole)


def _donors(
    panel: Panel,
    candidates: IntArray,
    matched: IntArray,
    scored: IntArray,
    label: str,
    options: Options,
    notes: dict[str, list[str]],
) -> IntArray:
    """Candidates observed wherever they are needed."""
    if options.gaps == "refuse":
        require_complete_donors(panel, candidates, int(scored[-1]) + 1, options.name)
        return candidates
    needed = np.append(matched, scored)
    whole = panel.observed[np.ix_(candidates, needed)].all(axis=1)
    if not whole.all():
        missing = [panel.units[j] for j in candidates[~whole]]
        text = f"{len(missing)} donors are left out, outcomes are missing ({listed(missing)})"
        notes.setdefault(text, []).append(label)
    return candidates[whole]
