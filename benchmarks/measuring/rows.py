"""Numbers of a benchmark beside what was promised, shown, or for `python -m benchmarks`."""

import json
import sys
from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]  # what, measured, unit, promise: the most that is promised, or None


def in_seconds(what: str, measured: float, promise: float | None = None) -> Row:
    """One time."""
    return {"what": what, "measured": round(measured, 3), "unit": "s", "promise": promise}


def tell(found: Sequence[Row]) -> None:
    """Print them; with --json, one line for programs."""
    if "--json" in sys.argv:
        print(json.dumps(found))
        return
    for row in found:
        promise = "" if row["promise"] is None else f"   promised {row['promise']:g} {row['unit']}"
        print(f"{row['what']:56}{row['measured']:>9.3f} {row['unit']:2}{promise}")
