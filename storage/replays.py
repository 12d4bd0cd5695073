"""Replays: a stored answer computed again from what is stored, compared, and kept as a row.

What may be asked of a replay depends on where it runs. With the code, the environment and the
machine of the result every bit must be the same; elsewhere eight digits. A replay writes no result.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from estimators.core.fit import Estimate, Refusal
from storage import audit
from storage.answers import stored
from storage.differences import Comparison, Difference, compare
from storage.json_values import plain
from storage.provenance import code_version, environment_hash, machine
from storage.records import StoredResult
from storage.replay_tables import ReplayRow
from storage.tables import Result
from storage.versions import numbered

LISTED = 200  # differences kept with a replay, the largest


@dataclass(frozen=True)
class Replay:
    """One replay of study@version.

    outcome: equal, close or different      promised: bits, or digits where it ran elsewhere
    elsewhere: in words, what was not the same as for the result
    race: whether the race behind its primary was run again
    numbers: compared      differing: not the same      differences: the largest of them
    """

    study: str
    version: int
    outcome: Literal["equal", "close", "different"]
    promised: Literal["bits", "digits"]
    elsewhere: tuple[str, ...]
    race: bool
    numbers: int
    differing: int
    largest: float | None
    differences: tuple[Difference, ...]
    code_version: str
    environment_hash: str
    machine: str
    requested_by: str
    reason: str
    at: datetime | None = None


def replayed(
    result: StoredResult,
    answers: Mapping[str, Estimate | Refusal],
    standings: Comparison | None,
    *,
    by: str,
    reason: str,
) -> Replay:
    """What came out, compared with what is stored.

    answers: computed again, by key of the estimator
    standings: of its race, run again and compared; None where that was not asked for
    """
    again = [stored(key, answer) for key, answer in answers.items()]
    found = compare(result.estimates, again, result.panel)
    differences = (*found.differences, *(standings.differences if standings else ()))
    elsewhere = _elsewhere(result)
    outcome: Literal["equal", "close", "different"] = "equal"
    if differences:
        near = elsewhere and not any(one.far for one in differences)
        outcome = "close" if near else "different"
    sizes = [one.relative for one in differences if one.relative is not None]
    return Replay(
        study=result.study,
        version=result.version,
        outcome=outcome,
        promised="digits" if elsewhere else "bits",
        elsewhere=elsewhere,
        race=standings is not None,
        numbers=found.numbers + (standings.numbers if standings else 0),
        differing=len(differences),
        largest=max(sizes, default=None),
        differences=differences[:LISTED],
        code_version=code_version(),
        environment_hash=environment_hash(),
        machine=machine(),
        requested_by=by,
        reason=reason,
    )


def save(session: Session, replay: Replay) -> Replay:
    """Keep a replay, and record it; as it is on record."""
    result = numbered(session, replay.study, replay.version)
    words = asdict(replay)
    row = {name: plain(words[name]) for name in words if name not in ("study", "version", "at")}
    statement = insert(ReplayRow).values(result_id=result.id, **row).returning(ReplayRow.id)
    number = session.connection().execute(statement).scalar_one()
    shown = ("outcome", "promised", "numbers", "differing", "largest", "code_version", "reason")
    details = {"replay": number, "request_id": result.request_id}
    details |= {name: row[name] for name in shown}
    subject = f"{replay.study}@{replay.version}"
    row_of = ("replays", number)
    audit.record(session, "result_replayed", subject, details, replay.requested_by, row=row_of)
    return _read(session, [number])[0]


def of_result(session: Session, study: str, version: int) -> tuple[Replay, ...]:
    """All replays of one result, in the order they were made."""
    result = numbered(session, study, version)
    numbers = select(ReplayRow.id).where(ReplayRow.result_id == result.id)
    return tuple(_read(session, session.scalars(numbers).all()))


def drawn(session: Session, count: int) -> list[tuple[str, int]]:
    """Study and version of so many results, drawn at random from all there are."""
    query = select(Result.study, Result.version).order_by(func.random()).limit(count)
    return [(row.study, row.version) for row in session.execute(query)]


def _read(session: Session, numbers: Sequence[int]) -> list[Replay]:
    rows = session.execute(
        select(ReplayRow, Result.study, Result.version)
        .join(Result, Result.id == ReplayRow.result_id)
        .where(ReplayRow.id.in_(numbers))
        .order_by(ReplayRow.id)
    )
    return [_replay(row, study, version) for row, study, version in rows]


def _replay(row: ReplayRow, study: str, version: int) -> Replay:
    words: dict[str, Any] = {
        name: getattr(row, name)
        for name in Replay.__dataclass_fields__
        if name not in ("study", "version", "at", "elsewhere", "differences")
    }
    return Replay(
        study=study,
        version=version,
        at=row.replayed_at,
        elsewhere=tuple(row.elsewhere),
        differences=tuple(Difference(**one) for one in row.differences),
        **words,
    )


def _elsewhere(result: StoredResult) -> tuple[str, ...]:
    """What is not here as it was there; every bit is promised only where this is empty."""
    found = []
    if result.code_version != code_version():
        found.append(
            f"other code: {_short(result.code_version)} then, {_short(code_version())} now"
        )
    if result.environment_hash != environment_hash():
        then, now = result.environment_hash[:12], environment_hash()[:12]
        found.append(f"another environment: {then} then, {now} now")
    if result.machine is None:
        found.append("the machine it was computed on is not on record")
    elif result.machine != machine():
        found.append(f"another machine: {result.machine} then, {machine()} now")
    return tuple(found)


def _short(version: str) -> str:
    """Release and the beginning of the hash of the code."""
    release, plus, sha256 = version.partition("+")
    return f"{release}{plus}{sha256[:12]}"
