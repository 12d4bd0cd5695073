"""Files of users: read as they are meant, or refused with their lines; ingested whole or not."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from storage.database import transaction
from storage.errors import InvalidFile
from storage.outcomes import Ingested, ingest, read_file
from storage.panels import pull, to_panel
from studies import Columns
from tests.storage.answers import bits, rows

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def file(folder: Path, content: str | bytes, name: str = "panel.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        "unit,period,outcome,treatment\nA,2001,1.5,0\nB,2001,,1\n",
        "unit;time;outcome;treated\nA;2001;1.5;0\nB;2001;NA;1\n",
        "\ufeffunit,time,outcome,treated\r\nA,2001,1.5,0\r\nB,2001,,1\r\n",
        "note,treated, outcome ,time,unit\nx, false, 1.5, 2001 ,A\ny,TRUE,null,2001,B",
        '"unit","time","outcome","treated"\n"A","2001","1.5","0"\n"B","2001","","1"\n',
    ],
)
def test_the_ways_people_write_a_panel_mean_the_same(tmp_path: Path, content: str) -> None:
    found = read_file(file(tmp_path, content), Columns())
    assert found["unit"].tolist() == ["A", "B"]
    assert found["period"].tolist() == [2001, 2001]
    assert found["outcome"].tolist()[0] == 1.5
    assert found["observed"].tolist() == [True, False]
    assert found["treatment"].tolist() == [0.0, 1.0]


def test_labels_may_hold_commas_quotes_and_lines(tmp_path: Path) -> None:
    path = file(
        tmp_path, 'unit,time,outcome,treated\n"Aix, ""Sud""\nrue 3",2024-01-01 00:00:00,1,0\n'
    )
    found = read_file(path, Columns())
    assert found["unit"].tolist() == ['Aix, "Sud"\nrue 3']
    assert found["period"].tolist() == ["2024-01-01"]


def test_columns_are_named_and_a_named_one_has_no_other_name(tmp_path: Path) -> None:
    path = file(tmp_path, "store,week,units,display,time\nA,1,2,0,9\n")
    named = Columns(unit="store", period="week", outcome="units", treatment="display")
    assert read_file(path, named)["period"].tolist() == [1]
    with pytest.raises(InvalidFile, match=r"no column 'period'.*it has: store, week"):
        read_file(path, named.model_copy(update={"period": "period"}))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        ("unit,period,outcome,treatment\n", "no rows"),
        ("unit,period,outcome\nA,1,2\n", r"no column 'treatment' .the treatment.; it has: unit"),
        (
            "unit,period,outcome,treatment\nA,1,x,0\nB,1,2,0\nC,1,'3',0\n",
            r"'outcome' \(the outcome\) is not a number in 2 of 3 rows: line 2 \(x\), line 4",
        ),
        ("unit;period;outcome;treatment\nA;1;3,5;0\n", r"line 2 \(3,5\); .*decimal mark"),
        ("unit,period,outcome,treatment\nA,1,2,maybe\n", r"line 2 \(maybe\)"),
        ("unit,period,outcome,treatment\n,1,2,0\n", "'unit' .the unit. is empty .* line 2"),
        ("unit,period,outcome,treatment\nA,,2,0\n", "'period' .the period. is empty .* line 2"),
        ("unit,period,outcome,treatment\nA,1,2\n", "Expected 4 columns, got 3"),
        ("unit,unit,period,outcome,treatment\nA,A,1,2,0\n", "more than one column called 'unit'"),
        ("unit,period,outcome,treatment\nKöln,1,2,0\n".encode("latin-1"), "UTF-8"),
        (b"unit,period,outcome,treatment\n" + b"A,1,2,0\n" * 90_000 + b"\xff,1,2,0\n", "UTF"),
    ],
)
def test_a_file_that_is_no_panel_is_refused_by_its_lines(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    path = file(tmp_path, content)
    with pytest.raises(InvalidFile, match=said) as refused:
        read_file(path, Columns())
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["absent.csv", "absent.parquet", "panel.xlsx", "."])
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidFile):
        read_file(tmp_path / name, Columns())
    with pytest.raises(InvalidFile, match="Parquet"):
        read_file(file(tmp_path, "unit,period\n", "panel.parquet"), Columns())


@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        (pd.to_datetime(["2024-01-01", "2024-01-08"]), ["2024-01-01", "2024-01-08"]),
        (pd.to_datetime(["2024-01-01", "2024-01-08"]).date, ["2024-01-01", "2024-01-08"]),
        (["2001", "2002"], [2001, 2002]),
        ([2001.0, 2002.0], [2001, 2002]),
        (pd.Categorical(["2024-W01", "2024-W02"]), ["2024-W01", "2024-W02"]),
    ],
)
def test_parquet_is_read_by_its_types(
    tmp_path: Path, periods: object, expected: list[object]
) -> None:
    frame = pd.DataFrame(
        {"unit": [7, 8], "period": periods, "outcome": [1, None], "treated": [True, False]}
    )
    frame.to_parquet(tmp_path / "panel.parquet")
    found = read_file(tmp_path / "panel.parquet", Columns())
    assert found["unit"].tolist() == ["7", "8"]
    assert found["period"].tolist() == expected
    assert found["observed"].tolist() == [True, False]
    assert found["treatment"].tolist() == [1.0, 0.0]


def test_text_in_the_outcome_of_a_parquet_file_is_refused_by_its_rows(tmp_path: Path) -> None:
    pd.DataFrame({"unit": ["A"], "period": [1], "outcome": ["many"], "treated": [0]}).to_parquet(
        tmp_path / "panel.parquet"
    )
    with pytest.raises(InvalidFile, match=r"line 1 \(many\)"):
        read_file(tmp_path / "panel.parquet", Columns())


@settings(max_examples=50)
@given(st.lists(st.floats(), min_size=1, max_size=20))
def test_numbers_in_a_file_are_read_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[float]
) -> None:
    lines = [f"A,{t},{number!r},0" for t, number in enumerate(numbers)]
    content = "\n".join(["unit,period,outcome,treatment", *lines])
    found = read_file(file(tmp_path_factory.mktemp("exact"), content), Columns())
    expected = np.array(numbers)
    finite = ~np.isnan(expected)
    assert bits(found["outcome"][finite]) == bits(expected[finite])
    assert found["outcome"][~finite].isna().all()
    assert found["observed"].all()  # nan was written, so someone meant a number


def test_ingesting_again_replaces_the_panel_and_says_so(session: Session) -> None:
    ingest(session, "others", rows(units=2))
    assert ingest(session, "stores", rows()) == Ingested(23, 4, 6, replaced=0)
    assert ingest(session, "stores", rows(units=3)) == Ingested(17, 3, 6, replaced=23)
    assert len(pull(session, "stores")) == 17
    assert len(pull(session, "others")) == len(rows(units=2))


def test_a_doubled_cell_is_refused_with_its_labels_and_nothing_changes(engine: Engine) -> None:
    with transaction(engine) as session:
        ingest(session, "stores", rows())
    doubled = pd.concat([rows(units=2), rows(units=2).iloc[:7]], ignore_index=True)
    with (
        pytest.raises(
            InvalidFile, match=r"7 of 18 rows repeat .*\(store 0, 2001\).* and 2 more; a cell has"
        ),
        transaction(engine) as session,
    ):
        ingest(session, "stores", doubled)
    with transaction(engine) as session:
        assert len(pull(session, "stores")) == len(rows())


def test_a_frame_made_by_hand_serves(session: Session) -> None:
    frame = pd.DataFrame(
        {
            "unit": np.array([1, 2, 1, 2]),
            "period": np.array([1, 1, 2, 2]),
            "outcome": [1, np.nan, 3, 4],
            "treatment": np.array([0, 0, 0, 1]),
        }
    )
    ingest(session, "by hand", frame)
    panel = to_panel(pull(session, "by hand"))
    assert panel.units == ("1", "2")
    assert np.isnan(panel.outcome[1, 0])
    assert panel.treatment.tolist() == [[False, False], [False, True]]


def test_a_panel_needs_a_name(session: Session) -> None:
    with pytest.raises(InvalidFile, match="needs a name"):
        ingest(session, "", rows())


def test_values_a_panel_may_not_hold_are_kept_for_the_checks(session: Session) -> None:
    frame = rows()
    frame.loc[5, "outcome"], frame.loc[6, "treatment"], frame.loc[7, "treatment"] = np.nan, 2, None
    frame.loc[5, "observed"] = True
    ingest(session, "odd", frame)
    found = pull(session, "odd").sort_values(["unit", "period"], ignore_index=True)
    assert np.isnan(found["outcome"][5])
    assert found["observed"][5]
    assert found["treatment"][6] == 2
    assert np.isnan(found["treatment"][7])
    stored = "SELECT count(*) FROM outcomes WHERE outcome IS NULL OR treatment IS NULL"
    assert session.scalar(text(stored)) == 2  # the unobserved outcome and the treatment


@pytest.mark.parametrize("name", ["prop99", "softdrinks"])
def test_the_real_panels_are_read_and_ingested_to_the_bit(session: Session, name: str) -> None:
    path = EXAMPLES / f"{name}.csv"
    found = read_file(path, Columns())
    ingest(session, path.stem, found)
    before, after = to_panel(found), to_panel(pull(session, path.stem))
    assert before.units == after.units
    assert before.periods == after.periods
    assert bits(before.outcome) == bits(after.outcome)
    assert (before.treatment == after.treatment).all()
    exact = pd.read_csv(path, float_precision="round_trip")
    assert sorted(found["outcome"].dropna()) == sorted(exact["outcome"].dropna())
