"""Commands that try an analysis out where the truth is known: calibrate and race."""

from pathlib import Path
from typing import Annotated

import typer

from liftledger.showing import AsJson, settings, show

Estimators = Annotated[
    list[str] | None, typer.Option(help="Key of an estimator; may be given again.")
]
Kinds = Annotated[
    list[str] | None, typer.Option(help="Key of a kind of inference; may be given again.")
]
Page = Annotated[
    Path | None, typer.Option("--output", "-o", help="An HTML page with figures, as well.")
]


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
    estimator: Estimators = None,
    kind: Kinds = None,
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
    output: Page = None,
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
        exams = calibrating.calibrate_simulated(wanted, debug=settings["debug"])
    else:
        exams = calibrating.calibrate_study(
            study, estimator or (), kind or (), positions, debug=settings["debug"]
        )
    from reports.calibration import to_json
    from reports.calibration_tables import calibration_table

    if output is not None:
        calibrating.write_exams(exams, output)
    show({"exams": [to_json(one) for one in exams]}, calibration_table(exams), as_json)


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
    estimator: Estimators = None,
    kind: Kinds = None,
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
    output: Page = None,
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
    races = racing.raced(subject, wanted, treated, debug=settings["debug"])
    from reports.race import to_json
    from reports.race_tables import race_table

    if output is not None:
        racing.write_races(races, output)
    show({"races": [to_json(one) for one in races]}, race_table(races), as_json)
