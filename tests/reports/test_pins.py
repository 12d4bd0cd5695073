"""Which version is the official one, said wherever a result is shown."""

from dataclasses import replace
from datetime import UTC, datetime

from reports.as_json import summary_to_json, to_json
from reports.page import render
from reports.tables import history_table, result_table
from storage.records import Pin, StoredResult
from tests.reports import results
from tests.reports.test_decisions import shown

DAY = datetime(2026, 11, 27, 9, tzinfo=UTC)


def prop99(pinned: int | None, later: int | None) -> StoredResult:
    """Version 3, with a pin on one version and a later one."""
    result = results.prop99()
    pin = Pin("prop99", pinned, "told to the board", "bob", DAY) if pinned else None
    line = results.summary(result, version=later, created_at=DAY) if later else None
    return replace(result, pin=pin, later=line)


OFFICIAL = "prop99@3 is the official version, pinned by bob on 27 November 2026: told to the board."
LATER = (
    "There is a later, not official version, prop99@4 of 27 November 2026: SDID −15.6 (−25.0 to "
)


def test_the_official_version_says_so_and_what_a_later_one_says() -> None:
    result = prop99(pinned=3, later=4)
    page, terminal = render(result), shown(result_table(result))
    for sentence in (OFFICIAL, LATER):
        assert sentence in page
        assert sentence in terminal
    found = to_json(result)
    assert (found["pin"]["version"], found["pin"]["pinned_by"], found["later"]) == (3, "bob", 4)


def test_another_version_says_that_it_is_not_the_official_one() -> None:
    terminal = shown(result_table(prop99(pinned=4, later=4)))
    assert "prop99@3 is not the official version: prop99@4 is the official version" in terminal
    assert "prop99@4 says SDID −15.6 (−25.0 to −6.2)." in terminal
    assert "There is a" not in terminal


def test_without_a_pin_only_a_later_version_is_told_of() -> None:
    assert "There is a later version, prop99@4" in shown(result_table(prop99(None, later=4)))
    alone = prop99(None, None)
    assert "version, " not in shown(result_table(alone)).replace("prop99, version 3", "")
    assert (to_json(alone)["pin"], to_json(alone)["later"]) == (None, None)


def test_a_list_of_results_marks_the_official_one() -> None:
    result = prop99(pinned=3, later=4)
    lines = [
        results.summary(result, pin=result.pin, version=version, result_id=str(version) * 64)
        for version in (4, 3)
    ]
    terminal = shown(history_table(lines))
    assert "prop99@3 ▸" in terminal
    assert "prop99@4 ▸" not in terminal
    assert OFFICIAL in terminal
    assert [summary_to_json(line)["pinned"] for line in lines] == [False, True]
