"""`liftledger monitor`, as people type it."""

import json

from tests.flows import shop
from tests.liftledger.commands import Shell, complaint


def test_a_visit_prints_what_was_seen_and_a_mistake_is_one_line(shell: Shell) -> None:
    url = shell.settings["DATABASE_URL"]
    shop.fill(url, shop.sales())
    shop.ask(url)
    done = shell.run("monitor", "shop", "--positions", "1", "--json")
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)["observations"]
    assert [(one["kind"], one["state"]) for one in seen] == [
        ("panel", "fine"),
        ("calibration", "fine"),
    ]
    assert "great_expectations" not in seen[0]["details"]
    assert shop.rows_of(url, "SELECT count(*) FROM observations") == [(2,)]
    wrong = shell.type("monitor", "nowhere")
    assert wrong.returncode == 2
    assert "no study 'nowhere'" in complaint(wrong)
