"""`liftledger roles`: made, given and taken away; never a password."""

import json
import secrets

from sqlalchemy import text

from storage.database import connect
from tests.liftledger.commands import Shell, complaint


def test_roles_are_made_once_and_given_to_logins_that_are_there(shell: Shell) -> None:
    assert shell.type("roles", "grant", "nobody", "approver").returncode == 1
    made = json.loads(shell.type("roles", "create", "--json").stdout)
    assert "liftledger_runner may INSERT results" in made["changed"]
    assert json.loads(shell.type("roles", "create", "--json").stdout)["changed"] == []
    absent = shell.type("roles", "grant", "nobody", "approver")
    assert complaint(absent).startswith("liftledger: there is no login 'nobody'")
    login = f"carla_{secrets.token_hex(4)}"
    engine = connect(shell.settings["DATABASE_URL"])
    with engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {login} LOGIN"))
    assert shell.type("roles", "grant", login, "approver").returncode == 0
    assert shell.type("roles").stdout == f"{login}: approver\n"
    assert shell.type("verify").returncode == 0
    assert (
        shell.type("roles", "revoke", login, "approver").stdout
        == f"{login} is no longer approver\n"
    )
    with engine.begin() as connection:
        connection.execute(text(f"DROP ROLE {login}"))
    engine.dispose()


def test_wrong_words_are_wrong_usage(shell: Shell) -> None:
    for words in (("give",), ("grant", "carla"), ("grant", "carla", "king"), ("create", "a", "b")):
        done = shell.type("roles", *words)
        assert done.returncode == 2, words
        assert "roles --help" in done.stderr
