"""The commands. Each imports what it needs when it runs, so that `--help` answers at once."""

import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

# before numpy loads: one thread per matrix product, so that every digit is the same each time
for _library in ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM", "NUMEXPR"):
    os.environ.setdefault(f"{_library}_NUM_THREADS".replace("MAXIMUM_NUM", "MAXIMUM"), "1")
# nothing phones home, whichever library is imported first
os.environ.update({"DO_NOT_TRACK": "1", "GX_ANALYTICS_ENABLED": "false"})

import typer  # noqa: E402

from liftledger import reviews  # noqa: E402
from liftledger.ending import WRONG_USAGE, ending  # noqa: E402
from liftledger.monitoring import monitor  # noqa: E402
from liftledger.promoting import promotions  # noqa: E402
from liftledger.queueing import due, runs_all_due  # noqa: E402
from liftledger.rehearsals import calibrate, race  # noqa: E402
from liftledger.reviewing import review  # noqa: E402
from liftledger.roles import roles  # noqa: E402
from liftledger.showing import AsJson, settings, show, unwrapped  # noqa: E402
from liftledger.trail import anchor, export, verify  # noqa: E402
from liftledger.users import users  # noqa: E402
from liftledger.watching import acknowledge, alerts, deliver, resolve, silence  # noqa: E402

app = typer.Typer(
    help=(
        "What did a promotion really sell, how sure are we, and can we prove it next year?\n\n"
        "Start with: [bold]liftledger demo[/bold], or with your own data: "
        "[bold]ingest[/bold], [bold]register[/bold], [bold]run[/bold], [bold]report[/bold]."
    ),
    rich_markup_mode="rich",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
# typer carries its own copy of click since 0.26, and calls another one before that
_WrongUsage = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")

Reason = Annotated[str, typer.Option(help="Why, kept in the ledger.")]


def command(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function a command; its docstring is its help."""
    return app.command(help=unwrapped(function))(function)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"liftledger {version('liftledger')}")
        raise typer.Exit


@app.callback()
def _everywhere(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks and all logs.")] = False,
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    settings["debug"] = debug
    if not debug:  # what libraries say to each other; our own warnings are lines of the narration
        warnings.simplefilter("ignore")


@command
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


@command
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


command(promotions)


@command
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


command(due)


@command
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


@command
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


for _review in (
    reviews.show,
    reviews.diff,
    reviews.pin,
    reviews.replay,
    reviews.decide,
    reviews.sign,
    reviews.outcome,
    reviews.decisions,
):
    command(_review)
command(alerts)
command(acknowledge)
command(silence)
command(resolve)
command(deliver)
command(monitor)
command(calibrate)
command(race)
command(verify)
command(anchor)
command(export)
command(roles)
command(review)
command(users)


@command
def up(
    port: Annotated[int, typer.Option(help="Port of Prefect's pages.", min=1, max=65535)] = 4200,
) -> None:
    """Start everything and keep it running until interrupted.

    The database, Prefect's server with its pages, a worker, and the deployments of prefect.yaml.

    Example: liftledger up --port 4200
    """
    from liftledger.up import stay_up

    stay_up(port)


@command
def doctor(as_json: AsJson = False) -> None:
    """Examine this installation: what is wrong, and how to mend it. Exits 1 if something fails.

    Example: liftledger doctor
    """
    from liftledger.doctor import examine

    findings = examine()
    show(findings.facts, findings.text, as_json)
    raise typer.Exit(1 if findings.failed else 0)


@command
def demo() -> None:
    """Answer both example studies from their files, and write their reports.

    Example: liftledger demo
    """
    from liftledger.demo import show as shown

    shown(debug=settings["debug"])


def main() -> None:
    """The console script."""
    ending(lambda: typed(sys.argv[1:]), debug=debugging)


def debugging() -> bool:
    """Whether --debug was given."""
    return settings["debug"]


def typed(words: list[str]) -> int | None:
    """Do what these words ask; the exit code where it is not 0. Raises what goes wrong."""
    try:
        code = app(words, standalone_mode=False)
    except Exception as error:
        if not isinstance(error, _WrongUsage):
            raise
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "liftledger"
        message = error.format_message()  # type: ignore[attr-defined]
        if message:  # without any argument the help was shown, and there is nothing to add
            sys.stderr.write(f"{path}: {message.rstrip('.')}; see {path} --help\n")
        return WRONG_USAGE
    return code if isinstance(code, int) else None
