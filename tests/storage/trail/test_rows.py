"""Every row that is recorded has its entry, and hashes to what the entry says."""

from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage import audit, studies
from storage.database import transaction
from storage.trail import evidence, seals
from tests.storage import everything
from tests.storage.answers import plan
from tests.storage.trail.tampering import problems, tamper


@pytest.fixture
def written(engine: Engine) -> Engine:
    with transaction(engine) as session:
        everything.write(session)
    return engine


def test_every_row_with_entries_has_one_of_its_kind(written: Engine) -> None:
    assert problems(written) == []
    with transaction(written) as session:
        found = session.execute(
            text("SELECT recorded_table, what, count(*) FROM audit_log"
                 " WHERE recorded_table IS NOT NULL GROUP BY 1, 2")
        ).all()  # fmt: skip
        for table, what, count in found:
            assert what in evidence.ENTRIES[table]
            assert session.scalar(text(f"SELECT count(*) FROM {table}")) == count
        assert {row.recorded_table for row in found} == set(evidence.ENTRIES)


def test_what_hangs_on_a_row_is_all_that_leads_to_it() -> None:
    hanging = {root: [name for name, _ in evidence.tree(root)] for root in evidence.ENTRIES}
    assert hanging["results"] == ["results", "estimates", "variances", "effects", "weights"]
    assert hanging["races"] == ["races", "race_standings"]
    assert sorted(name for names in hanging.values() for name in names) == sorted(
        [*evidence.ENTRIES, *evidence.PARTS]
    )


def test_a_row_without_its_entry_cannot_be_committed(engine: Engine) -> None:
    asked = plan()
    row = {"plan": asked.canonical(), "hash": asked.sha256()}
    insert = text(
        "INSERT INTO studies (study, version, plan, plan_hash, registered_by, reason)"
        " VALUES ('display', 1, CAST(:plan AS json), :hash, 'eve', '')"
    )
    unrecorded = pytest.raises(IntegrityError, match=r'studies \["display", 1\] has no entry')
    with unrecorded, engine.begin() as connection:
        connection.execute(insert, row)
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM studies")) == 0


def test_an_entry_of_another_kind_records_no_such_row(session: Session) -> None:
    studies.register(session, plan(), by="ada")
    with pytest.raises(ValueError, match="noted does not record rows of studies"):
        audit.record(session, "noted", "display", {}, "ada", row=("studies", "display", 1))
    key = ("studies", "display", 2)
    with pytest.raises(LookupError, match=r'no row \["display", 2\] in studies'):
        audit.record(session, "study_registered", "display@2", {}, "ada", row=key)


def test_a_seal_is_what_its_description_says(written: Engine) -> None:
    """The slow, obvious twin: lines and seals once more, in Python, from the database's texts."""
    with transaction(written) as session:
        for root in evidence.ENTRIES:
            lines: dict[str, list[str]] = {}
            for name, way in evidence.tree(root):
                source, alias = seals.joined(root, way)
                columns = [column.name for column in evidence.table(name).columns]
                shown = ", ".join(f'{seals.text_of(evidence.table(name).columns[one], alias)}'
                                  for one in columns)  # fmt: skip
                query = f"SELECT {seals.key_of(root, 'root')}, {shown} FROM {source}"
                for key, *texts in session.execute(text(query)):
                    row = dict(zip(columns, texts, strict=True))
                    kept = {one: value for one, value in row.items() if value is not None}
                    lines.setdefault(key, []).append(seals.text_line(name, kept))
            recorded = session.execute(
                text("SELECT recorded_key, recorded_hash FROM audit_log WHERE recorded_table = :t"),
                {"t": root},
            ).all()
            assert {key: seals.of_lines(found) for key, found in lines.items()} == {
                row.recorded_key: row.recorded_hash for row in recorded
            }


CHANGED = {
    "studies": ("UPDATE studies SET reason = 'another'", '"display", 1'),
    "promotions": ("UPDATE promotions SET reason = 'another'", '"spring_coffee", 1'),
    "snapshots": ("UPDATE snapshots SET content = content || 'x'::bytea", None),
    "validations": ("UPDATE validations SET passed = false", "1"),
    "results": ("UPDATE results SET requested_by = 'eve'", "1"),
    "estimates": ("UPDATE estimates SET att = att + 1 WHERE id = 1", "1"),
    "variances": ("DELETE FROM variances WHERE id = 2", "1"),
    "effects": ("UPDATE effects SET observed = 1 WHERE period = '2005'", "1"),
    "weights": ("DELETE FROM weights WHERE weight = (SELECT max(weight) FROM weights)", "1"),
    "calibrations": ("UPDATE calibrations SET saved_at = saved_at - interval '1 us'", "1"),
    "calibration_scores": ("UPDATE calibration_scores SET answered = answered + 1", "1"),
    "races": ("UPDATE races SET panel = 'another'", "1"),
    "race_standings": ("UPDATE race_standings SET eligible = NOT eligible WHERE position = 1", "1"),
    "race_batches": ("UPDATE race_batches SET saved_at = now()", "1"),
    "choices": ("UPDATE choices SET requested_by = 'eve'", "1"),
    "decisions": ("UPDATE decisions SET reason = 'it sold well'", "1"),
    "sign_offs": ("UPDATE sign_offs SET signed_by = 'dora'", "1"),
    "visits": ("UPDATE visits SET requested_by = 'eve'", "1"),
    "observations": ("UPDATE observations SET message = 'all is well'", "1"),
    "alerts": ("UPDATE alerts SET subject = 'another'", "1"),
    "alert_actions": ("UPDATE alert_actions SET done_by = 'eve'", "1"),
    "replays": ("UPDATE replays SET replayed_at = replayed_at - interval '1 day'", "1"),
    "pins": ("UPDATE pins SET pinned_by = 'eve'", "1"),
    "decision_outcomes": ("UPDATE decision_outcomes SET outcome = 'wrong'", "1"),
}  # fmt: skip


@pytest.mark.parametrize("table", [*evidence.ENTRIES, *evidence.PARTS])
def test_whatever_is_changed_in_a_recorded_row_is_found(written: Engine, table: str) -> None:
    assert table in CHANGED, f"how could a row of {table} be changed? Add it to CHANGED"
    statement, key = CHANGED[table]
    tamper(written, statement, table)
    (root,) = [root for root in evidence.ENTRIES if table in dict(evidence.tree(root))]
    (problem,) = problems(written)
    assert problem.startswith("entry ")
    assert f": {root} [{key or ''}" in problem
    assert problem.endswith("or what hangs on it is not what was recorded")


def test_rows_that_vanish_or_are_slipped_in_are_found(written: Engine) -> None:
    tamper(written, "DELETE FROM race_batches", "race_batches")
    (gone,) = problems(written)
    assert "race_batches [1] was recorded, but is not there" in gone
    slip = (
        "INSERT INTO race_batches (design_hash, first, replications, content, content_hash)"
        " VALUES (repeat('a', 64), 0, 1, '{}', repeat('b', 64))"
    )
    tamper(written, slip, "race_batches")
    assert problems(written)[1:] == ["race_batches [2] is there, but no entry records it"]


def test_guards_that_are_off_or_gone_are_found(written: Engine) -> None:
    with written.begin() as connection:
        connection.execute(text("ALTER TABLE results DISABLE TRIGGER insert_only"))
        connection.execute(text("ALTER TABLE effects ENABLE TRIGGER insert_only"))
        connection.execute(text("DROP TRIGGER recorded ON choices"))
    assert problems(written) == [
        "the trigger insert_only of results is switched off, or can be",
        "the trigger insert_only of effects is switched off, or can be",
        "the trigger recorded of choices is not there",
    ]


def test_a_login_of_the_database_stands_beside_who_the_application_names(session: Session) -> None:
    forged = (
        "INSERT INTO audit_log (who, what, subject, details, role)"
        " VALUES ('ada', 'noted', 'it', '{}', 'somebody else')"
    )
    session.execute(text(forged))
    wrote: Any = session.execute(text("SELECT role, session_user FROM audit_log")).one()
    assert wrote[0] == wrote[1]


def test_a_temporary_table_does_not_stand_in_for_the_log(session: Session) -> None:
    columns = "(id, who, what, subject, details, hash)"
    session.execute(text("CREATE TEMP TABLE audit_log AS SELECT * FROM public.audit_log"))
    session.execute(text(f"INSERT INTO pg_temp.audit_log {columns}"
                         " VALUES (41, 'eve', 'noted', 'it', '{}', repeat('f', 64))"))  # fmt: skip
    session.execute(text("INSERT INTO public.audit_log (who, what, subject, details)"
                         " VALUES ('eve', 'noted', 'it', '{}')"))  # fmt: skip
    assert session.scalar(text("SELECT id FROM public.audit_log")) == 1
    session.execute(text("DROP TABLE pg_temp.audit_log"))
