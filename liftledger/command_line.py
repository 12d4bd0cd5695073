"""The commands. Each imports what it needs when it runs, so that `--help` answers at once."""

import json
import os
import sys
import warnings
from pathlib import Path
from typing import Annotated, Any

# before numpy loads: one thread per matrix product, so that every digit is the same each time
for _library in ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM", "NUMEXPR"):
    os.environ.setdefault(f"{_library}_NUM_THREADS".replace("MAXIMUM_NUM", "MAXIMUM"), "1")
# nothing phones home, whichever library is imported first
os.environ.update({"DO_NOT_TRACK": "1", "GX_ANALYTICS_ENABLED": "false"})

import typer  # noqa: E402

from liftledger.ending import WRONG_USAGE, ending  # noqa: E402

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
_settings = {"debug": False}
# typer carries its own copy of click since 0.26, and calls another one before that
_WrongUsage = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Reason = Annotated[str, typer.Option(help="Why, kept in the ledger.")]


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
    _settings["debug"] = debug
    if not debug:  # what libraries say to each other; our own warnings are lines of the narration
        warnings.simplefilter("ignore")


@app.command()
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
    done = ingest_file(file, panel, given | {"covariates": covariate or []})
    _show(done.facts, done.text, as_json)


@app.command()
def register(
    study: Annotated[Path, typer.Argument(help="The study file (YAML).")],
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Register a study: what is asked is fixed before the answer is known.

    The same plan again changes nothing; a changed plan is a new version of the study.

    Example: liftledger register examples/prop99.yaml
    """
    from liftledger.data import register_study

    done = register_study(study, reason)
    _show(done.facts, done.text, as_json)


@app.command()
def run(
    study: Annotated[str, typer.Argument(help="A registered study, or a study file.")],
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Answer a study: pull, check, estimate with every method, store, show.

    The same question on the same data is not computed twice: the stored answer is shown. Progress
    goes to stderr, the result to stdout.

    Example: liftledger run prop99
    """
    from liftledger.running import run_study

    result = run_study(study, reason, debug=_settings["debug"])
    from reports.as_json import to_json
    from reports.tables import result_table

    _show(to_json(result), result_table(result), as_json)


@app.command()
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

    _show({"results": [summary_to_json(one) for one in known]}, history_table(known), as_json)


@app.command()
def report(
    study: Annotated[str, typer.Argument(help="STUDY, or STUDY@VERSION; the newest by default.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The HTML file to write.")],
    as_json: AsJson = False,
) -> None:
    """Write a stored result as one self-contained HTML page.

    Example: liftledger report prop99@1 -o prop99.html
    """
    from liftledger.data import write_report

    done = write_report(study, output)
    _show(done.facts, done.text, as_json)


@app.command()
def calibrate(
    study: Annotated[
        str | None, typer.Argument(help="A registered study: its own panel, not simulated ones.")
    ] = None,
    noise: Annotated[
        list[str] | None,
        typer.Option(help="even, by_unit, by_period, multiplicative, additive, ar1 or t5; again."),
    ] = None,
    pattern: Annotated[
        list[str] | None, typer.Option(help="cell, block, ended or on_off; may be given again.")
    ] = None,
    estimator: Annotated[
        list[str] | None, typer.Option(help="Key of an estimator; may be given again.")
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help="Key of a kind of inference; may be given again.")
    ] = None,
    once: Annotated[
        list[str] | None, typer.Option(help="An estimator tuned once, not in each replication.")
    ] = None,
    size: Annotated[str, typer.Option(help="Units x periods of a simulated panel.")] = "20x15",
    replications: Annotated[
        int, typer.Option(help="Simulated panels.", min=20, max=1_000_000)
    ] = 200,
    positions: Annotated[
        int, typer.Option(help="Placebos at most on a study's own panel.", min=2, max=1_000_000)
    ] = 200,
    spread: Annotated[float, typer.Option(help="Log-sd of the size of uneven noise.")] = 0.5,
    effect: Annotated[float, typer.Option(help="True effect, in standard deviations.")] = 0.0,
    level: Annotated[float, typer.Option(help="Of intervals.", min=0.5, max=0.999)] = 0.95,
    seed: Annotated[int, typer.Option(help="Where random numbers start.", min=0)] = 1,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="An HTML page with figures, as well.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """How often are intervals right? On simulated panels, or where a study had no treatment.

    Simulated: even noise, where the marginal interval is best, and noise that differs by unit and
    period, where it is not. With STUDY: its treatment is placed wherever it could have been, and
    the share of intervals that cover nothing where nothing was is counted; its plan says how.
    The same request is not computed twice. Progress goes to stderr, with the time that is left.

    Example: liftledger calibrate --noise even --noise by_unit --replications 500 -o exam.html
    """
    from liftledger import calibrating

    if study is None:
        wanted = calibrating.Wanted(
            noises=tuple(noise or ()),
            patterns=tuple(pattern or ()),
            estimators=tuple(estimator or ()),
            kinds=tuple(kind or ()),
            once=tuple(once or ()),
            numbers=calibrating.sizes(size)
            | {"replications": replications, "spread": spread, "effect": effect}
            | {"level": level, "seed": seed},
        )
        exams = calibrating.calibrate_simulated(wanted, debug=_settings["debug"])
    else:
        exams = calibrating.calibrate_study(
            study, estimator or (), kind or (), positions, debug=_settings["debug"]
        )
    from reports.calibration import to_json
    from reports.calibration_tables import calibration_table

    if output is not None:
        calibrating.write_exams(exams, output)
    _show({"exams": [to_json(one) for one in exams]}, calibration_table(exams), as_json)


@app.command()
def race(
    subject: Annotated[
        str, typer.Argument(help="A study, a panel, or a folder of CSV files, one panel each.")
    ],
    design: Annotated[
        list[str] | None,
        typer.Option(
            help="own, shuffled, back_test, logistic, logistic:COLUMN, uniform, staggered, on_off."
        ),
    ] = None,
    estimator: Annotated[
        list[str] | None, typer.Option(help="Key of an estimator; may be given again.")
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help="Key of a kind of inference; may be given again.")
    ] = None,
    replications: Annotated[
        int, typer.Option(help="Simulated panels per design.", min=20, max=100_000)
    ] = 200,
    intervals: Annotated[
        int, typer.Option(help="Replications asked for intervals, the first ones.", min=0)
    ] = 20,
    placements: Annotated[
        int, typer.Option(help="Of the back-test, at most.", min=2, max=100_000)
    ] = 40,
    treated: Annotated[
        str, typer.Option(help="Units x periods, in designs that draw them: 10x10.")
    ] = "",
    without: Annotated[
        list[str] | None,
        typer.Option(help="two_way, interactive, noise or correlation, left out; again."),
    ] = None,
    recipe: Annotated[
        str, typer.Option(help="matched to the panel, or published as in the papers.")
    ] = "matched",
    effect: Annotated[str, typer.Option(help="zero, constant or heterogeneous.")] = "zero",
    seed: Annotated[
        int | None, typer.Option(help="Where random numbers start; a study's own.", min=0)
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="An HTML page with the figure, as well.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Which estimator errs least on panels like yours? Nothing treated is looked at.

    Panels are simulated to be like the data, and the study's own treatment is placed where nothing
    was done; every estimator is tuned and fitted on each. A folder gives one group of bars per
    panel: columns unit, time, outcome, and treatment or columns of 0 and 1 that say which units
    are like treated ones. An interrupted race goes on where it was. Progress goes to stderr, with
    the time that is left.

    Example: liftledger race prop99 --replications 100 -o race.html
    """
    from liftledger import racing

    wanted = {
        "designs": design, "estimators": estimator, "kinds": kind, "without": without,
        "replications": replications, "intervals": intervals, "placements": placements,
        "recipe": recipe, "effect": effect, "seed": seed,
    }  # fmt: skip
    races = racing.raced(subject, wanted, treated, debug=_settings["debug"])
    from reports.race import to_json
    from reports.race_tables import race_table

    if output is not None:
        racing.write_races(races, output)
    _show({"races": [to_json(one) for one in races]}, race_table(races), as_json)


@app.command()
def up(
    port: Annotated[int, typer.Option(help="Port of Prefect's pages.", min=1, max=65535)] = 4200,
) -> None:
    """Start everything and keep it running until interrupted.

    The database, Prefect's server with its pages, a worker, and the deployments of prefect.yaml.

    Example: liftledger up --port 4200
    """
    from liftledger.up import stay_up

    stay_up(port)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Examine this installation: what is wrong, and how to mend it. Exits 1 if something fails.

    Example: liftledger doctor
    """
    from liftledger.doctor import examine

    findings = examine()
    _show(findings.facts, findings.text, as_json)
    raise typer.Exit(1 if findings.failed else 0)


@app.command()
def demo() -> None:
    """Answer both example studies from their files, and write their reports.

    Example: liftledger demo
    """
    from liftledger.demo import show

    show(debug=_settings["debug"])


def main() -> None:
    """The console script."""
    ending(lambda: typed(sys.argv[1:]), debug=debugging)


def debugging() -> bool:
    """Whether --debug was given."""
    return _settings["debug"]


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


def _show(facts: Any, text: Any, as_json: bool) -> None:
    """The answer of a command, on stdout."""
    if as_json:
        sys.stdout.write(json.dumps(facts, ensure_ascii=False, allow_nan=False, indent=2) + "\n")
        return
    from rich.console import Console

    Console(soft_wrap=False).print(text, markup=False, highlight=False)
