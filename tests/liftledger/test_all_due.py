"""Everything that is due, answered by worker processes: some are killed, no study is lost."""

import json
import os
import signal

from tests.flows import promoted, shop
from tests.liftledger.commands import Shell, complaint, until

STUDIES = ("coffee", "shop", "tea")


def holders(url: str) -> list[int]:
    query = "SELECT worker FROM runs WHERE state = 'running'"
    return [int(str(worker).rpartition(":")[2]) for (worker,) in shop.rows_of(url, query)]


def test_a_killed_worker_is_replaced_and_its_study_answered_with_the_same_bits(
    shell: Shell,
) -> None:
    url = shell.settings["DATABASE_URL"]
    shell.settings["LIFTLEDGER_LEASE"] = "2"
    for study in STUDIES:
        promoted.due(url, study)
    with shop.connection(url) as holder, holder.cursor() as lock:
        # whoever stores a validation waits here, in the middle of its run
        lock.execute("LOCK TABLE validations IN ACCESS EXCLUSIVE MODE")
        command = shell.start("run", "--all-due", "--workers", "1")
        until(lambda: holders(url), "a worker to hold a run")
        (victim,) = holders(url)
        os.kill(victim, signal.SIGKILL)
        until(lambda: "another starts" in shell.said, "the worker to be replaced")
        holder.commit()
    assert command.wait(150) == 0, shell.said
    assert f"{victim} ended (signal 9)" in shell.said
    ended = shop.rows_of(url, "SELECT state, attempts, result_version FROM runs ORDER BY id")
    assert ended == [("done", 2, 1), ("done", 1, 1), ("done", 1, 1)]
    # the panels are alike, so the killed study's answer must be that of the others, bit for bit
    numbers = "estimator, att, by_period::text, kind, variance, df, ci_low, ci_high, p_value"
    answers = f"SELECT {numbers} FROM estimates e JOIN variances v ON v.estimate_id = e.id"
    different = shop.rows_of(url, f"SELECT DISTINCT * FROM ({answers}) AS answer")
    assert len(different) * len(STUDIES) == len(shop.rows_of(url, answers))
    assert shop.counts(url)["results"] == len(STUDIES)
    assert shell.left_behind() == []


def test_what_is_due_is_shown_asked_for_and_refused_in_words(shell: Shell) -> None:
    url = shell.settings["DATABASE_URL"]
    promoted.deliver(url, weeks=13)
    promoted.plan(url)
    found = json.loads(shell.type("due", "--json").stdout)
    (study,) = found["studies"]
    assert (study["study"], study["stage"], study["late"]) == ("shop", "awaited", True)
    assert list(study["missing"]) == ["2020-W14"]
    assert "2020-W14: all units" in shell.type("due").stdout
    nothing = shell.type("run", "--all-due", "--json")
    assert (nothing.returncode, json.loads(nothing.stdout)["runs"]) == (0, [])

    asked = json.loads(shell.type("due", "shop", "--reason", "as it is", "--json").stdout)
    assert asked == {"study": "shop", "run": 1, "created": True}
    assert json.loads(shell.type("due", "shop", "--json").stdout)["created"] is False
    assert "shoppp" in complaint(shell.type("due", "shoppp"))


def test_a_command_that_makes_no_sense_is_refused_before_anything_starts(shell: Shell) -> None:
    for words, said in (
        (("run",), "--all-due"),
        (("run", "shop", "--all-due"), "takes no study"),
        (("run", "shop", "--workers", "2"), "goes with --all-due"),
        (("run", "--all-due", "--workers", "0"), "--workers"),
    ):
        done = shell.type(*words)
        assert done.returncode == 2
        assert said in complaint(done)
