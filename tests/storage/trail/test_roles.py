"""Roles: what the matrix says is what the database grants, and no more."""

import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from storage import audit, decisions, results, studies
from storage.database import connect, transaction
from storage.errors import StorageError
from storage.outcomes import ingest
from storage.trail import roles
from storage.trail.matrix import MATRIX, PREFIX, ROLES, granted
from storage.trail.verification import verify
from tests.storage.answers import analysis, plan, rows
from tests.storage.trail.tampering import problems

VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
Login = Callable[..., Engine]


@pytest.fixture
def made(engine: Engine) -> Engine:
    with transaction(engine) as session:
        roles.create(session, "ada")
    return engine


@pytest.fixture
def login(made: Engine) -> Iterator[Login]:
    """Makes a login with some roles; an engine that is logged in with it."""
    engines: dict[str, Engine] = {}

    def enter(name: str, *its: str) -> Engine:
        password = secrets.token_hex(16)
        with transaction(made) as session:
            session.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'"))
            for role in its:
                roles.grant(session, name, role, "ada")
        url = made.url.set(username=name, password=password)
        engines[name] = connect(url.render_as_string(hide_password=False))
        return engines[name]

    yield enter
    for name, engine in engines.items():
        engine.dispose()
        with made.begin() as connection:
            connection.execute(text(f"DROP OWNED BY {name}"))
            connection.execute(text(f"DROP ROLE {name}"))


def test_the_page_shows_the_matrix() -> None:
    page = (Path(__file__).parents[3] / "docs" / "roles.md").read_text(encoding="utf-8")
    assert f"| table | {' | '.join(ROLES)} |" in page
    shown = {
        row[0]: tuple(cell.replace("–", "") for cell in re.split(r" \| ", row[1]))
        for row in re.findall(r"^\| `(\w+)` \| (.*) \|$", page, re.MULTILINE)
    }
    assert shown == MATRIX


def test_each_role_may_exactly_what_the_matrix_says(made: Engine) -> None:
    """Roles × tables × verbs, tables as the catalogue has them."""
    ours = (
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    )
    with made.connect() as connection:
        tables = list(connection.scalars(text(ours)))
        assert set(tables) == set(MATRIX)
        for role in ROLES:
            for table in tables:
                for verb in VERBS:
                    may = connection.scalar(
                        text("SELECT has_table_privilege(:role, :table, :verb)"),
                        {"role": PREFIX + role, "table": f"public.{table}", "verb": verb},
                    )
                    assert may is (verb in granted(role)[table]), (role, table, verb)


def test_making_roles_again_mends_what_differs_and_says_so(made: Engine) -> None:
    with transaction(made) as session:
        assert roles.create(session, "ada") == []
        session.execute(text("GRANT UPDATE ON results TO liftledger_runner"))
        session.execute(text("REVOKE INSERT ON studies FROM liftledger_analyst"))
        session.execute(text("GRANT DELETE ON effects TO PUBLIC"))
    assert problems(made) == [
        "PUBLIC may DELETE effects, which was not meant",
        "liftledger_runner may UPDATE results, which was not meant",
    ]
    with transaction(made) as session:
        assert roles.create(session, "ada") == [
            "liftledger_runner may no longer UPDATE results",
            "liftledger_analyst may INSERT studies",
        ]
        last = session.execute(text("SELECT what, details FROM audit_log ORDER BY id DESC")).first()
    assert last is not None
    assert last.what == "roles_made"


def test_five_persons_and_a_service_do_their_work_with_their_roles_alone(login: Login) -> None:
    loader, analyst = login("lena", "loader"), login("anna", "analyst")
    runner, approver = login("worker_1", "runner"), login("paul", "approver")
    auditor = login("otto", "auditor")
    with transaction(loader) as session:
        ingest(session, "stores", rows())
        ingest(session, "stores", rows())
    with transaction(analyst) as session:
        studies.register(session, plan(), by="anna")
    with transaction(runner) as session:
        results.save(session, analysis(session))
    with transaction(analyst) as session:
        decisions.decide(session, "display", 1, "stop", by="anna", reason="it sold nothing")
    with transaction(approver) as session:
        decisions.sign_off(session, "display", 1, by="paul", reason="read it")
    with transaction(auditor) as session:
        found = verify(session)
    assert found.problems == ()
    with transaction(auditor) as session:
        wrote = session.execute(text("SELECT DISTINCT what, role FROM audit_log")).all()
    expected = {
        ("panel_ingested", "lena"),
        ("study_registered", "anna"),
        ("result_saved", "worker_1"),
        ("decision_made", "anna"),
        ("decision_signed_off", "paul"),
    }
    assert expected <= set(map(tuple, wrote))


DENIED = {
    "update": "UPDATE audit_log SET who = 'x'",
    "delete": "DELETE FROM audit_log",
    "truncate": "TRUNCATE audit_log",
    "switch guards off": "ALTER TABLE audit_log DISABLE TRIGGER chain",
    "as a replica": "SET session_replication_role = replica",
    "replace a function": (
        "CREATE OR REPLACE FUNCTION liftledger_refuse_change() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NULL; END'"
    ),
    "grant oneself a role": "GRANT liftledger_approver TO eve",
    "make oneself another": "SET SESSION AUTHORIZATION liftledger_approver",
    "write a result": "INSERT INTO results DEFAULT VALUES",
}


def test_a_role_cannot_change_the_log_its_guards_or_itself(login: Login) -> None:
    eve = login("eve", "analyst", "auditor")
    for name, statement in DENIED.items():
        with eve.connect() as connection, pytest.raises(Exception, match=DENIAL) as refused:
            connection.execute(text(statement))
        assert refused.value.orig.pgcode == "42501", name  # type: ignore[attr-defined]
    with transaction(eve) as session:
        session.execute(
            text("INSERT INTO audit_log (id, happened_at, who, what, subject, details, role, hash)"
                 " VALUES (99, 'epoch', 'nobody', 'noted', 'it', '{}', 'paul', 'x')")
        )  # fmt: skip
        found = session.execute(text("SELECT * FROM audit_log ORDER BY id DESC")).first()
    assert found is not None
    assert (found.role, found.who) == ("eve", "nobody")
    assert found.id < 99
    assert found.happened_at.year > 2000


DENIAL = "permission denied|must be owner"


def test_a_person_writes_under_no_other_persons_name(login: Login) -> None:
    eve = login("eve", "analyst")
    login("paul", "approver")
    login("worker_1", "runner")
    refused = pytest.raises(StorageError, match="eve cannot write to the audit log as paul")
    with refused, transaction(eve) as session:
        audit.record(session, "noted", "it", {}, "paul")
    with transaction(eve) as session:
        audit.record(session, "noted", "it", {}, "worker_1")


def test_the_login_that_analysed_or_decided_cannot_sign_under_another_name(login: Login) -> None:
    eve = login("eve", "analyst", "approver")
    paul = login("paul", "approver")
    worker = login("worker_1", "runner")
    with transaction(eve) as session:
        studies.register(session, plan(), by="eve")
    with transaction(worker) as session:
        results.save(session, analysis(session))
    with transaction(eve) as session:
        decisions.decide(session, "display", 1, "stop", by="eve", reason="it sold nothing")
    for name in ("mallory", "paul"):
        with pytest.raises(StorageError, match="the login eve wrote this result or decision"):
            _sign(eve, name)
    _sign(paul, "paul")


def _sign(engine: Engine, by: str) -> None:
    with transaction(engine) as session:
        decisions.sign_off(session, "display", 1, by=by, reason="read it")


def test_a_role_taken_past_the_log_is_found(login: Login, made: Engine) -> None:
    login("eve", "analyst")
    assert problems(made) == []
    with made.begin() as connection:
        connection.execute(text("GRANT liftledger_approver TO eve"))
    assert problems(made) == ["eve is a member of liftledger_approver, and no entry says so"]
    with transaction(made) as session:
        roles.revoke(session, "eve", "approver", "ada")
        assert roles.members(session) == [("eve", "analyst")]
    unknown = pytest.raises(StorageError, match="no login 'nobody' in this database server")
    with unknown, transaction(made) as session:
        roles.grant(session, "nobody", "analyst", "ada")
