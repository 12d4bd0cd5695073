"""The audit log: a chain that shows whatever was done to it."""

import hashlib
import json
import threading

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from storage import audit, results, snapshots, studies, validations
from storage.database import transaction
from storage.outcomes import ingest
from storage.tables import AuditRow
from tests.storage.answers import analysis, plan, rows


def test_every_act_leaves_its_entry(session: Session) -> None:
    ingest(session, "stores", rows())
    results.save(session, analysis(session))
    sha256 = snapshots.save(session, rows())  # known already: nothing happened
    studies.register(session, plan(), by="bob")  # likewise
    validations.save(session, {}, sha256, "display", False)
    entries = session.query(AuditRow).order_by(AuditRow.id).all()
    assert [(one.id, one.what, one.subject) for one in entries] == [
        (1, "panel_ingested", "stores"),
        (2, "study_registered", "display@1"),
        (3, "snapshot_saved", sha256),
        (4, "checks_passed", "display"),
        (5, "result_saved", "display@1"),
        (6, "checks_failed", "display"),
    ]
    assert entries[1].who == entries[4].who == "ada"
    assert entries[4].details["reason"] == "the promotion ended"
    assert audit.verify(session) == []


def test_the_chain_is_what_its_description_says(session: Session) -> None:
    """The slow, obvious twin: the hashes once more, in Python."""
    for subject in ("first", 'quotes " and \\ and \n lines', "ünïcödé ✓"):
        audit.record(session, "noted", subject, {"why": subject, "n": 1.5}, "ada")
    studies.register(session, plan(), by="ada")  # an entry that names a row
    columns = (
        'id, to_char(happened_at, \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\'), who, what, subject,'
        " details::text, previous_hash, role, recorded_table, recorded_key, recorded_hash, hash"
    )
    before = audit.GENESIS
    for *entry, sha256 in session.execute(text(f"SELECT {columns} FROM audit_log ORDER BY id")):
        assert entry[6] == before
        spelled = json.dumps(entry, ensure_ascii=False)
        assert hashlib.sha256(spelled.encode()).hexdigest() == sha256
        before = sha256
    assert audit.head(session) == (4, before)


def test_the_database_sets_numbers_and_hashes_whatever_is_inserted(session: Session) -> None:
    session.execute(
        text(
            "INSERT INTO audit_log (id, happened_at, who, what, subject, details, previous_hash,"
            " hash) SELECT 99, 'epoch', 'eve', 'noted', n::text, '{}', 'x', 'y'"
            " FROM generate_series(1, 3) AS n"
        )
    )
    entries = session.query(AuditRow).order_by(AuditRow.id).all()
    assert [one.id for one in entries] == [1, 2, 3]
    assert all(one.happened_at.year > 2000 for one in entries)
    assert audit.verify(session) == []


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ("UPDATE audit_log SET details = '{\"n\": 9}' WHERE id = 3", [(3, "was altered")]),
        ("UPDATE audit_log SET who = 'eve' WHERE id = 1", [(1, "was altered")]),
        ("DELETE FROM audit_log WHERE id = 3", [(4, "entries before it are missing")]),
        ("DELETE FROM audit_log WHERE id = 1", [(2, "entries before it are missing")]),
        (
            "UPDATE audit_log SET hash = liftledger_audit_hash(audit_log) WHERE id = 2",
            [],
        ),
        (
            "UPDATE audit_log SET who = 'eve' WHERE id = 2;"
            "UPDATE audit_log SET hash = liftledger_audit_hash(audit_log) WHERE id = 2",
            [(3, "does not follow from the entry before")],
        ),
    ],
)
def test_tampering_is_found_where_it_happened(
    engine: Engine, tampering: str, found: list[tuple[int, str]]
) -> None:
    with transaction(engine) as session:
        for n in range(5):
            audit.record(session, "noted", "it", {"n": n}, "ada")
    with engine.begin() as connection:  # whoever owns the table can switch the trigger off
        connection.execute(text("ALTER TABLE audit_log DISABLE TRIGGER insert_only"))
        for statement in tampering.split(";"):
            connection.exec_driver_sql(statement)
    with transaction(engine) as session:
        assert [(link.id, link.problem) for link in audit.verify(session)] == found


def test_entries_cut_off_at_the_end_show_in_the_head(engine: Engine) -> None:
    with transaction(engine) as session:
        for n in range(3):
            audit.record(session, "noted", "it", {"n": n}, "ada")
        kept_elsewhere = audit.head(session)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_log DISABLE TRIGGER insert_only"))
        connection.execute(text("DELETE FROM audit_log WHERE id = 3"))
    with transaction(engine) as session:
        assert audit.verify(session) == []
        assert audit.head(session) != kept_elsewhere


def test_many_at_once_make_one_chain_without_gaps(engine: Engine) -> None:
    def write(who: str) -> None:
        for n in range(10):
            with transaction(engine) as session:
                audit.record(session, "noted", "it", {"n": n}, who)
                if n % 3 == 2:
                    session.rollback()  # what never happened leaves no gap

    threads = [threading.Thread(target=write, args=(f"writer {i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction(engine) as session:
        assert audit.verify(session) == []
        assert audit.head(session)[0] == 28
