"""`liftledger users`: who may log in to the pages of `liftledger review`, and as what."""

import sys
from typing import Annotated, Any

import typer

from liftledger.showing import AsJson, show


def users(
    action: Annotated[str, typer.Argument(help="add, remove or show.")] = "show",
    name: Annotated[str, typer.Argument(help="Name of the user, in small letters.")] = "",
    role: Annotated[str, typer.Option(help="analyst, approver or auditor.")] = "",
    as_json: AsJson = False,
) -> None:
    """Add, change or remove users of the pages; without an action, list them.

    The password is asked for, or read as one line from stdin; it is never an argument, which other
    processes could read. Adding a user again sets another role and password. An analyst decides, an
    approver also signs off and pins, an auditor reads.

    Example: liftledger users add carla --role approver
    """
    from liftledger.ledger import opened
    from review.passwords import SHORTEST, hashed
    from storage import users as kept
    from storage.ledger import ledger
    from storage.provenance import whoami
    from storage.user_tables import USER_ROLES

    if action not in ("add", "remove", "show"):
        raise typer.BadParameter(f"{action!r} is none of add, remove, show")
    if (action != "show") != bool(name) or (action == "add") != bool(role):
        raise typer.BadParameter("add needs a name and --role, remove a name, show neither")
    if role and role not in USER_ROLES:
        raise typer.BadParameter(f"there is no role {role!r}; there are {', '.join(USER_ROLES)}")
    if name != name.strip().lower():
        raise typer.BadParameter(f"{name!r}: a name is in small letters: {name.strip().lower()}")
    password = _password() if action == "add" else ""
    if action == "add" and len(password) < SHORTEST:
        raise typer.BadParameter(f"a password has at least {SHORTEST} characters")
    with opened() as url, ledger(url) as session:
        if action == "add":
            kept.put(session, name, role, hashed(password), whoami())
        elif action == "remove":
            kept.remove(session, name, whoami())
        found = kept.listed(session)
    facts: dict[str, Any] = {"users": [{"name": one.name, "role": one.role} for one in found]}
    show(facts, "\n".join(f"{one.name}: {one.role}" for one in found) or "no user yet", as_json)


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")
