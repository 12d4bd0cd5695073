"""Great Expectations at work: tables and rules in, checks and their complete JSON out.

Great Expectations keeps its context in a global, and two contexts at once clash
(fivetran/great_expectations #12209): one thread at a time validates here, in one ephemeral
context per run. Importing it takes seconds, so it is imported by the first check, not before.
"""

import os
import threading
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from uuid import uuid4

import pandas as pd

from checks.report import Check
from checks.rule import KEPT, LABELS, Rule
from studies import Plan

EXAMPLES = 5  # offending rows named in a message

_one_at_a_time = threading.Lock()


class Evidence:
    """Collects what Great Expectations found, table by table.

    results: the JSON result of each table, in the order validated
    """

    def __init__(self, gx: ModuleType, plan: Plan) -> None:
        self._gx = gx
        self._plan = plan
        base = gx.data_context.types.base
        context = gx.get_context(
            mode="ephemeral",
            project_config=base.DataContextConfig(
                store_backend_defaults=base.InMemoryStoreBackendDefaults(),  # no folder in /tmp
                progress_bars={"globally": False},
                analytics_enabled=False,
            ),
        )
        self._source = context.data_sources.add_pandas(f"panel-{uuid4().hex}")
        self.results: dict[str, Any] = {}

    def validate(self, tables: Mapping[str, pd.DataFrame], rules: Iterable[Rule]) -> list[Check]:
        """Ask each rule of its table; one check per rule, in the order of the rules."""
        rules = list(rules)
        checks: dict[str, Check] = {}
        for name, table in tables.items():
            asked = [rule for rule in rules if rule.table == name]
            if asked:
                checks |= self._validate(name, table, asked)
        return [checks[rule.name] for rule in rules]

    def _validate(self, name: str, table: pd.DataFrame, rules: list[Rule]) -> dict[str, Check]:
        stage = f"{len(self.results) + 1}-{name}"
        asset = self._source.add_dataframe_asset(stage)
        batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": table})
        suite = self._gx.ExpectationSuite(
            name=stage, expectations=[self._expectation(rule) for rule in rules]
        )
        result = batch.validate(
            suite,
            result_format={
                "result_format": "SUMMARY",
                "partial_unexpected_count": KEPT,
                "unexpected_index_column_names": list(LABELS[name]),
            },
        ).to_json_dict()
        self.results[stage] = result
        by_name = {
            found["expectation_config"]["meta"]["check"]: found for found in result["results"]
        }
        return {rule.name: self._check(rule, table, by_name[rule.name]) for rule in rules}

    def _expectation(self, rule: Rule) -> Any:
        expectation = rule.expectation(self._gx.expectations, self._plan)
        expectation.meta = {"check": rule.name, "must": rule.must}
        expectation.severity = "critical" if rule.severity == "stop" else "warning"
        return expectation

    def _check(self, rule: Rule, table: pd.DataFrame, found: Mapping[str, Any]) -> Check:
        trouble = found["exception_info"]
        if trouble.get("raised_exception"):
            raise RuntimeError(f"check {rule.name} broke: {trouble['exception_message']}")
        if found["success"]:
            return Check(rule.name, rule.severity, True, 0, (), rule.must)

        result = found["result"]
        column = found["expectation_config"]["kwargs"].get("column")
        rows = result.get("partial_unexpected_index_list", [])  # none about a table as a whole
        count = int(table[column].sum()) if rule.sums else result.get("unexpected_count", 1)
        examples = _examples(rule, column, rows)
        sentence = rule.found.format(
            count=count,
            total=result.get("element_count", len(table)) - result.get("missing_count", 0),
            value=rows[0].get(column) if rows else None,
            plan=self._plan,
        )
        message = f"{_with_examples(sentence, examples, len(rows))}; {rule.remedy}"
        return Check(rule.name, rule.severity, False, count, examples, message)


@contextmanager
def gathering(plan: Plan) -> Iterator[Evidence]:
    """Great Expectations for one run, for this thread alone."""
    with _one_at_a_time:
        yield Evidence(great_expectations(), plan)


def great_expectations() -> ModuleType:
    """Great Expectations, imported: four seconds of processor time, the first time."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # nothing leaves the machine
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its own, on import
        import great_expectations as gx
        import great_expectations.expectations
    return gx


def _examples(rule: Rule, column: str, rows: list[Mapping[str, Any]]) -> tuple[str, ...]:
    """The first few offending rows by label; duplicates are named once."""
    if not rule.example:
        return ()
    named = (rule.example.format(value=row.get(column), **row) for row in rows)
    return tuple(dict.fromkeys(named))[:EXAMPLES]


def _with_examples(sentence: str, examples: tuple[str, ...], known: int) -> str:
    if not examples:
        return sentence
    more = " and more" if known > len(examples) else ""
    return f"{sentence}: {', '.join(examples)}{more}"
