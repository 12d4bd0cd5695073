"""What benchmarks tell programs, and that `python -m benchmarks` reads it."""

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import growth, monitoring
from benchmarks.growth import MEGABYTES, SECONDS, Point
from benchmarks.measuring.rows import Row, line, rows_of

ROOT = Path(__file__).parents[2]
ROWS = [Row("time", 1.5, "s", 2.0), Row("exponent", 1.2, ""), Row("late", math.inf, "s", 600.0)]


def test_rows_written_for_programs_are_read_as_they_were() -> None:
    assert rows_of(line(ROWS)) == ROWS
    assert rows_of(line([])) == []


def test_what_was_not_measured_in_time_misses_its_promise() -> None:
    assert [row.kept for row in rows_of(line(ROWS))] == [True, True, False]


@pytest.mark.parametrize("text", ['{"what": "time"}', '[{"what": "time"}]', "[1]", "1"])
def test_what_is_no_list_of_rows_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no rows of a benchmark"):
        rows_of(text)


def test_growth_promises_the_largest_size_asked_of_all_but_dwcp() -> None:
    found = [
        Point("did", "50x40", 0.01, 0.01, 200.0),
        Point("did", "200x100", 0.1, 0.1, 210.0),
        Point("did", "1000x200", 1.0, 1.0, 300.0),
        Point("mc", "50x40", 1.0, 1.0, 200.0),
        Point("mc", "200x100"),  # not in 10 minutes
        Point("dwcp", "50x40", 60.0, 90.0, 250.0),
        Point("dwcp", "200x100"),
    ]
    told = {row.what: row for row in rows_of(line(growth.rows(found)))}
    assert told["did on 1000 × 200"] == Row("did on 1000 × 200", 1.0, "s", SECONDS)
    assert told["did on 1000 × 200, peak"].promise == MEGABYTES
    assert told["did: exponent of time in cells"].measured == pytest.approx(1.0)
    assert told["mc on 200 × 100"].measured == math.inf
    assert not told["mc on 200 × 100"].kept
    assert math.isnan(told["mc: exponent of time in cells"].measured)
    assert told["dwcp on 50 × 40"] == Row("dwcp on 50 × 40", 60.0, "s")


def test_monitoring_tells_the_false_alarms_of_each_noise() -> None:
    said = [monitoring.row("even", monitoring.followed("even", 5))]
    (told,) = rows_of(line(monitoring.declared(said)))
    assert told == Row("false alarms under daily looks, noise even", float(said[0]["alarms"]), "")


def test_benchmarks_without_their_data_declare_no_rows_and_do_not_fail(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "--check", "race", "table1"]
    absent = os.environ | {"SHARED_DATA": str(tmp_path)}
    ran = subprocess.run(command, cwd=ROOT, env=absent, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    (head,) = ran.stdout.splitlines()
    assert head.split() == ["what", "measured", "promised"]
