"""Where and when treatment happened, read off the panel for people."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from estimators.core.designs import pattern_of
from estimators.core.panel import FloatArray, Panel
from reports.names import counted
from storage.records import StoredResult


@dataclass(frozen=True, eq=False)
class Pattern:
    """The treatment of one panel in a few facts.

    shape: block, staggered or on_off, as estimators.core.designs has it
    first, last: positions of the first and last period with a treated cell
    share: (T,) share of the treated units that are under treatment
    """

    shape: str
    units: int
    cells: int
    first: int
    last: int
    share: FloatArray


def pattern(panel: Panel) -> Pattern:
    """Describe the treatment of a panel."""
    treated = panel.treatment[panel.treated_units]
    periods = np.flatnonzero(treated.any(axis=0))
    return Pattern(
        pattern_of(panel.treatment),
        units=len(treated),
        cells=int(treated.sum()),
        first=int(periods[0]),
        last=int(periods[-1]),
        share=treated.mean(axis=0),
    )


def treatment_sentence(panel: Panel) -> str:
    """Who was treated when, in one sentence."""
    found = pattern(panel)
    first, last = named(panel.periods[found.first]), named(panel.periods[found.last])
    who = _who(panel, found)
    size = f"{counted(found.cells, 'treated cell')} of {panel.outcome.size:,}"
    if found.shape == "block":
        when = f"from {first} on" if found.last == len(panel.periods) - 1 else f"{first} to {last}"
        return f"{who} treated {when}: {size}."
    if found.shape == "staggered":
        return f"{who} treated, starting at different times from {first} on: {size}."
    return f"{who} treated on and off between {first} and {last}: {size}."


def when_words(panel: Panel) -> str:
    """The span an average effect is over: "from 1989 to 2000", "over 2,370 treated cells"."""
    found = pattern(panel)
    if found.shape == "on_off":
        return f"over {counted(found.cells, 'treated cell')}"
    first, last = named(panel.periods[found.first]), named(panel.periods[found.last])
    return f"in {first}" if found.first == found.last else f"from {first} to {last}"


def panel_sentence(panel: Panel) -> str:
    """The size of the panel, and what is missing from it."""
    units, periods = counted(len(panel.units), "unit"), counted(len(panel.periods), "period")
    missing = int((~panel.observed).sum())
    span = f"{named(panel.periods[0])} to {named(panel.periods[-1])}"
    gaps = f"{counted(missing, 'cell')} not observed" if missing else "every cell observed"
    covariates = (
        f"; covariates: {', '.join(panel.covariate_names)}" if panel.covariate_names else ""
    )
    return f"{units} × {periods} ({span}), {gaps}{covariates}."


def dropped_sentence(result: StoredResult) -> str:
    """What the study let go because nothing compares with it; "" when nothing was."""
    if not result.dropped:
        return ""
    text = result.dropped.text
    return f"{text[:1].upper()}{text[1:]}; the effect is about the others"


def named(period: Hashable) -> str:
    """A period in running text: "1989" speaks for itself, a bare "7" does not."""
    text = str(period)
    return f"period {text}" if text.isdecimal() and len(text) < 4 else text


def _who(panel: Panel, found: Pattern) -> str:
    if found.units == 1:
        name = panel.units[int(np.argmax(panel.treated_units))]
        return f"{name} is"
    if found.units == len(panel.units):
        return f"All {found.units:,} units are"
    return f"{found.units:,} of {len(panel.units):,} units are"
