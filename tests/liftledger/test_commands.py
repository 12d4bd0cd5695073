"""What each command prints, and what its exit code says."""

import json
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.flows import shop
from tests.liftledger.commands import Shell, complaint

COMMANDS = ("ingest", "register", "run", "results", "report", "show", "diff", "pin", "replay",
            "decide", "sign", "outcome", "promotions",
            "decisions", "calibrate", "race", "up", "doctor", "demo")  # fmt: skip
STUDY = "study: shop\nquestion: What did the promotion do?\npanel: shop\n"
STUDY += "estimators: [did, sc]\nprimary: did\ninference: {placebos: 20}\n"


def write_shop(folder: Path) -> None:
    """A file of sales with the shop's own column names, and its study."""
    shop.sales().to_csv(folder / "sales.csv", index=False)
    (folder / "shop.yaml").write_text(STUDY)


INGEST = ("ingest", "sales.csv", "--panel", "shop", "--unit", "store", "--period", "week",
          "--outcome", "units", "--treatment", "promo")  # fmt: skip


def test_help_answers_at_once_and_shows_an_example_for_each_command(shell: Shell) -> None:
    shell.run("--help")  # byte-code of a first start
    started = time.perf_counter()
    overview = shell.run("--help")
    assert time.perf_counter() - started < 2  # half a second on a machine that is not busy
    for command in COMMANDS:
        assert command in overview.stdout
        assert f"Example: liftledger {command}" in shell.type(command, "--help").stdout


def test_a_reader_who_leaves_is_told_nothing() -> None:
    command = (sys.executable, "-m", "liftledger", "--help")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_help_imports_nothing_heavy() -> None:
    question = (
        "import sys, liftledger.command_line; print([name for name in ('numpy', 'pandas',"
        " 'prefect', 'sqlalchemy', 'great_expectations', 'numba') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", question], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_version_is_the_packages(shell: Shell) -> None:
    assert shell.run("--version").stdout == f"liftledger {version('liftledger')}\n"


@pytest.mark.parametrize(
    "words",
    [("rum",), ("run",), ("run", "shop", "--fast"), ("up", "--port", "many"), ("ingest", "x.csv")],
    ids=" ".join,
)
def test_wrong_usage_is_one_line_and_exit_2(bare_shell: Shell, words: tuple[str, ...]) -> None:
    done = bare_shell.type(*words)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "--help" in complaint(done)


def test_a_panel_and_a_study_are_put_on_record(shell: Shell) -> None:
    write_shop(shell.folder)
    ingested = json.loads(shell.type(*INGEST, "--json").stdout)
    assert ingested == {
        "panel": "shop", "rows": 140, "units": 10, "periods": 14, "covariates": [],
        "replaced": False,
    }  # fmt: skip
    assert json.loads(shell.type(*INGEST, "--json").stdout)["replaced"]
    first, again = (json.loads(shell.type("register", "shop.yaml", "--json").stdout) for _ in "12")
    assert (first["study"], first["version"], first["created"]) == ("shop", 1, True)
    assert again == {**first, "created": False}


def test_covariates_are_named_one_by_one_and_a_wrong_one_is_one_line_and_exit_2(
    shell: Shell,
) -> None:
    shop.sales().assign(price=1.5, shelf=2).to_csv(shell.folder / "sales.csv", index=False)
    done = shell.type(*INGEST, "--covariate", "price", "--covariate", "shelf")
    assert done.stdout == "shop: 140 rows, 10 units, 14 periods, covariates price, shelf\n"
    twice = shell.type(*INGEST, "--covariate", "units")
    assert twice.returncode == 2
    assert "units: the name of another column" in complaint(twice)


def test_data_that_do_not_pass_are_exit_3_with_a_line_per_check(shell: Shell) -> None:
    write_shop(shell.folder)
    data = shop.sales()
    data.assign(promo=2 * data.promo).to_csv(shell.folder / "sales.csv", index=False)
    shell.type(*INGEST)
    done = shell.run("run", "shop.yaml")
    assert done.returncode == 3
    assert "treatment" in complaint(done)
    assert shell.left_behind() == []


def test_an_unknown_study_is_exit_2_and_names_those_there_are(shell: Shell) -> None:
    write_shop(shell.folder)
    shell.type("register", "shop.yaml")
    asked = (("run", "shopp"), ("results", "shopp"), ("report", "shopp", "-o", "x.html"))
    for words in asked:
        done = shell.type(*words)
        assert done.returncode == 2
        assert "registered: shop" in complaint(done)
    assert shell.left_behind() == []


def test_a_report_of_a_version_that_is_not_there_is_exit_2(shell: Shell) -> None:
    write_shop(shell.folder)
    shell.type("register", "shop.yaml")
    for name in ("shop", "shop@7", "shop@first"):
        done = shell.type("report", name, "-o", "x.html")
        assert done.returncode == 2
        assert "shop" in complaint(done)
    assert not (shell.folder / "x.html").exists()


@pytest.mark.parametrize(
    "line", ["colour: blue", "seed: soon"], ids=["an unknown key", "a wrong type"]
)
@pytest.mark.parametrize("command", ["register", "run"])
def test_a_mistake_in_a_study_file_is_exit_2_and_says_where(
    shell: Shell, command: str, line: str
) -> None:
    (shell.folder / "shop.yaml").write_text(f"{STUDY}\n{line}\n")
    done = shell.type(command, "shop.yaml")
    assert done.returncode == 2
    assert "shop.yaml:8" in complaint(done)
    assert line.partition(":")[0] in complaint(done)


def test_a_file_that_is_not_there_is_one_line(shell: Shell) -> None:
    for words in (("register", "shop.yaml"), ("run", "shop.yaml"), INGEST):
        done = shell.type(*words)
        assert done.returncode in (1, 2)
        assert ("shop.yaml" in complaint(done)) or ("sales.csv" in complaint(done))


def test_text_in_the_outcome_of_a_file_is_refused_with_its_line(shell: Shell) -> None:
    write_shop(shell.folder)
    data = shop.sales().astype({"units": object})
    data.loc[3, "units"] = "many"
    data.to_csv(shell.folder / "sales.csv", index=False)
    done = shell.type(*INGEST)
    assert done.returncode == 1
    assert "5" in complaint(done)
    assert "many" in complaint(done)


def test_a_traceback_is_for_those_who_ask(shell: Shell) -> None:
    assert "Traceback" not in shell.type("results", "shopp").stderr
    assert "Traceback" in shell.type("--debug", "results", "shopp").stderr


def test_doctor_finds_a_sound_installation_sound(shell: Shell) -> None:
    done = shell.run("doctor", "--json")
    findings = json.loads(done.stdout)
    wrong = [one for one in findings["findings"] if one["state"] == "fail"]
    assert (done.returncode, findings["healthy"], wrong) == (0, True, [])
    looked_at = {one["name"] for one in findings["findings"]}
    assert {"python", "packages", "home", "disk", "clock", "telemetry", "threads", "prefect",
            "programs", "database", "tables", "audit log"} <= looked_at  # fmt: skip
