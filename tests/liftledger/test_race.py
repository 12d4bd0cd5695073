"""`liftledger race`, as a person types it."""

import json
import signal
import subprocess
import sys

import pytest

from estimators.core.parallel import cores
from tests.flows import shop
from tests.liftledger.commands import PROJECT, Shell, complaint, until
from tests.liftledger.test_commands import INGEST, write_shop

COMPUTING = "from multiprocessing.spawn import"  # in the command of a process of the pool
TINY = ("--replications", "20", "--intervals", "0", "--placements", "6", "--estimator", "did",
        "--estimator", "sc")  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("shop", "--design", "star"), "no design 'star'; choose from own"),
        (("shop", "--design", "uniform:law"), "no design 'uniform:law'"),
        (("shop", "--design", "own", "--design", "own"), "each may be given once"),
        (("shop", "--estimator", "ols"), "no estimator 'ols'; choose from did"),
        (("shop", "--kind", "hc3"), "no kind of inference 'hc3'"),
        (("shop", "--without", "trend"), "no part of a simulated panel 'trend'"),
        (("shop", "--recipe", "secret"), "no recipe 'secret'; choose from matched"),
        (("shop", "--effect", "huge"), "no effect 'huge'; choose from zero"),
        (("shop", "--treated", "many"), "as in 20x15, not 'many'"),
        (("shop", "--replications", "3"), "greater than or equal to 20"),
    ],
    ids=lambda given: given if isinstance(given, str) else " ".join(given),
)
def test_a_bad_option_is_one_clear_line_and_exit_2(
    bare_shell: Shell, words: tuple[str, ...], said: str
) -> None:
    done = bare_shell.type("race", *words)
    assert done.returncode == 2
    assert said in complaint(done)
    assert len(done.stderr.splitlines()) == 1


def test_a_folder_that_holds_no_panels_is_one_clear_line_before_anything_starts(
    bare_shell: Shell,
) -> None:
    (bare_shell.folder / "empty").mkdir()
    (bare_shell.folder / "wrong").mkdir()
    (bare_shell.folder / "wrong" / "sales.csv").write_text("store,week\n1,1\n")
    for folder, said in (("empty", "no CSV files in it"), ("wrong", "has no column 'unit'"),
                         ("nowhere/", "no such folder")):  # fmt: skip
        done = bare_shell.type("race", folder)
        assert done.returncode == 1
        assert said in complaint(done)
        assert len(done.stderr.splitlines()) == 1


def test_a_race_from_the_command_line_to_table_page_and_database(served: Shell) -> None:
    write_shop(served.folder)
    served.type(*INGEST)
    done = served.run("race", "shop", *TINY, "--json", "-o", "race.html")
    assert done.returncode == 0, done.stderr
    assert "of 20 replications, own, about" in done.stderr
    (told,) = json.loads(done.stdout)["races"]
    assert [design["design"] for design in told["designs"]] == ["own", "back_test"]
    assert "Which estimator errs least" in (served.folder / "race.html").read_text()
    query = "SELECT numbers -> 'rmse' ->> 'value' FROM race_standings ORDER BY position"
    stored = [float(str(row[0])) for row in shop.rows_of(served.settings["DATABASE_URL"], query)]
    shown = [one["rmse"]["value"] for design in told["designs"] for one in design["standings"]]
    assert stored == shown


def test_an_interrupted_race_goes_on_where_it_was_and_a_killed_one_leaves_nothing_running(
    shell: Shell,
) -> None:
    write_shop(shell.folder)
    shell.type(*INGEST)
    url = shell.settings["DATABASE_URL"]
    words = ("race", "shop", "--design", "own", "--replications", "2000", "--intervals", "2000",
             "--estimator", "did", "--estimator", "sc")  # fmt: skip
    run = shell.start(*words)
    until(lambda: "30 of 2,000 replications" in shell.said, "the third batch to be finished")
    run.send_signal(signal.SIGINT)
    assert run.wait(60) == 130, shell.said
    kept = int(str(shop.rows_of(url, "SELECT count(*) FROM race_batches")[0][0]))
    assert kept >= 3
    assert shop.rows_of(url, "SELECT count(*) FROM races") == [(0,)]
    assert shop.rows_of(url, "SELECT what FROM audit_log ORDER BY id DESC LIMIT 1") == [
        ("race_interrupted",)
    ]
    until(lambda: shell.left_behind() == [], "its processes to be gone")
    again = shell.start(*words)
    until(lambda: f"{10 * kept} of 2,000 replications, own, finished before" in shell.said,
          "the race to go on")  # fmt: skip
    if cores() > 1:
        until(lambda: any(COMPUTING in one for one in shell.left_behind()), "processes to compute")
    again.kill()
    again.wait()
    until(lambda: shell.left_behind() == [], "the processes of a killed race to be gone")


def test_what_nobody_knows_is_named_beside_what_there_is(shell: Shell) -> None:
    done = shell.type("race", "nosuch")
    assert done.returncode == 2
    assert "nosuch" in complaint(done)


def test_options_are_checked_without_prefect_which_must_not_come_before_its_server() -> None:
    code = (
        "import sys, tasks.race_designs; "
        "assert not [name for name in sys.modules if name.split('.')[0] == 'prefect']"
    )
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True)
