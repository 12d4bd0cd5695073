"""What a result left out of its panel: stored by label, and left out again when it is read."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from estimators import Panel
from estimators.core.designs import Dropped, comparable
from storage import results
from storage.database import transaction
from storage.errors import StorageError
from storage.leaving_out import from_json, leave_out, to_json
from tests.storage.answers import analysis, answered, bits


def panel() -> Panel:
    """Unit a is always treated, nobody is untreated in 2003; only e, seen in no other period, could
    be compared with d in 2006."""
    treatment = np.zeros((5, 7), dtype=bool)
    treatment[0], treatment[:, 3], treatment[1, 5], treatment[3, 6] = True, True, True, True
    outcome = np.arange(35.0).reshape(5, 7) ** 2
    outcome[[1, 2], 6], outcome[4, :6] = np.nan, np.nan
    covariates = np.arange(70.0).reshape(5, 7, 2)
    periods = tuple(range(2000, 2007))
    return Panel(outcome, treatment, tuple("abcde"), periods, covariates, ("price", "depth"))


def test_it_is_left_out_again_from_what_was_stored_to_the_last_bit() -> None:
    whole = panel()
    kept, dropped = comparable(whole)
    assert (dropped.units, dropped.periods) == (("a",), (2003,))
    assert dropped.cells == (("d", 2006),)
    back = from_json(json.loads(json.dumps(to_json(dropped))))
    assert back == dropped
    again = leave_out(whole, back)
    assert (again.units, again.periods) == (kept.units, kept.periods)
    assert bits(again.outcome) == bits(kept.outcome)
    assert again.treatment.tolist() == kept.treatment.tolist()
    assert again.covariates is not None
    assert kept.covariates is not None
    assert again.covariates.tolist() == kept.covariates.tolist()


def test_nothing_left_out_is_nothing_stored() -> None:
    whole = panel()
    nothing = Dropped((), (), (), 0, 3)
    assert to_json(nothing) is None
    assert to_json(None) is None
    assert from_json(None) is None
    assert leave_out(whole, None) is whole


def test_a_result_remembers_what_it_left_out_and_notices_when_that_is_altered(
    engine: Engine,
) -> None:
    with transaction(engine) as session:
        _save_without(session, "store 2")
        loaded = results.load(session, "display")
        assert loaded.dropped is not None
        assert loaded.dropped.units == ("store 2",)
        assert loaded.panel.units == ("store 0", "store 1", "store 3")
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE results DISABLE TRIGGER insert_only"))
        other = json.dumps(to_json(Dropped(("store 2",), (), (), 1, 2)))
        connection.execute(text("UPDATE results SET dropped = CAST(:it AS json)"), {"it": other})
    with pytest.raises(StorageError, match="is not what was saved"), transaction(engine) as session:
        results.load(session, "display")


def _save_without(session: Session, unit: str) -> None:
    made = analysis(session)
    dropped = Dropped((unit,), (), (), 0, 2)
    kept = leave_out(made.panel, dropped)
    answers = {"did": answered(kept)}
    results.save(session, replace(made, panel=kept, dropped=dropped, answers=answers))
