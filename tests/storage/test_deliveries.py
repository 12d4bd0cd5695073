"""Who has been told: at one attempt at a time, until it is delivered or given up."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage import alerts, deliveries
from storage.database import transaction


def raised(session: Session, key: str = "coffee") -> int:
    return alerts.raise_alert(session, "data_late", "coffee", {"message": "late"}, key, by="watch")


def waiting(session: Session) -> list[tuple[int, str]]:
    found = deliveries.waiting(session, ("email", "webhook"))
    return [(one.alert.id, one.channel) for one in found]


def ended(session: Session, number: int, channel: str, outcome: deliveries.Outcome) -> int:
    attempt = deliveries.start(session, number, channel)
    deliveries.end(session, alerts.find(session, number), channel, attempt, outcome, "250 ok")
    return attempt


def test_each_channel_waits_until_its_delivery_is_final(session: Session) -> None:
    first, second = raised(session, "a"), raised(session, "b")
    assert waiting(session) == [(first, "email"), (first, "webhook"), (second, "email"),
                                (second, "webhook")]  # fmt: skip
    ended(session, first, "email", "delivered")
    assert ended(session, first, "webhook", "failed") == 1
    assert ended(session, first, "webhook", "given_up") == 2
    assert ended(session, second, "email", "failed") == 1
    assert waiting(session) == [(second, "email"), (second, "webhook")]
    (again, _) = deliveries.waiting(session, ("email", "webhook"))
    assert again.last is not None
    assert (again.last.attempt, again.last.outcome) == (1, "failed")
    logged = session.scalars(text("SELECT what FROM audit_log ORDER BY id OFFSET 2")).all()
    assert logged == ["alert_delivered", "alert_not_delivered"]


def test_nobody_is_told_what_was_acknowledged_silenced_or_resolved(session: Session) -> None:
    numbers = [raised(session, key) for key in "abcd"]
    now = alerts.now(session)
    alerts.acknowledge(session, numbers[0], "I look at it", "ada")
    alerts.silence(session, numbers[1], now + timedelta(hours=1), "holiday", "ada")
    alerts.resolve(session, numbers[2], "over", "ada")
    assert {number for number, _ in waiting(session)} == {numbers[3]}
    alerts.silence(session, numbers[1], now, "holiday is over", "ada")
    assert {number for number, _ in waiting(session)} == {numbers[1], numbers[3]}


def test_an_attempt_that_was_cut_off_counts_and_is_followed_by_the_next(session: Session) -> None:
    number = raised(session)
    assert deliveries.start(session, number, "email") == 1
    (cut_off,) = deliveries.waiting(session, ("email",))
    assert cut_off.last is not None
    assert (cut_off.last.outcome, cut_off.last.answer) == ("started", None)
    assert deliveries.start(session, number, "email") == 2


def test_one_process_at_a_time_has_the_claim_on_a_delivery(
    engine: Engine, database_url: str
) -> None:
    with deliveries.claimed(database_url, 1, "email") as ours:
        with deliveries.claimed(database_url, 1, "email") as theirs:
            assert (ours, theirs) == (True, False)
        with deliveries.claimed(database_url, 1, "webhook") as other:
            assert other
    with deliveries.claimed(database_url, 1, "email") as later:
        assert later


def test_an_attempt_starts_once_whatever_the_lock(engine: Engine) -> None:
    with transaction(engine) as session:
        number = raised(session)
        deliveries.start(session, number, "email")
        again = "INSERT INTO alert_deliveries (alert_id, channel, attempt, outcome) {} {}".format(
            "SELECT alert_id, channel, attempt, outcome", "FROM alert_deliveries"
        )
        with pytest.raises(IntegrityError, match="uq_alert_deliveries"), session.begin_nested():
            session.execute(text(again))
