"""The promotion calendar as a person types it: brought in, changed, listed, refused."""

import json

import pytest

from tests.liftledger.commands import Shell, complaint

CALENDAR = "promotion,unit,start,end,product\n"
COFFEE = "coffee,1|2,2024-03-04,2024-03-31,coffee\n"
TEA = "tea,2|3,2024-03-25,2124-04-07,\n"


def bring(shell: Shell, content: str, *words: str) -> tuple[int, str, str]:
    (shell.folder / "calendar.csv").write_text(content)
    done = shell.type("promotions", "calendar.csv", *words)
    return done.returncode, " ".join(done.stdout.split()), done.stderr


@pytest.fixture
def known(shell: Shell) -> Shell:
    """A ledger with two promotions in its calendar."""
    code, said, _ = bring(shell, CALENDAR + COFFEE + TEA)
    assert code == 0
    assert said == (
        "2 promotions: 2 new, 0 changed, 0 as they were coffee and tea are in the same 1 unit at "
        "the same time (2): a study of either says so"
    )
    return shell


def test_a_change_needs_a_reason_and_unchanged_promotions_are_no_new_versions(known: Shell) -> None:
    moved = CALENDAR + COFFEE + TEA.replace("2124-04-07", "2124-04-14")
    code, said, complained = bring(known, moved)
    assert (code, said) == (2, "")
    assert complained.strip().endswith(
        "liftledger: 1 promotions would change: tea (version 1); nothing was changed. Say why with "
        "--reason"
    )
    code, said, _ = bring(known, moved, "--reason", "stock was left")
    assert code == 0
    assert "2 promotions: 0 new, 1 changed, 1 as they were" in said
    assert "tea, version 2: changed while it runs: end 2124-04-07 → 2124-04-14" in said
    listed = json.loads(known.type("promotions", "--json").stdout)["promotions"]
    assert [(one["promotion"], one["version"], one["state"]) for one in listed] == [
        ("coffee", 1, "ended"), ("tea", 2, "running")
    ]  # fmt: skip
    assert listed[1]["reason"] == "stock was left"


def test_the_calendar_is_a_table(known: Shell) -> None:
    shown = " ".join(known.type("promotions").stdout.split())
    assert "coffee@1 ended 2024-03-04 to – 2 coffee 2024-03-31" in shown
    assert "tea@1 running 2024-03-25 to – 2 all 2124-04-07" in shown


def test_mistakes_are_said_with_their_lines_and_nothing_is_taken(known: Shell) -> None:
    code, _, complained = bring(known, CALENDAR + "new,1,2,3,\n" + "worse,1,3,2,\n")
    assert code == 1
    assert complained.strip().splitlines() == [
        "liftledger: calendar.csv: line 3: it ends (2) before it starts (3)",
        "calendar.csv: nothing was changed",
    ]
    assert len(json.loads(known.type("promotions", "--json").stdout)["promotions"]) == 2


def test_an_empty_calendar_says_how_to_fill_it(shell: Shell) -> None:
    assert "liftledger promotions FILE.csv" in " ".join(shell.type("promotions").stdout.split())


def test_one_calendar_at_a_time(shell: Shell) -> None:
    (shell.folder / "calendar.csv").write_text(CALENDAR + COFFEE)
    done = shell.type("promotions", "calendar.csv", "--relation", "promos")
    assert done.returncode == 2
    assert "give one calendar: a file, --relation or --query" in complaint(done)


STUDY = (
    "study: shop\nquestion: What did coffee do to sales?\npanel: shop\npromotion: {name: coffee}\n"
)


@pytest.mark.parametrize("command", ["register", "run"])
def test_a_changed_plan_without_a_reason_is_one_line_and_exit_2(shell: Shell, command: str) -> None:
    (shell.folder / "shop.yaml").write_text(STUDY)
    assert shell.type("register", "shop.yaml").returncode == 0
    (shell.folder / "shop.yaml").write_text(STUDY.replace("coffee}", "coffee, after: 2}"))
    done = shell.type(command, "shop.yaml")
    assert done.returncode == 2
    assert complaint(done) == (
        "liftledger: the plan of shop is not what version 1 on record says (promotion.after); "
        "nothing was changed. Say why with --reason"
    )
    changed = json.loads(
        shell.type("register", "shop.yaml", "--reason", "look for stocks", "--json").stdout
    )
    assert (changed["version"], changed["created"]) == (2, True)


def test_a_file_without_treatment_is_refused_unless_the_calendar_is_to_say_it(
    shell: Shell,
) -> None:
    (shell.folder / "sales.csv").write_text("unit,time,outcome\n1,1,2\n1,2,3\n")
    refused = shell.type("ingest", "sales.csv", "--panel", "shop")
    assert refused.returncode == 1
    assert "sales.csv has no column 'treatment' (the treatment)" in complaint(refused)
    done = shell.type("ingest", "sales.csv", "--panel", "shop", "--no-treatment")
    assert (done.returncode, done.stdout) == (0, "shop: 2 rows, 1 units, 2 periods\n")
