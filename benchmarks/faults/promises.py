"""What must hold in the database after any number of kills, looked at in the database itself."""

import sys
from collections.abc import Mapping, Sequence

from benchmarks.faults.nemesis import Fault
from benchmarks.faults.scene import Scene
from benchmarks.measuring.rows import Row
from storage import audit, results
from storage.errors import StorageError
from storage.ledger import ledger


def checked(
    scene: Scene, reference: Mapping[str, str], faults: Sequence[Fault], seconds: float
) -> list[Row]:
    """Every promise, with what was found.

    reference: by panel, the content hash of an undisturbed answer
    """
    asked = scene.rows("SELECT study FROM studies WHERE study LIKE 'study%'")
    runs = scene.rows("SELECT id, study, state, attempts, ended_at, error FROM runs")
    found = scene.rows(
        "SELECT study, plan ->> 'panel', results.version, content_hash"
        " FROM results JOIN studies USING (study) WHERE study LIKE 'study%'"
    )
    answered = {study for study, *_ in found}
    late = [_seconds_after_the_last(faults, run, ended) for run, *_, ended, _ in runs if ended]
    undone = {study: why for _, study, state, *_, why in runs if state != "done"}
    for study, why in undone.items():
        print(f"{study} was not done: {why}", file=sys.stderr)
    lost = ({study for (study,) in asked} - answered) | set(undone)
    with ledger(scene.url) as session:
        broken = len(audit.verify(session))
    counted = {what: sum(one.what == what for one in faults) for what in ("worker", "database")}
    return [
        Row("analyses", len(asked), "runs"),
        Row("workers killed in the middle of a run", counted["worker"], "kills"),
        Row("databases killed, all processes at once", counted["database"], "kills"),
        Row("runs claimed more than once", sum(run[3] > 1 for run in runs), "runs"),
        Row("until every run had ended", round(seconds, 1), "s"),
        Row("lost: without a result, or not done", len(lost), "runs", 0),
        Row("duplicate: more than one run or result of a study",
            len(runs) - len({run[1] for run in runs}) + len(found) - len(answered), "runs", 0),
        Row("half-written: cannot be read back whole",
            sum(not _whole(scene, study, version) for study, _, version, _ in found), "results", 0),
        Row("other bits than the undisturbed answer of the same panel",
            sum(reference[panel] != content for _, panel, _, content in found), "results", 0),
        Row("broken links of the audit log", broken, "entries", 0),
        Row("longest from the last fault that hit a run to its end", round(max(late, default=0), 1),
            "s", 2 * scene.lease),
    ]  # fmt: skip


def _whole(scene: Scene, study: str, version: int) -> bool:
    """Whether a result is what was saved: reading it compares its content with its hash."""
    with ledger(scene.url) as session:
        try:
            return bool(results.load(session, study, version).estimates)
        except StorageError:
            return False


def _seconds_after_the_last(faults: Sequence[Fault], run: int, ended: object) -> float:
    hit = [fault.at for fault in faults if run in fault.runs]
    return (ended - max(hit)).total_seconds() if hit else 0.0  # type: ignore[operator]
