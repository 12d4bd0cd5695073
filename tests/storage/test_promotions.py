"""The promotion calendar: versions, reasons, and what the database itself refuses."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage import audit, promotions
from storage.database import transaction
from storage.errors import ReasonMissing, StorageError, UnknownPromotion
from tests.storage.promotions import promotion


def test_a_moved_end_is_a_new_version_with_a_reason_and_the_same_again_is_none(
    session: Session,
) -> None:
    planned, moved = promotion(), promotion(actual_end="2024-04-07")
    first = promotions.register(session, planned, by="ada")
    again = promotions.register(session, promotion(units=["store 2", "store 1"]), by="bob")
    second = promotions.register(session, moved, by="bob", reason="stock was left")
    assert [(one.version, one.created) for one in (first, again, second)] == [
        (1, True), (1, False), (2, True)
    ]  # fmt: skip
    assert promotions.current(session, "spring_coffee") == (moved, 2, moved.sha256())
    assert promotions.all_current(session) == [(moved, 2)]
    versions = promotions.history(session, "spring_coffee")
    assert [(one.promotion, one.registered_by, one.reason) for one in versions] == [
        (planned, "ada", ""), (moved, "bob", "stock was left")
    ]  # fmt: skip
    log = session.execute(text("SELECT what, subject, who, details ->> 'reason' FROM audit_log"))
    assert [tuple(row) for row in log] == [
        ("promotion_registered", "spring_coffee@1", "ada", ""),
        ("promotion_registered", "spring_coffee@2", "bob", "stock was left"),
    ]
    assert audit.verify(session) == []


def test_a_change_without_a_reason_is_refused_and_nothing_of_the_batch_is_written(
    session: Session,
) -> None:
    promotions.register(session, promotion(), by="ada")
    batch = [promotion(promotion="new"), promotion(cancelled=True)]
    expected = r"^1 promotions would change: spring_coffee \(version 1\); nothing was changed\. Say"
    for reason in ("", "  "):
        with pytest.raises(ReasonMissing, match=expected):
            promotions.register_all(session, batch, by="ada", reason=reason)
    assert [version for _, version in promotions.all_current(session)] == [1]
    done = promotions.register_all(session, batch, by="ada", reason="no stock")
    assert [(one.promotion, one.version) for one in done] == [("new", 1), ("spring_coffee", 2)]


def test_an_unknown_promotion_is_answered_with_those_there_are(session: Session) -> None:
    with pytest.raises(
        UnknownPromotion, match=r"^no promotion 'x' is in the calendar; in it: none"
    ):
        promotions.current(session, "x")
    promotions.register(session, promotion(), by="ada")
    with pytest.raises(UnknownPromotion, match="in it: spring_coffee"):
        promotions.history(session, "x")


def test_those_that_started_are_told_from_those_to_come_and_those_cancelled(
    session: Session,
) -> None:
    entered = [
        promotion(promotion="ended", end="2024-03-05"),
        promotion(promotion="running"),
        promotion(promotion="to_come", start="2024-03-11"),
        promotion(promotion="began_early", start="2024-03-11", actual_start="2024-03-10"),
        promotion(promotion="off", cancelled=True),
        promotion(promotion="numbered", start=17, end=20),
    ]
    promotions.register_all(session, entered, by="ada")
    found = promotions.running_or_ended(session, date(2024, 3, 10))
    assert [one.promotion for one, _ in found] == ["began_early", "ended", "numbered", "running"]


def test_the_database_refuses_another_hash_a_change_without_reason_and_version_0(
    session: Session,
) -> None:
    wrong = {
        "ck_promotions_details_hash": "1, '{}', repeat('0', 64), ''",
        "ck_promotions_reason": "2, '{}', encode(sha256('{}'), 'hex'), ''",
        "ck_promotions_version": "0, '{}', encode(sha256('{}'), 'hex'), 'why'",
    }
    for constraint, values in wrong.items():
        statement = (
            "INSERT INTO promotions (promotion, version, details, details_hash, reason,"
            f" registered_by) VALUES ('p', {values}, 'eve')"
        )
        with pytest.raises(IntegrityError, match=constraint), session.begin_nested():
            session.execute(text(statement))


def test_a_promotion_that_another_release_wrote_is_named(session: Session) -> None:
    session.execute(
        text(
            "INSERT INTO promotions (promotion, version, details, details_hash, registered_by,"
            " reason) VALUES ('p', 3, CAST(:json AS json),"
            " encode(sha256(convert_to(:json, 'UTF8')), 'hex'), 'eve', 'why')"
        ),
        {"json": '{"units":["a"],"start":1,"end":2,"colour":"red"}'},
    )
    with pytest.raises(StorageError, match=r"^version 3 of promotion p says .*\(colour\)"):
        promotions.current(session, "p")
    session.rollback()  # nothing of it is in the log, so it could not be committed


def test_many_who_enter_the_same_change_at_once_make_one_version(engine: Engine) -> None:
    def enter(end: str) -> bool:
        with transaction(engine) as session:
            changed = promotion(end=end)
            return promotions.register(session, changed, by="ada", reason="longer").created

    with ThreadPoolExecutor(5) as pool:
        assert sum(pool.map(enter, ["2024-04-07"] * 5)) == 1
    with transaction(engine) as session:
        assert [one.version for one in promotions.history(session, "spring_coffee")] == [1]
