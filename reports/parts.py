"""The promotion apart from the periods after it, where a study tells them apart.

The panel calls both treated, because neither is data; what is announced is about the first alone.
"""

from dataclasses import replace

from estimators.core.panel import Panel
from reports.names import counted
from storage.accounts import parts_in
from storage.placing import parts
from storage.records import StoredEstimate, StoredResult


def promoted(result: StoredResult) -> Panel:
    """The panel in which only the promotion's own cells are treated."""
    found = parts(result.panel, result.placed)
    if found is None or not found["promotion"].any():
        return result.panel
    return replace(result.panel, treatment=found["promotion"])


def has_after(result: StoredResult) -> bool:
    """Whether periods after the promotion are looked at by themselves."""
    return result.placed is not None and bool(result.placed.after)


def after_words(result: StoredResult) -> str:
    """ "Weeks 13 to 14 come after the promotion …", for figures over time; "" without any."""
    if not has_after(result):
        return ""
    assert result.placed is not None
    there = {period for _, period in result.placed.after}
    periods = [period for period in result.panel.periods if period in there]
    if not periods:
        return ""
    which = f"{periods[0]}" if len(periods) == 1 else f"{periods[0]} to {periods[-1]}"
    verb = "comes" if len(periods) == 1 else "come"
    return f"{which} {verb} after the promotion, where demand may have been pulled forward."


def cells_words(estimate: StoredEstimate) -> str | None:
    """ "over 12 treated cells, 1 more not observed" of the promotion alone; None without parts."""
    found = next(iter(parts_in(estimate).values()), None)
    if found is None:
        return None
    missing = f", {found.missing:,} more not observed" if found.missing else ""
    return f"over {counted(found.cells, 'treated cell')}{missing}"
