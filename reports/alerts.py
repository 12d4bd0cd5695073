"""Alerts in words, in a table, and as JSON: what needs an eye, and what was done about it."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from reports.plain_text import text as _text
from storage.alert_records import Action, Alert
from storage.deliveries import Step

SHOWN = 40  # facts in a letter; the ledger has them all


def headline(alert: Alert) -> str:
    """One line that says what it is about."""
    again = f" (for the {_ordinal(alert.occasion)} time)" if alert.occasion > 1 else ""
    return f"Liftledger: {alert.subject}: {alert.kind.replace('_', ' ')}{again}"


def letter(alert: Alert) -> str:
    """What people read in an e-mail."""
    told = {name: value for name, value in alert.details.items() if name != "message"}
    lines = [f"{name}: {_spoken(value)}" for name, value in told.items()]
    if len(lines) > SHOWN:
        lines = [*lines[:SHOWN], f"... and {len(lines) - SHOWN} more: liftledger alerts --json"]
    parts = [
        alert.message,
        "\n".join(lines),
        f"Alert {alert.id}, raised {_moment(alert.at)} by {alert.by}.",
        f'To take it on: liftledger acknowledge {alert.id} --reason "..."\n'
        f'Not now: liftledger silence {alert.id} --until 2030-01-31 --reason "..."\n'
        f'It is over: liftledger resolve {alert.id} --reason "..."',
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def facts(alert: Alert) -> dict[str, Any]:
    """What programs are sent."""
    return {
        "alert": alert.id,
        "kind": alert.kind,
        "about": alert.subject,
        "key": alert.key,
        "occasion": alert.occasion,
        "message": alert.message,
        "details": dict(alert.details),
        "raised_at": alert.at.isoformat(),
        "raised_by": alert.by,
    }


def to_json(
    alerts: Sequence[Alert], told: Mapping[int, Sequence[Step]], now: datetime
) -> list[dict[str, Any]]:
    """Alerts as JSON, in the order given. told: deliveries by number of the alert"""
    return [
        {
            **facts(one),
            "state": state(one, now),
            "actions": [
                {
                    "action": done.action,
                    "reason": done.reason,
                    "by": done.by,
                    "at": done.at.isoformat(),
                    "until": done.until.isoformat() if done.until else None,
                }
                for done in one.actions
            ],
            "deliveries": [
                {
                    "channel": step.channel,
                    "attempt": step.attempt,
                    "outcome": step.outcome,
                    "answer": step.answer,
                    "at": step.at.isoformat(),
                }
                for step in told.get(one.id, ())
            ],
        }
        for one in alerts
    ]


def state(alert: Alert, now: datetime) -> str:
    """open, acknowledged, silenced or resolved: the last that holds."""
    if not alert.open:
        return "resolved"
    if alert.silenced(now):
        return "silenced"
    return "acknowledged" if alert.acknowledged else "open"


def alerts_table(
    alerts: Sequence[Alert], told: Mapping[int, Sequence[Step]], now: datetime
) -> RenderableType:
    """Alerts in a terminal, in the order given: the facts in a line, the sentence below."""
    if not alerts:
        return Text("No alert is open.")
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("alert", justify="right", no_wrap=True)
    table.add_column("raised (UTC)", no_wrap=True)
    table.add_column("kind", no_wrap=True)
    table.add_column("about, and what was said and done", overflow="fold")
    for one in alerts:
        words = Text.assemble(_text(one.subject, "bold"), "\n", _text(one.message))
        for line in (*deeds(one, now), *_told(told.get(one.id, ()))):
            words.append("\n").append_text(_text(line, "dim"))
        raised = f"{one.at.astimezone(UTC):%Y-%m-%d %H:%M}"
        table.add_row(str(one.id), raised, _text(one.kind), words)
    return Group(table)


def action_sentence(alert: Alert, action: Action) -> str:
    """What a command that acts on one alert answers."""
    return f"alert {alert.id} ({alert.kind}, {alert.subject}): {_deed(action)}"


def deeds(alert: Alert, now: datetime) -> list[str]:
    """What was done about it, a line each; silences that are over are left out."""
    silent = alert.silenced(now)
    shown = [a for a in alert.actions if a.action != "silenced" or a is silent]
    return [_deed(one) for one in shown]


def _deed(one: Action) -> str:
    until = f" until {_moment(one.until)}" if one.until else ""
    return f"{one.action}{until} by {one.by}: {one.reason}"


def _told(steps: Sequence[Step]) -> list[str]:
    """The last word on each channel."""
    last = {step.channel: step for step in steps}
    return [_step(one) for one in last.values()]


def _step(one: Step) -> str:
    if one.outcome == "started":
        return f"{one.channel}: attempt {one.attempt} began {_moment(one.at)}, its end is not known"
    word = {"failed": "failed, to be tried again", "given_up": "given up"}.get(
        one.outcome, one.outcome
    )
    return f"{one.channel}: {word} at attempt {one.attempt}: {one.answer}"


def _spoken(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in (11, 12, 13) else ending}"
