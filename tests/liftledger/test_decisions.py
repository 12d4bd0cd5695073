"""`liftledger decide`, `sign`, `outcome` and `decisions`, as people type them."""

import json
from dataclasses import replace

import pytest

from storage.database import connect
from tests.liftledger.commands import Shell, complaint
from tests.storage.decisions import answered


@pytest.fixture
def shop(shell: Shell) -> Shell:
    """A ledger with one result that ada asked for, and a rule that recommends to repeat."""
    engine = connect(shell.settings["DATABASE_URL"])
    answered(engine, recommended="repeat")
    engine.dispose()
    return shell


def as_person(shell: Shell, name: str) -> Shell:
    return replace(shell, settings={**shell.settings, "LOGNAME": name})


def test_from_a_decision_against_the_recommendation_to_how_often_they_were_right(
    shop: Shell,
) -> None:
    carla, bob = as_person(shop, "carla"), as_person(shop, "bob")
    made = carla.type("decide", "display@1", "stop", "--reason", "the margin is gone", "--json")
    decided = json.loads(made.stdout)
    assert (decided["decision"], decided["recommendation"]) == ("stop", "repeat")
    assert (decided["decided_by"], decided["stands"]) == ("carla", False)
    early = carla.type("outcome", "display@1", "right", "--reason", "sales held")
    assert early.returncode == 1
    assert "nobody signed it off" in complaint(early)
    own = carla.type("sign", "display@1", "--reason", "I agree with myself")
    assert own.returncode == 1
    assert "carla made this decision about display@1: somebody else" in complaint(own)
    asker = as_person(shop, "ada").type("sign", "display@1", "--reason", "fine")
    assert asker.returncode == 1
    assert "ada asked for the analysis display@1: somebody else" in complaint(asker)
    signed = bob.type("sign", "display@1", "--reason", "seen the invoices")
    assert signed.returncode == 0
    assert "Signed off by bob" in signed.stdout
    bob.type("outcome", "display@1", "right", "--reason", "sales held", "--evidence", "display@1")
    listed = json.loads(bob.type("decisions", "--json").stdout)
    assert listed["record"]["against"]["share_right"] == 1
    assert "Right in 1 of 1 decisions judged" in bob.type("decisions", "display").stdout
    known = json.loads(bob.type("results", "display", "--json").stdout)["results"]
    assert known[0]["decisions"][0]["outcome"]["evidence"] == "display@1"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("decide", "display", "stop", "--reason", "r"), "say which version of display, as in"),
        (("decide", "display@1", "halt", "--reason", "r"), "no decision 'halt'; choose from"),
        (("decide", "display@1", "stop", "--reason", " "), "give a reason"),
        (("decide", "display@1", "stop"), "Missing option '--reason'"),
        (("decide", "display@9", "stop", "--reason", "r"), "no version 9; it has 1"),
        (("decide", "nosuch@1", "stop", "--reason", "r"), "no study 'nosuch' is registered"),
        (("outcome", "display@1", "good", "--reason", "r"), "no outcome 'good'; choose from"),
        (("decisions", "nosuch"), "no study 'nosuch' is registered"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else "",
)
def test_a_mistake_is_one_clear_line_and_exit_2(
    shop: Shell, words: tuple[str, ...], said: str
) -> None:
    done = shop.type(*words)
    assert done.returncode == 2
    assert said in complaint(done)
    assert len(done.stderr.splitlines()) == 1


def test_what_was_never_decided_cannot_be_signed(shop: Shell) -> None:
    done = as_person(shop, "bob").type("sign", "display@1", "--reason", "r")
    assert done.returncode == 1
    assert "nothing was decided about display@1 yet; `liftledger decide display@1" in complaint(
        done
    )
