"""The planted faults still fit today's source, and the page about them is about them."""

import ast
from pathlib import Path

import pytest

from tests.mutants.fault import Fault
from tests.mutants.faults import FAULTS

ROOT = Path(__file__).parents[1]
EVERY = [fault for faults in FAULTS.values() for fault in faults]


@pytest.mark.parametrize("fault", EVERY, ids=lambda fault: fault.name)
def test_a_fault_stands_in_the_source_exactly_once_and_changes_what_is_computed(
    fault: Fault,
) -> None:
    source = (ROOT / fault.file).read_text(encoding="utf-8")
    right, wrong = ast.parse(source), ast.parse(fault.planted(source))
    assert ast.dump(right) != ast.dump(wrong)


@pytest.mark.parametrize("fault", EVERY, ids=lambda fault: fault.name)
def test_the_tests_that_must_notice_it_are_there(fault: Fault) -> None:
    assert fault.tests
    for test in fault.tests:
        file, _, name = test.partition("::")
        place = ROOT / "tests" / file
        assert place.exists(), test
        if name:
            wanted = f"def {name.partition('[')[0]}("
            assert wanted in place.read_text(encoding="utf-8"), test


def test_there_are_as_many_as_were_promised_and_no_two_are_the_same() -> None:
    assert len(EVERY) >= 40
    assert len({fault.name for fault in EVERY}) == len(EVERY)
    assert len({(fault.file, fault.right, fault.wrong) for fault in EVERY}) == len(EVERY)


def test_a_text_that_stands_there_twice_or_not_at_all_is_no_place_for_a_fault() -> None:
    fault = Fault("n for n − 1", "x.py", "n - 1", "n", ())
    assert fault.planted("a / (n - 1)") == "a / (n)"
    for source in ("a / n", "(n - 1) / (n - 1)"):
        with pytest.raises(ValueError, match=r"stands \d times in x.py"):
            fault.planted(source)


def test_the_page_lists_every_fault_and_no_other() -> None:
    page = (ROOT / "docs" / "mutants.md").read_text(encoding="utf-8")
    rows = [line.split(" | ")[0].removeprefix("| ") for line in page.splitlines()
            if line.startswith("| ") and not line.startswith("| fault")]  # fmt: skip
    assert rows == [fault.name for fault in EVERY]
