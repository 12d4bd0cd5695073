"""Two results beside each other: in a terminal, in words and rows for a page, and as JSON."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from reports.headline import variance_of
from reports.names import closed, counted, estimator_label, variance_label
from reports.numbers import interval, number, places_for, significant
from reports.plain_text import text as _text
from reports.registered import short
from storage.diffs import AnswerDiff, DataDiff, Diff
from storage.records import StoredEstimate, StoredResult

SHOWN = 20  # cells and labels in a terminal; JSON has all that were listed
NUMBERS = ("standard_error", "ci_low", "ci_high", "p_value")


@dataclass(frozen=True)
class Said:
    """One estimator's answer in words. bounds: its interval, empty where it has none"""

    text: str
    bounds: str = ""
    style: str = ""


def to_json(found: Diff) -> dict[str, Any]:
    """What differs, part by part; a part that is the same is null or empty."""
    return {
        "before": _name(found.before),
        "after": _name(found.after),
        "data": None if found.data is None else _data(found),
        "plan": [asdict(one) for one in found.plan],
        "computed": {name: {"before": one, "after": other}
                     for name, (one, other) in found.computed.items()},
        "answers": [_answer(one) for one in found.answers],
    }  # fmt: skip


def diff_text(found: Diff) -> RenderableType:
    """The same for people: the answer first, then why it may be another."""
    parts: list[RenderableType] = [
        _text(f"{_named(found.before)} and {_named(found.after)}", "bold"), _answers(found)
    ]  # fmt: skip
    parts += [_text(line) for line in why(found)]
    if found.data is not None and found.data.restatement.cells:
        parts += [Text(""), _cells(found.data)]
    return Group(*parts)


def why(found: Diff) -> Iterator[str]:
    """Why the answer may be another: data, plan, and what computed it."""
    data = found.data
    if data is None:
        yield "Data: the same snapshot."
    else:
        yield closed(f"Data: {data.restatement.text}")
        if data.added:
            yield f"{counted(data.added, 'cell')} only in the second."
        for what, labels in (("Units", data.units_added), ("Periods", data.periods_added)):
            yield from _labels(f"{what} only in the second", labels)
        for what, labels in (("Units", data.units_gone), ("Periods", data.periods_gone)):
            yield from _labels(f"{what} only in the first", labels)
        for name, count in data.covariates.items():
            yield f"Covariate {name}: another value in {counted(count, 'cell')}."
    if not found.plan:
        yield "Plan: the same."
    for one in found.plan:
        yield f"Plan: {one.key}: {short(one.before)} became {short(one.after)}."
    if not found.computed:
        yield "Computed by the same code, in the same environment, on the same machine."
    for name, (before, after) in found.computed.items():
        yield f"{name.capitalize()}: {before[:60]} became {after[:60]}."


def _labels(what: str, labels: tuple[str, ...]) -> Iterator[str]:
    if labels:
        more = f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else ""
        yield closed(f"{what}: {', '.join(labels[:SHOWN])}{more}")


def _answers(found: Diff) -> Table:
    kind = found.after.plan.inference.primary
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    for head in (_named(found.before), _named(found.after), "change"):
        table.add_column(_text(head), justify="right", overflow="fold")
    for one in found.answers:
        texts = [_lines(said(estimate, kind)) for estimate in (one.before, one.after)]
        table.add_row(_text(estimator_label(one.estimator)), *texts, _lines(change(one)))
    table.caption = f"Effect and interval, {variance_label(kind)}."
    table.caption_justify = "left"
    return table


def said(estimate: StoredEstimate | None, kind: str) -> Said:
    """What one result says of an estimator, with the interval of this kind."""
    if estimate is None:
        return Said("not asked", style="dim")
    if estimate.att is None:
        return Said("refused", style="yellow")
    variance = variance_of(estimate, kind)
    places = places_for([variance.standard_error], [estimate.att])
    text = number(estimate.att, places)
    if variance.ci_low is None:
        return Said(text)
    return Said(text, interval(variance.ci_low, variance.ci_high, places))


def change(one: AnswerDiff) -> Said:
    """How much an estimator's answer moved."""
    if one.same:
        return Said("none, bit for bit", style="dim")
    if one.before is None or one.after is None:
        return Said("–", style="dim")
    if one.before.att is None or one.after.att is None:
        return Said("–" if one.before.att is one.after.att else "now another kind of answer")
    return Said(significant(one.after.att - one.before.att))


def _lines(one: Said) -> Text:
    text = Text(one.text, style=one.style)
    if one.bounds:
        text.append(f"\n[{one.bounds}]", style="dim")
    return text


def _cells(data: DataDiff) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for head in ("unit", "period", "what"):
        table.add_column(head, overflow="fold")
    for head in ("before", "after"):
        table.add_column(head, justify="right", overflow="fold")
    for cell in data.restatement.cells[:SHOWN]:
        values = ("–" if value is None else f"{value:.6g}" for value in (cell.old, cell.new))
        table.add_row(_text(cell.unit), _text(str(cell.period)), cell.what, *values)
    return table


def _data(found: Diff) -> dict[str, Any]:
    data = found.data
    assert data is not None
    listed = asdict(data)
    listed["restatement"]["by_what"] = dict(data.restatement.by_what)
    listed["covariates"] = dict(data.covariates)
    hashes = {"before": found.before.snapshot_hash, "after": found.after.snapshot_hash}
    return {"snapshot": hashes, **listed}


def _answer(one: AnswerDiff) -> dict[str, Any]:
    return {
        "estimator": one.estimator,
        "same": one.same,
        "before": _estimate(one.before),
        "after": _estimate(one.after),
    }


def _estimate(estimate: StoredEstimate | None) -> dict[str, Any] | None:
    if estimate is None:
        return None
    return {
        "status": estimate.status,
        "reason": estimate.reason,
        "att": estimate.att,
        "variances": [
            {"kind": one.kind, "status": one.status, "reason": one.reason}
            | {name: getattr(one, name) for name in NUMBERS}
            for one in estimate.variances
        ],
    }


def _name(result: StoredResult) -> dict[str, Any]:
    return {"study": result.study, "version": result.version, "result_id": result.result_id}


def _named(result: StoredResult) -> str:
    return f"{result.study}@{result.version}"
