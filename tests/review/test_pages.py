"""What the pages and /api answer, over a real port."""

import re

import httpx
from markupsafe import escape
from sqlalchemy import Engine

from reports.as_json import to_json
from reports.calibration import title
from reports.decisions import record
from storage import decisions, results
from storage.database import transaction
from storage.ledger import ledger
from tests.reports.test_calibration import SIMULATED
from tests.review.conftest import AWKWARD
from tests.storage.decisions import answered as recommending

RESULT = "/studies/display/versions/1"
PAGES = (
    "/", "/studies/display", "/studies/display/versions/1", "/studies/display/diff?one=1&other=2",
    "/studies/display/versions/1/plan", "/decisions", "/alerts", "/log", "/monitoring",
    "/monitoring/panel", "/monitoring/panel/history?subject=stores",
    "/monitoring/promotion/history?subject=spring,%20plan%20version%201",
    "/monitoring/calibration/history?subject=display,%20plan%20version%201",
    "/monitoring/visits", "/monitoring/visits/1", "/calibrations", "/calibrations/1", "/races",
    "/races/1",
)  # fmt: skip
OBJECTS = (
    "studies", "studies/display", "studies/display/results", "studies/display/results/1",
    "studies/display/results/1/plots", "studies/display/results/1/plan",
    "studies/display/results/1/decisions",
    "studies/display/diff?one=1&other=2", "decisions", "alerts", "log", "visits", "visits/1",
    "observations/panel", "observations/panel/history?subject=stores", "calibrations",
    "calibrations/1", "races", "races/1",
)  # fmt: skip

REFUSED = (
    ("/studies/nosuch", 404, "no study &#39;nosuch&#39; is registered; registered: display"),
    ("/studies/display/versions/9", 404, "display has no version 9; it has 1, 2"),
    ("/studies/display/versions/one", 422, "version: "),
    ("/studies/display/versions/99999999999", 422, "version: "),
    ("/log?since=yesterday", 422, "since: "),
    ("/studies/display/diff?one=1&other=9", 404, "display has no version 9; it has 1, 2"),
    ("/studies/display/diff?one=1", 422, "other: "),
    ("/monitoring/weather", 422, "kind: "),
    ("/monitoring/visits/9", 404, "there is no visit 9; the last visit is 3"),
    ("/calibrations/9", 404, "there is no exam 9"),
    ("/races/9", 404, "there is no race 9"),
    ("/nowhere", 404, "Not Found"),
    ("/log?who=%00", 400, "NUL"),
)


def test_every_page_escapes_what_people_wrote_and_forbids_scripts(client: httpx.Client) -> None:
    for address in PAGES:
        page = client.get(address)
        assert page.status_code == 200, address
        ours = ['<script type="module" src="/plots.js">'] if address == RESULT else []
        assert re.findall("<script[^>]*>", page.text) == ours, address
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src "), address
        assert "unsafe" not in policy, address
        assert page.headers["cache-control"] == "no-store", address


def test_a_result_may_load_its_script_and_its_numbers_from_here_and_nothing_else(
    client: httpx.Client,
) -> None:
    page = client.get(RESULT)
    written = re.search('Content-Security-Policy" content="([^"]+)"', page.text)
    assert written
    for policy in (page.headers["content-security-policy"], written[1]):
        parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
        assert parts["default-src"] == parts["base-uri"] == parts["form-action"] == "'none'"
        assert parts["script-src"] == parts["connect-src"] == "'self'"
    for name in ("plots.js", "charts.js"):
        script = client.get(f"/{name}")
        assert script.headers["content-type"].startswith("text/javascript")
        assert not re.search("innerHTML|outerHTML|insertAdjacent|document.write|eval", script.text)


def test_the_numbers_behind_the_plots_are_those_of_the_result(
    client: httpx.Client, database_url: str
) -> None:
    with ledger(database_url) as session:
        stored = results.load(session, "display", 1)
    found = client.get("/api/studies/display/results/1/plots").json()
    assert [one["estimator"] for one in found["estimators"]] == ["did", "sc", "mc"]
    did, sc, _ = found["estimators"]
    kept = {one.kind: one for one in stored.estimates[0].variances}
    assert did["att"] == stored.estimates[0].att
    assert did["intervals"]["marginal"]["low"] == kept["marginal"].ci_low
    assert did["intervals"]["given_unit"]["reason"] == "3 placebos, 20 are needed"
    assert did["paths"][0]["observed"] == stored.estimates[0].by_period[0]["observed"]
    assert found["periods"][did["paths"][0]["at"]] == "2005"
    assert (sc["att"], sc["paths"]) == (None, [])
    assert sc["reason"] == "the treatment switches on and off"


def test_what_people_wrote_is_there(client: httpx.Client) -> None:
    escaped = "&lt;script&gt;document.title=&#39;taken&#39;"
    for address in ("/studies/display", "/decisions", "/alerts", "/log"):
        assert escaped in client.get(address).text, address


def test_the_list_has_each_study_with_its_state(client: httpx.Client) -> None:
    page = client.get("/").text
    assert 'href="/studies/display/versions/2"' in page  # the newest
    assert 'href="/studies/display/versions/1"' in page  # the pinned
    (study,) = client.get("/api/studies").json()["studies"]
    assert (study["newest"]["version"], study["pin"]["version"]) == (2, 1)
    assert study["open_alerts"] == 1


def test_versions_say_what_is_new_in_each_and_come_page_by_page(client: httpx.Client) -> None:
    address = "/api/studies/display/results"
    newest, first = client.get(address).json()["results"]
    assert newest["changed"] == ["plan", "seed"]
    assert first["changed"] == []
    assert client.get(address, params={"limit": 1}).json()["results"] == [newest]
    assert client.get(address, params={"before": 2}).json()["results"] == [first]


def test_a_result_is_the_object_that_show_prints(client: httpx.Client, database_url: str) -> None:
    with ledger(database_url) as session:
        expected = to_json(results.load(session, "display", 1))
    assert client.get("/api/studies/display/results/1").json() == expected


def test_the_log_is_filtered_and_paged_by_number(client: httpx.Client) -> None:
    def numbers(**asked: object) -> list[int]:
        answer = client.get("/api/log", params=asked).json()["entries"]  # type: ignore[arg-type]
        return [one["number"] for one in answer]

    everything = numbers()
    assert everything == list(range(len(everything), 0, -1))
    assert numbers(before=3) == [2, 1]
    assert len(numbers(who="bob")) == 1
    assert len(numbers(what="result_saved", subject="display")) == 2
    assert len(numbers(what="result_saved", subject="display@2")) == 1
    assert numbers(subject="displ") == numbers(subject="d%") == []
    assert numbers(until="2020-01-01") == []
    assert numbers(since="2020-01-01", until="9999-12-31") == everything


def test_what_is_not_there_is_said_in_a_sentence(client: httpx.Client) -> None:
    for address, code, said in REFUSED:
        page = client.get(address)
        assert page.status_code == code, address
        assert said in page.text, address
    assert client.get("/api/studies/nosuch").json()["error"].startswith("no study 'nosuch'")


def test_the_description_of_the_api_has_every_address(client: httpx.Client) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    for name in OBJECTS:
        assert client.get(f"/api/{name}").status_code == 200, name
        described = [path for path in paths if fullmatch(path, f"/api/{name.partition('?')[0]}")]
        assert described, name


def fullmatch(path: str, address: str) -> bool:
    return re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), address) is not None


def test_what_the_monitor_saw_is_there_by_visit_by_subject_and_over_time(
    client: httpx.Client,
) -> None:
    page = client.get("/monitoring").text
    assert "spring, plan version 1" in page
    assert "! noticed" in page
    assert "store 3 is &lt;b&gt;12&lt;/b&gt; deviations off" in client.get(PAGES[10]).text
    for kind, said in (("promotion", "at 3 visits; at the last, 2"), ("calibration", "91.7 %")):
        (address,) = (one for one in PAGES if f"/{kind}/history" in one)
        assert said in client.get(address).text
    visits = client.get("/api/visits").json()["visits"]
    assert [one["visit"] for one in visits] == [3, 2, 1]
    assert (visits[0]["seen"], visits[0]["noticed"], visits[0]["refused"]) == (4, 1, 1)
    assert client.get("/api/visits", params={"before": 2}).json()["visits"] == visits[2:]
    seen = client.get("/api/observations/promotion").json()["observations"]
    assert [one["details"]["effect"] for one in seen] == [2.3]
    past = client.get("/api/observations/promotion/history?subject=spring, plan version 1").json()
    assert [one["visit"] for one in past["observations"]] == [3, 2, 1]


def test_exams_and_races_are_those_stored(client: httpx.Client) -> None:
    assert escape(title(SIMULATED)) in client.get("/calibrations").text
    assert "<figure>" in client.get("/calibrations/1").text
    assert "&lt;b&gt;stores&lt;/b&gt;" in client.get("/races").text
    assert "<figure>" in client.get("/races/1").text
    (exam,) = client.get("/api/calibrations").json()["calibrations"]
    assert exam == {"number": 1} | client.get("/api/calibrations/1").json()
    (race,) = client.get("/api/races").json()["races"]
    assert race == {"number": 1} | client.get("/api/races/1").json()


def test_decisions_come_page_by_page_and_the_record_counts_all(
    client: httpx.Client, engine: Engine
) -> None:
    for decision in ("stop", "change", "stop"):
        with transaction(engine) as session:
            decisions.decide(session, "display", 2, decision, by="bob", reason="r")
    with transaction(engine) as session:
        decisions.judge(session, "display", 2, "right", by="bob", reason="r")
        everything = decisions.listed(session)
    whole = client.get("/api/decisions").json()
    assert whole["record"] == record(everything)
    assert whole["record"]["all"]["right"] == 1
    assert [one["superseded"] for one in whole["decisions"]] == [False, True, True, False]
    first = client.get("/api/decisions", params={"limit": 2}).json()
    assert first["record"] == whole["record"]
    assert first["decisions"] == whole["decisions"][:2]
    number = first["decisions"][-1]["number"]
    rest = client.get("/api/decisions", params={"before": number}).json()
    assert rest["decisions"] == whole["decisions"][2:]


def test_a_recommendation_and_what_a_decision_against_it_needs_are_said(
    client: httpx.Client, engine: Engine
) -> None:
    recommending(engine, seed=3, recommended="repeat")
    page = client.get("/studies/display/versions/3/decide").text
    assert "By the plan’s rule: repeat." in page
    assert "not who made it, and not ada, who asked for the analysis" in page
    assert "The plan recommends nothing" in client.get("/studies/display/versions/1/decide").text
    told = client.get("/api/studies/display/results/3/decisions").json()
    assert told == {"recommendation": "repeat", "decisions": []}


def test_another_name_of_the_host_is_refused(client: httpx.Client) -> None:
    assert client.get("/", headers={"Host": "elsewhere.example"}).status_code == 400


def test_the_awkward_words_are_what_is_stored(client: httpx.Client) -> None:
    decided = client.get("/api/decisions").json()["decisions"]
    assert decided[0]["reason"] == AWKWARD
