"""What is there: ingested panels, and relations of the user's database, by the names people use."""

from difflib import SequenceMatcher

from psycopg2 import sql
from sqlalchemy import select, text
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from storage.tables import Covariate

NAMED = 10  # relations listed when one is missing, the most similar first

KNOWN_PANELS = text("""
WITH RECURSIVE panels AS (  -- one index look-up per panel, however many cells each has
    (SELECT min(panel) AS panel FROM outcomes)
    UNION ALL
    SELECT (SELECT min(panel) FROM outcomes WHERE panel > panels.panel)
    FROM panels WHERE panels.panel IS NOT NULL
)
SELECT panel FROM panels WHERE panel IS NOT NULL ORDER BY panel
""")

RELATIONS = """
SELECT space.nspname, relation.relname, pg_table_is_visible(relation.oid)
FROM pg_class AS relation JOIN pg_namespace AS space ON space.oid = relation.relnamespace
WHERE relation.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
BARE = text(RELATIONS + " AND relation.relname = :name AND pg_table_is_visible(relation.oid)")
QUALIFIED = text(RELATIONS + " AND space.nspname = :space AND relation.relname = :name")
ALL = text(RELATIONS + " AND space.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')")


def known_panels(session: Session) -> list[str]:
    """Names of the ingested panels."""
    return list(session.scalars(KNOWN_PANELS))


def known_covariates(session: Session, panel: str) -> list[str]:
    """Covariates of an ingested panel, in their order in `outcomes.covariates`."""
    found = select(Covariate.name).where(Covariate.panel == panel).order_by(Covariate.position)
    return list(session.scalars(found))


def find_relation(session: Session, name: str) -> sql.Identifier | None:
    """A table, view or foreign table of this name, quoted; None when there is none.

    The name is taken as it is, then as schema.relation, then as SQL would read it (folded to
    lower case outside double quotes).
    """
    if "\0" in name:
        return None
    parts = name.split(".")
    splits = [(".".join(parts[:i]), ".".join(parts[i:])) for i in range(1, len(parts))]
    return (
        _first(session, ["", name])
        or next((found for split in splits if (found := _first(session, list(split)))), None)
        or _first(session, _as_sql_reads(session, name))
    )


def known_relations(session: Session, like: str) -> list[str]:
    """Relations outside the system's schemas, those whose names are most like this one first."""
    names = [
        relation if visible else f"{space}.{relation}"
        for space, relation, visible in session.execute(ALL)
    ]
    names.sort(key=lambda name: (-SequenceMatcher(None, name, like).ratio(), name))
    return names[:NAMED]


def _first(session: Session, parts: list[str]) -> sql.Identifier | None:
    if not 1 <= len(parts) <= 2:
        return None
    space, name = (["", *parts])[-2:]
    query = QUALIFIED if space else BARE
    wanted = {"space": space, "name": name} if space else {"name": name}
    found = session.execute(query, wanted).first()
    return sql.Identifier(found[0], found[1]) if found else None


def _as_sql_reads(session: Session, name: str) -> list[str]:
    try:
        with session.begin_nested():
            read = session.scalar(text("SELECT parse_ident(:name)"), {"name": name})
    except DataError:  # not an identifier: no relation is called that
        return []
    return list(read or [])
