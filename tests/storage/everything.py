"""A ledger in which every table has rows."""

from sqlalchemy.orm import Session

from storage import (
    alerts,
    calibrations,
    choices,
    decisions,
    deliveries,
    observations,
    pins,
    promotions,
    replays,
    results,
)
from storage.observations import Observation
from tests.storage.answers import analysis
from tests.storage.calibrations import SCORES, request
from tests.storage.promotions import promotion
from tests.storage.races import chosen, race


def write(session: Session) -> None:
    """Rows in every insert-only table. A new one gets its line here."""
    answer = analysis(session)
    race(session, answer.snapshot_hash)
    choices.save(session, chosen(answer, race=None))
    results.save(session, answer)
    calibrations.save(session, request(), SCORES)
    promotions.register(session, promotion(), by="ada")
    stored = results.load(session, "display")
    made = replays.replayed(stored, answer.answers, None, by="bob", reason="the auditor asked")
    replays.save(session, made)
    pins.pin(session, "display", 1, by="bob", reason="it was reported")
    decisions.decide(session, "display", 1, "stop", by="bob", reason="it sold nothing")
    decisions.sign_off(session, "display", 1, by="carla", reason="read it")
    decisions.judge(session, "display", 1, "right", by="bob", reason="sales held")
    number = alerts.raise_alert(session, "run_failed", "display", {}, "display")
    alerts.acknowledge(session, number, "seen", "ada")
    deliveries.start(session, number, "email")
    observations.save(session, "v1", [Observation("panel", "stores", "fine", "")], "ada")
