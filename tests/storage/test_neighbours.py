"""A database beside ours for another program's books: made where it can be, or said why not."""

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import make_url, text

from storage.database import connect
from storage.neighbours import neighbour, obstacle
from tests.flows import shop


@pytest.fixture
def name(server_url: str) -> Iterator[str]:
    name = f"books_{uuid.uuid4().hex[:8]}"
    yield name
    execute(server_url, f"DROP DATABASE IF EXISTS {name}")


@pytest.fixture
def nobody(server_url: str) -> Iterator[str]:
    """The address of a login that may do nothing."""
    role = f"nobody_{uuid.uuid4().hex[:8]}"
    execute(server_url, f"CREATE ROLE {role} LOGIN PASSWORD 'nothing'")
    address = make_url(server_url).set(username=role, password="nothing")
    yield address.render_as_string(hide_password=False)
    execute(server_url, f"DROP ROLE {role}")


def execute(url: str, statement: str) -> None:
    engine = connect(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_it_is_made_once_and_its_address_names_the_driver(server_url: str, name: str) -> None:
    assert obstacle(server_url, name, extension="plpgsql") == ""
    addresses = {neighbour(server_url, name, driver="asyncpg") for _ in range(2)}
    (address,) = addresses
    assert make_url(address).drivername == "postgresql+asyncpg"
    assert make_url(address).database == name
    plain = make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
    assert shop.rows_of(plain, "SELECT current_database()") == [(name,)]


def test_a_server_without_the_extension_is_said(server_url: str, name: str) -> None:
    assert obstacle(server_url, name, extension="pg_nothing") == (
        "the server does not offer the extension pg_nothing"
    )


def test_a_login_that_may_make_no_database_is_said_unless_it_is_there(
    server_url: str, nobody: str, name: str
) -> None:
    said = obstacle(nobody, name, extension="plpgsql")
    assert said == f"the user may not make the database {name}"
    neighbour(server_url, name, driver="asyncpg")
    assert obstacle(nobody, name, extension="plpgsql") == ""
