"""Reaching the database, losing it in the middle, and saying so."""

import pytest
from sqlalchemy import Engine, make_url, text

from storage import audit, results, studies
from storage.database import connect, transaction
from storage.errors import DatabaseUnavailable, StorageError
from tests.storage.answers import analysis, plan

SECRET = "hunter2"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ada:{SECRET}@127.0.0.1:1/sales",
        f"postgres://ada:{SECRET}@127.0.0.1:1/sales?connect_timeout=1",
        f"postgresql://ada:{SECRET}@nowhere.invalid/sales",
        f"postgresql://ada:{SECRET}@127.0.0.1:port/sales",
        f"://{SECRET}",
        f"mysql://ada:{SECRET}@127.0.0.1/sales",
    ],
)
def test_a_database_that_does_not_answer_is_one_clear_line_without_a_password(url: str) -> None:
    with pytest.raises(DatabaseUnavailable) as refused:
        connect(url)
    message = str(refused.value)
    assert SECRET not in message
    assert "\n" not in message
    assert "database" in message


def test_a_wrong_password_is_not_shown(database_url: str) -> None:
    wrong = make_url(database_url).set(username="nobody_we_know", password=SECRET)
    with pytest.raises(DatabaseUnavailable) as refused:
        connect(wrong.render_as_string(hide_password=False))
    assert SECRET not in str(refused.value)


def test_a_block_that_fails_leaves_nothing(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), transaction(engine) as session:
        assert studies.register(session, plan(), by="ada").version / 0
    with transaction(engine) as session:
        assert studies.known(session) == []
        assert audit.head(session)[0] == 0


DYING = """
CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_terminate_backend(pg_backend_pid());
    RETURN NULL;
END $$;
"""
MOMENTS = {
    "while the effects are copied": "TRIGGER dying BEFORE INSERT ON effects FOR EACH STATEMENT",
    "at the last entry": "TRIGGER dying BEFORE INSERT ON audit_log FOR EACH STATEMENT",
    "at the commit": "CONSTRAINT TRIGGER dying AFTER INSERT ON results"
    " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW",
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_connection_lost_in_the_middle_leaves_nothing_of_the_result(
    engine: Engine, moment: str
) -> None:
    with transaction(engine) as session:
        asked = analysis(session)
        before = audit.head(session)
    with engine.begin() as connection:
        connection.execute(text(f"{DYING} CREATE {MOMENTS[moment]} EXECUTE FUNCTION die()"))

    with (
        pytest.raises(DatabaseUnavailable, match="nothing of this step was saved") as lost,
        transaction(engine) as session,
    ):
        results.save(session, asked)
    assert "\n" not in str(lost.value)

    with engine.begin() as connection:  # the pool notices, and connects anew
        connection.execute(text("DROP FUNCTION die() CASCADE"))
        for table in ("results", "estimates", "variances", "effects", "weights"):
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0
    with transaction(engine) as session:
        assert audit.head(session) == before
        assert results.save(session, asked)[1:] == (1, True)


def test_a_database_without_our_tables_says_what_to_do(empty_database_url: str) -> None:
    engine = connect(empty_database_url)
    with pytest.raises(StorageError, match="liftledger doctor"), transaction(engine) as session:
        studies.current(session, "display")
    engine.dispose()


def test_settings_of_the_users_role_do_not_change_what_we_read(engine: Engine) -> None:
    with engine.begin() as connection:
        name = make_url(engine.url).database
        for setting in ("timezone = 'Asia/Tokyo'", "datestyle = 'SQL, DMY'"):
            connection.execute(text(f'ALTER DATABASE "{name}" SET {setting}'))
    engine.dispose()
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT '2024-03-31 00:00+00'::timestamptz::text")) == (
            "2024-03-31 00:00:00+00"
        )
