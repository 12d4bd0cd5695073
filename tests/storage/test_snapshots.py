"""Snapshots: the same rows are the same snapshot, and come back to the last bit."""

import zlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from storage import snapshots
from storage.database import transaction
from storage.errors import StorageError
from tests.storage.answers import bits, rows

LABELS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6)


def same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    return (
        one["unit"].astype(str).tolist() == other["unit"].astype(str).tolist()
        and one["period"].tolist() == other["period"].tolist()
        and one["period"].dtype == other["period"].dtype
        and one["observed"].tolist() == other["observed"].tolist()
        and all(bits(one[name]) == bits(other[name]) for name in ("outcome", "treatment"))
    )


@st.composite
def any_rows(draw: st.DrawFn) -> pd.DataFrame:
    """Rows that need not pass any check: doubled cells, odd treatments, infinite outcomes."""
    n = draw(st.integers(0, 12))
    units = draw(st.lists(LABELS, min_size=n, max_size=n))
    period = draw(
        st.lists(st.integers(-(2**53), 2**53), min_size=n, max_size=n).map(
            lambda found: np.array(found, dtype=np.int64)
        )
        | st.lists(LABELS.filter(bool), min_size=n, max_size=n).map(
            lambda found: np.array([*found, None], dtype=object)[:-1]
        )
    )
    numbers = st.lists(st.floats(allow_nan=False), min_size=n, max_size=n)
    observed = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)), dtype=np.bool_)
    outcome = np.where(observed, np.array(draw(numbers), dtype=np.float64), np.nan)
    return pd.DataFrame(
        {
            "unit": pd.Categorical(units, categories=sorted(set(units))),
            "period": period,
            "outcome": outcome,
            "treatment": np.array(draw(numbers), dtype=np.float64),
            "observed": observed,
        }
    )


@settings(max_examples=150)
@given(found=any_rows(), seed=st.integers(0, 99))
def test_rows_come_back_bit_for_bit_whatever_their_order(found: pd.DataFrame, seed: int) -> None:
    header, content = snapshots.encode(found)
    back = snapshots.decode(content)
    assert header["rows"] == len(found) == len(back)
    assert snapshots.encode(back)[1] == content
    shuffled = found.sample(frac=1, random_state=seed).reset_index(drop=True)
    assert snapshots.encode(shuffled)[1] == content
    if len(found):
        assert same(snapshots.decode(snapshots.encode(shuffled)[1]), back)
        key = ["unit", "period", "outcome", "treatment", "observed"]
        assert sorted(map(repr, found[key].astype({"unit": str}).to_numpy().tolist())) == sorted(
            map(repr, back[key].astype({"unit": str}).to_numpy().tolist())
        )


def test_a_snapshot_is_saved_once_and_loaded_as_it_was(session: Session) -> None:
    first, again = snapshots.save(session, rows()), snapshots.save(session, rows())
    assert first == again
    assert session.scalar(text("SELECT count(*) FROM snapshots")) == 1
    assert same(snapshots.load(session, first), rows())
    changed = rows()
    changed.loc[0, "outcome"] = 0.0  # it was −0.0
    assert snapshots.save(session, changed) != first


def test_the_hash_is_of_the_content_and_not_of_the_frame(session: Session) -> None:
    plain = rows()
    plain["unit"] = plain["unit"].cat.add_categories(["store that closed"])
    plain.index = pd.RangeIndex(100, 100 + len(plain))
    assert snapshots.save(session, plain) == snapshots.save(session, rows())


def test_the_layout_has_not_changed() -> None:
    """The hash of a known panel: if this fails, old snapshots have lost their names."""
    frame = pd.DataFrame(
        {
            "unit": pd.Categorical(["b", "a"]),
            "period": [2, 1],
            "outcome": [0.1, np.nan],
            "treatment": [1.0, 0.0],
            "observed": [True, False],
        }
    )
    expected = (
        b'liftledger rows 1\n{"periods":[1,2],"rows":2,"units":["a","b"]}\n'
        b"\0\0\0\0\1\0\0\0" b"\0\0\0\0\1\0\0\0"
        b"\0\0\0\0\0\0\xf8\x7f\x9a\x99\x99\x99\x99\x99\xb9?"
        b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xf0?" b"\0\1"
    )  # fmt: skip
    assert snapshots.encode(frame)[1] == expected


def test_a_missing_or_altered_snapshot_is_refused(engine: Engine) -> None:
    with transaction(engine) as session:
        sha256 = snapshots.save(session, rows())
        with pytest.raises(StorageError, match="no snapshot"):
            snapshots.load(session, "0" * 64)
    content = snapshots.encode(rows(units=5))[1]
    for wrong, said in ((zlib.compress(content), "was altered"), (b"rubbish", "is damaged")):
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE snapshots DISABLE TRIGGER insert_only"))
            connection.execute(text("UPDATE snapshots SET content = :wrong"), {"wrong": wrong})
        with pytest.raises(StorageError, match=said), transaction(engine) as session:
            snapshots.load(session, sha256)
