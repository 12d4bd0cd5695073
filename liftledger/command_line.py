"""The commands. Each imports what it needs when it runs, so that `--help` answers at once."""

import os
import sys
import warnings
from collections.abc import Callable
from typing import Annotated, Any

# before numpy loads: one thread per matrix product, so that every digit is the same each time
for _library in ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM", "NUMEXPR"):
    os.environ.setdefault(f"{_library}_NUM_THREADS".replace("MAXIMUM_NUM", "MAXIMUM"), "1")
# nothing phones home, whichever library is imported first
os.environ.update({"DO_NOT_TRACK": "1", "GX_ANALYTICS_ENABLED": "false"})

import typer  # noqa: E402

from liftledger import answering, rehearsals, reviews, trail, upkeep, watching  # noqa: E402
from liftledger.ending import WRONG_USAGE, ending  # noqa: E402
from liftledger.monitoring import monitor  # noqa: E402
from liftledger.promoting import promotions  # noqa: E402
from liftledger.queueing import due  # noqa: E402
from liftledger.reviewing import review  # noqa: E402
from liftledger.roles import roles  # noqa: E402
from liftledger.showing import settings, unwrapped  # noqa: E402
from liftledger.users import users  # noqa: E402

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

COMMANDS: dict[str, tuple[Callable[..., Any], ...]] = {
    "From data to an answer": (
        answering.ingest,
        answering.register,
        promotions,
        answering.run,
        due,
        answering.results,
        answering.report,
    ),
    "Read, compare, decide": (
        reviews.show,
        reviews.diff,
        reviews.pin,
        reviews.decide,
        reviews.sign,
        reviews.outcome,
        reviews.decisions,
    ),
    "Watch": (
        monitor,
        watching.alerts,
        watching.acknowledge,
        watching.silence,
        watching.resolve,
        watching.deliver,
    ),
    "Try methods out where the truth is known": (rehearsals.race, rehearsals.calibrate),
    "Prove": (reviews.replay, trail.verify, trail.anchor, trail.export),
    "Keep running": (upkeep.up, review, users, roles, upkeep.doctor, upkeep.demo),
}
for _heading, _commands in COMMANDS.items():
    for _command in _commands:  # a command's docstring is its help
        app.command(help=unwrapped(_command), rich_help_panel=_heading)(_command)


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
