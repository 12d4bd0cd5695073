"""What the ledger has about one result, as files that can be checked without it.

    rows.jsonl    {"bytes":[columns],"of":[table, key],"row":{column: text},"table":…} for each row
                  of the result, of what it was made from, and of what was decided about it
    bytes/HASH    what columns of bytes hold; in a row stands their SHA-256
    log.jsonl     {"entry":[…],"hash":"…"}: the entries from the first of these rows to the last,
                  none left out, or to the one that an anchor names

Texts are those that seals are made of. Any row that refers to the result comes along, so that a new
kind of evidence about results needs nothing here.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg2 import sql
from sqlalchemy import LargeBinary, text
from sqlalchemy.orm import Session

from storage.copying import raw
from storage.json_values import canonical
from storage.tables import Result
from storage.trail import chain, seals
from storage.trail.evidence import ENTRIES, key_columns, table, tree

Root = tuple[str, tuple[object, ...]]

FROM = """
SELECT 'studies', json_build_array(study, plan_version) FROM results WHERE id = :id
UNION ALL SELECT 'snapshots', json_build_array(snapshot_hash) FROM results WHERE id = :id
UNION ALL SELECT 'validations', json_build_array(validation_id) FROM results WHERE id = :id
UNION ALL SELECT 'choices', json_build_array(choice.id)
    FROM choices AS choice JOIN results USING (request_id) WHERE results.id = :id
UNION ALL SELECT 'races', json_build_array(choice.race_id)
    FROM choices AS choice JOIN results USING (request_id)
    WHERE results.id = :id AND choice.race_id IS NOT NULL
UNION ALL SELECT 'calibrations', json_build_array(exam.id)
    FROM calibrations AS exam JOIN results USING (study, snapshot_hash) WHERE results.id = :id
UNION ALL SELECT 'promotions', json_build_array(promotion.promotion, promotion.version)
    FROM promotions AS promotion
    JOIN studies ON promotion.promotion = studies.plan #>> '{promotion,name}'
    JOIN results ON (results.study, results.plan_version) = (studies.study, studies.version)
    WHERE results.id = :id
UNION ALL SELECT 'snapshots', json_build_array(linked ->> 'snapshot')
    FROM estimates, json_array_elements(estimates.diagnostics -> 'linked') AS linked
    WHERE estimates.result_id = :id
UNION ALL SELECT 'validations', json_build_array(checked.id)
    FROM estimates, json_array_elements(estimates.diagnostics -> 'linked') AS linked,
        validations AS checked, results
    WHERE estimates.result_id = :id AND results.id = :id
        AND (checked.snapshot_hash, checked.study) = (linked ->> 'snapshot', results.study)
"""
PLACES = text("""
SELECT max(id) FROM audit_log WHERE recorded_table = :table AND recorded_key = :key
""")


@dataclass(frozen=True)
class Evidence:
    """Rows about one result, and where the log has them. first, last: numbers of entries."""

    roots: tuple[Root, ...]
    first: int
    last: int


def about(session: Session, result: Result) -> Evidence:
    """The result, what it was made from, and whatever refers to it."""
    roots: list[Root] = [("results", (result.id,))]
    for name, key in session.execute(text(FROM), {"id": result.id}):
        if (name, tuple(key)) not in roots:  # a linked outcome may be the panel itself
            roots.append((name, tuple(key)))
    _add_referring(session, roots[0], roots)
    numbers = [
        int(session.scalar(PLACES, {"table": name, "key": seals.key_text(key)}) or 0)
        for name, key in roots
    ]
    ordered = sorted(roots, key=lambda root: (root[0], seals.key_text(root[1])))
    return Evidence(tuple(ordered), min(numbers), max(numbers))


def files(session: Session, evidence: Evidence, until: int) -> dict[str, bytes]:
    """rows.jsonl, log.jsonl and bytes/ of this evidence. until: number of the last entry."""
    found: dict[str, bytes] = {}
    lines = []
    for root in evidence.roots:
        for line, contents in _rows(session, root):
            lines.append(canonical(line) + "\n")
            found |= {f"bytes/{sha256}": content for sha256, content in contents.items()}
    found["rows.jsonl"] = "".join(sorted(lines)).encode()
    log = _Log()
    with raw(session).cursor() as cursor:
        cursor.copy_expert(sql.SQL(chain.spelled(evidence.first, until)), log)
    found["log.jsonl"] = b"".join(log.lines)
    return found


class _Log:
    """Takes entries as COPY sends them."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def write(self, line: bytes) -> None:
        _, sha256, _, entry = line.rstrip(b"\n").split(b"\t")
        entry = entry.replace(b"\\\\", b"\\")
        self.lines.append(b'{"entry":' + entry + b',"hash":"' + sha256 + b'"}\n')


def _add_referring(session: Session, root: Root, roots: list[Root]) -> None:
    """Rows with entries that refer to this one, and those that refer to them."""
    for name in ENTRIES:
        for constraint in table(name).foreign_key_constraints:
            if constraint.referred_table.name != root[0]:
                continue
            on = " AND ".join(
                f'found."{one.parent.name}" = root."{one.column.name}"'
                for one in constraint.elements
            )
            where, parameters = _where(root, "root")
            query = (
                f"SELECT {seals.key_of(name, 'found')} FROM {name} AS found"  # noqa: S608
                f" JOIN {root[0]} AS root ON {on} WHERE {where}"
            )
            for key in session.scalars(text(query), parameters).all():
                new = (name, tuple(json.loads(key)))
                if new not in roots:
                    roots.append(new)
                    _add_referring(session, new, roots)


def _rows(session: Session, root: Root) -> Iterator[tuple[Mapping[str, Any], dict[str, bytes]]]:
    where, parameters = _where(root, "root")
    for name, way in tree(root[0]):
        columns = list(table(name).columns)
        binary = [one.name for one in columns if isinstance(one.type, LargeBinary)]
        source, alias = seals.joined(root[0], way)
        shown = [seals.text_of(one, alias) for one in columns]
        shown += [f'{alias}."{one}"' for one in binary]
        query = f"SELECT {', '.join(shown)} FROM {source} WHERE {where}"  # noqa: S608
        for values in session.execute(text(query), parameters):
            texts = {
                one.name: value
                for one, value in zip(columns, values, strict=False)
                if value is not None
            }
            kept = [one for one in binary if one in texts]
            contents = dict(zip(binary, values[len(columns) :], strict=True))
            line = {"table": name, "of": [root[0], seals.key_text(root[1])], "row": texts,
                    "bytes": kept}  # fmt: skip
            yield line, {texts[one]: bytes(contents[one]) for one in kept}


def _where(root: Root, alias: str) -> tuple[str, dict[str, object]]:
    names = key_columns(root[0])
    where = " AND ".join(f'{alias}."{name}" = :key_{i}' for i, name in enumerate(names))
    return where, {f"key_{i}": value for i, value in enumerate(root[1])}
