"""`liftledger show` and `pin`, as people type them."""

import json
from dataclasses import replace

import pytest

from storage.database import connect
from tests.liftledger.commands import Shell, complaint
from tests.storage.decisions import answered


@pytest.fixture
def shop(shell: Shell) -> Shell:
    """A ledger in which `display` has two versions."""
    engine = connect(shell.settings["DATABASE_URL"])
    answered(engine)
    answered(engine, seed=2)
    engine.dispose()
    return replace(shell, settings={**shell.settings, "LOGNAME": "bob"})


def test_a_pinned_version_is_what_show_and_report_give(shop: Shell) -> None:
    assert json.loads(shop.type("show", "display", "--json").stdout)["version"] == 2
    pinned = json.loads(
        shop.type("pin", "display@1", "--reason", "told to the board", "--json").stdout
    )
    assert (pinned["version"], pinned["pinned_by"]) == (1, "bob")
    found = json.loads(shop.type("show", "display", "--json").stdout)
    assert (found["version"], found["later"]) == (1, 2)
    assert (
        json.loads(shop.type("report", "display", "-o", "x.html", "--json").stdout)["version"] == 1
    )
    said = " ".join(shop.type("show", "display").stdout.split())
    assert "display@1 is the official version, pinned by bob" in said
    assert "There is a later, not official version, display@2" in said
    listed = json.loads(shop.type("results", "display", "--json").stdout)["results"]
    assert [(one["version"], one["pinned"]) for one in listed] == [(2, False), (1, True)]


def test_what_changed_from_one_version_to_another(shop: Shell) -> None:
    found = json.loads(shop.type("diff", "display@1", "display@2", "--json").stdout)
    assert found["plan"] == [{"key": "seed", "before": 1, "after": 2}]
    assert found["data"] is None
    said = " ".join(shop.type("diff", "display@1", "display@2").stdout.split())
    assert "Plan: seed: 1 became 2." in said
    assert "none, bit for bit" in said


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("pin", "display", "--reason", "r"), 2, "say which version of display, as in display@1"),
        (("pin", "display@1", "--reason", " "), 2, "give a reason"),
        (("pin", "display@9", "--reason", "r"), 2, "no version 9; it has 1, 2"),
        (("diff", "display@1", "display@9"), 2, "no version 9; it has 1, 2"),
        (("show", "displai"), 2, "no study 'displai' is registered"),
        (("show", "display@x"), 2, "a version is a whole number"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else "",
)
def test_a_mistake_is_one_clear_line(
    shop: Shell, words: tuple[str, ...], code: int, said: str
) -> None:
    done = shop.type(*words)
    assert done.returncode == code
    assert said in complaint(done)
