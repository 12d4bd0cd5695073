"""What must hold for the data before any estimator sees them. Says so; repairs nothing.

Great Expectations has expectations about columns, none about panels: regular periods, unit ×
period completeness, donors, a treatment as planned. Each stage therefore lays out what it knows
in small tables named by their rows (cells, units, periods, the panel in one row, the plan's
intentions beside what was found), and every check is one *built-in* expectation on one column of
such a table. Custom expectations would do the same counting inside classes that only Great
Expectations can call; this way the facts are plain arrays, tested by themselves, and the
complete evidence, with the labels of the offending rows, is in the JSON Great Expectations
writes and the database keeps.

To add a check, add a Rule to the stage it belongs to (and its line to ARCHITECTURE.md).
"""

from checks.errors import ChecksFailed
from checks.report import Check, Report
from checks.run import CHECKS, check

__all__ = ["CHECKS", "Check", "ChecksFailed", "Report", "check"]
