"""`liftledger calibrate`, as a person types it."""

import json
import signal

import pytest

from tests.flows import shop
from tests.liftledger.commands import Shell, complaint, until
from tests.liftledger.test_commands import INGEST, write_shop

TINY = ("--size", "8x12", "--replications", "20", "--estimator", "did", "--kind", "marginal",
        "--kind", "given_both", "--noise", "by_unit")  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--noise", "loud"), "no noise 'loud'; choose from even"),
        (("--pattern", "star"), "no pattern 'star'; choose from cell"),
        (("--estimator", "ols"), "no estimator 'ols'; choose from did"),
        (("--kind", "hc3"), "no kind of inference 'hc3'; choose from marginal"),
        (("--size", "big"), "as in 20x15, not 'big'"),
        (("--size", "4x4"), "needs 8 units and 12 periods"),
        (("--noise", "even", "--noise", "even"), "each may be given once"),
        (("--replications", "3"), "greater than or equal to 20"),
        (("shop", "--estimator", "ols"), "no estimator 'ols'"),
    ],
    ids=" ".join,
)
def test_a_bad_option_is_one_clear_line_and_exit_2(
    bare_shell: Shell, words: tuple[str, ...], said: str
) -> None:
    done = bare_shell.type("calibrate", *words)
    assert done.returncode == 2
    assert said in complaint(done)
    assert len(done.stderr.splitlines()) == 1


def test_an_exam_from_the_command_line_to_table_page_and_database(served: Shell) -> None:
    first = served.run("calibrate", *TINY, "--json", "-o", "exam.html")
    assert first.returncode == 0, first.stderr
    assert "of 20 replications, by_unit, cell, about" in first.stderr
    (told,) = json.loads(first.stdout)["exams"]
    assert [(one["kind"], one["answered"]) for one in told["scores"]] == [
        ("marginal", 20), ("given_both", 20)
    ]  # fmt: skip
    assert "How often intervals are right" in (served.folder / "exam.html").read_text()
    query = "SELECT numbers -> 'coverage' ->> 'value' FROM calibration_scores ORDER BY position"
    stored = [float(str(row[0])) for row in shop.rows_of(served.settings["DATABASE_URL"], query)]
    assert stored == [one["numbers"]["coverage"]["value"] for one in told["scores"]]


def test_an_exam_that_is_interrupted_leaves_nothing_of_itself_and_all_of_those_before(
    shell: Shell,
) -> None:
    url = shell.settings["DATABASE_URL"]
    run = shell.start(
        "calibrate", "--size", "8x12", "--replications", "400", "--estimator", "did",
        "--kind", "given_period", "--noise", "even", "--noise", "by_unit",
    )  # fmt: skip
    until(lambda: "replications, by_unit" in shell.said, "the second exam to be under way")
    run.send_signal(signal.SIGINT)
    assert run.wait(60) == 130, shell.said
    exams = "SELECT settings ->> 'noise', (SELECT count(*) FROM calibration_scores) "
    assert shop.rows_of(url, f"{exams} FROM calibrations") == [("even", 1)]
    last = shop.rows_of(url, "SELECT what FROM audit_log ORDER BY id DESC LIMIT 1")
    assert last == [("calibration_interrupted",)]
    assert shell.left_behind() == []


def test_a_studys_own_panel_from_the_command_line(served: Shell) -> None:
    write_shop(served.folder)
    served.type(*INGEST)
    served.type("register", "shop.yaml")
    done = served.run("calibrate", "shop", "--positions", "6", "--kind", "given_period")
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "On this panel the 95 % interval (DID, variance given period) covered" in said
    assert "of 6 placebos." in said


def test_a_study_nobody_registered_is_named_and_exit_2(shell: Shell) -> None:
    done = shell.type("calibrate", "nosuch")
    assert done.returncode == 2
    assert "no study 'nosuch' is registered" in complaint(done)
