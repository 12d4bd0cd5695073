"""Commands of reviewers: show, pin and replay a result, decide, sign off, say what came of it."""

from typing import Annotated

import typer

from liftledger.showing import AsJson, settings
from liftledger.showing import show as shown

OneResult = Annotated[str, typer.Argument(help="STUDY@VERSION: which result.")]
Why = Annotated[str, typer.Option("--reason", help="Why, kept in the ledger.")]


def replay(
    result: Annotated[
        str, typer.Argument(help="STUDY@VERSION, or STUDY: the pinned version, else the newest.")
    ],
    race: Annotated[
        bool, typer.Option("--race", help="Run the race behind its primary again, too.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why, kept in the ledger.")] = "",
    as_json: AsJson = False,
) -> None:
    """Compute a stored result again and compare every number with what is stored.

    From the stored snapshot, plan, settings and seed. With the same code, environment and machine
    every bit must be the same; elsewhere eight digits. Exits 1 when the result comes out different.
    The replay is kept in the ledger; no result is written.

    Example: liftledger replay prop99@1
    """
    from liftledger.replaying import replay_result

    made = replay_result(result, reason, race=race, debug=settings["debug"])
    from reports.replays import replay_text, to_json

    shown(to_json(made), replay_text(made), as_json)
    raise typer.Exit(1 if made.outcome == "different" else 0)


def show(
    result: Annotated[
        str, typer.Argument(help="STUDY@VERSION, or STUDY: the pinned version, else the newest.")
    ],
    as_json: AsJson = False,
) -> None:
    """Show a stored result, what was decided about it, and which version is the official one.

    Example: liftledger show prop99@1
    """
    from liftledger.versions import stored_result
    from reports.as_json import to_json
    from reports.tables import result_table

    found = stored_result(result)
    shown(to_json(found), result_table(found), as_json)


def diff(
    one: OneResult,
    other: Annotated[str, typer.Argument(help="STUDY@VERSION: what it is compared with.")],
    as_json: AsJson = False,
) -> None:
    """What changed from one result to another: the answer, the data, the plan, the code.

    Data cell by cell, treated cells and the largest changes first; the plan key by key; the answer
    estimator by estimator.

    Example: liftledger diff prop99@1 prop99@2
    """
    from liftledger.versions import two_results
    from reports.diffs import diff_text, to_json

    found = two_results(one, other)
    shown(to_json(found), diff_text(found), as_json)


def pin(result: OneResult, reason: Why, as_json: AsJson = False) -> None:
    """Make a version the official one: what readers of the study are given, whatever comes later.

    A later version is shown beside it. The pin moves only with a reason, and every pin is kept.

    Example: liftledger pin prop99@1 --reason "reported to the board"
    """
    from liftledger.versions import pin_result
    from reports.pins import pin_to_json, pinned

    made = pin_result(result, reason)
    shown(pin_to_json(made), pinned(made), as_json)


def decide(
    result: OneResult,
    decision: Annotated[str, typer.Argument(help="repeat, change, stop or inconclusive.")],
    reason: Why,
    as_json: AsJson = False,
) -> None:
    """Decide about a result; the recommendation is kept beside the decision.

    A decision against the recommendation does not stand until a second person signs it off. A later
    decision about the same result takes the place of an earlier one; both stay in the ledger.

    Example: liftledger decide prop99@1 repeat --reason "it paid twice over"
    """
    from liftledger import deciding
    from reports.decisions import decided_text, to_json

    made = deciding.decide(result, decision, reason)
    shown(to_json([made])[0], decided_text(made), as_json)


def sign(result: OneResult, reason: Why, as_json: AsJson = False) -> None:
    """Sign off the last decision about a result.

    The database refuses whoever asked for the analysis, and whoever made the decision.

    Example: liftledger sign prop99@1 --reason "read it, and agree"
    """
    from liftledger import deciding
    from reports.decisions import decided_text, to_json

    signed = deciding.sign(result, reason)
    shown(to_json([signed])[0], decided_text(signed), as_json)


def outcome(
    result: OneResult,
    came: Annotated[str, typer.Argument(help="right, wrong or unclear.", metavar="OUTCOME")],
    reason: Why,
    evidence: Annotated[
        str | None, typer.Option(help="STUDY@VERSION: the later result that shows it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what came of a decision: was it right?

    Example: liftledger outcome prop99@1 right --reason "the second run paid as well"
    """
    from liftledger import deciding
    from reports.decisions import decided_text, to_json

    judged = deciding.judge(result, came, reason, evidence)
    shown(to_json([judged])[0], decided_text(judged), as_json)


def decisions(
    study: Annotated[str | None, typer.Argument(help="Only about results of this study.")] = None,
    as_json: AsJson = False,
) -> None:
    """List decisions, newest first, and how often they were right.

    Example: liftledger decisions prop99
    """
    from liftledger import deciding
    from reports.decisions import decisions_table, record, to_json

    made = deciding.made(study)
    facts = {"decisions": to_json(made), "record": record(made)}
    shown(facts, decisions_table(made), as_json)
