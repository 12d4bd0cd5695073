"""Both example studies, from their files to their reports: what `make demo` shows."""

import sys
from pathlib import Path
from shlex import quote

from rich.console import Console

from liftledger.data import ingest_into, register_plan, write_page
from liftledger.ending import Failure
from liftledger.ledger import opened, say
from liftledger.running import flow_ready

STUDIES = ("prop99", "softdrinks")
EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def show(*, debug: bool) -> None:
    """Ingest, register and answer the examples; print their results, then where the reports are.

    A second run finds its answers in the ledger. One process, so that the database and Prefect
    start once.
    """
    from storage.server import home_folder

    _examples_are_there()
    console = Console()
    with flow_ready(debug=debug) as ready, opened() as url:
        say("database", "ready")
        for name in STUDIES:
            say("panel", ingest_into(url, EXAMPLES / f"{name}.csv", name, {}).text)
            say("study", register_plan(url, EXAMPLES / f"{name}.yaml", "demo").text)
        say("prefect", "starting")
        analyze = ready()
        from reports.tables import result_table

        reports = home_folder() / "reports"
        reports.mkdir(parents=True, exist_ok=True)
        for name in STUDIES:
            result = analyze(name, reason="demo")
            write_page(url, name, result.version, reports / f"{name}.html")
            console.print(result_table(result), markup=False, highlight=False)
    console.print("\nReports, one self-contained page each:", highlight=False)
    for name in STUDIES:
        console.print(f"  {reports / name}.html", highlight=False, soft_wrap=True)
    console.print("\nTheir ledger, to look around in (`liftledger --help`):", highlight=False)
    ledger = f"LIFTLEDGER_HOME={quote(str(home_folder()))} {quote(sys.argv[0])} show {STUDIES[0]}"
    console.print(f"  {ledger}", highlight=False, soft_wrap=True)


def _examples_are_there() -> None:
    missing = [
        f"{name}{kind}"
        for name in STUDIES
        for kind in (".csv", ".yaml")
        if not (EXAMPLES / f"{name}{kind}").is_file()
    ]
    if missing:
        raise Failure(
            f"the examples are not in {EXAMPLES} ({', '.join(missing)} missing); "
            "the demo runs from a clone of the project"
        )
