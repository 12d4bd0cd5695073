"""Alerts from the command line: listed, taken on, silenced, closed, delivered."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

import typer

from liftledger.data import Done
from liftledger.deciding import given
from liftledger.ledger import opened
from liftledger.running import flow_ready

if TYPE_CHECKING:
    from storage.alert_records import Alert
    from storage.deliveries import Step

DELIVER = "flows.deliver:deliver_alerts"


def known(everything: bool) -> "tuple[list[Alert], dict[int, list[Step]], datetime]":
    """Alerts, newest first; deliveries of each; the database's now."""
    from storage import alerts, deliveries
    from storage.ledger import ledger

    with opened() as url, ledger(url) as session:
        found = alerts.known(session, closed=everything)
        told = deliveries.steps(session, [one.id for one in found])
        return found, told, alerts.now(session)


def acknowledge(number: int, reason: str) -> Done:
    """Take an alert on. Raises UnknownAlert, StorageError."""
    from storage import alerts
    from storage.provenance import whoami

    words = given(reason)
    return _acted(number, lambda session: alerts.acknowledge(session, number, words, whoami()))


def resolve(number: int, reason: str) -> Done:
    """Close an alert. Raises UnknownAlert, StorageError."""
    from storage import alerts
    from storage.provenance import whoami

    words = given(reason)
    return _acted(number, lambda session: alerts.resolve(session, number, words, whoami()))


def silence(about: str, until: str, reason: str) -> Done:
    """Silence an alert or a kind. Raises typer.BadParameter, UnknownAlert, StorageError."""
    from storage import alerts
    from storage.ledger import ledger
    from storage.provenance import whoami

    words, end = given(reason), _moment(until)
    if about.isdecimal():
        number = int(about)
        return _acted(number, lambda session: alerts.silence(session, number, end, words, whoami()))
    with opened() as url, ledger(url) as session:
        alerts.silence(session, about, end, words, whoami())
    facts = {"kind": about, "until": end.isoformat(), "reason": words}
    return Done(facts, f"{about}: nobody is told before {end:%Y-%m-%d %H:%M} UTC ({words})")


def deliver(*, debug: bool) -> Done:
    """Run the flow that tells people and programs."""
    with flow_ready(debug=debug, name=DELIVER) as ready, opened():
        done: dict[str, dict[str, int]] = ready()()
    told = [f"{channel}: {_counted(counts)}" for channel, counts in done.items()]
    return Done({"channels": done}, "; ".join(told) or "nobody was to be told anything")


def _counted(counts: dict[str, int]) -> str:
    listed = ", ".join(f"{count} {word.replace('_', ' ')}" for word, count in counts.items())
    return listed or "another process is at it"


def _acted(number: int, act: Callable[[Any], None]) -> Done:
    """Act on one alert in a session of the ledger, and read back what is on record."""
    from reports.alerts import action_sentence, to_json
    from storage import alerts, deliveries
    from storage.ledger import ledger

    with opened() as url:
        with ledger(url) as session:
            act(session)
        with ledger(url) as session:
            found = alerts.find(session, number)
            told = deliveries.steps(session, [number])
            facts: dict[str, Any] = to_json([found], told, alerts.now(session))[0]
    return Done(facts, action_sentence(found, found.actions[-1]))


def _moment(text: str) -> datetime:
    """A date (its first moment) or a date and time; UTC where no offset is given."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        example = datetime.combine(date(2027, 1, 7), time(8), UTC)
        raise typer.BadParameter(
            f"--until {text!r} is no date; write {example:%Y-%m-%d} or {example:%Y-%m-%dT%H:%M}"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
