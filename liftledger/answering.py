"""Commands from data to an answer: ingest, register, run, results and report."""

from pathlib import Path
from typing import Annotated

import typer

from liftledger.queueing import runs_all_due
from liftledger.showing import AsJson, settings, show

Reason = Annotated[str, typer.Option(help="Why, kept in the ledger.")]


def ingest(
    file: Annotated[Path, typer.Argument(help="CSV or Parquet, one row per unit and period.")],
    panel: Annotated[str, typer.Option(help="Name the panel gets; studies refer to it.")],
    unit: Annotated[str | None, typer.Option(help="Column of the unit.")] = None,
    period: Annotated[str | None, typer.Option(help="Column of the period.")] = None,
    outcome: Annotated[str | None, typer.Option(help="Column of the outcome.")] = None,
    treatment: Annotated[str | None, typer.Option(help="Column of the treatment, 0 or 1.")] = None,
    covariate: Annotated[
        list[str] | None,
        typer.Option(help="Column of a covariate, a number in every row; may be given again."),
    ] = None,
    untreated: Annotated[
        bool,
        typer.Option(
            "--no-treatment",
            help="The file has none: the promotion calendar says what was treated.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Load a long file into the ledger as a panel.

    Columns are unit, period (or time), outcome, treatment (or treated) unless named. A missing
    outcome is an empty cell, never 0. A panel of the same name is replaced; results keep theirs.
    Covariates are kept with the panel; estimators use them where a study's settings ask for it.

    Example: liftledger ingest sales.csv --panel sales --unit store --period week --outcome units
    """
    from liftledger.data import ingest_file

    named = {"unit": unit, "period": period, "outcome": outcome, "treatment": treatment}
    given: dict[str, str | list[str]] = {role: name for role, name in named.items() if name}
    done = ingest_file(file, panel, given | {"covariates": covariate or []}, untreated=untreated)
    show(done.facts, done.text, as_json)


def register(
    study: Annotated[Path, typer.Argument(help="The study file (YAML).")],
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Register a study: what is asked is fixed before the answer is known.

    The same plan again changes nothing; a changed plan is a new version of the study and needs
    a reason.

    Example: liftledger register examples/prop99.yaml
    """
    from liftledger.data import register_study

    done = register_study(study, reason)
    show(done.facts, done.text, as_json)


def run(
    study: Annotated[
        str | None, typer.Argument(help="A registered study, or a study file.")
    ] = None,
    reason: Reason = "",
    all_due: Annotated[
        bool, typer.Option("--all-due", help="Every study that is due, or was asked for.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(help="Worker processes of --all-due; one for each core.", min=1)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Answer a study: pull, check, estimate with every method, store, show.

    The same question on the same data is not computed twice: the stored answer is shown. Progress
    goes to stderr, the result to stdout. With --all-due instead of a study: each whose promotion
    has ended and whose data have arrived, and each that `liftledger due STUDY` asked for.

    Example: liftledger run prop99
    """
    if all_due:
        if study is not None or reason:
            raise typer.BadParameter("--all-due takes no study and no reason: the queue has them")
        runs_all_due(workers, as_json)
        return
    if study is None:
        raise typer.BadParameter("give a study, a study file, or --all-due")
    if workers is not None:
        raise typer.BadParameter("--workers goes with --all-due")
    from liftledger.running import run_study

    result = run_study(study, reason, debug=settings["debug"])
    from reports.as_json import to_json
    from reports.tables import result_table

    show(to_json(result), result_table(result), as_json)


def results(
    study: Annotated[str | None, typer.Argument(help="Only this study.")] = None,
    as_json: AsJson = False,
) -> None:
    """List what is known, newest first.

    Example: liftledger results prop99
    """
    from liftledger.data import known_results

    known = known_results(study)
    from reports.as_json import summary_to_json
    from reports.tables import history_table

    show({"results": [summary_to_json(one) for one in known]}, history_table(known), as_json)


def report(
    study: Annotated[
        str, typer.Argument(help="STUDY@VERSION, or STUDY: the pinned version, else the newest.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The HTML file to write.")],
    as_json: AsJson = False,
) -> None:
    """Write a stored result as one self-contained HTML page.

    Example: liftledger report prop99@1 -o prop99.html
    """
    from liftledger.data import write_report

    done = write_report(study, output)
    show(done.facts, done.text, as_json)
