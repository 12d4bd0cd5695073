"""Which tables are evidence, which entry of the log records a row of each, what hangs on it.

Every insert-only table but the log itself is in here: either its rows have an entry each, or they
are part of a row that has one, or it is said why not. tests/test_architecture.py compares it with
the migrations. A new table with entries gets the trigger `recorded` in its migration (see
0014_recorded) and its kinds here; `audit.record(..., row=(table, *key))` does the rest.
"""

from collections.abc import Iterator

from sqlalchemy import Table as SQLTable

from storage import (
    alert_tables,
    answer_tables,
    calibration_tables,
    decision_tables,
    observation_tables,
    pin_tables,
    promotion_tables,
    race_tables,
    replay_tables,
    tables,
)
from storage.columns import Table

ENTRIES: dict[str, tuple[str, ...]] = {
    "studies": ("study_registered",),
    "promotions": ("promotion_registered",),
    "snapshots": ("snapshot_saved",),
    "validations": ("checks_passed", "checks_failed"),
    "results": ("result_saved",),
    "calibrations": ("calibration_saved",),
    "race_batches": ("race_batch_kept",),
    "races": ("race_saved",),
    "choices": ("primary_chosen",),
    "decisions": ("decision_made",),
    "sign_offs": ("decision_signed_off",),
    "decision_outcomes": ("decision_judged",),
    "replays": ("result_replayed",),
    "pins": ("result_pinned",),
    "visits": ("monitored",),
    "alerts": ("alert_raised",),
    "alert_actions": (
        "alert_acknowledged",
        "alert_silenced",
        "alert_resolved",
        "alerts_silenced",
    ),
}
OLDER = "row_found"  # what records a row from before entries named rows, as the upgrade found it
PARTS = {  # table: column that says what its rows are part of
    "estimates": "result_id",
    "variances": "estimate_id",
    "observations": "visit_id",
    "effects": "estimate_id",
    "weights": "estimate_id",
    "calibration_scores": "calibration_id",
    "race_standings": "race_id",
}
UNRECORDED = {  # insert-only tables without entries, and why
    "alert_deliveries": "attempts to tell somebody: the log has the last word on each, no more",
}
# imported for the models they define
DEFINED_IN = (
    tables, answer_tables, calibration_tables, race_tables, decision_tables, alert_tables,
    promotion_tables, replay_tables, pin_tables, observation_tables,
)  # fmt: skip


def table(name: str) -> SQLTable:
    """The table of this name."""
    return Table.metadata.tables[name]


def key_columns(name: str) -> list[str]:
    """Columns of the primary key, in order."""
    return [column.name for column in table(name).primary_key.columns]


def tree(root: str) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    """(table, way to the root) of a table with entries and of all that hangs on it.

    way: (table, its column that leads one step nearer) from the table on; empty for the root
    """
    yield root, ()
    for name in PARTS:
        way = [(name, PARTS[name])]
        while (parent := _leads_to(*way[-1])) in PARTS:
            way.append((parent, PARTS[parent]))
        if parent == root:
            yield name, tuple(way)


def _leads_to(name: str, column: str) -> str:
    (key,) = table(name).columns[column].foreign_keys
    return key.column.table.name
