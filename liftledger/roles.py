"""`liftledger roles`: what each role of the database may, and who has which."""

from typing import Annotated, Any

import typer

from liftledger.showing import AsJson, show


def roles(
    action: Annotated[str, typer.Argument(help="create, grant, revoke or show.")] = "show",
    login: Annotated[str, typer.Argument(help="A login of the database server.")] = "",
    role: Annotated[str, typer.Argument(help="loader, runner, analyst, approver or auditor.")] = "",
    as_json: AsJson = False,
) -> None:
    """Least privilege in the database: make its roles, and give them to logins.

    Logins and their passwords are made by whoever administers the server; Liftledger neither sets
    nor shows one. What each role may is the table in docs/roles.md. Run it as the owner of the
    tables; each change is an entry of the audit log.

    Example: liftledger roles grant carla approver
    """
    from liftledger.ledger import opened
    from storage.ledger import ledger
    from storage.provenance import whoami
    from storage.trail import roles as kept
    from storage.trail.matrix import ROLES

    if action not in ("create", "grant", "revoke", "show"):
        raise typer.BadParameter(f"{action!r} is none of create, grant, revoke, show")
    if (action in ("grant", "revoke")) != bool(login and role):
        raise typer.BadParameter("grant and revoke need a login and a role, the others neither")
    if role and role not in ROLES:
        raise typer.BadParameter(f"there is no role {role!r}; there are {', '.join(ROLES)}")
    with opened() as url, ledger(url) as session:
        changed: list[str] = []
        if action == "create":
            changed = kept.create(session, whoami())
        elif action != "show":
            change = kept.grant if action == "grant" else kept.revoke
            change(session, login, role, whoami())
            changed = [f"{login} is {'now' if action == 'grant' else 'no longer'} {role}"]
        members = kept.members(session)
    facts: dict[str, Any] = {
        "changed": changed,
        "members": [{"login": login, "role": role} for login, role in members],
    }
    lines = [*changed, *(f"{login}: {role}" for login, role in members)]
    show(facts, "\n".join(lines) or "nothing to change; no login has a role yet", as_json)
