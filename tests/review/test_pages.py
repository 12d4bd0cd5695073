"""What the pages and /api answer, over a real port."""

import httpx

from reports.as_json import to_json
from storage import results
from storage.ledger import ledger
from tests.review.conftest import AWKWARD

PAGES = ("/", "/studies/display", "/studies/display/versions/1", "/decisions", "/alerts", "/log")
OBJECTS = ("studies", "studies/display", "studies/display/results", "studies/display/results/1",
           "decisions", "alerts", "log")  # fmt: skip

REFUSED = (
    ("/studies/nosuch", 404, "no study &#39;nosuch&#39; is registered; registered: display"),
    ("/studies/display/versions/9", 404, "display has no version 9; it has 1, 2"),
    ("/studies/display/versions/one", 422, "version: "),
    ("/studies/display/versions/99999999999", 422, "version: "),
    ("/log?since=yesterday", 422, "since: "),
    ("/nowhere", 404, "Not Found"),
    ("/log?who=%00", 400, "NUL"),
)


def test_every_page_escapes_what_people_wrote_and_forbids_scripts(client: httpx.Client) -> None:
    for address in PAGES:
        page = client.get(address)
        assert page.status_code == 200, address
        assert "<script" not in page.text, address
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src "), address
        assert "unsafe" not in policy, address
        assert page.headers["cache-control"] == "no-store", address


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
        assert f"/api/{name}".replace("display", "{study}").replace("/1", "/{version}") in paths


def test_another_name_of_the_host_is_refused(client: httpx.Client) -> None:
    assert client.get("/", headers={"Host": "elsewhere.example"}).status_code == 400


def test_the_awkward_words_are_what_is_stored(client: httpx.Client) -> None:
    decided = client.get("/api/decisions").json()["decisions"]
    assert decided[0]["reason"] == AWKWARD
