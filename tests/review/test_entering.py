"""Who gets in, who may write what, and that nothing is written from elsewhere."""

import re

import httpx
import pytest
from sqlalchemy import Engine

from storage import decisions, users
from storage.database import transaction
from tests.review.conftest import PASSWORD, log_in

DECIDE = "/studies/display/versions/2/decide"


def token(client: httpx.Client) -> str:
    found = re.search(r'name="token" value="([^"]+)"', client.get("/account").text)
    assert found
    return found[1]


def test_nobody_sees_anything_before_logging_in(site: str) -> None:
    with httpx.Client(base_url=site) as stranger:
        for address in ("/", DECIDE, "/log?who=bob", "/alerts/1", "/account"):
            answer = stranger.get(address)
            assert answer.status_code == 303, address
            assert answer.headers["location"].startswith("/login?to=%2F"), address
        assert stranger.get("/api/studies").status_code == 401
        assert stranger.post(DECIDE, headers={"Origin": site}).status_code == 303


def test_a_wrong_password_and_an_unknown_name_are_told_alike(client: httpx.Client) -> None:
    wrong = {"name": "bob", "password": "wrong horse battery", "to": "/"}
    answers = [client.post("/login", data=wrong | {"name": name}) for name in ("bob", "nobody")]
    assert [one.status_code for one in answers] == [403, 403]
    assert answers[0].text == answers[1].text
    away = client.post(
        "/login", data={"name": "bob", "password": PASSWORD, "to": "//elsewhere.example"}
    )
    assert away.headers["location"] == "/"


def test_a_session_ends_by_logging_out_and_with_a_changed_password(
    client: httpx.Client, site: str, engine: Engine
) -> None:
    cookie = client.cookies["liftledger_session"]
    assert client.post("/logout", data={"token": token(client)}).status_code == 303
    with httpx.Client(base_url=site, cookies={"liftledger_session": cookie}) as thief:
        assert thief.get("/account").status_code == 303
    log_in(client, "olga")
    with transaction(engine) as session:
        users.put(session, "olga", "approver", users.listed(session)[0].password_hash, "root")
    assert client.get("/account").status_code == 303


def test_nothing_is_written_from_elsewhere_or_from_another_session(
    client: httpx.Client, site: str, engine: Engine
) -> None:
    of_olga = token(client)
    log_in(client, "bob")
    fields = {"what": "decide", "decision": "stop", "reason": "r"}
    refused = [
        client.post(DECIDE, data=fields),
        client.post(DECIDE, data=fields | {"token": of_olga}),
        client.post(
            DECIDE,
            data=fields | {"token": token(client)},
            headers={"Origin": "http://elsewhere.example"},
        ),
        client.post(DECIDE, content=b"x" * 70_000),
    ]
    assert [one.status_code for one in refused] == [403, 403, 403, 413]
    with transaction(engine) as session:
        assert len(decisions.listed(session)) == 1


@pytest.mark.parametrize(
    ("name", "what", "code"),
    [("olga", "decide", 403), ("olga", "sign", 403), ("bob", "sign", 403), ("bob", "pin", 403),
     ("bob", "decide", 303), ("carla", "pin", 303), ("carla", "sign", 409)],
)  # fmt: skip
def test_each_role_may_do_what_its_database_role_may(
    client: httpx.Client, name: str, what: str, code: int
) -> None:
    log_in(client, name)
    fields = {"what": what, "decision": "stop", "reason": "read it", "token": token(client)}
    assert client.post(DECIDE, data=fields).status_code == code


def test_an_alert_is_taken_on_with_a_reason(client: httpx.Client) -> None:
    log_in(client, "bob")
    fields = {"what": "acknowledge", "reason": " ", "token": token(client)}
    assert "give a reason" in client.post("/alerts/1", data=fields).text
    assert client.post("/alerts/1", data=fields | {"reason": "on it"}).status_code == 303
    (alert,) = client.get("/api/alerts").json()["alerts"]
    assert (alert["state"], alert["actions"][0]["by"]) == ("acknowledged", "bob")
