"""A promotion calendar brought in: what its rows mean, and every mistake with its line."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from storage import calendars
from storage.calendars import read_file
from storage.errors import InvalidFile, InvalidSource
from studies.promotions import Promotion

HEAD = "promotion,unit,start,end\n"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "calendar.csv"


def read(path: Path, content: str) -> list[Promotion]:
    path.write_text(content, encoding="utf-8")
    return read_file(path)


def test_rows_of_a_promotion_are_its_units(written: Path) -> None:
    one, other = read(
        written,
        HEAD + "coffee,store 1,2024-03-04,2024-03-31\ntea,3|7,2024-W10,2024-W11\n"
        "coffee, store 2 ,2024-03-04,2024-03-31\n",
    )
    assert one == Promotion(
        promotion="coffee", units=("store 1", "store 2"), start="2024-03-04", end="2024-03-31"
    )
    assert other.units == ("3", "7")
    assert (other.start, other.end) == ("2024-W10", "2024-W11")


def test_products_segments_and_what_was_called_off(written: Path) -> None:
    (one,) = read(
        written,
        "promotion;unit;product;segment;start;end;cancelled\n"
        "coffee;1;beans;club|others;17;20;yes\ncoffee;1;filter;club|others;17;20;yes\n"
        "coffee;2;beans|filter;club|others;17;20;yes\n",
    )
    assert (one.units, one.products, one.segments) == (
        ("1", "2"), ("beans", "filter"), ("club", "others")
    )  # fmt: skip
    assert (one.start, one.end, one.cancelled) == (17, 20, True)


def test_planned_and_actual_dates_may_be_named_from_either_side(written: Path) -> None:
    (actual,) = read(
        written, "promotion,unit,start,end,actual_start,actual_end\nc,1,2024-03-04,2024-03-31,,"
        "2024-04-07\n",
    )  # fmt: skip
    (planned,) = read(
        written, "promotion,unit,start,end,planned_start,planned_end\nc,1,2024-03-04,2024-04-07,,"
        "2024-03-31\n",
    )  # fmt: skip
    assert actual == planned
    assert (actual.end, actual.last, actual.first) == ("2024-03-31", "2024-04-07", "2024-03-04")


MISTAKES = {
    "no column": ("promotion,unit,start\nc,1,2\n",
                  "has no column end; a calendar has promotion, unit, start, end, it has: "
                  "promotion, unit, start"),
    "an unknown column": ("promotion,unit,start,end,prodcut\nc,1,2,3,x\n",
                          ": no calendar has the column prodcut; known are promotion, unit, start"),
    "planned and actual": ("promotion,unit,start,end,planned_end,actual_end\nc,1,2,3,3,4\n",
                           ": give planned_start and planned_end, or actual_start and actual_end"),
    "no rows": (HEAD, ": a calendar without rows; nothing was changed"),
    "empty cells": (HEAD + "c,1,2,3\nc,,2,\n", ": line 3: unit, end are empty"),
    "ends before it starts": (HEAD + "c,1,2024-03-31,2024-03-04\n",
                              ": line 2: it ends (2024-03-04) before it starts (2024-03-31)"),
    "no date": (HEAD + "c,1,31.03.2024,2024-04-01\n",
                ": line 2: start: no period; write 2024-03-31, 2024-W09, 2024-03, 2024-Q3, or a "
                "whole number, not '31.03.2024'"),
    "a moment": (HEAD + "c,1,2024-03-30 23:00:00+00,2024-04-01\n",
                 ": line 2: start: a moment within a day, or no moment there is"),
    "a week that is not": (HEAD + "c,1,2021-W53,2022-W01\n",
                           ": line 2: start: 2021 has 52 weeks; its last is 2021-W52"),
    "a row twice": (HEAD + "c,1,2,3\nd,1,2,3\nc,1|2,2,3\n",
                    ": line 4: c in 1 is there already, in line 2"),
    "other dates": (HEAD + "c,1,2,3\nc,2,2,4\n",
                    ": line 3: end of c is 4 here and 3 in line 2; units with other dates are "
                    "another promotion"),
    "a name": (HEAD + "spring coffee,1,2,3\n",
               ": line 2: promotion: a name has at most 63 letters"),
    "a truth": ("promotion,unit,start,end,cancelled\nc,1,2,3,maybe\n",
                ": line 2: cancelled: true or false, not 'maybe'"),
    "a product in some": ("promotion,unit,start,end,product\nc,1,2,3,x\nc,2,2,3,\n",
                          ": line 3: c names products here or in line 2, but not in both"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_said_with_its_line(written: Path, content: str, said: str) -> None:
    with pytest.raises(InvalidFile) as refused:
        read(written, content)
    assert said in str(refused.value).splitlines()[0]
    assert str(refused.value).startswith(str(written))


def test_every_mistake_is_said_and_many_are_counted(written: Path) -> None:
    with pytest.raises(InvalidFile) as refused:
        read(written, HEAD + "c,1,3,2\nok,1,2,3\nc,,2,3\n")
    assert str(refused.value).splitlines() == [
        f"{written}: line 2: it ends (2) before it starts (3)",
        f"{written}: line 4: unit is empty",
        f"{written}: nothing was changed",
    ]
    with pytest.raises(InvalidFile) as refused:
        read(written, HEAD + "c,1,3,2\n" * 25)
    assert str(refused.value).splitlines()[-2:] == [
        f"{written}: and 5 more", f"{written}: nothing was changed"
    ]  # fmt: skip


def test_a_calendar_may_be_a_table_or_a_query(session: Session, written: Path) -> None:
    session.execute(
        text("CREATE TABLE promos (promotion text, unit int, start date, \"end\" date, cancelled"
             " boolean)")
    )  # fmt: skip
    session.execute(
        text("INSERT INTO promos VALUES ('c', 1, '2024-03-04', '2024-03-31', false),"
             " ('c', 2, '2024-03-04', '2024-03-31', false)")
    )  # fmt: skip
    expected = read(written, HEAD + "c,1|2,2024-03-04,2024-03-31\n")
    assert calendars.pull(session, relation="promos") == expected
    query = 'SELECT promotion, unit, start, "end" FROM promos'
    assert calendars.pull(session, query=query) == expected
    with pytest.raises(InvalidFile, match=r"^the query: row 1: it ends"):
        calendars.pull(
            session, query="SELECT 'c' AS promotion, 1 AS unit, 3 AS start, 2 AS \"end\""
        )
    session.execute(
        text(
            "CREATE FUNCTION emptied() RETURNS SETOF promos LANGUAGE sql AS"
            " 'DELETE FROM promos RETURNING *'"
        )
    )
    with pytest.raises(InvalidSource, match=r"^the query would write .*; it may only read"):
        calendars.pull(session, query="SELECT * FROM emptied()")
    with pytest.raises(InvalidSource, match="no relation 'promo' in the database"):
        calendars.pull(session, relation="promo")


def test_a_moment_of_the_database_names_the_day_once_it_is_cast_where_the_stores_are(
    session: Session,
) -> None:
    """Midnight in Berlin is 23:00 in Greenwich before the clocks change and 22:00 after."""
    moments = "SELECT 'c' AS promotion, 1 AS unit, {} AS start, {} AS \"end\""
    start, end = "'2024-03-31 00:00+01'::timestamptz", "'2024-04-01 00:00+02'::timestamptz"
    with pytest.raises(InvalidFile, match="a moment within a day"):
        calendars.pull(session, query=moments.format(start, end))
    there = " AT TIME ZONE 'Europe/Berlin'"
    (one,) = calendars.pull(session, query=moments.format(start + there, end + there))
    assert (one.start, one.end) == ("2024-03-31", "2024-04-01")
