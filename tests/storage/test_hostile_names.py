"""Names that people give, of columns, relations, panels, units and periods, are data and never SQL.

Each works, or is refused by one clear line; a table beside ours is what it was, whatever is tried.
"""

import csv
import io
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg2 import sql
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from storage import promotions, results, studies, users
from storage.copying import raw
from storage.database import transaction
from storage.errors import InvalidFile, StorageError
from storage.log import LogFilter, page
from storage.outcomes import ingest, read_file
from storage.panels import pull
from studies import Columns, parse_plan
from studies.errors import InvalidPlan
from studies.panels import Source, named_columns

ATTACKS = (
    "'; DROP TABLE canary; --", '"; DROP TABLE canary; --', "x); DROP TABLE canary; --",
    "$$; DROP TABLE canary; $$", "\\'; DROP TABLE canary; --", "a\nDROP TABLE canary;",
    "%s", "%(name)s", "%", ":name", "{}", "{0}", "select", "user", "ORDER", "a.b", "''", '""',
    '"a"."b"',
    "café 店 \U0001f600", "x" * 70, "x" * 3000, "a\tb", "a\rb", "a\0b", "\\x00", "‮right to left",
    "a,b", "a;b", "NULL", "nan", "1e400", "-0", "\ufeffunit", " ", "", "\\.", "$1", "__proto__",
)  # fmt: skip
NAMES = st.one_of(
    st.sampled_from(ATTACKS),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
    st.builds(
        "".join, st.lists(st.sampled_from(["'", '"', ";", "--", "%", "\\", "(", "a"]), max_size=9)
    ),
)
FUZZ = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ROLES = ("unit", "period", "outcome", "treatment")


@pytest.fixture
def guarded(engine: Engine) -> Iterator[Engine]:
    """A database with a table that nobody has any business with."""
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE canary AS SELECT 'sings' AS what"))
    yield engine
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT what FROM canary")) == "sings"


def tried(engine: Engine, work: Callable[[Session], object], *, mistakes: bool = False) -> str:
    """What became of it, undone afterwards: empty, or the one line that refuses it.

    mistakes: whether the database may have found a mistake in the SQL it was given
    """
    line = ""
    try:
        with transaction(engine) as session:
            work(session)
            assert session.scalar(text("SELECT what FROM canary")) == "sings"
            raise _Undone
    except _Undone:
        return ""
    except StorageError as error:
        line = str(error)
    except InvalidPlan as error:  # a line for each mistake
        line = str(error).splitlines()[0]
    assert line
    assert "\n" not in line
    assert mistakes or "syntax error" not in line
    return line


class _Undone(Exception):
    """Nothing of it is to stay."""


def four(names: list[str]) -> dict[str, str]:
    return dict(zip(ROLES, names, strict=True))


@FUZZ
@given(names=st.lists(NAMES, min_size=4, max_size=4, unique=True), table=NAMES)
@example(names=list(ATTACKS[:4]), table=ATTACKS[1])
@example(names=["unit", "period", "outcome", '"; DROP TABLE canary; --'], table="%s")
def test_columns_and_relations_of_the_database(
    guarded: Engine, names: list[str], table: str
) -> None:
    def work(session: Session) -> None:
        kinds = ("text", "int", "float8", "int")
        with raw(session).cursor() as cursor:
            if possible:
                made = sql.SQL(", ").join(
                    sql.Identifier(name) + sql.SQL(f" {kind}")
                    for name, kind in zip(names, kinds, strict=True)
                )
                cursor.execute(sql.SQL("CREATE TABLE {} ({})").format(sql.Identifier(table), made))
                cursor.execute(
                    sql.SQL("INSERT INTO {} VALUES ('a', 1, 1.5, 0), ('b', 1, 2.5, 1)").format(
                        sql.Identifier(table)
                    )
                )
        source = Source(relation=table, columns=named_columns(four(names)))
        found = pull(session, source)
        assert found["unit"].tolist() == ["a", "b"]
        assert found["outcome"].tolist() == [1.5, 2.5]

    # what PostgreSQL itself can call a column or a table; of anything else there is none
    every = [*names, table]
    possible = all(name and "\0" not in name and len(name.encode()) < 64 for name in every)
    possible = possible and not {table, *names} & {"canary", "tableoid", "xmin", "ctid"}
    assert bool(said := tried(guarded, work)) != possible, said


@FUZZ
@given(
    names=st.lists(NAMES, min_size=4, max_size=4, unique=True),
    units=st.lists(NAMES, min_size=2, max_size=2, unique=True),
    panel=NAMES,
)
@example(names=list(ATTACKS[:4]), units=list(ATTACKS[4:6]), panel=ATTACKS[0])
def test_columns_of_a_file_and_labels_of_units(
    guarded: Engine, tmp_path: Path, names: list[str], units: list[str], panel: str
) -> None:
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(names)
    writer.writerows(
        [unit, week, number, 0] for unit in units for week, number in ((1, 1.5), (2, 2.5))
    )
    path = tmp_path / "sales.csv"
    path.write_text(lines.getvalue(), encoding="utf-8", newline="")

    def work(session: Session) -> None:
        columns = named_columns(four([name.strip() for name in names]))
        ingest(session, panel, read_file(path, columns))
        found = pull(session, panel)
        assert set(found["unit"]) == {unit.strip() for unit in units}
        assert np.isin(found["outcome"], (1.5, 2.5)).all()

    tried(guarded, work)


@FUZZ
@given(name=NAMES, other=NAMES)
@example(name=ATTACKS[0], other=ATTACKS[1])
def test_names_that_are_looked_for(guarded: Engine, name: str, other: str) -> None:
    """Studies, results, promotions, panels, users, and the filters of the log."""
    for work in (
        lambda session: results.load(session, name),
        lambda session: studies.plan_of(session, name, 1),
        lambda session: promotions.history(session, name),
        lambda session: pull(session, name),
        lambda session: users.find(session, name),
        lambda session: page(session, LogFilter(who=name, what=other, subject=name)),
    ):
        tried(guarded, work)


@FUZZ
@given(query=NAMES, covariate=NAMES)
@example(query="DROP TABLE canary", covariate="x")
@example(query="SELECT 1); DROP TABLE canary; --", covariate='"; DROP TABLE canary; --')
@example(query="WITH gone AS (DELETE FROM canary RETURNING *) SELECT * FROM gone", covariate="x")
def test_a_query_is_sql_that_only_reads(guarded: Engine, query: str, covariate: str) -> None:
    """What it says is run, as one statement; that it writes, or holds a second one, is refused."""
    source = Source(query=query, columns=Columns(covariates=(covariate,)))
    assert tried(guarded, lambda session: pull(session, source), mistakes=True)


@FUZZ
@given(name=NAMES, unit=NAMES)
@example(name=ATTACKS[0], unit=ATTACKS[1])
def test_names_in_a_study_file(guarded: Engine, name: str, unit: str) -> None:
    plan = {
        "study": "s", "question": name or "?", "panel": name, "measure": unit, "primary": "did",
        "estimators": ["did"], "donors": {"exclude": [unit]},
        "treatment": {"units": [unit], "first": unit},
    }  # fmt: skip

    def work(session: Session) -> None:
        asked = parse_plan(yaml.safe_dump(plan, allow_unicode=True))
        made = studies.register(session, asked, name, unit)
        assert studies.plan_of(session, "s", made.version) == asked

    tried(guarded, work)


def test_a_label_is_the_same_after_a_file_a_panel_and_a_snapshot(
    guarded: Engine, tmp_path: Path
) -> None:
    """Those that nothing forbids, all at once."""
    labels = [one for one in ATTACKS if one.strip() and "\0" not in one and "\r" not in one]
    with (tmp_path / "sales.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(ROLES)
        writer.writerows([label, week, 1.5, 0] for label in labels for week in (1, 2))
    with transaction(guarded) as session:
        ingest(session, "all", read_file(tmp_path / "sales.csv", Columns()))
        found = pull(session, "all")
    assert set(found["unit"]) == {label.strip() for label in labels}


@pytest.mark.parametrize("name", ["evil.csv", "evil.parquet", "evil.npy", "evil.pkl"])
def test_a_pickle_that_calls_itself_a_panel_is_refused_and_not_run(
    tmp_path: Path, name: str
) -> None:
    class Payload:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.write_text, (tmp_path / "run", "the payload ran"))

    (tmp_path / name).write_bytes(pickle.dumps(Payload()))
    with pytest.raises(InvalidFile, match="evil"):
        read_file(tmp_path / name, Columns())
    assert not (tmp_path / "run").exists()
