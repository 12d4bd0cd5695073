"""The tables: made, compared with the models, taken away; and what they refuse."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

import storage.alert_tables
import storage.answer_tables
import storage.calibration_tables
import storage.decision_tables
import storage.observation_tables
import storage.pin_tables
import storage.promotion_tables
import storage.race_tables
import storage.replay_tables
import storage.run_tables
import storage.tables  # noqa: F401  (for the tables they define)
from storage import audit
from storage.columns import Table
from storage.database import VERSION_TABLE, _migrations, connect, migrate, schema_state, transaction
from tests.storage import everything

KEPT = sorted(set(Table.metadata.tables) - {"outcomes", "covariates", "runs", "users"})


def test_the_migrations_make_exactly_what_the_models_say(engine: Engine) -> None:
    with engine.begin() as connection:
        command.check(_migrations(connection))


def test_every_table_and_every_column_says_what_it_holds(engine: Engine) -> None:
    for table in Table.metadata.sorted_tables:
        assert table.comment, table.name
        assert inspect(engine).get_table_comment(table.name)["text"] == table.comment
        for column in inspect(engine).get_columns(table.name):
            assert column["comment"] == table.columns[column["name"]].comment
            assert column["comment"], f"{table.name}.{column['name']}"


def test_going_down_leaves_nothing_and_up_again_all(empty_database_url: str) -> None:
    assert schema_state(empty_database_url)[0] is None
    migrate(empty_database_url)
    current, head = schema_state(empty_database_url)
    assert current == head is not None
    engine = connect(empty_database_url)
    with engine.begin() as connection:
        command.downgrade(_migrations(connection), "base")
    left = "SELECT count(*) FROM pg_proc WHERE proname LIKE 'liftledger%'"
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == [VERSION_TABLE]
        assert connection.scalar(text(left)) == 0
    engine.dispose()
    migrate(empty_database_url)
    assert schema_state(empty_database_url) == (current, head)


def test_two_migrations_at_once_do_not_disturb_each_other(empty_database_url: str) -> None:
    with ThreadPoolExecutor(3) as pool:
        for run in [pool.submit(migrate, empty_database_url) for _ in range(3)]:
            run.result()
    current, head = schema_state(empty_database_url)
    assert current == head


def test_relations_of_the_user_are_none_of_our_business(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num text)"))
        connection.execute(text("CREATE TABLE sales (store int)"))
        command.check(_migrations(connection))


@pytest.fixture
def written(engine: Engine) -> Engine:
    """A database in which every table has rows."""
    with transaction(engine) as session:
        everything.write(session)
    with engine.connect() as connection:
        for table in KEPT:
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")), table
    return engine


def test_the_database_itself_refuses_to_change_what_was_written(written: Engine) -> None:
    """Table by table, also where ordinary triggers are switched off."""
    for table in KEPT:
        column = list(Table.metadata.tables[table].columns)[-1].name
        for statement in (
            f"UPDATE {table} SET {column} = {column}",
            f"UPDATE {table} SET {column} = {column} WHERE false",
            f"DELETE FROM {table}",
            f"TRUNCATE {table} CASCADE",
        ):
            verb = statement.split()[0]
            for role in ("origin", "replica"):
                with written.connect() as connection:
                    connection.execute(text(f"SET session_replication_role = {role}"))
                    with pytest.raises(IntegrityError) as refused:
                        connection.execute(text(statement))
                assert f"is insert-only: {verb} refused" in str(refused.value)
                assert "new version with a reason" in str(refused.value)
            with written.connect() as connection:
                assert connection.scalar(text(f"SELECT count(*) FROM {table}"))


def test_a_plan_whose_hash_is_another_is_refused(session: Session) -> None:
    wrong = (
        "INSERT INTO studies (study, version, plan, plan_hash, registered_by, reason)"
        " VALUES ('s', 1, '{}', repeat('0', 64), 'eve', '')"
    )
    with pytest.raises(IntegrityError, match="ck_studies_plan_hash"), session.begin_nested():
        session.execute(text(wrong))


def test_json_that_is_not_json_is_refused(session: Session) -> None:
    wrong = "INSERT INTO audit_log (who, what, subject, details) VALUES ('a', 'b', 'c', '[NaN]')"
    with pytest.raises(DataError, match="invalid input syntax"), session.begin_nested():
        session.execute(text(wrong))
    audit.record(session, "noted", "nan", {"share": float("nan"), "penalty": float("inf")}, "ada")
    assert session.scalar(text("SELECT details::text FROM audit_log")) == (
        '{"penalty":"Infinity","share":null}'
    )


ANSWERED = {
    "kind": "'ranked'", "position": "9", "status": "'answered'", "level": "0.95", "ci_low": "-1",
    "ci_high": "2", "p_value": "0.3", "placebos": "39", "construction": "'ranks'",
}  # fmt: skip
WRONG_ROWS = {
    "no interval": ({"ci_low": "NULL"}, "answered_or_refused"),
    "no p-value": ({"p_value": "NULL"}, "answered_or_refused"),
    "nothing said of how": ({"construction": "NULL"}, "answered_or_refused"),
    "refused with a number": ({"status": "'refused'", "reason": "'few'"}, "answered_or_refused"),
    "an endless interval": ({"ci_high": "'Infinity'"}, "interval_finite"),
    "ends the wrong way round": ({"ci_low": "3"}, "ck_variances_interval"),
    "a variance without its root": ({"variance": "4"}, "standard_error"),
}


@pytest.mark.parametrize(("changed", "check"), WRONG_ROWS.values(), ids=WRONG_ROWS)
def test_a_kind_is_answered_whole_or_refused_with_a_reason(
    written: Engine, changed: dict[str, str], check: str
) -> None:
    def insert(row: dict[str, str]) -> str:
        columns = {"estimate_id": "(SELECT min(id) FROM estimates)", **row}
        return f"INSERT INTO variances ({', '.join(columns)}) SELECT {', '.join(columns.values())}"

    with written.connect() as connection:
        connection.execute(text(insert(ANSWERED)))  # neither variance nor standard error: a test
        connection.rollback()
        with pytest.raises(IntegrityError, match=check):
            connection.execute(text(insert({**ANSWERED, **changed})))
