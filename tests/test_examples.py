"""The simulated example is what its page says it is: drawn here, compared with the file."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from storage.calendars import read_file
from storage.files import read_file as read_panel
from storage.placing import parts, place
from storage.rows import to_panel
from studies import Columns, load_plan

EXAMPLES = Path(__file__).parents[1] / "examples"
STORES, WEEKS, FIRST = 30, 70, date(2023, 1, 2)
PROMOTED, START, END, AFTER = range(6), 61, 65, 3  # store 1 to 6, weeks from 0
LIFT, PULLED = 1.18, (0.92, 0.96, 0.99)


def drawn() -> str:
    """The rows of examples/coffee.csv: Poisson sales around store, season, trend and promotions."""
    random = np.random.default_rng(20240304)
    size = random.lognormal(4.6, 0.35, STORES)
    taste = random.normal(0, 0.05, (STORES, 2))
    week = np.arange(WEEKS)
    common = np.cumsum(random.normal(0, 0.02, (2, WEEKS)), axis=1)
    expected = size[:, None] * np.exp(
        0.08 * np.cos(2 * np.pi * week / 52) + taste @ common * 10 + 0.001 * week
    )
    expected[:6, START:END] *= LIFT
    expected[:6, END : END + AFTER] *= PULLED
    expected[10:12, 58] *= 1.25  # another promotion of coffee, in two of the other stores
    sold = random.poisson(expected)
    lines = [
        f"store {i + 1:02d},{FIRST + timedelta(weeks=t)},{sold[i, t]}"
        for i in range(STORES)
        for t in range(WEEKS)
    ]
    return "\n".join(["unit,time,outcome", *lines]) + "\n"


def test_the_file_is_what_was_drawn() -> None:
    assert (EXAMPLES / "coffee.csv").read_text(encoding="utf-8") == drawn()


def test_the_calendar_finds_the_cells_that_were_drawn_as_promoted() -> None:
    calendar = read_file(EXAMPLES / "calendar.csv")
    rows = read_panel(EXAMPLES / "coffee.csv", Columns(), untreated=True)
    plan = load_plan(EXAMPLES / "spring_coffee.yaml")
    one = next(each for each in calendar if each.promotion == "spring_coffee")
    promoted, placed = place(rows, plan, one, 1, [(each, 1) for each in calendar])
    panel = to_panel(promoted)
    found = parts(panel, placed)
    assert found is not None
    expected = np.zeros((STORES, WEEKS), dtype=bool)
    expected[:6, START:END] = True
    assert np.array_equal(found["promotion"], expected)
    assert found["after"].sum() == 6 * AFTER
    assert [(o.promotion, o.cells) for o in placed.overlaps] == [("valentine_coffee", 2)]
    assert (~panel.observed).sum() == 2
    assert (placed.partly, placed.unknown, placed.running) == ((), (), False)


@pytest.mark.parametrize("name", ["prop99", "softdrinks", "spring_coffee"])
def test_every_study_file_is_a_plan(name: str) -> None:
    assert load_plan(EXAMPLES / f"{name}.yaml").study == name
