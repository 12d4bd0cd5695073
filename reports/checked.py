"""What the checks of the data found, one row for each."""

from collections.abc import Mapping
from typing import Any

from reports.names import closed, counted


def check_rows(validation: Mapping[str, Any]) -> list[dict[str, str]]:
    """Warnings first: they are what a reader must know. validation: as it is stored"""
    found = []
    for check in validation.get("checks") or []:
        message = closed(str(check.get("message") or ""))
        examples = [str(example) for example in check.get("examples") or []]
        examples = [example for example in examples if example not in message]
        passed = bool(check.get("passed"))
        found.append(
            {
                "name": str(check.get("name", "")),
                "state": "passed" if passed else "warning"
                if check.get("severity") == "warn" else "failed",
                "message": message,
                "count": "" if passed else counted(int(check.get("count") or 0), "case"),
                "examples": "" if passed else ", ".join(examples),
            }
        )  # fmt: skip
    return sorted(found, key=lambda check: check["state"] == "passed")
