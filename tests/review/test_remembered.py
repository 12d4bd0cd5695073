"""A page of a result is made once for each state, and is never behind what was decided."""

import httpx
import pytest
from sqlalchemy import Engine

from reports.as_json import to_json
from review.remembered import Remembered
from storage import calibrations, decisions, pins, result_state, results, studies
from storage.calibrations import OwnPanel
from storage.database import transaction
from storage.versions import numbered
from tests.reports.test_calibration import SIMULATED
from tests.review.test_entering import token
from tests.storage.answers import analysis, plan
from tests.storage.calibrations import request as exam

PAGE, JSON = "/studies/display/versions/1", "/api/studies/display/results/1"


def test_what_is_not_asked_for_goes_first_and_what_is_too_long_is_not_kept() -> None:
    kept, made = Remembered(most=10), list[str]()

    def ask(what: str, text: str) -> str:
        def make() -> str:
            made.append(what)
            return text

        return kept.get(what, "state", make)

    for what in ("a", "b", "a", "c", "a", "b"):  # c makes room by b, which was not asked for
        assert ask(what, f"{what}...") == f"{what}..."
    assert made == ["a", "b", "c", "b"]
    assert ask("long", "x" * 11) == ask("long", "x" * 11) == "x" * 11
    assert made[-2:] == ["long", "long"]


def test_each_thing_that_a_result_shows_changes_its_state_and_nothing_else_does(
    filled: Engine,
) -> None:
    def state(version: int = 1) -> str:
        with transaction(filled) as session:
            return result_state.state(session, "display", version).digest

    def decide(version: int) -> None:
        with transaction(filled) as session:
            decisions.decide(session, "display", version, "stop", by="bob", reason="r")

    def decide_about_it() -> None:
        decide(1)

    def sign() -> None:
        with transaction(filled) as session:
            decisions.sign_off(session, "display", 1, by="carla", reason="r")

    def judge() -> None:
        with transaction(filled) as session:
            decisions.judge(session, "display", 1, "right", by="bob", reason="r")

    def pin() -> None:
        with transaction(filled) as session:
            pins.pin(session, "display", 2, by="carla", reason="r")

    def examine() -> None:
        with transaction(filled) as session:
            row = numbered(session, "display", 1)
            own = OwnPanel("display", row.plan_version, row.plan_hash, row.snapshot_hash)
            calibrations.save(session, exam(own=own), SIMULATED.scores)

    def replan() -> None:
        with transaction(filled) as session:
            studies.register(session, plan(seed=9), by="ada", reason="r")

    def answer() -> None:
        with transaction(filled) as session:
            results.save(session, analysis(session, seed=3))

    assert state(1) != state(2)
    before = state()
    decide(2)
    assert state() == before
    for act in (decide_about_it, sign, judge, pin, examine, replan, answer):
        before = state()
        act()
        assert state() != before


def test_a_page_shows_what_was_decided_since_and_its_reader(
    client: httpx.Client, engine: Engine
) -> None:
    first = client.get(PAGE).text
    assert client.get(PAGE).text == first
    assert "it paid after all" not in first
    with transaction(engine) as session:
        decisions.decide(session, "display", 1, "stop", by="bob", reason="it paid after all")
    assert "it paid after all" in client.get(PAGE).text
    assert "olga, auditor" in first
    form = {"name": "bob", "password": "correct horse battery", "to": "/"}
    client.post("/logout", data={"token": token(client)})
    client.post("/login", data=form)
    again = client.get(PAGE).text
    assert "bob, analyst" in again
    assert "olga" not in again


@pytest.mark.parametrize("address", [JSON, f"{JSON}/plots"])
def test_a_program_that_has_the_answer_is_told_so_until_it_changes(
    client: httpx.Client, engine: Engine, address: str
) -> None:
    first = client.get(address)
    known = {"If-None-Match": first.headers["etag"]}
    again = client.get(address, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    with transaction(engine) as session:
        decisions.decide(session, "display", 1, "stop", by="bob", reason="r")
    changed = client.get(address, headers=known)
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]
    if address == JSON:
        with transaction(engine) as session:
            assert changed.json() == to_json(results.load(session, "display", 1))


def test_nobody_is_told_anything_without_logging_in(client: httpx.Client, site: str) -> None:
    tag = client.get(JSON).headers["etag"]
    with httpx.Client(base_url=site) as stranger:
        assert stranger.get(JSON, headers={"If-None-Match": tag}).status_code == 401
